/**
 * Combines the cells of each window along one axis, by slices and a chain of sums or maxima: faster
 * than a reduction, and a maximum's derivative goes to the first of equal cells. Padding has been
 * added before (pooling.ts).
 */
import assert from "node:assert/strict";
import { reshape, slice } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Sliding } from "./sliding.ts";

/** An associative operation on two values, and the same over axes. */
export interface Combination {
  readonly pair: (a: Node, b: Node) => Node;
  readonly over: (x: Node, axes: readonly number[]) => Node;
}

/** Windows up to this long are chains of single cells; longer ones take fewer, larger steps. */
const chainMax = 16;

/** Cells `start`, `start + step`, … of one axis, `count` of them. */
function cells(x: Node, axis: number, from: { start: number; step: number; count: number }): Node {
  const rest = x.shape.map(() => 0);
  return slice(x, {
    starts: rest.with(axis, from.start),
    ends: x.shape.with(axis, from.start + (from.count - 1) * from.step + 1),
    steps: x.shape.map(() => 1).with(axis, from.step),
  });
}

/** Windows that touch without overlapping: the axis is split into windows and their cells. */
function inBlocks(x: Node, axis: number, how: Combination & Sliding): Node {
  const { size, output } = how;
  const covered = cells(x, axis, { start: 0, step: 1, count: size * output });
  const lead = x.shape.slice(0, axis);
  const rest = x.shape.slice(axis + 1);
  const behind = sizeOf(rest);
  if (size > chainMax) {
    const split = reshape(covered, [...lead, output, size, behind]);
    return reshape(how.over(split, [axis + 1]), [...lead, output, ...rest]);
  }
  // Each cell of a window is one run of memory on the joined last axis.
  const joined = reshape(covered, [...lead, output, size * behind]);
  const parts = Array.from({ length: size }, (_, at) =>
    cells(joined, axis + 1, { start: at * behind, step: 1, count: behind }),
  );
  return reshape(parts.reduce(how.pair), [...lead, output, ...rest]);
}

/** Short windows: one strided slice for each of their cells. */
function inSlices(x: Node, axis: number, how: Combination & Sliding): Node {
  const parts = Array.from({ length: how.size }, (_, start) =>
    cells(x, axis, { start, step: how.stride, count: how.output }),
  );
  return parts.reduce(how.pair);
}

/** Long windows: runs of 1, 2, 4, … cells by doubling, then those that add up to the window. */
function byDoubling(x: Node, axis: number, how: Combination & Sliding): Node {
  const { size, stride: step, output: count, pair } = how;
  let runs = x;
  let result: Node | undefined;
  let start = 0;
  for (let width = 1; width <= size; width *= 2) {
    if ((size & width) !== 0) {
      const part = cells(runs, axis, { start, step, count });
      result = result === undefined ? part : pair(result, part);
      start += width;
    }
    if (2 * width > size) break;
    const left = (runs.shape[axis] ?? 0) - width;
    const first = cells(runs, axis, { start: 0, step: 1, count: left });
    runs = pair(first, cells(runs, axis, { start: width, step: 1, count: left }));
  }
  assert(result !== undefined, "a window without cells");
  return result;
}

/** The windows of `axis` combined: its length becomes `window.output`. */
export function reduceWindows(x: Node, axis: number, how: Combination & Sliding): Node {
  if (how.size === how.stride || how.output === 1) return inBlocks(x, axis, how);
  return how.size > chainMax ? byDoubling(x, axis, how) : inSlices(x, axis, how);
}
