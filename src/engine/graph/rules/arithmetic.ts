/** Rules for elementwise arithmetic: known numbers, signs, factors, and stretched operands. */
import { applyLike } from "#engine/ops/apply.ts";
import * as g from "#engine/ops/build.ts";
import type { Node, NodeOf } from "#engine/ops/operations.ts";
import { broadcastShapes } from "#engine/ops/shapes.ts";
import type { Rule, Rules } from "./rule.ts";
import { sameShape, uniformValue } from "./rule.ts";

type Unary =
  | ("negate" | "scale" | "exp" | "log" | "log1p" | "sqrt" | "reciprocal" | "tanh" | "sigmoid")
  | ("softplus" | "erf" | "abs" | "sign" | "floor" | "sin" | "cos" | "relu" | "not" | "cast");
type Binary =
  | ("add" | "subtract" | "multiply" | "divide" | "maximum" | "minimum" | "power" | "greater")
  | ("greaterEqual" | "equal" | "and" | "or" | "select");

/** f(broadcast(x)) = broadcast(f(x)). */
const beforeStretching: Rule<Unary> = (node) => {
  const [x] = node.inputs;
  const source = x?.op === "broadcast" ? x.inputs[0] : undefined;
  return source && g.broadcast(applyLike(node as Node, [source]), node.shape);
};

/**
 * Operands need not be stretched beforehand, because these operations stretch them; where all were
 * stretched, the result is stretched instead.
 */
const withoutStretching: Rule<Binary> = (node) => {
  if (!node.inputs.some(({ op }) => op === "broadcast")) return undefined;
  const inputs = [...node.inputs];
  for (const [at, x] of inputs.entries()) {
    const [source] = x.op === "broadcast" ? x.inputs : [];
    if (source !== undefined) inputs[at] = source;
  }
  const narrow = broadcastShapes(inputs.map(({ shape }) => shape));
  const result = applyLike(node as Node, inputs);
  return sameShape(narrow, node.shape) ? result : g.broadcast(result, node.shape);
};

/** `x` in the shape of the node that it replaces. */
const as = (node: Pick<Node, "shape">, x: Node): Node => g.broadcast(x, node.shape);

/** c·x as a scale, for a known number c. */
const toScale: Rule<"multiply"> = (node) => {
  const [a, b] = node.inputs;
  if (node.kind !== "real" || a === undefined || b === undefined) return undefined;
  const [left, right] = [uniformValue(a), uniformValue(b)];
  if (right !== undefined) return as(node, g.scale(a, right));
  return left === undefined ? undefined : as(node, g.scale(b, left));
};

/** x / c = x · (1/c), which rounds differently by half an ulp. */
const toInverseScale: Rule<"divide"> = (node) => {
  const [a, b] = node.inputs;
  const divisor = uniformValue(b);
  return divisor && a ? as(node, g.scale(a, 1 / divisor)) : undefined;
};

const scaled: Rule<"scale"> = ({ inputs: [x], attributes: { factor } }) => {
  if (x === undefined) return undefined;
  const known = g.literalValue(x);
  if (known !== undefined) return g.literal(known * factor);
  const [inner] = x.inputs;
  if (factor === 1) return x;
  if (inner !== undefined && x.op === "scale") {
    return g.scale(inner, factor * x.attributes.factor);
  }
  if (inner !== undefined && x.op === "negate") return g.scale(inner, -factor);
  return factor === -1 ? g.negate(x) : undefined;
};

const negated: Rule<"negate"> = ({ inputs: [x] }) => {
  const known = x && g.literalValue(x);
  if (known !== undefined) return g.literal(-known);
  const inner = x?.inputs[0];
  if (inner === undefined) return undefined;
  if (x?.op === "negate") return inner;
  if (x?.op === "scale") return g.scale(inner, -x.attributes.factor);
  const second = x?.inputs[1];
  return x?.op === "subtract" && second ? g.subtract(second, inner) : undefined;
};

/** Sums with a known 0, with a known second operand, or with a negated one. */
const summed: Rule<"add"> = (node) => {
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return undefined;
  if (uniformValue(b) === 0) return as(node, a);
  if (uniformValue(a) === 0) return as(node, b);
  if (b.op === "negate" && b.inputs[0]) return g.subtract(a, b.inputs[0]);
  return a.op === "negate" && a.inputs[0] ? g.subtract(b, a.inputs[0]) : folded(node);
};

const lessened: Rule<"subtract"> = (node) => {
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return undefined;
  if (uniformValue(b) === 0) return as(node, a);
  if (uniformValue(a) === 0) return as(node, g.negate(b));
  return b.op === "negate" && b.inputs[0] ? g.add(a, b.inputs[0]) : folded(node);
};

/** Arithmetic of two scalar constants, and of small integers exactly as int32 does it. */
function folded(node: NodeOf<"add" | "subtract" | "multiply">): Node | undefined {
  const [a, b] = node.inputs.map((operand) => g.literalValue(operand));
  if (a === undefined || b === undefined) return undefined;
  const value = node.op === "multiply" ? a * b : node.op === "add" ? a + b : a - b;
  if (node.kind === "real") return g.literal(value);
  const safe = Math.abs(value) < 2 ** 31;
  const data = Int32Array.of(value);
  return safe ? g.constant({ dtype: "int32", shape: [], data }) : undefined;
}

const powers: Rule<"power"> = (node) => {
  const [x, exponent] = node.inputs;
  if (x === undefined) return undefined;
  switch (uniformValue(exponent)) {
    case 1:
      return as(node, x);
    case 2:
      return as(node, g.multiply(x, x));
    case 0.5:
      return as(node, g.sqrt(x));
    case -1:
      return as(node, g.reciprocal(x));
    default:
      return undefined;
  }
};

/** Constants change their element kind before the program runs. */
const castConstant: Rule<"cast"> = ({ inputs: [x], kind }) => {
  if (x?.op !== "constant" || kind !== "real") return undefined;
  const { shape, data } = x.attributes.tensor;
  return g.constant({ dtype: "float64", shape, data: Float64Array.from(data) });
};

const unary = [beforeStretching];
const binary = [withoutStretching];

export const arithmetic: Rules = {
  negate: [negated, ...unary],
  scale: [scaled, ...unary],
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
  not: unary,
  cast: [castConstant, ...unary],
  // Its work is done once derivatives are written.
  stopGradient: [({ inputs: [x] }) => x],
  add: [summed, ...binary],
  subtract: [lessened, ...binary],
  multiply: [folded, toScale, ...binary],
  divide: [toInverseScale, ...binary],
  maximum: binary,
  minimum: binary,
  power: [powers, ...binary],
  greater: binary,
  greaterEqual: binary,
  equal: binary,
  and: binary,
  or: binary,
  select: [
    ({ inputs: [, a, b], shape }) =>
      a !== undefined && a === b ? g.broadcast(a, shape) : undefined,
    ...binary,
  ],
};
