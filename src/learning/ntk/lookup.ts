/**
 * Contracting the part of a table whose rows are looked up: the Gram of the inputs is equality of
 * ids, so that no one-hot array is built. Which order, sides.ts asks for.
 */
import { cast, equal, matmul, multiply, reshape, sum, transpose } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import {
  type ContractionOrder,
  contractGradients,
  contractionFlops,
  contractionNumbers,
  diagonalProducts,
  type FactorSizes,
  gramGramWith,
  gramOverUnits,
  sequentialWith,
} from "./contraction.ts";
import { scattered } from "./factors.ts";

/** One side: ids [B, D] and δ [B, O, D, E] of a block of B examples. */
export interface LookupBlock {
  readonly ids: Node;
  readonly rows: number;
  readonly delta: Node;
}

/** The orders of a lookup; `outer` forms its gradient, which the others never do. */
export type LookupOrder = Exclude<ContractionOrder, "one_sided">;

/** Multiply-add counted as 2; `inputs` are the rows of the table. Comparing ids counts nothing. */
export function lookupFlops(order: LookupOrder, sizes: FactorSizes): number {
  const { examples: n, outputs: o, positions: d, inputs: rows, channels: c } = sizes;
  if (order === "outer") return 2 * n * o * d * c + 2 * n * n * o * o * c * rows;
  return contractionFlops(order, { ...sizes, inputs: 0 });
}

const orders: readonly LookupOrder[] = ["sequential", "gram_gram", "outer"];

interface Limits {
  readonly block: number;
  readonly numbersMax: number;
}

/** The cheapest order whose temporaries fit into `numbersMax`; where none does, the smallest. */
export function chooseLookupOrder(sizes: FactorSizes, { block, numbersMax }: Limits): LookupOrder {
  const numbers = (order: LookupOrder): number => contractionNumbers(order, sizes, block);
  const fitting = orders.filter((order) => numbers(order) <= numbersMax);
  if (fitting.length === 0) return orders.reduce((a, b) => (numbers(b) < numbers(a) ? b : a));
  return fitting.reduce((best, order) =>
    lookupFlops(order, sizes) < lookupFlops(best, sizes) ? order : best,
  );
}

/** Examples in a block, at most `block`, so that some order fits. */
export function lookupBlock(sizes: FactorSizes, { block, numbersMax }: Limits): number {
  for (let at = block; at > 1; at = Math.ceil(at / 2)) {
    if (orders.some((order) => contractionNumbers(order, sizes, at) <= numbersMax)) return at;
  }
  return 1;
}

/** 1 where ids agree, [B·D, B'·D']. */
function sameIds(left: LookupBlock, right: LookupBlock): Node {
  const rows = reshape(left.ids, [left.ids.shape.reduce((a, b) => a * b, 1), 1]);
  const columns = reshape(right.ids, [1, right.ids.shape.reduce((a, b) => a * b, 1)]);
  return cast(equal(rows, columns), "real");
}

/** Gradients of the table, [B, O, rows · E]. */
function tableGradients({ ids, rows, delta }: LookupBlock): Node {
  const [b = 0, o = 0, d = 0, e = 0] = delta.shape;
  const byExample = reshape(transpose(delta, [0, 2, 1, 3]), [b, d, o * e]);
  const sums = reshape(scattered(ids, byExample, rows), [b, rows, o, e]);
  return reshape(transpose(sums, [0, 2, 1, 3]), [b, o, rows * e]);
}

/** [B, O, B', O] from two blocks. */
export function contractLookup(order: LookupOrder, left: LookupBlock, right: LookupBlock): Node {
  switch (order) {
    case "outer":
      return contractGradients(tableGradients(left), tableGradients(right));
    case "sequential":
      return sequentialWith(sameIds(left, right), left.delta, right.delta);
    case "gram_gram":
      return gramGramWith(sameIds(left, right), left.delta, right.delta);
    default:
      return order satisfies never;
  }
}

/** Σ_o of the blocks on the diagonal over outputs: [B, B']. */
export function lookupTrace(order: LookupOrder, left: LookupBlock, right: LookupBlock): Node {
  if (order === "outer") return gramOverUnits(tableGradients(left), tableGradients(right));
  const rows = ({ delta }: LookupBlock): Node => {
    const [b = 0, o = 0, d = 0, e = 0] = delta.shape;
    return reshape(transpose(delta, [0, 2, 1, 3]), [b * d, o * e]);
  };
  const weighed = multiply(
    matmul(rows(left), rows(right), { transposeB: true }),
    sameIds(left, right),
  );
  const [[b = 0, d = 0], [c = 0, e = 0]] = [left.ids.shape, right.ids.shape];
  return sum(reshape(weighed, [b, d, c, e]), [1, 3]);
}

/** One kernel for each output: [O, B, B']. */
export function lookupDiagonal(order: LookupOrder, left: LookupBlock, right: LookupBlock): Node {
  if (order === "outer") {
    return diagonalProducts(tableGradients(left), tableGradients(right));
  }
  const rows = ({ delta }: LookupBlock): Node => {
    const [b = 0, o = 0, d = 0, e = 0] = delta.shape;
    return reshape(transpose(delta, [1, 0, 2, 3]), [o, b * d, e]);
  };
  const same = sameIds(left, right);
  const products = matmul(rows(left), rows(right), { transposeB: true });
  const weighed = multiply(products, reshape(same, [1, ...same.shape]));
  const [[b = 0, d = 0], [c = 0, e = 0]] = [left.ids.shape, right.ids.shape];
  return sum(reshape(weighed, [left.delta.shape[1] ?? 0, b, d, c, e]), [2, 4]);
}
