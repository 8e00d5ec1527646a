/**
 * The form of a kernel on TensorFlow.js: a few calls of `tf` on eager tensors. Whoever calls a
 * kernel frees what it leaves behind except its result.
 */
import type { Node, NodeOf, OperationName } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import type { EagerTensor, Library } from "./library.ts";

/** Where kernels run, and the tensors that one executable keeps for all its calls. */
export interface Site extends Library {
  /** The tensor known under a key of this executable; made when first asked for. */
  held(key: string, make: () => EagerTensor): EagerTensor;
  /** The owner of tables that convolutions share. */
  readonly owner: object;
}

/** Returns the node's value in exactly the node's shape; may be one of the operands. */
export type Kernel<Name extends OperationName> = (
  node: NodeOf<Name>,
  operands: readonly EagerTensor[],
  site: Site,
) => EagerTensor;

export type Kernels<Names extends OperationName> = { readonly [Name in Names]: Kernel<Name> };

/** Operand `at`, which the shape rules have made sure of. */
export function operand(operands: readonly EagerTensor[], at: number): EagerTensor {
  const found = operands[at];
  if (found === undefined) throw new Error(`no operand ${at}`);
  return found;
}

/** The shape of operand `at`. */
export function shapeOf(node: Pick<Node, "inputs">, at: number): Shape {
  return node.inputs[at]?.shape ?? [];
}

/** The same values under another shape. */
export function reshaped(value: EagerTensor, shape: Shape, { tf }: Site): EagerTensor {
  return tf.reshape(value, [...shape]);
}

/** A scalar that is made once. */
export function scalar(value: number, site: Site): EagerTensor {
  return site.held(`scalar ${value}`, () => site.tf.scalar(value, "float32"));
}
