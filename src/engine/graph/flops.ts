/** Exact counts of floating-point operations of a graph, from shapes alone. Measures no time. */
import type { Node, OperationName } from "#engine/ops/operations.ts";
import { operand } from "#engine/ops/primitive.ts";
import type { Shape } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import { ordered } from "./walk.ts";

export interface Flops {
  /** Matrix products and convolutions; a multiply-add counts 2. */
  readonly contraction: number;
  /** One for each element of an elementwise result, and for each element that a reduction reads. */
  readonly elementwise: number;
}

/** 2·N·out·F·k·C/groups, for x [N, ...in, C], w [...k, C/groups, F] → [N, ...out, F]. */
const convolution = (out: Shape, w: Shape): number => 2 * sizeOf(out) * sizeOf(w.slice(0, -1));

type Count = "free" | "perResult" | "perOperand" | ((node: Node) => number);

const counts: Readonly<Record<OperationName, Count>> = {
  input: "free",
  constant: "free",
  negate: "perResult",
  scale: "perResult",
  exp: "perResult",
  log: "perResult",
  log1p: "perResult",
  sqrt: "perResult",
  reciprocal: "perResult",
  tanh: "perResult",
  sigmoid: "perResult",
  softplus: "perResult",
  erf: "perResult",
  abs: "perResult",
  sign: "perResult",
  floor: "perResult",
  sin: "perResult",
  cos: "perResult",
  relu: "perResult",
  stopGradient: "free",
  add: "perResult",
  subtract: "perResult",
  multiply: "perResult",
  divide: "perResult",
  maximum: "perResult",
  minimum: "perResult",
  power: "perResult",
  greater: "perResult",
  greaterEqual: "perResult",
  equal: "perResult",
  and: "perResult",
  or: "perResult",
  not: "perResult",
  select: "perResult",
  cast: "perResult",
  sum: "perOperand",
  max: "perOperand",
  argMax: "perOperand",
  reshape: "free",
  broadcast: "free",
  transpose: "free",
  slice: "free",
  pad: "free",
  concat: "free",
  gather: "free",
  scatterAdd: "perOperand",
  matmul: (node) => {
    const a = operand(node, 0).shape;
    const swap = node.op === "matmul" && node.attributes.transposeA;
    return 2 * sizeOf(node.shape) * (a.at(swap ? -2 : -1) ?? 0);
  },
  convolve: (node) => convolution(node.shape, operand(node, 1).shape),
  convolveInput: (node) => convolution(operand(node, 0).shape, operand(node, 1).shape),
  convolveFilter: (node) => convolution(operand(node, 1).shape, node.shape),
};

/** FLOPs of one node, its operands being there. */
export function flopsOf(node: Node): Flops {
  const count = counts[node.op];
  if (typeof count === "function") return { contraction: count(node), elementwise: 0 };
  if (count === "free") return { contraction: 0, elementwise: 0 };
  const counted = count === "perResult" ? node : operand(node, 0);
  return { contraction: 0, elementwise: sizeOf(counted.shape) };
}

/** FLOPs of evaluating everything that the outputs reach, each node once. */
export function countFlops(outputs: readonly Node[]): Flops {
  let [contraction, elementwise] = [0, 0];
  for (const node of ordered(outputs)) {
    const own = flopsOf(node);
    contraction += own.contraction;
    elementwise += own.elementwise;
  }
  return { contraction, elementwise };
}
