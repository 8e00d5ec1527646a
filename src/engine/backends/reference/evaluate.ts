/**
 * A topological interpreter and the table of kernels that it calls. In which order nodes come is
 * said in graph/sequence.ts; binding values to inputs is the caller's.
 */
import type { Precision } from "#engine/backend.ts";
import type { Sequence } from "#engine/graph/sequence.ts";
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

/** Computes a sequence into `values`, which holds the given nodes; what is freed leaves it again. */
export function evaluate(sequence: Sequence, values: Values, precision: Precision): void {
  for (const [at, node] of sequence.order.entries()) {
    const operands = node.inputs.map((operand) => valueFor(values, operand));
    values.set(node, compute(node, operands, precision));
    for (const dead of sequence.frees[at] ?? []) values.delete(dead);
  }
}
