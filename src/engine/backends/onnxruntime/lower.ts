/** Writes a whole graph: every node in order by its lowering. Knows neither loops nor sessions. */
import { ordered } from "#engine/graph/walk.ts";
import type { Node, NodeOf, OperationName } from "#engine/ops/operations.ts";
import type { Emitter } from "./emitter.ts";
import type { Lowering, Site } from "./lowering.ts";
import { operandNode } from "./lowering.ts";
import { lowerings } from "./table.ts";

/** The ONNX value of each output. `bound` holds those of the input nodes. */
export function lowerGraph(
  outputs: readonly Node[],
  bound: ReadonlyMap<Node, string>,
  emit: Emitter,
): string[] {
  const values = new Map<Node, string>(bound);
  const order = ordered(outputs);
  const uses = countUses(order, outputs);
  const written = (node: Node): string => {
    const value = values.get(node);
    if (value === undefined) throw new Error(`${node.op} is read before it is written`);
    return value;
  };
  const site: Site = { emit, valueOf: written, usesOf: (node) => uses.get(node) ?? 0 };
  for (const node of order) {
    if (!values.has(node)) values.set(node, lowerNode(node, site));
  }
  return outputs.map(written);
}

function lowerNode<Name extends OperationName>(node: NodeOf<Name>, site: Site): string {
  const lowering: Lowering<Name> = lowerings[node.op];
  return lowering(node, (index) => site.valueOf(operandNode(node, index)), site);
}

function countUses(order: readonly Node[], outputs: readonly Node[]): Map<Node, number> {
  const uses = new Map<Node, number>();
  const count = (node: Node): void => void uses.set(node, (uses.get(node) ?? 0) + 1);
  for (const node of order) node.inputs.forEach(count);
  outputs.forEach(count);
  return uses;
}
