/**
 * A parameter's whole gradient per example, gathered from all its uses: adding up over uses before
 * contracting is what makes shared weights exact, cross pairs included. Contracts nothing.
 */
import { add, concat } from "#engine/graph/build.ts";
import { dependsOn } from "#engine/graph/walk.ts";
import type { Parameter } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Factor } from "./factors.ts";
import { type Use, usesOfParameter } from "./uses.ts";

/** Cotangent of a use's node, known once the backward graph is written. */
export type CotangentOf = (node: Node) => Node;

/** Factors of all uses with their positions side by side, or the gradient itself, [N, P]. */
type Body =
  | {
      readonly form: "product";
      /** [N, D, F], free of the cotangent. */
      readonly a: Node;
      /** [N, D, C]. */
      readonly delta: (of: CotangentOf) => Node;
    }
  | {
      readonly form: "lookup";
      /** [N, D], rows of the table. */
      readonly ids: Node;
      readonly rows: number;
      /** [N, D, E]. */
      readonly delta: (of: CotangentOf) => Node;
    }
  | { readonly form: "gradient"; readonly gradient: (of: CotangentOf) => Node };

/** A block of one parameter's gradient. */
export type Piece = {
  readonly name: string;
  readonly parameter: Parameter;
  /** Pieces that this one stands for beside itself, see merging.ts. */
  readonly biases?: readonly string[];
  /** Whether its cotangents are the same for every example, as a last layer's are. */
  readonly isEven?: boolean;
} & Body;

export interface Pieces {
  readonly structured: readonly Piece[];
  /** Parameters without a rule: their gradients are taken one example at a time. */
  readonly explicit: readonly Parameter[];
  /** Every node whose cotangent the structured pieces need. */
  readonly nodes: readonly Node[];
}

/** Pieces of all parameters of the forward graph of `output` for the examples `x` [N, …]. */
export function piecesOf(output: Node, parameters: ReadonlyMap<Parameter, Node>, x: Node): Pieces {
  const scene = { batch: x.shape[0] ?? 0, reached: dependsOn([output], new Set([x])) };
  const structured: Piece[] = [];
  const explicit: Parameter[] = [];
  const nodes = new Set<Node>();
  for (const [parameter, node] of parameters) {
    const uses = usesOfParameter([output], node, scene);
    const bodies = joined(uses);
    if (bodies === undefined) {
      explicit.push(parameter);
      continue;
    }
    for (const [at, body] of bodies.entries()) {
      const name = bodies.length > 1 ? `${parameter.name}#${at}` : parameter.name;
      structured.push({ ...body, name, parameter });
    }
    for (const use of uses) nodes.add(use.node);
  }
  return { structured, explicit, nodes: [...nodes] };
}

/**
 * One body a block where the factors of all uses can be laid side by side, else the sum of their
 * gradients in the parameter's own layout. Nothing when a use has no rule.
 */
function joined(uses: readonly Use[]): Body[] | undefined {
  const [first] = uses;
  if (first === undefined) return [];
  if (uses.some(({ gradient }) => gradient === undefined)) return undefined;
  const alike = uses.every(
    (use) => use.layout === first.layout && use.factors.length === first.factors.length,
  );
  const bodies = alike ? first.factors.map((_, at) => sideBySide(uses, at)) : [];
  const whole = bodies.filter((body) => body !== undefined);
  if (whole.length > 0 && whole.length === bodies.length) return whole;
  const gradient = (of: CotangentOf): Node =>
    uses.flatMap((use) => use.gradient?.(of(use.node)) ?? []).reduce(add);
  return [{ form: "gradient", gradient }];
}

/** The factors of a block from all uses as one, if they are of one form and size. */
function sideBySide(uses: readonly Use[], at: number): Body | undefined {
  const blocks = uses.flatMap(({ node, factors }) => {
    const factor = factors[at];
    return factor === undefined ? [] : [{ node, factor }];
  });
  const kinds = new Set(blocks.map(({ factor }) => kindOf(factor)));
  const [first] = blocks;
  if (first === undefined || kinds.size !== 1) return undefined;
  const delta = (of: CotangentOf): Node =>
    concat(
      blocks.map(({ node, factor }) => factor.delta(of(node))),
      1,
    );
  const free = blocks.map(({ factor }) => (factor.form === "product" ? factor.a : factor.ids));
  const sides = concat(free, 1);
  return first.factor.form === "product"
    ? { form: "product", a: sides, delta }
    : { form: "lookup", ids: sides, rows: first.factor.rows, delta };
}

/** Only factors of one kind stand side by side. */
const kindOf = (factor: Factor): string =>
  factor.form === "product" ? `product ${factor.a.shape[2]}` : `lookup ${factor.rows}`;
