/**
 * Reverse differentiation: the transpose of a linearised program, one loop backwards over its
 * linear nodes. Source: JAX, docs/autodidax.py (transposition). No derivative rule lives here.
 */
import { add, filled, literal } from "#engine/graph/build.ts";
import { dependsOn, ordered } from "#engine/graph/walk.ts";
import { cotangentsOf } from "#engine/ops/index.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Linearised } from "./forward.ts";
import { linearise } from "./forward.ts";

/** Cotangents by node, summed where a node is used more than once. */
class Cotangents {
  readonly #sums = new Map<Node, Node>();

  add(node: Node, cotangent: Node): void {
    const sum = this.#sums.get(node);
    this.#sums.set(node, sum === undefined ? cotangent : add(sum, cotangent));
  }

  of(node: Node): Node | undefined {
    return this.#sums.get(node);
  }
}

/**
 * Cotangents of the tangent inputs from those of the tangent outputs: Jᵀu. An input that is not
 * reached gets a zero. Throws where the program is not linear.
 */
export function transposeLinear(program: Linearised, cotangents: readonly Node[]): Node[] {
  const { tangentInputs, tangentOutputs } = program;
  const roots = new Set<Node>(tangentInputs);
  const linear = dependsOn(tangentOutputs, roots);
  const sums = new Cotangents();
  for (const [at, output] of tangentOutputs.entries()) {
    const cotangent = cotangents[at];
    if (cotangent?.shape.join() !== output.shape.join()) {
      throw new Error(`cotangent ${at} has shape [${cotangent?.shape}], not [${output.shape}]`);
    }
    if (linear.has(output)) sums.add(output, cotangent);
  }
  for (const node of ordered(tangentOutputs).toReversed()) {
    const cotangent = linear.has(node) && !roots.has(node) ? sums.of(node) : undefined;
    if (cotangent === undefined) continue;
    const isLinear = node.inputs.map((operand) => linear.has(operand));
    const found = cotangentsOf(node, cotangent, isLinear);
    for (const [at, operand] of node.inputs.entries()) {
      const own = found[at];
      if (own !== undefined) sums.add(operand, own);
      else if (isLinear[at]) throw new Error(`${node.op} is not linear in operand ${at}`);
    }
  }
  return tangentInputs.map((node) => sums.of(node) ?? filled(0, node.shape));
}

/** Jᵀu: cotangents of `wrt` from cotangents of `outputs`, at the primal point. */
export function vjp(
  outputs: readonly Node[],
  wrt: readonly Node[],
  cotangents: readonly Node[],
): Node[] {
  return transposeLinear(linearise(outputs, wrt), cotangents);
}

/** Gradient of a scalar with respect to each of `wrt`. */
export function gradient(scalar: Node, wrt: readonly Node[]): Node[] {
  if (scalar.shape.length > 0) throw new Error(`[${scalar.shape}] is not a scalar`);
  return vjp([scalar], wrt, [literal(1)]);
}
