/**
 * Forward differentiation: one loop over a graph that writes tangent nodes beside the primal ones.
 * Source: JAX, docs/autodidax.py (jvp and linearize). Transposition is in backward.ts.
 */
import { filled, input } from "#engine/graph/build.ts";
import { ordered } from "#engine/graph/walk.ts";
import { tangentOf } from "#engine/ops/index.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";

/** A linear program: `tangentOutputs` are linear in `tangentInputs`, primal nodes are residuals. */
export interface Linearised {
  readonly tangentInputs: readonly InputNode[];
  readonly tangentOutputs: readonly Node[];
}

/**
 * Tangents of the outputs when each key of `tangents` moves along its value. Keys may be inner
 * nodes; what is upstream of them does not move. Unmoved outputs get a zero.
 */
export function jvp(outputs: readonly Node[], tangents: ReadonlyMap<Node, Node>): Node[] {
  const moved = new Map<Node, Node>(tangents);
  for (const node of ordered(outputs)) {
    if (node.kind !== "real" || moved.has(node)) continue;
    const operands = node.inputs.map((operand) => moved.get(operand));
    if (operands.every((tangent) => tangent === undefined)) continue;
    const tangent = tangentOf(node, operands);
    if (tangent !== undefined) moved.set(node, tangent);
  }
  return outputs.map((output) => moved.get(output) ?? filled(0, output.shape));
}

/** The linear part of `outputs` around the primal point, as a function of moves along `wrt`. */
export function linearise(outputs: readonly Node[], wrt: readonly Node[]): Linearised {
  const tangentInputs = wrt.map((node, at) =>
    input(`tangent/${node.op === "input" ? node.attributes.name : at}`, node.shape),
  );
  const tangents = new Map<Node, Node>();
  for (const [at, node] of wrt.entries()) {
    if (node.kind !== "real") throw new Error(`${node.op} is ${node.kind} and has no tangent`);
    const tangent = tangentInputs[at];
    if (tangent !== undefined) tangents.set(node, tangent);
  }
  return { tangentInputs, tangentOutputs: jvp(outputs, tangents) };
}
