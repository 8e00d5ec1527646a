/** The form of a reference kernel. Values are flat arrays; shapes are read from the nodes. */
import type { Node, NodeOf, OperationName } from "#engine/ops/operations.ts";
import type { Shape, TensorData } from "#engine/tensor.ts";

/** Fills `out`, which is zero on entry; storing rounds to the program's precision. */
export type Kernel<Name extends OperationName> = (
  node: NodeOf<Name>,
  operands: readonly TensorData[],
  out: TensorData,
) => void;

export type Kernels<Names extends OperationName> = { readonly [Name in Names]: Kernel<Name> };

/** The values of operand `at`. */
export function values(operands: readonly TensorData[], at: number): TensorData {
  const found = operands[at];
  if (found === undefined) throw new Error(`no operand ${at}`);
  return found;
}

/** The shape of operand `at`. */
export function shapeOf(node: Pick<Node, "inputs">, at: number): Shape {
  return node.inputs[at]?.shape ?? [];
}
