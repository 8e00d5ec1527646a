/** Kernels that compute each element from the elements in the same place, with broadcasting. */
import type { OperationName } from "#engine/ops/operations.ts";
import type { TensorData } from "#engine/tensor.ts";
import type { Kernel, Kernels } from "./kernel.ts";
import { shapeOf, values } from "./kernel.ts";
import { broadcastStrides, offsetsOf } from "./offsets.ts";
import { erf, sigmoid, softplus } from "./special.ts";

const map =
  <Name extends OperationName>(f: (x: number) => number): Kernel<Name> =>
  (_, operands, out) => {
    const x = values(operands, 0);
    for (let i = 0; i < out.length; i++) out[i] = f(x[i] ?? 0);
  };

/** Reads operand `at` of a node as if it had the node's shape. */
function reader<Name extends OperationName>(
  [node, operands]: Parameters<Kernel<Name>>,
  at: number,
): (i: number) => number {
  const data: TensorData = values(operands, at);
  const shape = shapeOf(node, at);
  if (data.length === 1) {
    const value = data[0] ?? 0;
    return () => value;
  }
  if (shape.join() === node.shape.join()) return (i) => data[i] ?? 0;
  const offsets = offsetsOf(node.shape, broadcastStrides(shape, node.shape));
  return (i) => data[offsets[i] ?? 0] ?? 0;
}

const zip =
  <Name extends OperationName>(f: (a: number, b: number) => number | boolean): Kernel<Name> =>
  (...call) => {
    const [a, b] = [reader(call, 0), reader(call, 1)];
    const out = call[2];
    for (let i = 0; i < out.length; i++) out[i] = Number(f(a(i), b(i)));
  };

const select: Kernel<"select"> = (...call) => {
  const [condition, a, b] = [reader(call, 0), reader(call, 1), reader(call, 2)];
  const out = call[2];
  for (let i = 0; i < out.length; i++) out[i] = condition(i) !== 0 ? a(i) : b(i);
};

const cast: Kernel<"cast"> = ({ attributes }, operands, out) => {
  const x = values(operands, 0);
  const boolean = attributes.kind === "boolean";
  for (let i = 0; i < out.length; i++) out[i] = boolean ? Number(x[i] !== 0) : (x[i] ?? 0);
};

type Unary =
  | ("negate" | "scale" | "exp" | "log" | "log1p" | "sqrt" | "reciprocal" | "tanh" | "sigmoid")
  | ("softplus" | "erf" | "abs" | "sign" | "floor" | "sin" | "cos" | "relu" | "stopGradient");
type Binary =
  | ("add" | "subtract" | "multiply" | "divide" | "maximum" | "minimum" | "power" | "greater")
  | ("greaterEqual" | "equal" | "and" | "or" | "not" | "select" | "cast");

const unary: Kernels<Unary> = {
  negate: map((x) => -x),
  scale: (node, operands, out) =>
    map<"scale">((x) => x * node.attributes.factor)(node, operands, out),
  exp: map(Math.exp),
  log: map(Math.log),
  log1p: map(Math.log1p),
  sqrt: map(Math.sqrt),
  reciprocal: map((x) => 1 / x),
  tanh: map(Math.tanh),
  sigmoid: map(sigmoid),
  softplus: map(softplus),
  erf: map(erf),
  abs: map(Math.abs),
  sign: map(Math.sign),
  floor: map(Math.floor),
  sin: map(Math.sin),
  cos: map(Math.cos),
  relu: map((x) => Math.max(x, 0)),
  stopGradient: map((x) => x),
};

const binary: Kernels<Binary> = {
  add: zip((a, b) => a + b),
  subtract: zip((a, b) => a - b),
  multiply: zip((a, b) => a * b),
  divide: zip((a, b) => a / b),
  maximum: zip(Math.max),
  minimum: zip(Math.min),
  power: zip(Math.pow),
  greater: zip((a, b) => a > b),
  greaterEqual: zip((a, b) => a >= b),
  equal: zip((a, b) => a === b),
  and: zip((a, b) => a !== 0 && b !== 0),
  or: zip((a, b) => a !== 0 || b !== 0),
  not: map((x) => Number(x === 0)),
  select,
  cast,
};

export const elementwise = { ...unary, ...binary };
