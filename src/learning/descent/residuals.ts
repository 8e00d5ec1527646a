/**
 * Keeping primals: every value that a linearised step needs from the anchor's forward pass is
 * computed once per linearisation for all examples, and a step gathers rows. Finds those values in
 * the step's own graph, so derivative rules need not know.
 */
import type { Program } from "#engine/backend.ts";
import { applyLike, gather, input, reshape } from "#engine/graph/build.ts";
import { Interner } from "#engine/graph/intern.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { dependsOn, ordered, substitute } from "#engine/graph/walk.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import { batchMajor } from "./batch-major.ts";

/** One kept value. */
export interface Residual {
  /** Invariant of the step: [N, …], row n belongs to example n. */
  readonly kept: InputNode;
  /** Name under which the primal program emits it, [blocks, …]. */
  readonly name: string;
}

export interface Kept {
  /** The step with rows gathered instead of computed. */
  readonly step: Program;
  /** Emits every residual for the scanned `index` [B] at the invariant anchor. */
  readonly primals: Program;
  readonly residuals: readonly Residual[];
}

/**
 * Nodes to keep: those that depend on the examples and the anchor but not on anything that moves
 * within a phase, where a moving node reads them. A node whose rows cannot be told to belong to
 * examples is computed again from such as can.
 */
function frontier(program: Program, outputs: readonly Node[], index: InputNode): Node[] {
  const moving = dependsOn(
    outputs,
    new Set<Node>([
      ...program.carried.map((carried) => carried.input),
      ...program.scanned.filter((node) => node !== index),
    ]),
  );
  const perExample = dependsOn(outputs, new Set<Node>([index]));
  const anchored = dependsOn(outputs, new Set<Node>(program.invariants));
  const major = batchMajor(outputs, index);
  const isPrimal = (node: Node): boolean =>
    perExample.has(node) && anchored.has(node) && !moving.has(node);
  const found = new Set<Node>();
  const seen = new Set<Node>();
  const visit = (node: Node): void => {
    if (seen.has(node) || !isPrimal(node)) return;
    seen.add(node);
    if (major.has(node)) found.add(node);
    else for (const operand of node.inputs) visit(operand);
  };
  for (const node of ordered(outputs)) {
    if (!moving.has(node)) continue;
    for (const operand of node.inputs) visit(operand);
  }
  return [...found];
}

/** The same outputs with equal applications made one, so that none is kept twice. */
function shared(outputs: readonly Node[]): Node[] {
  const interner = new Interner();
  const one = new Map<Node, Node>();
  for (const node of ordered(outputs)) {
    const inputs = node.inputs.map((operand) => one.get(operand) ?? operand);
    const same = inputs.every((operand, at) => operand === node.inputs[at]);
    one.set(node, interner.intern(same ? node : applyLike(node, inputs)));
  }
  return outputs.map((output) => one.get(output) ?? output);
}

/** A linearised step of mini-batches, divided; null when there is nothing to keep. */
export function keepPrimals(program: Program, examples: number): Kept | null {
  const index = program.scanned.find((node) => node.attributes.name === "index");
  if (index === undefined) return null;
  const outputs = shared(programOutputs(program));
  const nodes = frontier(program, outputs, index);
  if (nodes.length === 0) return null;
  const [batch = 1] = index.shape;
  const residuals = nodes.map((node, at) => {
    const name = `primal/${at}`;
    return { name, node, kept: input(name, [examples, sizeOf(node.shape) / batch], node.kind) };
  });
  const replacements = new Map<Node, Node>(
    residuals.map(({ node, kept }) => [node, reshape(gather(kept, index, 0), node.shape)]),
  );
  const replaced = substitute(outputs, replacements);
  const names = Object.keys(program.emitted);
  const carriedCount = program.carried.length;
  const step: Program = {
    ...program,
    name: `${program.name}, primals kept`,
    invariants: [...program.invariants, ...residuals.map(({ kept }) => kept)],
    carried: program.carried.map(({ input: node }, at) => ({
      input: node,
      output: replaced[at] as Node,
    })),
    emitted: Object.fromEntries(
      names.map((name, at) => [name, replaced[carriedCount + at] as Node]),
    ),
  };
  const primals: Program = {
    name: "primals",
    constants: program.constants,
    invariants: program.invariants,
    carried: [],
    scanned: [index],
    emitted: Object.fromEntries(residuals.map(({ name, node }) => [name, node])),
  };
  return { step, primals, residuals };
}
