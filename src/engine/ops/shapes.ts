/**
 * Shape and kind of every primitive's result, with the checks that refuse wrong operands. Windows
 * of convolutions are measured in windows.ts; no derivative and no construction here.
 */
import type { Shape, Tensor } from "../tensor.ts";
import { sizeOf } from "../tensor.ts";
import type { Kind, Node, OperationName, Operations } from "./operations.ts";
import { convolveFilterShape, convolveInputShape, convolveShape } from "./windows.ts";

/** What an application of a primitive yields. */
export interface Result {
  readonly shape: Shape;
  readonly kind: Kind;
}

/** Operand shapes and kinds are all that a rule reads. */
export type Operand = Pick<Node, "shape" | "kind">;

export type ShapeRule<Name extends OperationName> = (
  inputs: readonly Operand[],
  attributes: Operations[Name],
) => Result;

/** A rule that needs no attributes. */
type BareRule = (inputs: readonly Operand[]) => Result;

const kindsOf: Readonly<Record<Tensor["dtype"], Kind>> = {
  float32: "real",
  float64: "real",
  int32: "integer",
  bool: "boolean",
};

function refuse(why: string): never {
  throw new Error(why);
}

/** The operands, exactly `count` of them. */
function take(inputs: readonly Operand[], count: number): Operand[] {
  if (inputs.length !== count) refuse(`needs ${count} operands, got ${inputs.length}`);
  return [...inputs];
}

function one(inputs: readonly Operand[], kinds?: readonly Kind[]): Operand {
  const [x] = take(inputs, 1);
  if (x === undefined) return refuse("needs an operand");
  if (kinds !== undefined && !kinds.includes(x.kind)) refuse(`operand must be ${kinds.join("/")}`);
  return x;
}

/** numpy broadcasting: shapes align at the right, and an axis of length 1 stretches. */
export function broadcastShapes(shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let length = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own === 1) continue;
      if (length !== 1 && own !== length) refuse("shapes do not broadcast together");
      length = own;
    }
    return length;
  });
}

const unary: BareRule = (inputs) => {
  const x = one(inputs, ["real"]);
  return { shape: x.shape, kind: "real" };
};

const binary =
  (kinds: readonly Kind[], result?: Kind): BareRule =>
  (inputs) => {
    const pair = take(inputs, 2);
    const kind = pair[0]?.kind ?? "real";
    if (pair.some((x) => x.kind !== kind)) refuse("operands must be of one kind");
    if (!kinds.includes(kind)) refuse(`operands must be ${kinds.join("/")}`);
    return { shape: broadcastShapes(pair.map((x) => x.shape)), kind: result ?? kind };
  };

const number: readonly Kind[] = ["real", "integer"];
const arithmetic = binary(number);
const realPair = binary(["real"]);
const comparison = binary(number, "boolean");
const logic = binary(["boolean"]);

const select: BareRule = (inputs) => {
  const operands = take(inputs, 3);
  if (operands[0]?.kind !== "boolean") refuse("the condition must be boolean");
  const kind = operands[1]?.kind ?? "real";
  if (operands[2]?.kind !== kind) refuse("branches must be of one kind");
  return { shape: broadcastShapes(operands.map((x) => x.shape)), kind };
};

function checkAxes(axes: readonly number[], rank: number): void {
  for (const axis of axes) {
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank) refuse(`there is no axis ${axis}`);
  }
  if (new Set(axes).size !== axes.length) refuse("axes repeat");
}

const reduce: ShapeRule<"sum"> = (inputs, { axes, keepDims }) => {
  const x = one(inputs, number);
  checkAxes(axes, x.shape.length);
  const shape = keepDims
    ? x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : x.shape.filter((_, axis) => !axes.includes(axis));
  return { shape, kind: x.kind };
};

const max: ShapeRule<"max"> = (inputs, attributes) => {
  const x = one(inputs, number);
  if (attributes.axes.some((axis) => x.shape[axis] === 0)) refuse("maximum of nothing");
  return reduce(inputs, attributes);
};

const argMax: ShapeRule<"argMax"> = (inputs, { axis }) => {
  const { shape } = max(inputs, { axes: [axis], keepDims: false });
  return { shape, kind: "integer" };
};

const reshape: ShapeRule<"reshape"> = (inputs, { shape }) => {
  const x = one(inputs);
  if (sizeOf(shape) !== sizeOf(x.shape)) refuse("sizes differ");
  return { shape, kind: x.kind };
};

const broadcast: ShapeRule<"broadcast"> = (inputs, { shape }) => {
  const x = one(inputs);
  const joint = broadcastShapes([x.shape, shape]);
  if (joint.join() !== shape.join()) refuse("shapes do not broadcast together");
  return { shape, kind: x.kind };
};

const transpose: ShapeRule<"transpose"> = (inputs, { permutation }) => {
  const x = one(inputs);
  checkAxes(permutation, x.shape.length);
  if (permutation.length !== x.shape.length) refuse("the permutation misses axes");
  return { shape: permutation.map((axis) => x.shape[axis] ?? 0), kind: x.kind };
};

function checkLengths(lists: readonly (readonly number[])[], rank: number): void {
  for (const list of lists) {
    if (list.length !== rank) refuse("needs one number for each axis");
    if (list.some((n) => !Number.isInteger(n) || n < 0)) refuse("needs integers from 0 upwards");
  }
}

const slice: ShapeRule<"slice"> = (inputs, { starts, ends, steps }) => {
  const x = one(inputs);
  checkLengths([starts, ends, steps], x.shape.length);
  const shape = x.shape.map((length, axis) => {
    const [start = 0, end = 0, step = 0] = [starts[axis], ends[axis], steps[axis]];
    if (step < 1) refuse("steps start at 1");
    if (start > end || end > length) refuse(`axis ${axis} is sliced outside`);
    return Math.ceil((end - start) / step);
  });
  return { shape, kind: x.kind };
};

const pad: ShapeRule<"pad"> = (inputs, { low, high, interior }) => {
  const x = one(inputs);
  checkLengths([low, high, interior], x.shape.length);
  const shape = x.shape.map((length, axis) => {
    const gaps = Math.max(0, length - 1) * (interior[axis] ?? 0);
    return (low[axis] ?? 0) + length + gaps + (high[axis] ?? 0);
  });
  return { shape, kind: x.kind };
};

const concat: ShapeRule<"concat"> = (inputs, { axis }) => {
  const [first] = inputs;
  if (first === undefined) return refuse("needs at least one operand");
  checkAxes([axis], first.shape.length);
  let length = 0;
  for (const x of inputs) {
    if (x.kind !== first.kind) refuse("operands must be of one kind");
    if (x.shape.length !== first.shape.length) refuse("ranks differ");
    if (x.shape.some((n, i) => i !== axis && n !== first.shape[i])) refuse("other axes differ");
    length += x.shape[axis] ?? 0;
  }
  return { shape: first.shape.with(axis, length), kind: first.kind };
};

const gather: ShapeRule<"gather"> = (inputs, { axis }) => {
  const [data, indices] = take(inputs, 2);
  if (data === undefined || indices?.kind !== "integer") return refuse("indices must be integer");
  checkAxes([axis], data.shape.length);
  const { shape, kind } = data;
  return { shape: [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)], kind };
};

const scatterAdd: ShapeRule<"scatterAdd"> = (inputs, { axis, size }) => {
  const [updates, indices] = take(inputs, 2);
  if (updates?.kind !== "real") return refuse("updates must be real");
  if (indices?.kind !== "integer") return refuse("indices must be integer");
  const end = axis + indices.shape.length;
  if (axis < 0 || updates.shape.slice(axis, end).join() !== indices.shape.join()) {
    refuse(`updates lack the axes of the indices at axis ${axis}`);
  }
  const shape = [...updates.shape.slice(0, axis), size, ...updates.shape.slice(end)];
  return { shape, kind: "real" };
};

const matmul: ShapeRule<"matmul"> = (inputs, { transposeA, transposeB }) => {
  const [a, b] = take(inputs, 2);
  if (a?.kind !== "real" || b?.kind !== "real") return refuse("operands must be real");
  const rank = a.shape.length;
  if (rank < 2 || b.shape.length !== rank) return refuse("ranks must be equal and at least 2");
  const batch = a.shape.slice(0, -2);
  if (batch.join() !== b.shape.slice(0, -2).join()) refuse("batch axes differ");
  const [rows = 0, innerA] = transposeA ? a.shape.slice(-2).toReversed() : a.shape.slice(-2);
  const [innerB, columns = 0] = transposeB ? b.shape.slice(-2).toReversed() : b.shape.slice(-2);
  if (innerA !== innerB) refuse("contracted axes differ");
  return { shape: [...batch, rows, columns], kind: "real" };
};

/** A rule over two real operands that looks only at their shapes. */
const realShapes =
  <Name extends OperationName>(
    rule: (a: Shape, b: Shape, attributes: Operations[Name]) => Shape,
  ): ShapeRule<Name> =>
  (inputs, attributes) => {
    const [a, b] = take(inputs, 2);
    if (a?.kind !== "real" || b?.kind !== "real") return refuse("operands must be real");
    return { shape: rule(a.shape, b.shape, attributes), kind: "real" };
  };

/** For every primitive, the shape and kind of its result; throws where operands do not fit. */
export const shapeRules: { readonly [Name in OperationName]: ShapeRule<Name> } = {
  input: (_, { shape, kind }) => ({ shape, kind }),
  constant: (_, { tensor }) => ({ shape: tensor.shape, kind: kindsOf[tensor.dtype] }),
  negate: unary,
  scale: unary,
  exp: unary,
  log: unary,
  log1p: unary,
  sqrt: unary,
  reciprocal: unary,
  tanh: unary,
  sigmoid: unary,
  softplus: unary,
  erf: unary,
  abs: unary,
  sign: unary,
  floor: unary,
  sin: unary,
  cos: unary,
  relu: unary,
  stopGradient: unary,
  add: arithmetic,
  subtract: arithmetic,
  multiply: arithmetic,
  divide: realPair,
  maximum: arithmetic,
  minimum: arithmetic,
  power: realPair,
  greater: comparison,
  greaterEqual: comparison,
  equal: comparison,
  and: logic,
  or: logic,
  not: (inputs) => ({ shape: one(inputs, ["boolean"]).shape, kind: "boolean" }),
  select,
  cast: (inputs, { kind }) => ({ shape: one(inputs).shape, kind }),
  sum: reduce,
  max,
  argMax,
  reshape,
  broadcast,
  transpose,
  slice,
  pad,
  concat,
  gather,
  scatterAdd,
  matmul,
  convolve: realShapes<"convolve">(convolveShape),
  convolveInput: realShapes<"convolveInput">(convolveInputShape),
  convolveFilter: realShapes<"convolveFilter">(convolveFilterShape),
};
