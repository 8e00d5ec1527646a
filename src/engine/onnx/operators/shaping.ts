/** Operators that lay values out anew without choosing among them. */
import { broadcast, concat, constant, pad, reshape, slice } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { broadcastShapes } from "#engine/ops/shapes.ts";
import type { Shape } from "#engine/tensor.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import type { Call, Translate } from "../call.ts";
import {
  arranged,
  isPlain,
  type Laid,
  laid,
  permuted,
  plain,
  reshaped,
  shapeOf,
  single,
  withStored,
} from "../laid.ts";
import { entry, range, repeated, type Translation } from "./translation.ts";

const moving = (forward: string, translate: Translate): Translation =>
  entry(forward, translate, { derivative: "moves values" });

/** A list of integers as a value. */
export const integerList = (values: readonly number[]): Laid =>
  laid(constant(tensor("int32", [values.length], values)));

/** 0 keeps a length (unless `allowzero`), −1 takes what is left. */
function resolveTarget(call: Call, from: Shape, target: readonly number[]): number[] {
  const keepsZero = call.integer("allowzero", 0) === 1;
  const lengths = target.map((length, axis) =>
    length === 0 && !keepsZero ? (from[axis] ?? 0) : length,
  );
  const rest = lengths.filter((length) => length !== -1);
  const open = lengths.length - rest.length;
  if (open > 1 || rest.some((length) => length < 0))
    throw call.refuse(`shape [${target}] is unclear`);
  const known = sizeOf(rest);
  if (open === 0) return lengths;
  return lengths.map((length) =>
    length === -1 ? (known === 0 ? 0 : sizeOf(from) / known) : length,
  );
}

const reshape_ = moving("x in another shape", (call) => {
  const x = call.x(0);
  const target = call.list("shape", 1);
  if (target === undefined) throw call.refuse("it has no shape");
  const from = shapeOf(x);
  const shape = call.around.rebatched(x, target, (wanted) => resolveTarget(call, from, wanted));
  if (sizeOf(shape) !== sizeOf(from) || !shape.every(Number.isInteger)) {
    throw call.refuse(`[${from}] cannot become [${target}]`);
  }
  return reshaped(x, shape);
});

const flatten = moving("x as a matrix", (call) => {
  const x = call.x(0);
  const from = shapeOf(x);
  const given = call.integer("axis", 1);
  const axis = given < 0 ? given + from.length : given;
  if (axis < 0 || axis > from.length) throw call.refuse(`there is no axis ${given}`);
  return reshaped(x, [sizeOf(from.slice(0, axis)), sizeOf(from.slice(axis))]);
});

const squeeze = moving("x without axes of length 1", (call) => {
  const x = call.x(0);
  const from = shapeOf(x);
  const given = call.list("axes", 1);
  const axes = given === undefined ? undefined : call.axes(given, from.length);
  const gone = (length: number, axis: number) =>
    axes === undefined ? length === 1 : axes.includes(axis);
  if (axes?.some((axis) => from[axis] !== 1)) throw call.refuse(`[${from}] has longer axes there`);
  return reshaped(
    x,
    from.filter((length, axis) => !gone(length, axis)),
  );
});

const unsqueeze = moving("x with axes of length 1 put in", (call) => {
  const x = call.x(0);
  const given = call.list("axes", 1) ?? [];
  const from = [...shapeOf(x)];
  const rank = from.length + given.length;
  const axes = new Set(call.axes(given, rank));
  if (axes.size < given.length) throw call.refuse("axes repeat");
  return reshaped(
    x,
    range(rank).map((axis) => (axes.has(axis) ? 1 : (from.shift() ?? 1))),
  );
});

const transpose = moving("x with its axes in another order", (call) => {
  const x = call.x(0);
  const rank = x.axes.length;
  const order = call.integers("perm") ?? range(rank).reverse();
  const axes = call.axes(order, rank);
  if (axes.length !== rank || new Set(axes).size < rank)
    throw call.refuse("perm is no permutation");
  return permuted(x, axes);
});

/**
 * One row that stands for the whole batch, where a file with a batch of 1 wrote it down: a class
 * token, say. It is stretched to the batch at hand.
 */
function stretchedRows(call: Call, xs: readonly Laid[], axis: number): readonly Laid[] {
  const { file, present } = call.around.batch;
  const rows = xs.map((x) => shapeOf(x)[0]);
  if (file !== 1 || present === 1 || axis === 0 || !rows.includes(present)) return xs;
  return xs.map((x) => {
    const shape = shapeOf(x);
    return shape[0] === 1 ? laid(broadcast(plain(x), shape.with(0, present))) : x;
  });
}

/** Values in the layout of the first that is not stored as it is seen. */
function concatenated(xs: readonly Laid[], axis: number): Laid {
  const lead = xs.find((x) => !isPlain(x) && x.axes.every((group) => group.length === 1));
  if (lead === undefined) return laid(concat(xs.map(plain), axis));
  const places = lead.axes.flat();
  const order = places.map((_, stored) => [places.indexOf(stored)]);
  const nodes = xs.map((x) => arranged(x, order));
  return { stored: concat(nodes, places[axis] ?? 0), axes: lead.axes };
}

const concat_ = entry(
  "values one behind the other along an axis",
  (call) => {
    const xs = call.all().filter((x) => !(x.axes.length === 1 && shapeOf(x)[0] === 0));
    if (xs.length === 0) return call.x(0);
    const axis = call.axis(call.integer("axis", 1), xs[0]?.axes.length ?? 0);
    return concatenated(stretchedRows(call, xs, axis), axis);
  },
  { derivative: "moves values", kernel: "explicit" },
);

/** Cells `start` to `end` of one logical axis. */
export function cut(x: Laid, axis: number, [start, end]: readonly [number, number]): Laid {
  const { x: own, at } = single(x, axis);
  const { shape } = own.stored;
  const starts = shape.map(() => 0).with(at, start);
  return withStored(own, slice(own.stored, { starts, ends: shape.with(at, end) }));
}

/** Most parts of a Split. */
const partsMax = 4096;

const split = moving("x cut into parts along an axis", (call) => {
  const x = call.x(0);
  const axis = call.axis(call.integer("axis", 0), x.axes.length);
  const length = shapeOf(x)[axis] ?? 0;
  const count = call.integer("num_outputs", call.node.outputs.length);
  if (count < 1 || count > partsMax) throw call.refuse(`${count} parts`);
  const part = Math.ceil(length / count);
  const even = range(count).map((at) => Math.max(0, Math.min(part, length - at * part)));
  const lengths = call.list("split", 1) ?? even;
  if (sizeOf([lengths.reduce((a, b) => a + b, 0)]) !== length || lengths.some((n) => n < 0)) {
    throw call.refuse(`parts of [${lengths}] do not make up ${length}`);
  }
  let start = 0;
  return lengths.map((own) => {
    const value = cut(x, axis, [start, start + own]);
    start += own;
    return value;
  });
});

const expand = entry(
  "x stretched to a shape",
  (call) => {
    const x = call.x(0);
    const target = call.numbers(1) ?? [];
    if (target.some((length) => length < 0)) throw call.refuse(`shape [${target}] is unclear`);
    return laid(broadcast(plain(x), broadcastShapes([shapeOf(x), target])));
  },
  { derivative: "moves values", kernel: "gradient" },
);

const tile = moving("x repeated along its axes", (call) => {
  const x = plain(call.x(0));
  const repeats = call.numbers(1) ?? [];
  if (repeats.length !== x.shape.length) throw call.refuse("it needs one count for each axis");
  if (repeats.some((n) => n < 0)) throw call.refuse(`it repeats [${repeats}] times`);
  const y = repeats.reduce<Node>((value, count, axis) => {
    if (count === 1) return value;
    const { shape } = value;
    const [before, behind] = [shape.slice(0, axis), shape.slice(axis)];
    const stretched = broadcast(reshape(value, [...before, 1, ...behind]), [
      ...before,
      count,
      ...behind,
    ]);
    return reshape(stretched, shape.with(axis, count * (shape[axis] ?? 0)));
  }, x);
  return laid(y);
});

const shape_ = entry(
  "the lengths of the axes",
  (call) => {
    const lengths = shapeOf(call.any(0));
    const [start, end] = [call.integer("start", 0), call.integer("end", lengths.length)];
    return integerList(lengths.slice(start, end));
  },
  { derivative: "folded" },
);

const size = entry(
  "the number of elements",
  (call) => laid(constant(tensor("int32", [], [sizeOf(shapeOf(call.any(0)))]))),
  { derivative: "folded" },
);

/** [N, C, H, W] → [N, C/b², bH, bW]. */
const depthToSpace = moving("channels spread over space in blocks", (call) => {
  const [n = 1, c = 1, h = 1, w = 1] = call.shape(0);
  const b = call.integer("blocksize", 1);
  if (b < 1 || c % (b * b) !== 0) throw call.refuse(`blocks of ${b} do not fit ${c} channels`);
  const depth = c / (b * b);
  const columns = call.text("mode", "DCR") === "CRD";
  const parted = reshaped(call.x(0), columns ? [n, depth, b, b, h, w] : [n, b, b, depth, h, w]);
  const order = columns ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  return reshaped(permuted(parted, order), [n, depth, h * b, w * b]);
});

const spaceToDepth = moving("blocks of space as channels", (call) => {
  const [n = 1, c = 1, h = 1, w = 1] = call.shape(0);
  const b = call.integer("blocksize", 1);
  if (b < 1 || h % b !== 0 || w % b !== 0) throw call.refuse(`blocks of ${b} do not fit`);
  const parted = reshaped(call.x(0), [n, c, h / b, b, w / b, b]);
  return reshaped(permuted(parted, [0, 3, 5, 1, 2, 4]), [n, c * b * b, h / b, w / b]);
});

/** Zeros around a value, on single stored axes where that is possible. */
export function padded(x: Laid, low: readonly number[], high: readonly number[]): Laid {
  const touched = range(x.axes.length).filter((axis) => low[axis] || high[axis]);
  const own = touched.every((axis) => x.axes[axis]?.length === 1) ? x : laid(plain(x));
  const spread = (ends: readonly number[]): number[] => {
    const stored = repeated(own.stored.shape.length, 0);
    for (const axis of touched) stored[own.axes[axis]?.[0] ?? 0] = ends[axis] ?? 0;
    return stored;
  };
  return withStored(own, pad(own.stored, { low: spread(low), high: spread(high) }));
}

export const shapingOperators = {
  Reshape: reshape_,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat_,
  Split: split,
  Expand: expand,
  Tile: tile,
  Shape: shape_,
  Size: size,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
} as const;
