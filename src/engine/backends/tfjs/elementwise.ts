/** Kernels that compute each element from the elements in the same place, with broadcasting. */
import type { OperationName } from "#engine/ops/operations.ts";
import type { Kernel, Kernels } from "./kernel.ts";
import { operand, scalar } from "./kernel.ts";
import type { EagerTensor, Tf } from "./library.ts";

type UnaryName =
  | ("neg" | "exp" | "log" | "log1p" | "sqrt" | "reciprocal" | "tanh" | "sigmoid" | "softplus")
  | ("erf" | "abs" | "sign" | "floor" | "sin" | "cos" | "relu" | "logicalNot");
type BinaryName =
  | ("add" | "sub" | "mul" | "div" | "maximum" | "minimum" | "pow" | "greater" | "greaterEqual")
  | ("equal" | "logicalAnd" | "logicalOr");

const map =
  <Name extends OperationName>(name: UnaryName): Kernel<Name> =>
  (_, operands, { tf }) => {
    const call: (x: EagerTensor) => EagerTensor = tf[name];
    return call(operand(operands, 0));
  };

const zip =
  <Name extends OperationName>(name: BinaryName): Kernel<Name> =>
  (_, operands, { tf }) => {
    const call: (a: EagerTensor, b: EagerTensor) => EagerTensor = tf[name];
    return call(operand(operands, 0), operand(operands, 1));
  };

const same: Kernel<"stopGradient"> = (_, operands) => operand(operands, 0);

/** Numbers become true where they are not 0; a cast would truncate them first. */
function booleans(x: EagerTensor, tf: Tf): EagerTensor {
  if (x.dtype === "bool") return x;
  return tf.notEqual(x, tf.scalar(0, x.dtype === "int32" ? "int32" : "float32"));
}

const dtypes = { real: "float32", integer: "int32" } as const;

const cast: Kernel<"cast"> = ({ attributes: { kind } }, operands, { tf }) => {
  const x = operand(operands, 0);
  return kind === "boolean" ? booleans(x, tf) : tf.cast(x, dtypes[kind]);
};

const select: Kernel<"select"> = (_, operands, { tf }) =>
  tf.where(operand(operands, 0), operand(operands, 1), operand(operands, 2));

type Unary =
  | ("negate" | "scale" | "exp" | "log" | "log1p" | "sqrt" | "reciprocal" | "tanh" | "sigmoid")
  | ("softplus" | "erf" | "abs" | "sign" | "floor" | "sin" | "cos" | "relu" | "stopGradient");
type Binary =
  | ("add" | "subtract" | "multiply" | "divide" | "maximum" | "minimum" | "power" | "greater")
  | ("greaterEqual" | "equal" | "and" | "or" | "not" | "select" | "cast");

const unary: Kernels<Unary> = {
  negate: map("neg"),
  scale: (node, operands, site) =>
    site.tf.mul(operand(operands, 0), scalar(node.attributes.factor, site)),
  exp: map("exp"),
  log: map("log"),
  log1p: map("log1p"),
  sqrt: map("sqrt"),
  reciprocal: map("reciprocal"),
  tanh: map("tanh"),
  sigmoid: map("sigmoid"),
  softplus: map("softplus"),
  erf: map("erf"),
  abs: map("abs"),
  sign: map("sign"),
  floor: map("floor"),
  sin: map("sin"),
  cos: map("cos"),
  relu: map("relu"),
  stopGradient: same,
};

const binary: Kernels<Binary> = {
  add: zip("add"),
  subtract: zip("sub"),
  multiply: zip("mul"),
  divide: zip("div"),
  maximum: zip("maximum"),
  minimum: zip("minimum"),
  power: zip("pow"),
  greater: zip("greater"),
  greaterEqual: zip("greaterEqual"),
  equal: zip("equal"),
  and: zip("logicalAnd"),
  or: zip("logicalOr"),
  not: map("logicalNot"),
  select,
  cast,
};

export const elementwise = { ...unary, ...binary };
