/**
 * A parameter's whole gradient per example, gathered from all its uses: adding up over uses before
 * contracting is what makes shared weights exact, cross pairs included. Contracts nothing.
 */
import { add, concat } from "#engine/graph/build.ts";
import type { Parameter } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import { type Factor, type Use, usesOfParameter } from "./uses.ts";

/** Cotangent of a use's node, known once the backward graph is written. */
export type CotangentOf = (node: Node) => Node;

/** A block of one parameter's gradient: a pair whose product it is, or the gradient itself. */
export type Piece = { readonly name: string; readonly parameter: Parameter } & (
  | {
      readonly form: "product";
      /** [N, D, F], free of the cotangent. */
      readonly a: Node;
      /** [N, D, C]. */
      readonly delta: (of: CotangentOf) => Node;
    }
  | { readonly form: "gradient"; readonly gradient: (of: CotangentOf) => Node }
);

export interface Pieces {
  readonly structured: readonly Piece[];
  /** Parameters without a rule: their gradients are taken one example at a time. */
  readonly explicit: readonly Parameter[];
  /** Every node whose cotangent the structured pieces need. */
  readonly nodes: readonly Node[];
}

/** Pieces of all parameters of a forward graph for a batch of N examples. */
export function piecesOf(
  output: Node,
  parameters: ReadonlyMap<Parameter, Node>,
  batch: number,
): Pieces {
  const structured: Piece[] = [];
  const explicit: Parameter[] = [];
  const nodes = new Set<Node>();
  for (const [parameter, node] of parameters) {
    const uses = usesOfParameter([output], node, batch);
    const pieces = merge(parameter, uses);
    if (pieces === undefined) {
      explicit.push(parameter);
      continue;
    }
    structured.push(...pieces);
    for (const use of uses) nodes.add(use.node);
  }
  return { structured, explicit, nodes: [...nodes] };
}

/** One piece per block, or nothing when a use has no rule or the uses cannot be added up. */
function merge(parameter: Parameter, uses: readonly Use[]): Piece[] | undefined {
  const [first] = uses;
  if (first === undefined) return [];
  const alike = uses.every(
    (use) =>
      use.layout === first.layout &&
      use.factors.length > 0 &&
      use.factors.length === first.factors.length,
  );
  if (!alike) return undefined;
  const pieces: Piece[] = [];
  for (const at of first.factors.keys()) {
    const name = first.factors.length > 1 ? `${parameter.name}#${at}` : parameter.name;
    const blocks = uses.map((use) => ({ node: use.node, factor: use.factors[at] as Factor }));
    const piece = sum(blocks);
    if (piece === undefined) return undefined;
    pieces.push({ ...piece, name, parameter });
  }
  return pieces;
}

interface Block {
  readonly node: Node;
  readonly factor: Factor;
}

type Body =
  | { form: "product"; a: Node; delta: (of: CotangentOf) => Node }
  | { form: "gradient"; gradient: (of: CotangentOf) => Node };

/** Products are added by laying their positions side by side; gradients are added. */
function sum(blocks: readonly Block[]): Body | undefined {
  const products = blocks.flatMap(({ node, factor }) =>
    factor.form === "product" ? [{ node, factor }] : [],
  );
  if (products.length === blocks.length) {
    const sides = products.map(({ factor }) => factor.a);
    const inputs = new Set(sides.map((a) => a.shape[2]));
    if (inputs.size !== 1) return undefined;
    return {
      form: "product",
      a: concat(sides, 1),
      delta: (of) =>
        concat(
          products.map(({ node, factor }) => factor.delta(of(node))),
          1,
        ),
    };
  }
  if (products.length > 0) return undefined;
  const gradients = blocks.flatMap(({ node, factor }) =>
    factor.form === "gradient" ? [(of: CotangentOf) => factor.gradient(of(node))] : [],
  );
  return { form: "gradient", gradient: (of) => gradients.map((g) => g(of)).reduce(add) };
}
