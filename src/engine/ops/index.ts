/**
 * The dictionary: for every primitive, its shape rule, its jvp and, where it is linear, its
 * transpose. The only barrel of the engine; the rules are in the family files.
 */
import { binary } from "./binary.ts";
import { contract } from "./contract.ts";
import { elementwise } from "./elementwise.ts";
import type { Node, NodeOf, OperationName } from "./operations.ts";
import type { Primitive } from "./primitive.ts";
import { reduce } from "./reduce.ts";
import { shape } from "./shape.ts";
import { sources } from "./source.ts";

export const primitives: { readonly [Name in OperationName]: Primitive<Name> } = {
  ...sources,
  ...elementwise,
  ...binary,
  ...reduce,
  ...shape,
  ...contract,
};

/** The tangent of a node from its operands' tangents, where undefined is zero. */
export function tangentOf<Name extends OperationName>(
  node: NodeOf<Name>,
  tangents: readonly (Node | undefined)[],
): Node | undefined {
  const primitive: Primitive<Name> = primitives[node.op];
  return primitive.jvp(node, tangents);
}

/** Cotangents of a node's linear operands; throws where the primitive is linear in none. */
export function cotangentsOf<Name extends OperationName>(
  node: NodeOf<Name>,
  cotangent: Node,
  isLinear: readonly boolean[],
): readonly (Node | undefined)[] {
  const primitive: Primitive<Name> = primitives[node.op];
  if (primitive.transpose === undefined) throw new Error(`${node.op} is not linear`);
  return primitive.transpose(node, cotangent, isLinear);
}
