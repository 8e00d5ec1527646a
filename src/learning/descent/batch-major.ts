/**
 * Which nodes have examples as their outermost axis, [B·m, …] with m consecutive rows an example,
 * told from operations alone. What it does not understand it denies.
 */
import { dependsOn, ordered } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";

/** Nodes that are batch-major, the batch being gathered by `index` [B] from axis 0. */
export function batchMajor(outputs: readonly Node[], index: Node): ReadonlySet<Node> {
  const [batch = 1] = index.shape;
  const major = new Set<Node>();
  const known = { index, batch, major, reached: dependsOn(outputs, new Set([index])) };
  for (const node of ordered(outputs)) if (isMajor(node, known)) major.add(node);
  return major;
}

interface Known {
  readonly index: Node;
  readonly batch: number;
  readonly major: ReadonlySet<Node>;
  /** Nodes that depend on the batch at all: beside a major operand they may mix examples. */
  readonly reached: ReadonlySet<Node>;
}

/** Rank and length of axis 0 tell whether broadcasting leaves an operand's rows where they are. */
function isAligned(operand: Node, node: Node): boolean {
  return operand.shape.length === node.shape.length && operand.shape[0] === node.shape[0];
}

/** Elementwise: each operand is aligned and major, or the same for all examples. */
function isElementwiseMajor(node: Node, { major, reached }: Known): boolean {
  const rank = node.shape.length;
  let any = false;
  for (const operand of node.inputs) {
    if (major.has(operand)) {
      if (!isAligned(operand, node)) return false;
      any = true;
    } else if (reached.has(operand) || (operand.shape.length === rank && operand.shape[0] !== 1)) {
      return false;
    }
  }
  return any;
}

function isMajor(node: Node, known: Known): boolean {
  const { index, batch, major, reached } = known;
  const first = node.inputs[0];
  const second = node.inputs[1];
  if (first === undefined || node.shape.length === 0) return false;
  const follows = major.has(first);
  const free = (other: Node | undefined): boolean => other === undefined || !reached.has(other);
  switch (node.op) {
    case "gather":
      if (second === index && node.attributes.axis === 0) return !follows;
      return follows && free(second) && node.attributes.axis > 0;
    case "reshape":
      return follows && (node.shape[0] ?? 0) % batch === 0;
    case "sum":
    case "max":
      return follows && !node.attributes.axes.includes(0);
    case "argMax":
      return follows && node.attributes.axis > 0;
    case "transpose":
      return follows && node.attributes.permutation[0] === 0;
    case "broadcast":
      return follows && isAligned(first, node);
    case "slice":
    case "pad":
      return follows && isAligned(first, node);
    case "concat":
      return node.attributes.axis > 0 && node.inputs.every((operand) => major.has(operand));
    case "matmul": {
      const rank = node.shape.length;
      if (rank > 2) return follows && (free(second) || (second !== undefined && major.has(second)));
      return follows && free(second) && !node.attributes.transposeA;
    }
    case "convolve":
    case "convolveInput":
      return follows && free(second);
    case "convolveFilter":
    case "scatterAdd":
    case "input":
    case "constant":
      return false;
    default:
      return isElementwiseMajor(node, known);
  }
}
