/**
 * The one place where nodes are made: checks operands by the primitive's shape rule and freezes
 * the result. No simplification here (see build.ts).
 */
import type { Node, NodeOf, OperationName, Operations } from "./operations.ts";
import type { ShapeRule } from "./shapes.ts";
import { shapeRules } from "./shapes.ts";

/** `kind[a,b]`, as it stands in messages. */
export function describe(node: Pick<Node, "shape" | "kind">): string {
  return `${node.kind}[${node.shape.join(",")}]`;
}

/**
 * A node that applies `op` to `inputs`; throws an Error that names the operands' shapes when they
 * do not fit. Attributes must be complete (axes from 0, windows filled in) and are frozen.
 */
export function apply<Name extends OperationName>(
  op: Name,
  inputs: readonly Node[],
  attributes: Operations[Name],
): NodeOf<Name> {
  const rule: ShapeRule<Name> = shapeRules[op];
  let result: ReturnType<ShapeRule<Name>>;
  try {
    result = rule(inputs, attributes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const settings = op === "constant" ? "" : ` ${JSON.stringify(attributes)}`;
    throw new Error(`${op}(${inputs.map(describe).join(", ")})${settings}: ${why}`, { cause });
  }
  Object.freeze(attributes);
  const node: NodeOf<Name> = {
    op,
    inputs: Object.freeze([...inputs]),
    attributes,
    shape: Object.freeze([...result.shape]),
    kind: result.kind,
  };
  return Object.freeze(node);
}

/**
 * The same primitive on other inputs. A union of operations loses the tie between a name and its
 * attributes, which both come from one node here; hence the cast.
 */
export function applyLike(node: Node, inputs: readonly Node[]): Node {
  return apply(node.op, inputs, node.attributes as never) as Node;
}
