/** Reductions over axes, and softmax, which is made of them. */
import {
  abs,
  add,
  argMax,
  divide,
  exp,
  log,
  max,
  multiply,
  negate,
  scale,
  slice,
  sqrt,
  stopGradient,
  subtract,
  sum,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Call, Translate } from "../call.ts";
import { type Laid, laid, plain, reducedTo, reshaped, storedAxes, withStored } from "../laid.ts";
import { einsum } from "./contraction.ts";
import { oneHotOf } from "./one-hot.ts";
import { entry, onReals, range } from "./translation.ts";

type Reduce = (x: Node, axes: readonly number[]) => Node;

/** Reduces logical axes of a value. */
export function reduced(
  x: Laid,
  logical: readonly number[],
  how: { reduce: Reduce; keep: boolean },
): Laid {
  const axes = storedAxes(x, logical);
  return reducedTo(x, how.reduce(x.stored, axes), { logical, keep: how.keep });
}

/** The sum, over fewer axes. */
export const summedOver = (x: Laid, logical: readonly number[]): Laid =>
  reduced(x, logical, { reduce: sum, keep: false });

const meanOver: Reduce = (x, axes) => {
  const count = sizeOf(axes.map((axis) => x.shape[axis] ?? 1));
  return onReals(x, (node) => scale(sum(node, axes), 1 / count));
};

/** Longest axis whose product is written as a chain. */
const chainMax = 1024;

function productOver(x: Node, axes: readonly number[]): Node {
  return axes
    .toSorted((a, b) => b - a)
    .reduce((value, axis) => {
      const length = value.shape[axis] ?? 0;
      if (length > chainMax || length === 0) throw new Error(`a product of ${length} numbers`);
      const cells = range(length).map((at) =>
        slice(value, {
          starts: value.shape.map(() => 0).with(axis, at),
          ends: value.shape.with(axis, at + 1),
        }),
      );
      return sum(cells.reduce(multiply), [axis]);
    }, x);
}

/** log Σ eˣ, shifted by the maximum so that nothing overflows. */
const logSumExp: Reduce = (x, axes) => {
  const top = stopGradient(max(x, axes, { keepDims: true }));
  const rest = log(sum(exp(subtract(x, top)), axes));
  return add(rest, sum(top, axes));
};

const over =
  (reduce: Reduce): Translate =>
  (call) => {
    const x = call.x(0);
    const rank = x.axes.length;
    const given = call.list("axes", 1) ?? [];
    if (given.length === 0 && call.integer("noop_with_empty_axes", 0) === 1) return x;
    const logical = given.length === 0 ? range(rank) : call.axes(given, rank);
    return reduced(x, logical, { reduce, keep: call.integer("keepdims", 1) === 1 });
  };

const squares = (x: Node): Node => multiply(x, x);

const extreme =
  (sign: 1 | -1): Translate =>
  (call) => {
    if (call.integer("select_last_index", 0) === 1) {
      throw call.refuse("select_last_index is not kept; ties go to the first index");
    }
    const x = plain(call.x(0));
    const axis = call.axis(call.integer("axis", 0), x.shape.length);
    const found = laid(argMax(sign === 1 ? x : onReals(x, negate), axis));
    return call.integer("keepdims", 1) === 1 ? reshaped(found, x.shape.with(axis, 1)) : found;
  };

/** Until operator set 12 every axis from `axis` on is normalised together. */
function softmaxAxes(call: Call): { x: Laid; axes: readonly number[] } {
  const x = call.x(0);
  const rank = x.axes.length;
  const axis = call.axis(call.integer("axis", call.version < 13 ? 1 : -1), Math.max(rank, 1));
  const logical = call.version < 13 ? range(rank).slice(axis) : [axis];
  return { x, axes: storedAxes(x, logical) };
}

/** eˣ/Σeˣ over stored axes; subtracting the maximum changes nothing but the range. */
export function softmaxOver(x: Node, axes: readonly number[]): Node {
  const powers = exp(subtract(x, stopGradient(max(x, axes, { keepDims: true }))));
  return divide(powers, sum(powers, axes, { keepDims: true }));
}

function logSoftmaxOver(x: Node, axes: readonly number[]): Node {
  const shifted = subtract(x, stopGradient(max(x, axes, { keepDims: true })));
  return subtract(shifted, log(sum(exp(shifted), axes, { keepDims: true })));
}

export const reductionOperators = {
  ReduceSum: entry("Σ x", over(sum)),
  ReduceMean: entry("the mean of x", over(meanOver)),
  ReduceMax: entry("the largest x; its derivative is shared between equal ones", over(max)),
  ReduceMin: entry(
    "the smallest x; its derivative is shared between equal ones",
    over((x, axes) => onReals(x, (node) => negate(max(negate(node), axes)))),
  ),
  ReduceL1: entry(
    "Σ |x|",
    over((x, axes) => onReals(x, (node) => sum(abs(node), axes))),
  ),
  ReduceL2: entry(
    "√Σ x²",
    over((x, axes) => onReals(x, (node) => sqrt(sum(squares(node), axes)))),
  ),
  ReduceSumSquare: entry(
    "Σ x²",
    over((x, axes) => sum(squares(x), axes)),
  ),
  ReduceLogSum: entry(
    "log Σ x",
    over((x, axes) => onReals(x, (node) => log(sum(node, axes)))),
  ),
  ReduceLogSumExp: entry(
    "log Σ eˣ",
    over((x, axes) => onReals(x, (node) => logSumExp(node, axes))),
  ),
  ReduceProd: entry("Π x", over(productOver)),
  ArgMax: entry("the first index of the largest x", extreme(1), { derivative: "zero" }),
  ArgMin: entry("the first index of the smallest x", extreme(-1), { derivative: "zero" }),
  Softmax: entry("eˣ / Σ eˣ", (call) => {
    const { x, axes } = softmaxAxes(call);
    return withStored(x, softmaxOver(x.stored, axes));
  }),
  LogSoftmax: entry("x − log Σ eˣ", (call) => {
    const { x, axes } = softmaxAxes(call);
    return withStored(x, logSoftmaxOver(x.stored, axes));
  }),
  Einsum: einsum(summedOver),
  Hardmax: entry(
    "1 at the largest x, else 0",
    (call) => {
      const x = plain(call.x(0));
      const axis = call.axis(call.integer("axis", call.version < 13 ? 1 : -1), x.shape.length);
      if (call.version < 13 && axis !== x.shape.length - 1) {
        throw call.refuse("before operator set 13 only the last axis is read");
      }
      return laid(oneHotOf(argMax(x, axis), { axis, length: x.shape[axis] ?? 0 }));
    },
    { derivative: "zero" },
  ),
} as const;
