/** Rules for reductions and for primitives that move elements. */
import { apply } from "#engine/ops/apply.ts";
import * as g from "#engine/ops/build.ts";
import type { Node, NodeOf } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Rule, Rules } from "./rule.ts";
import { uniformValue } from "./rule.ts";

type Reduction = "sum" | "max";

const reduced = (op: Reduction, x: Node, axes: readonly number[]): Node =>
  op === "sum" ? g.sum(x, axes) : g.max(x, axes);

/** Axes of length 1 need no reduction, only a reshape. */
const withoutUnitAxes: Rule<Reduction> = (node) => {
  const [x] = node.inputs;
  const { axes } = node.attributes;
  if (x === undefined) return undefined;
  const kept = [...x.shape.keys()].filter((axis) => x.shape[axis] !== 1 || !axes.includes(axis));
  if (kept.length === x.shape.length) return undefined;
  const narrow = g.reshape(
    x,
    kept.map((axis) => x.shape[axis] ?? 1),
  );
  const long = axes.flatMap((axis) => (kept.includes(axis) ? [kept.indexOf(axis)] : []));
  return g.reshape(reduced(node.op, narrow, long), node.shape);
};

/** Σ of a stretched array: the array's own axes are summed, others multiply by their length. */
const overStretched: Rule<"sum"> = (node) => {
  const [x] = node.inputs;
  const source = x?.op === "broadcast" ? x.inputs[0] : undefined;
  if (x === undefined || source === undefined || node.kind !== "real") return undefined;
  const { axes, keepDims } = node.attributes;
  const lead = x.shape.length - source.shape.length;
  const isOwn = (axis: number): boolean => source.shape[axis - lead] === x.shape[axis];
  const own = axes.filter(isOwn).map((axis) => axis - lead);
  const count = axes.reduce((size, axis) => size * (isOwn(axis) ? 1 : (x.shape[axis] ?? 1)), 1);
  const total = g.scale(g.sum(source, own, { keepDims }), count);
  const left = keepDims
    ? total.shape
    : source.shape.filter((_, axis) => !axes.includes(axis + lead));
  return g.broadcast(g.reshape(total, left), node.shape);
};

/** Σ c·x = c·Σ x, which multiplies fewer numbers. */
const beforeFactor: Rule<"sum"> = ({ inputs: [x], attributes }) => {
  const source = x?.inputs[0];
  if (source === undefined) return undefined;
  const total = (): Node => g.sum(source, attributes.axes, attributes);
  if (x?.op === "scale") return g.scale(total(), x.attributes.factor);
  return x?.op === "negate" ? g.negate(total()) : undefined;
};

/** Arrays of one known number keep it however they are moved. */
const uniform: Rule<"reshape" | "transpose" | "slice"> = (node) => {
  const value = uniformValue(node.inputs[0]);
  return value === undefined ? undefined : g.filled(value, node.shape);
};

const reshapedConstant: Rule<"reshape"> = ({ inputs: [x], shape }) => {
  if (x?.op !== "constant") return undefined;
  const { dtype, data } = x.attributes.tensor;
  return g.constant({ dtype, shape, data });
};

/** Moving axes of length 1 leaves the order of elements alone. */
const unitsMoved: Rule<"transpose"> = ({ inputs: [x], attributes, shape }) => {
  const long = attributes.permutation.filter((axis) => x?.shape[axis] !== 1);
  const kept = long.every((axis, at) => at === 0 || axis > (long[at - 1] ?? -1));
  return x !== undefined && kept ? g.reshape(x, shape) : undefined;
};

/** Stretching that adds no element is a reshape; known numbers stay stretched scalars. */
const unitsAdded: Rule<"broadcast"> = ({ inputs: [x], shape }) => {
  if (x === undefined || uniformValue(x) !== undefined) return undefined;
  return sizeOf(x.shape) === sizeOf(shape) ? g.reshape(x, shape) : undefined;
};

/** One operand of a concatenation, cut out again. */
const cutOut: Rule<"slice"> = ({ inputs: [x], attributes: { starts, ends, steps }, shape }) => {
  if (x?.op !== "concat" || steps.some((step) => step !== 1)) return undefined;
  const { axis } = x.attributes;
  if (shape.some((n, at) => at !== axis && n !== x.shape[at])) return undefined;
  let start = 0;
  for (const part of x.inputs) {
    const end = start + (part.shape[axis] ?? 0);
    if (starts[axis] === start && ends[axis] === end) return part;
    start = end;
  }
  return undefined;
};

/** concat(concat(a, b), c) = concat(a, b, c) along one axis. */
const flattened: Rule<"concat"> = ({ inputs, attributes: { axis } }) => {
  const nested = (x: Node): x is NodeOf<"concat"> & Node =>
    x.op === "concat" && x.attributes.axis === axis;
  if (!inputs.some(nested)) return undefined;
  return apply(
    "concat",
    inputs.flatMap((x) => (nested(x) ? x.inputs : [x])),
    { axis },
  );
};

/** What a pad along a single axis, without gaps, surrounds with zeros. */
interface Placed {
  readonly part: Node;
  readonly axis: number;
  readonly low: number;
  readonly high: number;
}

function placed(x: Node | undefined): Placed | undefined {
  const part = x?.inputs[0];
  if (x?.op !== "pad" || part === undefined) return undefined;
  const { low, high, interior } = x.attributes;
  const padded = [...x.shape.keys()].filter((axis) => low[axis] || high[axis]);
  const [axis] = padded;
  if (axis === undefined || padded.length > 1 || interior.some((gap) => gap > 0)) return undefined;
  return { part, axis, low: low[axis] ?? 0, high: high[axis] ?? 0 };
}

/** Neighbours in a sum of padded parts become one part: the transpose of slices is a concat. */
function merged(a: Placed, b: Placed): Node | undefined {
  if (a.low > b.low) return merged(b, a);
  const { axis } = a;
  if (b.axis !== axis || a.low + (a.part.shape[axis] ?? 0) !== b.low) return undefined;
  const none = a.part.shape.map(() => 0);
  const parts = g.concat([a.part, b.part], axis);
  return g.pad(parts, { low: none.with(axis, a.low), high: none.with(axis, b.high) });
}

/** Also looks one sum further, because cotangents arrive in any order. */
const sumOfPads: Rule<"add"> = ({ inputs: [a, b], shape }) => {
  for (const [first, second] of [
    [a, b],
    [b, a],
  ]) {
    const own = placed(first);
    if (own === undefined || second?.shape.join() !== shape.join()) continue;
    const direct = placed(second);
    if (direct !== undefined) return merged(own, direct);
    const further = second.op === "add" ? second.inputs : [];
    for (const [at, term] of further.entries()) {
      const other = placed(term);
      const joint = other && merged(own, other);
      const rest = further[1 - at];
      if (joint !== undefined && rest !== undefined) return g.add(joint, rest);
    }
  }
  return undefined;
};

export const layout: Rules = {
  sum: [withoutUnitAxes, overStretched, beforeFactor],
  max: [withoutUnitAxes],
  reshape: [uniform, reshapedConstant],
  transpose: [uniform, unitsMoved],
  slice: [uniform, cutOut],
  broadcast: [unitsAdded],
  concat: [flattened],
  add: [sumOfPads],
};
