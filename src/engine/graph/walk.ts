/**
 * Ways through a graph, which is whatever its outputs reach: in order, backwards, with parts
 * replaced. Iterative, so that depth has no limit. Nothing here knows what an operation means.
 */
import { applyLike } from "#engine/ops/apply.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";

/** A set, or the keys of a map. */
export type Known = Pick<ReadonlySet<Node>, "has">;

/**
 * Every node that the outputs reach, each once, operands before their uses. Nodes of `except`, and
 * what is reached through them only, are left out.
 */
export function ordered(outputs: readonly Node[], except: Known = new Set()): Node[] {
  const order: Node[] = [];
  const entered = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  const enter = (node: Node): void => {
    if (entered.has(node) || except.has(node)) return;
    entered.add(node);
    stack.push({ node, next: 0 });
  };
  for (const output of outputs) {
    enter(output);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const operand = top.node.inputs[top.next++];
      if (operand !== undefined) {
        enter(operand);
      } else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

/** The input nodes that the outputs reach, in the order of `ordered`. */
export function inputsOf(outputs: readonly Node[]): InputNode[] {
  return ordered(outputs).filter((node) => node.op === "input");
}

/** Nodes that lie on a path from one of `roots` (which are included) to the outputs. */
export function dependsOn(outputs: readonly Node[], roots: ReadonlySet<Node>): Set<Node> {
  const dependent = new Set<Node>();
  for (const node of ordered(outputs)) {
    if (roots.has(node) || node.inputs.some((operand) => dependent.has(operand))) {
      dependent.add(node);
    }
  }
  return dependent;
}

/** For each reached node, the nodes that read it; one that reads it twice stands there twice. */
export function usesOf(outputs: readonly Node[]): Map<Node, Node[]> {
  const uses = new Map<Node, Node[]>();
  for (const node of ordered(outputs)) {
    uses.set(node, []);
    for (const operand of node.inputs) uses.get(operand)?.push(node);
  }
  return uses;
}

/**
 * The outputs with every key of `replacements` replaced by its value, once: values are taken as
 * they are. Parts that reach no key are shared with the old graph. Shapes are checked again.
 */
export function substitute(
  outputs: readonly Node[],
  replacements: ReadonlyMap<Node, Node>,
): Node[] {
  const rebuilt = new Map<Node, Node>(replacements);
  for (const node of ordered(outputs, replacements)) {
    const inputs = node.inputs.map((operand) => rebuilt.get(operand) ?? operand);
    const same = inputs.every((operand, at) => operand === node.inputs[at]);
    rebuilt.set(node, same ? node : applyLike(node, inputs));
  }
  return outputs.map((output) => rebuilt.get(output) ?? output);
}
