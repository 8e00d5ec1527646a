/**
 * Constructors, one for each primitive: they complete attributes, check shapes and kinds, and skip
 * applications that change nothing. Rewriting that looks further is in graph/simplify.ts.
 */
import type { Shape, Tensor } from "../tensor.ts";
import { tensor } from "../tensor.ts";
import { apply } from "./apply.ts";
import type { InputNode, Kind, Node, OperationName, Operations, Window } from "./operations.ts";
import { broadcastShapes } from "./shapes.ts";
import { completeWindow } from "./windows.ts";

/** Reductions drop their axes unless told to keep them with length 1. */
export interface Reduction {
  readonly keepDims?: boolean;
}

export interface SliceBounds {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** 1 along every axis unless given. */
  readonly steps?: readonly number[];
}

export interface Padding {
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** 0 along every axis unless given. */
  readonly interior?: readonly number[];
}

type Bare = {
  [Name in OperationName]: Operations[Name] extends Readonly<Record<never, never>>
    ? Readonly<Record<never, never>> extends Operations[Name]
      ? Name
      : never
    : never;
}[OperationName];

const unary =
  (op: Bare) =>
  (x: Node): Node =>
    apply(op, [x], {}) as Node;

const binary =
  (op: Bare) =>
  (a: Node, b: Node): Node =>
    apply(op, [a, b], {}) as Node;

const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis]);

/** The axis counted from 0, where negative ones count from the end. */
const fromStart = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** True for a scalar constant with exactly this value. */
function isLiteral(node: Node, value: number): boolean {
  return literalValue(node) === value;
}

/** The value of a scalar constant, else undefined. */
export function literalValue(node: Node): number | undefined {
  return node.op === "constant" && node.shape.length === 0
    ? node.attributes.tensor.data[0]
    : undefined;
}

/** `a` alone when the other operand is `neutral` and does not stretch it. */
function unlessNeutral(a: Node, b: Node, neutral: number): Node | undefined {
  return isLiteral(b, neutral) && a.kind === b.kind ? a : undefined;
}

export function input(name: string, shape: Shape, kind: Kind = "real"): InputNode {
  return apply("input", [], { name, shape: Object.freeze([...shape]), kind });
}
export const constant = (value: Tensor): Node => apply("constant", [], { tensor: value });
/** A real scalar. */
export const literal = (value: number): Node => constant(tensor("float64", [], [value]));
/** A real array of one value, stored as a stretched scalar. */
export const filled = (value: number, shape: Shape): Node => broadcast(literal(value), shape);

export const negate = unary("negate");
export const exp = unary("exp");
export const log = unary("log");
export const log1p = unary("log1p");
export const sqrt = unary("sqrt");
export const reciprocal = unary("reciprocal");
export const tanh = unary("tanh");
export const sigmoid = unary("sigmoid");
export const softplus = unary("softplus");
export const erf = unary("erf");
export const abs = unary("abs");
export const sign = unary("sign");
export const floor = unary("floor");
export const sin = unary("sin");
export const cos = unary("cos");
export const relu = unary("relu");
export const stopGradient = unary("stopGradient");
export const scale = (x: Node, factor: number): Node =>
  factor === 1 && x.kind === "real" ? x : apply("scale", [x], { factor });

export const add = (a: Node, b: Node): Node =>
  unlessNeutral(a, b, 0) ?? unlessNeutral(b, a, 0) ?? apply("add", [a, b], {});
export const subtract = (a: Node, b: Node): Node =>
  unlessNeutral(a, b, 0) ?? apply("subtract", [a, b], {});
export const multiply = (a: Node, b: Node): Node =>
  unlessNeutral(a, b, 1) ?? unlessNeutral(b, a, 1) ?? apply("multiply", [a, b], {});
export const divide = (a: Node, b: Node): Node =>
  unlessNeutral(a, b, 1) ?? apply("divide", [a, b], {});
export const maximum = binary("maximum");
export const minimum = binary("minimum");
export const power = binary("power");
export const greater = binary("greater");
export const greaterEqual = binary("greaterEqual");
export const equal = binary("equal");
export const and = binary("and");
export const or = binary("or");
export const not = unary("not");
export const select = (condition: Node, a: Node, b: Node): Node =>
  apply("select", [condition, a, b], {});
/** Real to integer truncates towards zero; anything but 0 is true. */
export const cast = (x: Node, kind: Kind): Node =>
  x.kind === kind ? x : apply("cast", [x], { kind });

function reduction(op: "sum" | "max", x: Node, how: Operations["sum"]): Node {
  const rank = x.shape.length;
  const axes = how.axes.map((axis) => fromStart(axis, rank)).toSorted((a, b) => a - b);
  return axes.length === 0 ? x : (apply(op, [x], { ...how, axes }) as Node);
}

/** Sum over `axes` (all unless given; negative ones count from the end). */
export const sum = (x: Node, axes = [...x.shape.keys()] as readonly number[], how?: Reduction) =>
  reduction("sum", x, { axes, keepDims: how?.keepDims ?? false });
/** Maximum over `axes` (all unless given; negative ones count from the end). */
export const max = (x: Node, axes = [...x.shape.keys()] as readonly number[], how?: Reduction) =>
  reduction("max", x, { axes, keepDims: how?.keepDims ?? false });
export const argMax = (x: Node, axis: number): Node =>
  apply("argMax", [x], { axis: fromStart(axis, x.shape.length) });

export function reshape(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  const [source = x] = x.op === "reshape" ? x.inputs : [x];
  return source !== x ? reshape(source, shape) : apply("reshape", [x], { shape });
}

export function broadcast(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  const [source = x] = x.op === "broadcast" ? x.inputs : [x];
  // Checks the outer step too, which the joined one would let pass.
  if (source !== x) broadcastShapes([x.shape, shape]);
  return apply("broadcast", [source], { shape });
}

export function transpose(x: Node, permutation: readonly number[]): Node {
  if (x.op === "transpose" && permutation.length === x.shape.length) {
    const inner = x.attributes.permutation;
    const [source = x] = x.inputs;
    return transpose(
      source,
      permutation.map((axis) => inner[axis] ?? -1),
    );
  }
  const still = permutation.length === x.shape.length && permutation.every((to, at) => to === at);
  return still ? x : apply("transpose", [x], { permutation });
}

export function slice(x: Node, bounds: SliceBounds): Node {
  const { starts, ends, steps = starts.map(() => 1) } = bounds;
  const node = apply("slice", [x], { starts, ends, steps });
  return sameShape(node.shape, x.shape) ? x : node;
}

export function pad(x: Node, padding: Padding): Node {
  const { low, high, interior = low.map(() => 0) } = padding;
  const node = apply("pad", [x], { low, high, interior });
  return sameShape(node.shape, x.shape) ? x : node;
}

export function concat(xs: readonly Node[], axis: number): Node {
  const [first] = xs;
  const node = apply("concat", xs, { axis: fromStart(axis, first?.shape.length ?? 0) });
  return xs.length === 1 && first !== undefined ? first : node;
}

export const gather = (data: Node, indices: Node, axis: number): Node =>
  apply("gather", [data, indices], { axis: fromStart(axis, data.shape.length) });
/** `axis` counts from 0. */
export const scatterAdd = (updates: Node, indices: Node, where: Operations["scatterAdd"]): Node =>
  apply("scatterAdd", [updates, indices], { ...where });

/** [...b, M, K] · [...b, K, N]; the flags swap the last two axes of an operand first. */
export const matmul = (a: Node, b: Node, flags: Partial<Operations["matmul"]> = {}): Node =>
  apply("matmul", [a, b], {
    transposeA: flags.transposeA ?? false,
    transposeB: flags.transposeB ?? false,
  });

/** Cross-correlation of x [N, ...in, C] with w [...k, C/groups, F]; whatever is left out rests. */
export const convolve = (x: Node, w: Node, window: Partial<Window> = {}): Node =>
  apply("convolve", [x, w], completeWindow(x.shape.length - 2, window));
export const convolveInput = (
  delta: Node,
  w: Node,
  window: Partial<Window> & Pick<Operations["convolveInput"], "inputSize">,
): Node => {
  const whole = completeWindow(delta.shape.length - 2, window);
  return apply("convolveInput", [delta, w], { ...whole, inputSize: window.inputSize });
};
export const convolveFilter = (
  x: Node,
  delta: Node,
  window: Partial<Window> & Pick<Operations["convolveFilter"], "kernelSize">,
): Node => {
  const whole = completeWindow(x.shape.length - 2, window);
  return apply("convolveFilter", [x, delta], { ...whole, kernelSize: window.kernelSize });
};
