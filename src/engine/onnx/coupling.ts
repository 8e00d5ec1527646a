/**
 * Whether examples stay apart: a network is written for two batch sizes, and in both graphs the
 * batch has to be the outermost axis of whatever depends on the data.
 */
import { dependsOn, ordered } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";

/** A network written for one batch size. */
export interface Written {
  readonly x: Node;
  readonly output: Node;
}

const batchOf = ({ x }: Written): number => x.shape[0] ?? 0;

/** True when a product reads one example's row for another's: the batch is contracted over. */
function contractsBatch(node: Node, dependent: ReadonlySet<Node>): boolean {
  const [a, b] = node.inputs;
  if (node.op === "concat") return node.attributes.axis === 0;
  if (node.op === "gather" && a !== undefined && dependent.has(a)) {
    return node.attributes.axis === 0;
  }
  if (node.op !== "matmul" || b === undefined || b.shape.length > 2) return false;
  return dependent.has(b) || node.attributes.transposeA;
}

/** Nodes, of the first graph, in which examples meet; nothing when the graphs differ in kind. */
export function meetingPlaces(one: Written, other: Written): Node[] | undefined {
  const [order, others] = [ordered([one.output]), ordered([other.output])];
  if (order.length !== others.length) return undefined;
  const dependent = dependsOn([one.output], new Set([one.x]));
  const [batch, otherBatch] = [batchOf(one), batchOf(other)];
  const found: Node[] = [];
  for (const [at, node] of order.entries()) {
    const twin = others[at];
    if (twin?.op !== node.op || twin.shape.length !== node.shape.length) return undefined;
    if (!dependent.has(node) || node === one.x) continue;
    const [rows = 0, ...rest] = node.shape;
    const [twinRows = 0, ...twinRest] = twin.shape;
    const scales = rows * otherBatch === twinRows * batch && rows % batch === 0;
    const apart = scales && rest.join() === twinRest.join();
    if (!apart || contractsBatch(node, dependent)) found.push(node);
  }
  return found;
}
