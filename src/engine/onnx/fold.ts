/**
 * Constant folding: what rests on constants alone is computed on the host at once, by the kernels
 * that define the primitives, so that shapes can be read from it.
 */
import { evaluate, type Values } from "#engine/backends/reference/evaluate.ts";
import { constant } from "#engine/graph/build.ts";
import { countFlops } from "#engine/graph/flops.ts";
import { sequenceOf } from "#engine/graph/sequence.ts";
import { ordered, substitute } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { DType, Tensor } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";

const dtypes = { real: "float64", integer: "int32", boolean: "bool" } as const satisfies Record<
  Node["kind"],
  DType
>;

/**
 * How many numbers may still be computed on the host. Small values have a budget of their own, so
 * that large masks never keep shapes from being known.
 */
export interface FoldingBudget {
  elements: number;
  small: number;
}

/** What costs at most this is small. */
const smallCostMax = 16_384;

/** What computing a node takes: elements made, and operations on them; infinite over inputs. */
function costOf(node: Node, budget: FoldingBudget): number {
  const order = ordered([node]);
  // Looking at a long chain costs something too, so that it is not looked at again and again.
  budget.small -= order.length;
  if (order.some(({ op }) => op === "input")) return Number.POSITIVE_INFINITY;
  const { contraction, elementwise } = countFlops([node]);
  let elements = contraction + elementwise;
  for (const { op, shape } of order) if (op !== "constant") elements += sizeOf(shape);
  return elements;
}

/** The node's value as a constant; the node itself when it rests on inputs or costs too much. */
export function folded(node: Node, budget: FoldingBudget): Node {
  if (node.op === "constant" || node.op === "input" || budget.small <= 0) return node;
  const cost = costOf(node, budget);
  const purse = cost <= smallCostMax ? "small" : "elements";
  if (cost > budget[purse]) return node;
  budget[purse] -= cost;
  const values: Values = new Map();
  evaluate(sequenceOf([node], new Set()), values, "float64");
  const data = values.get(node);
  if (data === undefined) return node;
  return constant({ dtype: dtypes[node.kind], shape: node.shape, data });
}

/** The node with some inputs replaced by known values, folded. */
export function foldedWith(
  node: Node,
  known: ReadonlyMap<Node, Tensor>,
  budget: FoldingBudget,
): Node {
  const replacements = new Map([...known].map(([input, value]) => [input, constant(value)]));
  const [substituted = node] = substitute([node], replacements);
  return folded(substituted, budget);
}
