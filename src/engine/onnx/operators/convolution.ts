/** Convolutions and their transposes, channels last inside. */
import { add, convolve, convolveInput, pad, slice, transpose } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Call } from "../call.ts";
import { type Laid, plain, shapeOf } from "../laid.ts";
import { entry, range } from "./translation.ts";
import {
  channelsLast,
  fromChannelsLast,
  slide,
  type WindowNumbers,
  windowNumbers,
} from "./windows.ts";

/** Weights [A, B, ...kernel] as [...kernel, B, A]. */
const kernelLast = (w: Node): Node =>
  transpose(w, [...range(w.shape.length - 2).map((axis) => axis + 2), 1, 0]);

function operandsOf(call: Call): { x: Laid; w: Node; spatial: readonly number[]; groups: number } {
  const [x, w] = [call.weight(0), plain(call.weight(1))];
  const rank = x.axes.length;
  if (rank < 3 || w.shape.length !== rank) {
    throw call.refuse(`it needs [N, C, ...] and as many axes of weights, got ${rank}`);
  }
  return { x, w, spatial: shapeOf(x).slice(2), groups: call.integer("group", 1) };
}

const withBias = (call: Call, y: Node): Laid => {
  const bias = call.optionalWeight(2);
  return fromChannelsLast(bias === undefined ? y : add(y, plain(bias)));
};

const conv = entry(
  "cross-correlation with the weights, plus bias",
  (call) => {
    const { x, w, spatial, groups } = operandsOf(call);
    const numbers = windowNumbers(call, w.shape.slice(2));
    const sliding = spatial.map((input, axis) =>
      slide(call, { input, axis, ceil: false, numbers }),
    );
    const window = {
      strides: numbers.strides,
      dilations: numbers.dilations,
      padding: sliding.map(({ before, after }) => [before, after] as const),
      groups,
    };
    return withBias(call, convolve(channelsLast(x), kernelLast(w), window));
  },
  { kernel: "product" },
);

/** One axis of a transposed convolution: what is cut off the full result, and what is added. */
interface Extent {
  readonly full: number;
  readonly before: number;
  readonly after: number;
}

function extentOf(
  call: Call,
  how: { input: number; axis: number; numbers: WindowNumbers },
): Extent {
  const { input, axis, numbers } = how;
  const [size = 1, stride = 1] = [numbers.sizes[axis], numbers.strides[axis]];
  const reach = (numbers.dilations[axis] ?? 1) * (size - 1) + 1;
  const full = stride * (input - 1) + reach;
  const more = call.integers("output_padding")?.[axis] ?? 0;
  if (more < 0 || more > full) throw call.refuse("output_padding is out of range");
  const [before = 0, after = 0] = numbers.pads[axis] ?? [];
  const wanted = call.integers("output_shape")?.slice(-numbers.sizes.length)[axis];
  const same = numbers.auto.startsWith("SAME") ? input * stride : undefined;
  const length = wanted ?? same;
  if (length === undefined) return { full, before, after: after - more };
  const total = full + more - length;
  const half = Math.floor(Math.max(0, total) / 2);
  const first = numbers.auto === "SAME_UPPER" ? half : Math.max(0, total) - half;
  return { full, before: first, after: total - first - more };
}

/** Cuts what is positive off the ends of an axis and adds zeros where it is negative. */
function trimmed(y: Node, extents: readonly Extent[]): Node {
  const none = [0, ...extents.map(() => 0), 0];
  const high = [0, ...extents.map(({ after }) => Math.max(0, -after)), 0];
  const wide = pad(y, { low: none, high });
  const ends = wide.shape.map((length, axis) => {
    const { after = 0 } = extents[axis - 1] ?? {};
    return length - Math.max(0, after);
  });
  return slice(wide, { starts: [0, ...extents.map(({ before }) => before), 0], ends });
}

const convTranspose = entry(
  "the transpose of a convolution, plus bias",
  (call) => {
    const { x, w, spatial, groups } = operandsOf(call);
    const numbers = windowNumbers(call, w.shape.slice(2));
    const extents = spatial.map((input, axis) => extentOf(call, { input, axis, numbers }));
    const { strides, dilations } = numbers;
    const delta = channelsLast(x);
    // Padding of the convolution is what its transpose cuts off, where windows still fit then.
    const direct = extents.every(({ after }, axis) => after >= 0 || -after < (strides[axis] ?? 1));
    const padding = extents.map(({ before, after }) => [before, Math.max(0, after)] as const);
    const inputSize = extents.map(({ full, before, after }) => full - before - after);
    const y =
      direct && inputSize.every((length) => length > 0)
        ? convolveInput(delta, kernelLast(w), { strides, dilations, groups, padding, inputSize })
        : trimmed(
            convolveInput(delta, kernelLast(w), {
              strides,
              dilations,
              groups,
              inputSize: extents.map(({ full }) => full),
            }),
            extents,
          );
    return withBias(call, y);
  },
  { kernel: "explicit" },
);

export const convolutionOperators = { Conv: conv, ConvTranspose: convTranspose } as const;
