/** Operators that choose elements by index: slices, gathers, padding that repeats, resizing. */
import {
  add,
  concat,
  constant,
  gather,
  literal,
  reshape,
  slice,
  subtract,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import type { Call } from "../call.ts";
import { type Laid, laid, plain, reshaped, shapeOf, single, withStored } from "../laid.ts";
import { cut, padded } from "./shaping.ts";
import { entry, range, table } from "./translation.ts";

/** Cells of one logical axis by a list of indices. */
export function picked(x: Laid, axis: number, indices: readonly number[]): Laid {
  const { x: own, at } = single(x, axis);
  const list = table("int32", [indices.length], (index) => indices[index] ?? 0);
  return withStored(own, gather(own.stored, list, at));
}

interface Bounds {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

const within = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

/** One axis of Slice: bounds count from the end where they are negative, and are cut to fit. */
function sliced(x: Laid, { axis, start, end, step }: Bounds): Laid {
  const length = shapeOf(x)[axis] ?? 0;
  const from = start < 0 ? start + length : start;
  const to = end < 0 ? end + length : end;
  if (step > 0) {
    const first = within(from, 0, length);
    const last = Math.max(first, within(to, 0, length));
    const { x: own, at } = single(x, axis);
    const { shape } = own.stored;
    const stored = slice(own.stored, {
      starts: shape.map(() => 0).with(at, first),
      ends: shape.with(at, last),
      steps: shape.map(() => 1).with(at, Math.min(step, Math.max(1, length))),
    });
    return withStored(own, stored);
  }
  const first = within(from, -1, length - 1);
  const last = end < -length ? -1 : within(to, -1, length - 1);
  const count = Math.max(0, Math.ceil((first - last) / -step));
  return picked(
    x,
    axis,
    range(count).map((at) => first + at * step),
  );
}

const slice_ = entry(
  "cells between bounds along some axes",
  (call) => {
    const old = call.version < 10;
    const starts = (old ? call.integers("starts") : call.numbers(1)) ?? [];
    const ends = (old ? call.integers("ends") : call.numbers(2)) ?? [];
    const given = (old ? call.integers("axes") : call.numbers(3)) ?? range(starts.length);
    const steps = (old ? undefined : call.numbers(4)) ?? starts.map(() => 1);
    const rank = call.x(0).axes.length;
    return call.axes(given, rank).reduce((x, axis, at) => {
      const [start = 0, end = 0, step = 1] = [starts[at], ends[at], steps[at]];
      if (step === 0) throw call.refuse("a step is 0");
      return sliced(x, { axis, start, end, step });
    }, call.x(0));
  },
  { derivative: "moves values" },
);

/** Known indices are checked, and counted from the end where they are negative. */
function knownIndices(call: Call, indices: Node, length: number): Node {
  if (indices.op !== "constant") return indices;
  const { data, shape } = indices.attributes.tensor;
  if (data.every((index) => index >= 0 && index < length)) return indices;
  if (data.some((index) => index < -length || index >= length)) {
    throw call.refuse(`an index lies outside an axis of ${length}`);
  }
  const own = Array.from(data, (index) => (index < 0 ? index + length : index));
  return constant(tensor("int32", shape, own));
}

const gather_ = entry(
  "cells of an axis by indices; of weights, an embedding",
  (call) => {
    const data = call.weight(0);
    const { stored } = call.any(1);
    const axis = call.axis(call.integer("axis", 0), data.axes.length);
    const length = shapeOf(data)[axis] ?? 0;
    if (stored.kind !== "integer") throw call.refuse("its indices are not integers");
    const indices = knownIndices(call, plain(call.any(1)), length);
    if (indices.op === "constant" && indices.shape.length <= 1) {
      const list = [...indices.attributes.tensor.data];
      const [only = 0] = list;
      if (indices.shape.length === 1) return picked(data, axis, list);
      const cell = cut(data, axis, [only, only + 1]);
      return reshaped(cell, shapeOf(cell).toSpliced(axis, 1));
    }
    return laid(gather(plain(data), indices, axis));
  },
  { derivative: "moves values", kernel: "explicit" },
);

/** Rows of the first axes by known indices: one gather of flat positions. */
const gatherND = entry(
  "cells by known tuples of indices",
  (call) => {
    if (call.integer("batch_dims", 0) !== 0)
      throw call.refuse("batch_dims other than 0 is not read");
    const data = plain(call.x(0));
    const indices = call.known(1);
    const depth = indices?.shape.at(-1) ?? 0;
    if (indices === undefined || depth > data.shape.length) throw call.refuse("indices do not fit");
    const [lead, rest] = [data.shape.slice(0, depth), data.shape.slice(depth)];
    const count = sizeOf(indices.shape.slice(0, -1));
    const places = range(count).map((row) =>
      lead.reduce((flat, length, axis) => {
        const index = indices.data[row * depth + axis] ?? 0;
        const own = index < 0 ? index + length : index;
        if (own < 0 || own >= length) throw call.refuse("an index lies outside");
        return flat * length + own;
      }, 0),
    );
    const list = table("int32", [count], (at) => places[at] ?? 0);
    const rows = gather(reshape(data, [sizeOf(lead), ...rest]), list, 0);
    return laid(reshape(rows, [...indices.shape.slice(0, -1), ...rest]));
  },
  { derivative: "moves values" },
);

/** Place of the input that each cell of a padded axis shows. */
function mirrored(mode: string, at: number, length: number): number {
  if (mode === "edge") return within(at, 0, length - 1);
  if (mode === "wrap") return ((at % length) + length) % length;
  const period = Math.max(1, 2 * (length - 1));
  const place = ((at % period) + period) % period;
  return place < length ? place : period - place;
}

/** A value with cells of its own in front of and behind one axis. */
function bordered(
  value: Laid,
  axis: number,
  { mode, first, last }: { readonly mode: string; readonly first: number; readonly last: number },
): Laid {
  const { x, at } = single(value, axis);
  const length = shapeOf(x)[axis] ?? 0;
  const border = (from: number, count: number): Node[] => {
    const places = range(count).map((cell) => mirrored(mode, from + cell, length));
    return count === 0 ? [] : [picked(x, axis, places).stored];
  };
  const parts = [...border(-first, first), x.stored, ...border(length, last)];
  return withStored(x, concat(parts, at));
}

function padsOf(call: Call, rank: number): { low: number[]; high: number[] } {
  const pads =
    call.version < 11 ? (call.integers("pads") ?? call.integers("paddings")) : call.numbers(1);
  if (pads === undefined) throw call.refuse("its pads are missing");
  const axes = call.axes((call.version >= 18 ? call.numbers(3) : undefined) ?? range(rank), rank);
  if (pads.length !== 2 * axes.length) throw call.refuse(`pads has ${pads.length} numbers`);
  const [low, high] = [range(rank).map(() => 0), range(rank).map(() => 0)];
  for (const [at, axis] of axes.entries()) {
    low[axis] = pads[at] ?? 0;
    high[axis] = pads[at + axes.length] ?? 0;
  }
  return { low, high };
}

/** Longest padding of one axis. */
const padMax = 65_536;

const pad_ = entry(
  "x with a constant, its edge, its mirror image or itself around it",
  (call) => {
    const x = call.x(0);
    const { low, high } = padsOf(call, x.axes.length);
    if ([...low, ...high].some((n) => Math.abs(n) > padMax))
      throw call.refuse("pads are too large");
    const mode = call.text("mode", "constant");
    const cropped = range(x.axes.length).reduce((value, axis) => {
      const length = shapeOf(value)[axis] ?? 0;
      const [start, end] = [
        Math.max(0, -(low[axis] ?? 0)),
        length - Math.max(0, -(high[axis] ?? 0)),
      ];
      return start === 0 && end === length ? value : cut(value, axis, [start, end]);
    }, x);
    const [before, after] = [low, high].map((ends) => ends.map((n) => Math.max(0, n)));
    if (before === undefined || after === undefined) throw call.refuse("its pads are missing");
    if (mode === "constant") {
      const value = call.version < 11 ? call.float("value", 0) : (call.known(2)?.data[0] ?? 0);
      if (value === 0) return padded(cropped, before, after);
      if (!Number.isFinite(value)) throw call.refuse(`it pads with ${value}`);
      const shifted = withStored(cropped, subtract(cropped.stored, literal(value)));
      const wide = padded(shifted, before, after);
      return withStored(wide, add(wide.stored, literal(value)));
    }
    if (!["reflect", "edge", "wrap"].includes(mode)) throw call.refuse(`mode "${mode}" is unknown`);
    return range(x.axes.length).reduce((value, axis) => {
      const [first = 0, last = 0] = [before[axis], after[axis]];
      return first + last === 0 ? value : bordered(value, axis, { mode, first, last });
    }, cropped);
  },
  { derivative: "moves values" },
);

export const indexingOperators = {
  Slice: slice_,
  Gather: gather_,
  GatherND: gatherND,
  Pad: pad_,
} as const;
