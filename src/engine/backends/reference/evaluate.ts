/**
 * A topological interpreter: the order in which nodes are computed and freed, and the table of
 * kernels it calls. Binding values to inputs is the caller's.
 */
import type { Precision } from "#engine/backend.ts";
import { releases } from "#engine/graph/memory.ts";
import { ordered } from "#engine/graph/walk.ts";
import type { Kind, Node, NodeOf, OperationName } from "#engine/ops/operations.ts";
import type { DType, TensorData } from "#engine/tensor.ts";
import { allocate, sizeOf } from "#engine/tensor.ts";
import { contract } from "./contract.ts";
import { elementwise } from "./elementwise.ts";
import type { Kernel, Kernels } from "./kernel.ts";
import { move } from "./move.ts";

export type Values = Map<Node, TensorData>;

const kernels: Kernels<OperationName> = {
  input: ({ attributes }) => {
    throw new Error(`input ${attributes.name} has no value`);
  },
  constant: ({ attributes }, _, out) => out.set(attributes.tensor.data),
  ...elementwise,
  ...move,
  ...contract,
};

/** Nodes to compute in order; `frees[i]` are not read after `order[i]`. */
export interface Plan {
  readonly order: readonly Node[];
  readonly frees: readonly (readonly Node[])[];
}

/** How to compute `outputs` when `given` nodes are known. */
export function planOf(outputs: readonly Node[], given: ReadonlySet<Node>): Plan {
  const order = ordered(outputs, given);
  return { order, frees: releases(order, new Set([...outputs, ...given])) };
}

/** The host type of a node's values. */
export function dtypeOf(kind: Kind, precision: Precision): DType {
  return kind === "real" ? precision : kind === "integer" ? "int32" : "bool";
}

function compute<Name extends OperationName>(
  node: NodeOf<Name>,
  operands: readonly TensorData[],
  precision: Precision,
): TensorData {
  const out = allocate(dtypeOf(node.kind, precision), sizeOf(node.shape));
  const kernel: Kernel<Name> = kernels[node.op];
  kernel(node, operands, out);
  return out;
}

/** The value of a node that must be known. */
export function valueFor(values: Values, node: Node): TensorData {
  const value = values.get(node);
  if (value === undefined) throw new Error(`${node.op} has no value`);
  return value;
}

/** Computes a plan into `values`, which holds the given nodes; what is freed leaves it again. */
export function evaluate(plan: Plan, values: Values, precision: Precision): void {
  for (const [at, node] of plan.order.entries()) {
    const operands = node.inputs.map((operand) => valueFor(values, operand));
    values.set(node, compute(node, operands, precision));
    for (const dead of plan.frees[at] ?? []) values.delete(dead);
  }
}
