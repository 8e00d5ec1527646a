/** How windows of convolutions and pools lie on spatial axes: attributes resolved to numbers. */
import type { Sliding } from "#engine/layers/sliding.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import type { Call } from "../call.ts";
import { arranged, type Laid } from "../laid.ts";
import { range, repeated } from "./translation.ts";

/** x [N, C, ...spatial] as a node [N, ...spatial, C]. */
export const channelsLast = (x: Laid): Node =>
  arranged(x, [[0], ...range(x.axes.length - 2).map((axis) => [axis + 2]), [1]]);

/** A node [N, ...spatial, C] as a value [N, C, ...spatial]. */
export function fromChannelsLast(stored: Node): Laid {
  const rank = stored.shape.length;
  return { stored, axes: [[0], [rank - 1], ...range(rank - 2).map((axis) => [axis + 1])] };
}

/** Largest extent of a window along one axis. */
const windowMax = 65_536;

function positive(
  call: Call,
  rank: number,
  [name, list]: readonly [string, readonly number[]],
): readonly number[] {
  if (list.length !== rank) throw call.refuse(`${name} has ${list.length} numbers, not ${rank}`);
  if (list.some((n) => n < 1 || n > windowMax)) {
    throw call.refuse(`${name} must lie between 1 and ${windowMax}`);
  }
  return list;
}

/** Begin and end of each axis; before operator set 7 too. */
function padsOf(call: Call, rank: number): readonly (readonly [number, number])[] {
  const pads = call.integers("pads") ?? repeated(2 * rank, 0);
  if (pads.length !== 2 * rank) throw call.refuse(`pads has ${pads.length} numbers`);
  if (pads.some((n) => n < 0 || n > windowMax)) {
    throw call.refuse("negative padding has no meaning here; slice the input first");
  }
  return range(rank).map((axis) => [pads[axis] ?? 0, pads[axis + rank] ?? 0] as const);
}

export interface WindowNumbers {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly (readonly [number, number])[];
  /** NOTSET, VALID, SAME_UPPER or SAME_LOWER. */
  readonly auto: string;
}

export function windowNumbers(call: Call, sizes: readonly number[]): WindowNumbers {
  const rank = sizes.length;
  if (rank < 1) throw call.refuse("it needs at least one spatial axis");
  const list = (name: string) =>
    positive(call, rank, [name, call.integers(name) ?? repeated(rank, 1)]);
  const auto = call.text("auto_pad", "NOTSET");
  if (!["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER", ""].includes(auto)) {
    throw call.refuse(`auto_pad "${auto}" is unknown`);
  }
  return {
    sizes: positive(call, rank, ["kernel_shape", sizes]),
    strides: list("strides"),
    dilations: list("dilations"),
    pads: auto === "VALID" ? range(rank).map(() => [0, 0] as const) : padsOf(call, rank),
    auto,
  };
}

/** Windows over each spatial axis; those that would begin behind the input are left out. */
export function slidingOf(call: Call, spatial: Shape, ceil: boolean): Sliding[] {
  const numbers = windowNumbers(call, call.integers("kernel_shape") ?? []);
  if (numbers.sizes.length !== spatial.length) throw call.refuse("kernel_shape has another rank");
  return spatial.map((input, axis) => slide(call, { input, axis, ceil, numbers }));
}

export function slide(
  call: Call,
  how: { input: number; axis: number; ceil: boolean; numbers: WindowNumbers },
): Sliding {
  const { input, axis, numbers } = how;
  const [size = 1, stride = 1] = [numbers.sizes[axis], numbers.strides[axis]];
  const dilation = numbers.dilations[axis] ?? 1;
  const reach = dilation * (size - 1) + 1;
  let [before, after] = numbers.pads[axis] ?? [0, 0];
  if (numbers.auto.startsWith("SAME")) {
    const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + reach - input);
    const less = Math.floor(total / 2);
    [before, after] = numbers.auto === "SAME_UPPER" ? [less, total - less] : [total - less, less];
  }
  const room = before + input + after - reach;
  if (room < 0) throw call.refuse(`its window of ${reach} does not fit spatial axis ${axis}`);
  let output = (how.ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
  if (how.ceil && (output - 1) * stride >= input + before) output -= 1;
  return { input, size, stride, dilation, before, after, output };
}
