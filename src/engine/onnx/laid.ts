/**
 * Values whose axes lie in another order than the file says. A file wants [N, C, H, W] or
 * [T, N, C]; stored, the batch stays outermost and channels innermost, so that a network of
 * convolutions is transposed once at each end and examples stay apart in memory.
 */
import { reshape, transpose } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { broadcastShapes } from "#engine/ops/shapes.ts";
import type { Shape } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";

/**
 * Logical axis i is made of the stored axes `axes[i]`, outermost first; none for some axes of
 * length 1. Every stored axis stands in exactly one of them.
 */
export interface Laid {
  readonly stored: Node;
  readonly axes: readonly (readonly number[])[];
}

/** A value whose logical axes are the stored ones. */
export const laid = (stored: Node): Laid => ({
  stored,
  axes: stored.shape.map((_, axis) => [axis]),
});

const lengthOf = (shape: Shape, group: readonly number[]): number =>
  group.reduce((length, axis) => length * (shape[axis] ?? 1), 1);

/** Lengths of the logical axes. */
export const shapeOf = ({ stored, axes }: Laid): Shape =>
  axes.map((group) => lengthOf(stored.shape, group));

const ascends = (order: readonly number[]): boolean => order.every((axis, at) => axis === at);

/** True when the stored node is the logical one. */
export const isPlain = ({ stored, axes }: Laid): boolean =>
  axes.length === stored.shape.length &&
  axes.every((group) => group.length === 1) &&
  ascends(axes.flat());

/** A transpose; where only axes of length 1 move it is a reshape. */
export function moved(x: Node, permutation: readonly number[]): Node {
  const long = permutation.filter((axis) => x.shape[axis] !== 1);
  const still = long.every((axis, at) => at === 0 || axis > (long[at - 1] ?? -1));
  const shape = permutation.map((axis) => x.shape[axis] ?? 1);
  return still ? reshape(x, shape) : transpose(x, permutation);
}

/** The value as a node whose axes are groups of logical axes, each group joined to one axis. */
export function arranged({ stored, axes }: Laid, groups: readonly (readonly number[])[]): Node {
  const parts = groups.map((group) => group.flatMap((axis) => axes[axis] ?? []));
  const lengths = parts.map((part) => lengthOf(stored.shape, part));
  return reshape(moved(stored, parts.flat()), lengths);
}

/** The value as a node with its logical axes. */
export const plain = (x: Laid): Node =>
  isPlain(x)
    ? x.stored
    : arranged(
        x,
        x.axes.map((_, axis) => [axis]),
      );

/** Moves logical axes without moving a number. */
export const permuted = (x: Laid, permutation: readonly number[]): Laid => ({
  stored: x.stored,
  axes: permutation.map((axis) => x.axes[axis] ?? []),
});

/** The same layout around another node of the same stored shape. */
export const withStored = (x: Laid, stored: Node): Laid => ({ stored, axes: x.axes });

/** The pieces into which both lists of lengths can be cut, or nothing when their cuts cross. */
function jointCuts(
  lengths: Shape,
  targets: Shape,
): { from: number; to: number; length: number }[] | undefined {
  const pieces: { from: number; to: number; length: number }[] = [];
  let [from, to] = [0, 0];
  let [restFrom, restTo] = [lengths[0] ?? 1, targets[0] ?? 1];
  while (from < lengths.length && to < targets.length) {
    if (restFrom === 1 && restTo !== 1) {
      pieces.push({ from, to: -1, length: 1 });
      restFrom = lengths[++from] ?? 1;
    } else if (restTo === 1) {
      restTo = targets[++to] ?? 1;
      if (restFrom === 1) restFrom = lengths[++from] ?? 1;
    } else {
      const length = Math.min(restFrom, restTo);
      if (restFrom % length !== 0 || restTo % length !== 0) return undefined;
      pieces.push({ from, to, length });
      restFrom /= length;
      restTo /= length;
      if (restFrom === 1) restFrom = lengths[++from] ?? 1;
      if (restTo === 1) restTo = targets[++to] ?? 1;
    }
  }
  return pieces.filter((piece) => piece.to >= 0);
}

/** Another logical shape of as many elements, in row-major order of the logical axes. */
export function reshaped(x: Laid, shape: Shape): Laid {
  if (isPlain(x) || shape.includes(0)) return laid(reshape(plain(x), shape));
  const order = x.axes.flat();
  const pieces = jointCuts(
    order.map((axis) => x.stored.shape[axis] ?? 1),
    shape,
  );
  if (pieces === undefined) return laid(reshape(plain(x), shape));
  // Stored axes are cut in place; pieces are numbered in stored order.
  const numbers = new Map<object, number>();
  const lengths: number[] = [];
  for (const stored of x.stored.shape.keys()) {
    for (const piece of pieces) {
      if (order[piece.from] !== stored) continue;
      numbers.set(piece, lengths.length);
      lengths.push(piece.length);
    }
  }
  const axes = shape.map((_, to) =>
    pieces.filter((piece) => piece.to === to).map((piece) => numbers.get(piece) ?? -1),
  );
  return { stored: reshape(x.stored, lengths), axes };
}

/** `b` with its axes in the stored order of `lead`, to which it broadcasts. */
function alignedTo(lead: Laid, b: Laid): Node {
  if (sizeOf(b.stored.shape) === 1) return reshape(b.stored, []);
  const sameAxes = JSON.stringify(b.axes) === JSON.stringify(lead.axes);
  if (sameAxes && b.stored.shape.join() === lead.stored.shape.join()) return b.stored;
  const own = shapeOf(b);
  const missing = lead.axes.length - own.length;
  const cut = lead.axes.flatMap((group, axis) => {
    const stretched = (own[axis - missing] ?? 1) === 1;
    return group.map((at) => (stretched ? 1 : (lead.stored.shape[at] ?? 1)));
  });
  const places = lead.axes.flat();
  const back = places.map((_, stored) => places.indexOf(stored));
  const node = arranged(
    reshaped(b, cut),
    back.map((axis) => [axis]),
  );
  const first = node.shape.findIndex((length) => length !== 1);
  return first > 0 ? reshape(node, node.shape.slice(first)) : node;
}

/**
 * An elementwise operation with numpy broadcasting. The operand that has the whole result's shape
 * keeps its layout, others are brought to it.
 */
export function combined(operands: readonly Laid[], join: (nodes: readonly Node[]) => Node): Laid {
  const nodes = operands.map(({ stored }) => stored);
  if (operands.every(isPlain)) return laid(join(nodes));
  const whole = broadcastShapes(operands.map(shapeOf)).join();
  const fitting = operands.filter((x) => shapeOf(x).join() === whole);
  const lead = fitting.find((x) => !isPlain(x)) ?? fitting[0];
  if (lead === undefined) return laid(join(operands.map(plain)));
  return withStored(lead, join(operands.map((x) => (x === lead ? x.stored : alignedTo(lead, x)))));
}

/** Stored axes of some logical ones. */
export const storedAxes = ({ axes }: Laid, logical: readonly number[]): number[] =>
  logical.flatMap((axis) => axes[axis] ?? []);

/** The value after stored axes have been reduced away: their logical axes go or have length 1. */
export function reducedTo(
  x: Laid,
  stored: Node,
  how: { logical: readonly number[]; keep: boolean },
): Laid {
  const gone = new Set(storedAxes(x, how.logical));
  const numbers = [...x.stored.shape.keys()].filter((axis) => !gone.has(axis));
  const axes = x.axes.flatMap((group, axis) => {
    if (how.logical.includes(axis)) return how.keep ? [[]] : [];
    return [group.map((at) => numbers.indexOf(at))];
  });
  return { stored, axes };
}

/** The value with one logical axis in one stored axis, and that axis. */
export function single(x: Laid, axis: number): { readonly x: Laid; readonly at: number } {
  const [at, more] = x.axes[axis] ?? [];
  if (at !== undefined && more === undefined) return { x, at };
  return { x: laid(plain(x)), at: axis };
}
