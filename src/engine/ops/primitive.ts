/**
 * What a primitive states about itself, and the few moves that derivative rules share. The rules
 * themselves are in the family files, the whole dictionary in index.ts.
 */
import type { Shape } from "../tensor.ts";
import { add, broadcast, reshape, sum } from "./build.ts";
import type { Node, NodeOf, OperationName } from "./operations.ts";
import type { ShapeRule } from "./shapes.ts";

/** Primitives that are linear in at least one operand; their tangents are written with these. */
export type LinearName =
  | ("negate" | "scale" | "add" | "subtract" | "multiply" | "divide" | "select" | "sum")
  | ("reshape" | "broadcast" | "transpose" | "slice" | "pad" | "concat" | "gather" | "scatterAdd")
  | ("matmul" | "convolve" | "convolveInput" | "convolveFilter");

/**
 * Writes the tangent of `node` from its operands' tangents (undefined is zero); primal nodes stand
 * in it as residuals. Uses only primitives of `LinearName` on tangents.
 */
export type JvpRule<Name extends OperationName> = (
  node: NodeOf<Name>,
  tangents: readonly (Node | undefined)[],
) => Node | undefined;

/** Cotangents of those operands in which `isLinear` says the node is linear, from the node's. */
export type TransposeRule<Name extends OperationName> = (
  node: NodeOf<Name>,
  cotangent: Node,
  isLinear: readonly boolean[],
) => readonly (Node | undefined)[];

export interface Primitive<Name extends OperationName> {
  readonly shape: ShapeRule<Name>;
  readonly jvp: JvpRule<Name>;
  readonly transpose: TransposeRule<Name> | undefined;
}

/** A complete table over some primitives: linear ones must have a transpose, others must not. */
export type Family<Names extends OperationName> = {
  readonly [Name in Names]: Primitive<Name> & {
    readonly transpose: Name extends LinearName ? TransposeRule<Name> : undefined;
  };
};

/** The operand at a place that the shape rule has made sure of. */
export function operand(node: Pick<Node, "op" | "inputs">, at: number): Node {
  const found = node.inputs[at];
  if (found === undefined) throw new Error(`${node.op} has no operand ${at}`);
  return found;
}

/** The sum of those terms that are not zero. */
export function total(terms: readonly (Node | undefined)[]): Node | undefined {
  return terms.reduce((a, b) => (a === undefined || b === undefined ? (a ?? b) : add(a, b)));
}

/** Transpose of numpy broadcasting: sums over the stretched axes. */
export function unbroadcast(cotangent: Node, shape: Shape): Node {
  const lead = cotangent.shape.length - shape.length;
  const axes = [...cotangent.shape.keys()].filter(
    (axis) => axis < lead || (shape[axis - lead] === 1 && cotangent.shape[axis] !== 1),
  );
  return reshape(sum(cotangent, axes), shape);
}

/** A tangent in the node's shape, where only one of several broadcast operands moves. */
export function stretched(node: Pick<Node, "shape">, tangent: Node | undefined): Node | undefined {
  return tangent === undefined ? undefined : broadcast(tangent, node.shape);
}

/** Integers, booleans and step functions: the tangent is zero. */
export const still = (): undefined => undefined;
