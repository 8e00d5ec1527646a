/**
 * What a lowering is: a function that writes one application of a primitive as ONNX nodes. The
 * lowerings themselves stand in the files beside, the table of all in table.ts.
 */
import type { Node, NodeOf, OperationName } from "#engine/ops/operations.ts";
import type { Emitter } from "./emitter.ts";

/** Where a lowering writes, and what it may ask about the graph around its node. */
export interface Site {
  readonly emit: Emitter;
  /** The ONNX value of a node that comes earlier. */
  valueOf(node: Node): string;
  /** How many operands and outputs of the program this node is. */
  usesOf(node: Node): number;
}

/** The ONNX value of the operand at an index, which must exist. */
export type Operand = (index: number) => string;

/** Returns the ONNX value that holds the node's result, in exactly the node's shape. */
export type Lowering<Name extends OperationName> = (
  node: NodeOf<Name>,
  operand: Operand,
  site: Site,
) => string;

/** The operand node at an index; a graph that lacks it was not made by the constructors. */
export function operandNode(node: Pick<Node, "op" | "inputs">, index: number): Node {
  const operand = node.inputs[index];
  if (operand === undefined) throw new Error(`${node.op} lacks operand ${index}`);
  return operand;
}
