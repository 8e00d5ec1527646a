/**
 * Rewriting before lowering: equal subexpressions become one node, then rules make nodes cheaper.
 * Values stay equal up to rounding. What is not reached any more falls away by itself.
 */
import { applyLike } from "#engine/ops/apply.ts";
import type { Node, NodeOf, OperationName } from "#engine/ops/operations.ts";
import { Interner } from "./intern.ts";
import { arithmetic } from "./rules/arithmetic.ts";
import { contract } from "./rules/contract.ts";
import { layout } from "./rules/layout.ts";
import type { Rule, Rules } from "./rules/rule.ts";
import { ordered } from "./walk.ts";

const families: readonly Rules[] = [contract, layout, arithmetic];

/** Rules make a node cheaper each time; a longer chain than this is a cycle between rules. */
const rewritesMax = 1000;

function rewritten<Name extends OperationName>(node: NodeOf<Name>): Node | undefined {
  for (const family of families) {
    const rules: readonly Rule<Name>[] = family[node.op] ?? [];
    for (const rule of rules) {
      const found = rule(node);
      if (found !== undefined && found !== node) return found;
    }
  }
  return undefined;
}

class Simplifier {
  readonly #interner = new Interner();
  /** For each node met, the one that stands for it in the end. */
  readonly #settled = new Map<Node, Node>();

  /** The simplest equal node found; every operand below it is settled on the way, in order. */
  settle(root: Node): Node {
    for (const node of ordered([root], this.#settled)) this.#settleOne(node);
    return this.#settled.get(root) ?? root;
  }

  #settleOne(original: Node): void {
    if (this.#settled.has(original)) return;
    const inputs = original.inputs.map((operand) => this.#settled.get(operand) ?? operand);
    const same = inputs.every((operand, at) => operand === original.inputs[at]);
    let node = this.#interner.intern(same ? original : applyLike(original, inputs));
    const chain = [original];
    while (!this.#settled.has(node)) {
      if (chain.push(node) > rewritesMax) throw new Error(`rules for ${node.op} do not end`);
      const next = rewritten(node);
      if (next === undefined) {
        this.#settled.set(node, node);
        break;
      }
      // Operands that the rule made are new; what they rest on is settled already.
      for (const made of ordered(next.inputs, this.#settled)) this.#settleOne(made);
      const operands = next.inputs.map((operand) => this.#settled.get(operand) ?? operand);
      const still = operands.every((operand, at) => operand === next.inputs[at]);
      node = this.#interner.intern(still ? next : applyLike(next, operands));
    }
    const simplest = this.#settled.get(node) ?? node;
    for (const link of chain) this.#settled.set(link, simplest);
  }
}

/** Outputs of equal values, in order, over the same input nodes. */
export function simplify(outputs: readonly Node[]): Node[] {
  const simplifier = new Simplifier();
  return outputs.map((output) => simplifier.settle(output));
}
