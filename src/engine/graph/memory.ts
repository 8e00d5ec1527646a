/**
 * How long values live when a graph is evaluated node by node, and how much memory that takes at
 * its fullest. An estimate: it knows no aliasing and no workspace of kernels.
 */
import type { Precision } from "#engine/backend.ts";
import type { Node } from "#engine/ops/operations.ts";
import { bytesOf, sizeOf } from "#engine/tensor.ts";
import type { Known } from "./walk.ts";
import { ordered } from "./walk.ts";

/** For each place in `order`, the nodes that nothing reads after it and that are not kept. */
export function releases(order: readonly Node[], keep: Known): Node[][] {
  const lastUse = new Map<Node, number>();
  for (const [at, node] of order.entries()) {
    for (const operand of node.inputs) lastUse.set(operand, at);
  }
  const frees: Node[][] = order.map(() => []);
  for (const [node, at] of lastUse) if (!keep.has(node)) frees[at]?.push(node);
  return frees;
}

/** Bytes of a node's value in a program of that precision. */
export function bytesOfNode(node: Node, precision: Precision): number {
  const dtype = node.kind === "real" ? precision : node.kind === "integer" ? "int32" : "bool";
  return sizeOf(node.shape) * bytesOf[dtype];
}

/**
 * Largest number of bytes alive at once when the outputs are computed in topological order: inputs
 * and constants from the start to the end, every other value from its computation to its last use.
 */
export function peakBytes(outputs: readonly Node[], precision: Precision): number {
  const order = ordered(outputs);
  const held = order.filter(({ op }) => op === "input" || op === "constant");
  const keep = new Set([...outputs, ...held]);
  const frees = releases(order, keep);
  let alive = held.reduce((sum, node) => sum + bytesOfNode(node, precision), 0);
  let peak = alive;
  for (const [at, node] of order.entries()) {
    if (node.op !== "input" && node.op !== "constant") alive += bytesOfNode(node, precision);
    peak = Math.max(peak, alive);
    for (const dead of frees[at] ?? []) alive -= bytesOfNode(dead, precision);
  }
  return peak;
}
