/**
 * Sums of padded parts that tile an axis, as the cotangents of slices are: one Concat instead of
 * as many full-sized arrays as there are parts.
 */
import { int } from "#engine/onnx/model.ts";
import type { Node, NodeOf } from "#engine/ops/operations.ts";
import type { Site } from "./lowering.ts";
import { operandNode } from "./lowering.ts";

/** A part and where it starts on the axis that its padding extends. */
interface Part {
  readonly source: Node;
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

/** Longer sums than this are not looked into. */
const partsMax = 64;

/** The sum as a concatenation, if its terms tile one axis. */
export function joined(node: NodeOf<"add">, site: Site): string | undefined {
  const parts: Part[] = [];
  const terms: Node[] = [...node.inputs];
  for (const term of terms) {
    if (terms.length > partsMax) return undefined;
    if (term.op === "add" && site.usesOf(term) === 1) {
      terms.push(...term.inputs);
      continue;
    }
    const part = term.op === "pad" ? partOf(term) : undefined;
    if (part === undefined) return undefined;
    parts.push(part);
  }
  parts.sort((a, b) => a.start - b.start);
  const axis = parts[0]?.axis ?? 0;
  let end = 0;
  for (const part of parts) {
    if (part.axis !== axis || part.start !== end) return undefined;
    end = part.end;
  }
  if (end !== node.shape[axis]) return undefined;
  const values = parts.map(({ source }) => site.valueOf(source));
  return site.emit.emit("Concat", values, { axis: int(axis) });
}

/** Padding that extends one axis and leaves no gaps. */
function partOf(pad: NodeOf<"pad">): Part | undefined {
  const { low, high, interior } = pad.attributes;
  const axes = [...low.keys()].filter((at) => low[at] !== 0 || high[at] !== 0);
  const [axis] = axes;
  if (axis === undefined || axes.length > 1 || interior.some((gap) => gap > 0)) return undefined;
  const source = operandNode(pad, 0);
  const start = low[axis] ?? 0;
  return { source, axis, start, end: start + (source.shape[axis] ?? 0) };
}
