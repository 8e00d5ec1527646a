/**
 * The order in which an interpreter computes nodes, and what it may forget on the way; for a loop,
 * apart: what does not vary from step to step, and the rest. Computes nothing.
 */
import type { Program } from "#engine/backend.ts";
import type { Node } from "#engine/ops/operations.ts";
import { releases } from "./memory.ts";
import { programOutputs } from "./program.ts";
import { dependsOn, ordered } from "./walk.ts";

/** Nodes to compute in order; `frees[i]` are not read after `order[i]`. */
export interface Sequence {
  readonly order: readonly Node[];
  readonly frees: readonly (readonly Node[])[];
}

/** How to compute `outputs` when `given` nodes are known. */
export function sequenceOf(outputs: readonly Node[], given: ReadonlySet<Node>): Sequence {
  const order = ordered(outputs, given);
  return { order, frees: releases(order, new Set([...outputs, ...given])) };
}

/** Nodes that do not vary but are read by something that does, or are outputs themselves. */
export function hoistable(outputs: readonly Node[], varying: ReadonlySet<Node>): Set<Node> {
  const frontier = new Set(outputs.filter((node) => !varying.has(node)));
  for (const node of varying) {
    for (const operand of node.inputs) if (!varying.has(operand)) frontier.add(operand);
  }
  return frontier;
}

/** `prelude` is computed once a call from constants and invariants, `body` once a step. */
export interface LoopSequences {
  readonly prelude: Sequence;
  readonly body: Sequence;
}

export function loopSequences(program: Program): LoopSequences {
  const stepwise = new Set<Node>([
    ...program.carried.map(({ input }) => input),
    ...program.scanned,
  ]);
  const outputs = programOutputs(program);
  const fixed = hoistable(outputs, dependsOn(outputs, stepwise));
  const held = new Set<Node>(program.constants.map(({ input }) => input));
  for (const node of program.invariants) held.add(node);
  return {
    prelude: sequenceOf([...fixed], held),
    body: sequenceOf(outputs, new Set([...stepwise, ...fixed])),
  };
}
