/** Pools over windows and over everything, channels last inside. */
import {
  abs,
  add,
  broadcast,
  concat,
  filled,
  literal,
  max,
  maximum,
  multiply,
  pad,
  power,
  scale,
  slice,
  sqrt,
  sum,
} from "#engine/graph/build.ts";
import { type Combination, reduceWindows } from "#engine/layers/reduce-windows.ts";
import type { Sliding } from "#engine/layers/sliding.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Call } from "../call.ts";
import { type Laid, reducedTo, shapeOf, storedAxes, withStored } from "../laid.ts";
import { entry, range, table } from "./translation.ts";
import { channelsLast, fromChannelsLast, slidingOf } from "./windows.ts";

const total: Combination = { pair: add, over: sum };
const largest: Combination = { pair: maximum, over: max };

/** Cells that a pool adds at the ends of an axis; more than the window needs is left out. */
function margins({ before, input, output, size, stride, dilation }: Sliding): [number, number] {
  const reached = (output - 1) * stride + dilation * (size - 1) + 1;
  return [before, Math.max(0, reached - before - input)];
}

function addZeros(x: Node, axis: number, window: Sliding): Node {
  const none = x.shape.map(() => 0);
  const [before, after] = margins(window);
  return pad(x, { low: none.with(axis, before), high: none.with(axis, after) });
}

/** A window over an edge holds the edge cell unless it leaps over cells; so that is repeated. */
function addLeast(x: Node, axis: number, window: Sliding): Node {
  const [before, after] = margins(window);
  const leaps = window.dilation > 1 || before >= window.size || after >= window.size;
  const length = x.shape[axis] ?? 0;
  const block = (at: number, count: number): Node[] => {
    if (count === 0) return [];
    const shape = x.shape.with(axis, count);
    if (leaps) return [filled(-Infinity, shape)];
    const starts = x.shape.map(() => 0).with(axis, at);
    return [broadcast(slice(x, { starts, ends: x.shape.with(axis, at + 1) }), shape)];
  };
  return concat([...block(0, before), x, ...block(length - 1, after)], axis);
}

/** Windows with gaps between their cells: one strided slice for each cell. */
function withGaps(x: Node, axis: number, how: Combination & Sliding): Node {
  const none = x.shape.map(() => 0);
  const parts = range(how.size).map((cell) => {
    const start = cell * how.dilation;
    return slice(x, {
      starts: none.with(axis, start),
      ends: x.shape.with(axis, start + (how.output - 1) * how.stride + 1),
      steps: none.map(() => 1).with(axis, how.stride),
    });
  });
  return parts.reduce(how.pair);
}

interface Pool {
  readonly combination: Combination;
  readonly extend: (x: Node, axis: number, window: Sliding) => Node;
}

/** The innermost axis first, so that ties go to the first cell in reading order. */
function pooled(x: Node, sliding: readonly Sliding[], { combination, extend }: Pool): Node {
  return sliding.reduceRight((value, window, at) => {
    const extended = extend(value, at + 1, window);
    const how = { ...combination, ...window };
    return window.dilation > 1
      ? withGaps(extended, at + 1, how)
      : reduceWindows(extended, at + 1, how);
  }, x);
}

/** 1 / (cells that count) for each window, [...outputs, 1]. */
function reciprocalCounts(sliding: readonly Sliding[], withPadding: boolean): Node {
  const factors = sliding.map((axis, at) => {
    const { input, before, after, stride, size, dilation, output } = axis;
    const [low, high] = withPadding ? [-before, input + after] : [0, input];
    /** Cells of a window that lie at `low` or behind it. */
    const from = (start: number, bound: number): number =>
      Math.min(size, Math.max(0, size - Math.ceil((bound - start) / dilation)));
    const counts = range(output).map((window) => {
      const start = window * stride - before;
      return from(start, low) - from(start, high);
    });
    const shape = [output, ...sliding.slice(at).map(() => 1)];
    return table("float64", shape, (window) => 1 / Math.max(1, counts[window] ?? 1));
  });
  return factors.reduce(multiply);
}

function windowed(call: Call): { x: Node; sliding: Sliding[] } {
  const x = call.x(0);
  const spatial = shapeOf(x).slice(2);
  return {
    x: channelsLast(x),
    sliding: slidingOf(call, spatial, call.integer("ceil_mode", 0) === 1),
  };
}

const maxPool = entry(
  "the largest number of each window; its derivative goes to the first of equal ones",
  (call) => {
    const { x, sliding } = windowed(call);
    const y = pooled(x, sliding, { combination: largest, extend: addLeast });
    return [fromChannelsLast(y), undefined];
  },
);

const averagePool = entry("the mean of each window", (call) => {
  const { x, sliding } = windowed(call);
  const sums = pooled(x, sliding, { combination: total, extend: addZeros });
  const even = sliding.every((axis) => margins(axis).every((cells) => cells === 0));
  const weight = 1 / sizeOf(sliding.map(({ size }) => size));
  const included = call.integer("count_include_pad", 0) === 1;
  const mean = even ? scale(sums, weight) : multiply(sums, reciprocalCounts(sliding, included));
  return fromChannelsLast(mean);
});

/** (Σ |x|ᵖ)^(1/p) by sums of some kind. */
function norm(x: Node, p: number, sums: (powers: Node) => Node): Node {
  if (p === 1) return sums(abs(x));
  if (p === 2) return sqrt(sums(multiply(x, x)));
  return power(sums(power(abs(x), literal(p))), literal(1 / p));
}

const lpPool = entry("(Σ |x|ᵖ)^(1/p) of each window", (call) => {
  const { x, sliding } = windowed(call);
  const y = norm(x, call.integer("p", 2), (powers) =>
    pooled(powers, sliding, { combination: total, extend: addZeros }),
  );
  return fromChannelsLast(y);
});

/** A reduction over all spatial axes, which stay with length 1. */
function overAll(
  x: Laid,
  reduce: (node: Node, axes: readonly number[], cells: number) => Node,
): Laid {
  const logical = range(x.axes.length).slice(2);
  const axes = storedAxes(x, logical);
  const cells = sizeOf(axes.map((axis) => x.stored.shape[axis] ?? 1));
  return reducedTo(x, reduce(x.stored, axes, cells), { logical, keep: true });
}

export const poolingOperators = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalAveragePool: entry("the mean over all spatial axes", (call) =>
    overAll(call.x(0), (x, axes, cells) => scale(sum(x, axes), 1 / cells)),
  ),
  GlobalMaxPool: entry("the maximum over all spatial axes", (call) =>
    overAll(call.x(0), (x, axes) => max(x, axes)),
  ),
  GlobalLpPool: entry("(Σ |x|ᵖ)^(1/p) over all spatial axes", (call) =>
    overAll(call.x(0), (x, axes) => norm(x, call.integer("p", 2), (powers) => sum(powers, axes))),
  ),
} as const;

/** Sums of `size` neighbours along one axis, `before` of them in front. */
export function neighbourSums(x: Laid, at: number, size: number): Laid {
  const input = x.stored.shape[at] ?? 0;
  const before = Math.floor((size - 1) / 2);
  const window = { input, size, stride: 1, dilation: 1, before, after: 0, output: input };
  const wide = addZeros(x.stored, at, window);
  return withStored(x, reduceWindows(wide, at, { ...total, ...window }));
}
