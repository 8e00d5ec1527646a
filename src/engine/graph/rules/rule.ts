/** The form of a rewriting rule, and what several of them look for. No rule lives here. */
import { literalValue } from "#engine/ops/build.ts";
import type { Node, NodeOf, OperationName } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";

/** A cheaper node of equal value, shape and kind, or undefined where the rule does not apply. */
export type Rule<Name extends OperationName> = (node: NodeOf<Name>) => Node | undefined;

/** Rules by the operation at their root, tried in order. */
export type Rules = { readonly [Name in OperationName]?: readonly Rule<Name>[] };

export const sameShape = (a: Shape, b: Shape): boolean => a.join() === b.join();

/** The value of a real node all of whose elements are one known number. */
export function uniformValue(node: Node | undefined): number | undefined {
  if (node?.kind !== "real") return undefined;
  const stretched = node.op === "broadcast" || node.op === "reshape";
  return stretched ? uniformValue(node.inputs[0]) : literalValue(node);
}
