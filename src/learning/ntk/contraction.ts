/**
 * The four orders in which Σ_{dd'} (a_i a_jᵀ)_{dd'} (δ_i^oᵀ δ_j^{o'})_{dd'} can be contracted, what
 * each costs, and which to take. Costs: design of structured derivatives (Novak et al. 2022, arXiv
 * 2206.08720), for weights used at D positions with F inputs and C outputs.
 */
import {
  broadcast,
  constant,
  matmul,
  multiply,
  reshape,
  sum,
  transpose,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { zeros } from "#engine/tensor.ts";

/** Columns of a Gram that are spread by a product, whose work grows with their square. */
const spreadByProductMax = 128;

export const contractionOrders = ["outer", "sequential", "gram_gram", "one_sided"] as const;
export type ContractionOrder = (typeof contractionOrders)[number];

/** How a parameter's part of a kernel is contracted. */
export type Contraction = ContractionOrder | "gradient" | "explicit";

/** Sizes of one factor: N examples, O cotangents each, D positions, F × C weights. */
export interface FactorSizes {
  readonly examples: number;
  readonly outputs: number;
  readonly positions: number;
  readonly inputs: number;
  readonly channels: number;
}

/** Multiply-add counted as 2, for all N² pairs of examples. */
export function contractionFlops(order: ContractionOrder, sizes: FactorSizes): number {
  const { examples: n, outputs: o, positions: d, inputs: f, channels: c } = sizes;
  switch (order) {
    case "outer":
      return 2 * n * o * d * c * f + 2 * n * n * o * o * c * f;
    case "sequential":
      return 2 * n * n * d * d * f + 2 * n * n * o * d * d * c + 2 * n * n * o * o * d * c;
    case "gram_gram":
      return 2 * n * n * d * d * f + 2 * n * n * o * o * d * d * c + 2 * n * n * o * o * d * d;
    case "one_sided":
      return 2 * n * o * d * c * f + 2 * n * n * o * c * f * d + 2 * n * n * o * o * d * c;
    default:
      return order satisfies never;
  }
}

/** Numbers held at once for one pair of blocks of `block` examples. */
export function contractionNumbers(
  order: ContractionOrder,
  sizes: FactorSizes,
  block: number,
): number {
  const { outputs: o, positions: d, inputs: f, channels: c } = sizes;
  const pairs = block * block;
  switch (order) {
    case "outer":
      return 2 * block * o * f * c + pairs * o * o;
    case "sequential":
      return pairs * d * d + pairs * o * c * d + pairs * o * o;
    case "gram_gram":
      return pairs * d * d + 2 * pairs * o * o * d * d;
    case "one_sided":
      return block * o * f * c + 2 * pairs * o * c * d + pairs * o * o;
    default:
      return order satisfies never;
  }
}

/** The cheapest order whose temporaries fit into `numbersMax` at this block size. */
export function chooseOrder(
  sizes: FactorSizes,
  { block, numbersMax }: { readonly block: number; readonly numbersMax: number },
): ContractionOrder {
  // Small strided products run far below the rate of large ones: prefer plain shapes when close.
  const burden: Record<ContractionOrder, number> = {
    gram_gram: sizes.positions === 1 ? 1 : 2,
    outer: 1,
    sequential: 2,
    one_sided: 2,
  };
  const cost = (order: ContractionOrder) => contractionFlops(order, sizes) * burden[order];
  const fitting = contractionOrders.filter(
    (order) => contractionNumbers(order, sizes, block) <= numbersMax,
  );
  const candidates = fitting.length > 0 ? fitting : (["outer"] as const);
  return candidates.reduce((best, order) => (cost(order) < cost(best) ? order : best));
}

/** One side of a product: a [B, D, F] and δ [B, O, D, C] of a block of B examples. */
export interface ProductBlock {
  readonly a: Node;
  readonly delta: Node;
}

/** [B, O, B', O] from two blocks. */
export function contractProduct(
  order: ContractionOrder,
  left: ProductBlock,
  right: ProductBlock,
): Node {
  switch (order) {
    case "outer":
      return contractGradients(gradients(left), gradients(right));
    case "gram_gram":
      return gramGramWith(gramOf(left, right), left.delta, right.delta);
    case "sequential":
      return sequentialWith(gramOf(left, right), left.delta, right.delta);
    case "one_sided":
      return oneSided(left, right);
    default:
      return order satisfies never;
  }
}

/** G Gᵀ of gradients [B, O, P] → [B, O, B', O]. */
export function contractGradients(left: Node, right: Node): Node {
  const [b = 0, o = 0, p = 0] = left.shape;
  const [e = 0] = right.shape;
  const product = matmul(reshape(left, [b * o, p]), reshape(right, [e * o, p]), {
    transposeB: true,
  });
  return reshape(product, [b, o, e, o]);
}

/** G[n,o] = a_nᵀ δ_n^o, flattened: [B, O, F·C]. */
export function gradients({ a, delta }: ProductBlock): Node {
  const [b = 0, o = 0, d = 0, c = 0] = delta.shape;
  const f = a.shape[2] ?? 0;
  // [B, F, D] · [B, D, O·C]
  const byExample = reshape(transpose(delta, [0, 2, 1, 3]), [b, d, o * c]);
  const product = matmul(a, byExample, { transposeA: true });
  const split = transpose(reshape(product, [b, f, o, c]), [0, 2, 1, 3]);
  return reshape(split, [b, o, f * c]);
}

/** Σ_u a_u b_uᵀ: units join the features, [B, U, P] → [B, B']. */
export function gramOverUnits(a: Node, b: Node): Node {
  const rows = (x: Node) => {
    const [n = 0, u = 0, p = 0] = x.shape;
    return reshape(x, [n, u * p]);
  };
  return matmul(rows(a), rows(b), { transposeB: true });
}

/** a_u b_uᵀ of each unit on its own: [B, U, P] → [U, B, B']. */
export function diagonalProducts(a: Node, b: Node): Node {
  return matmul(transpose(a, [1, 0, 2]), transpose(b, [1, 0, 2]), { transposeB: true });
}

/** a aᵀ over all positions of both blocks, [B·D, B'·D']. */
function gramOf(left: ProductBlock, right: ProductBlock): Node {
  const [b = 0, d = 0, f = 0] = left.a.shape;
  const [e = 0] = right.a.shape;
  return matmul(reshape(left.a, [b * d, f]), reshape(right.a, [e * d, f]), { transposeB: true });
}

/**
 * [B, B'] → [B, 1, B'·O]: each number O times in a row, since a product with a long row is quick
 * and one with many short rows is not. A matrix product with ones at their places stretches rows
 * several times as fast as a broadcast, and to the same bits: sums have one term that is not zero.
 */
function spread(gram: Node, o: number): Node {
  const [b = 0, e = 0] = gram.shape;
  if (o === 1 || e > spreadByProductMax) {
    return reshape(broadcast(reshape(gram, [b, e, 1]), [b, e, o]), [b, 1, e * o]);
  }
  const places = zeros("float64", [e, e * o]);
  for (let at = 0; at < e * o; at += 1) places.data[Math.floor(at / o) * e * o + at] = 1;
  return reshape(matmul(gram, constant(places)), [b, 1, e * o]);
}

/** The Gram of examples [B, B'] times that of units [O, O]: [B, O, B', O]. */
export function gramTimesUnits(gram: Node, units: Node): Node {
  const [b = 0, e = 0] = gram.shape;
  const [o = 0] = units.shape;
  const pattern = broadcast(reshape(units, [o, 1, o]), [o, e, o]);
  const product = multiply(spread(gram, o), reshape(pattern, [1, o, e * o]));
  return reshape(product, [b, o, e, o]);
}

/** inner ⊙ (δ δᵀ), summed over both positions; `inner` is the Gram of the inputs. */
export function gramGramWith(inner: Node, left: Node, right: Node): Node {
  const [b = 0, o = 0, d = 0, c = 0] = left.shape;
  const [e = 0] = right.shape;
  if (d === 1) {
    const outer = matmul(reshape(left, [b * o, c]), reshape(right, [e * o, c]), {
      transposeB: true,
    });
    const weighed = multiply(reshape(outer, [b, o, e * o]), spread(inner, o));
    return reshape(weighed, [b, o, e, o]);
  }
  const rows = (delta: Node, n: number) => reshape(transpose(delta, [1, 0, 2, 3]), [o * n * d, c]);
  const outer = matmul(rows(left, b), rows(right, e), { transposeB: true });
  const weighed = multiply(
    reshape(outer, [o, b * d, o, e * d]),
    reshape(inner, [1, b * d, 1, e * d]),
  );
  return transpose(sum(reshape(weighed, [o, b, d, o, e, d]), [2, 5]), [1, 0, 3, 2]);
}

/** T_ij[o,c,d'] = Σ_d δ_i^o[d,c] s, then with δ_j; s = (a_i a_jᵀ) or (a_jᵀ G_i). */
function finish(t: Node, right: Node, outputs: number): Node {
  const [e = 0, o = 0, d = 0, c = 0] = right.shape;
  const b = t.shape[0] ?? 0;
  // t [B, O·C, E·D'] → [E, B·O, C·D'];  δ_j [E, O, D', C] → [E, C·D', O]
  const spread = transpose(reshape(t, [b, outputs, c, e, d]), [3, 0, 1, 2, 4]);
  const rows = reshape(spread, [e, b * outputs, c * d]);
  const columns = reshape(transpose(right, [0, 3, 2, 1]), [e, c * d, o]);
  const product = reshape(matmul(rows, columns), [e, b, outputs, o]);
  return transpose(product, [1, 2, 0, 3]);
}

/** The Gram of the inputs [B·D, B'·D'] first, then δ of either side. */
export function sequentialWith(gram: Node, left: Node, right: Node): Node {
  const [b = 0, o = 0, d = 0, c = 0] = left.shape;
  const [e = 0] = right.shape;
  // [B, O·C, D] · [B, D, E·D']
  const deltas = reshape(transpose(left, [0, 1, 3, 2]), [b, o * c, d]);
  return finish(matmul(deltas, reshape(gram, [b, d, e * d])), right, o);
}

function oneSided(left: ProductBlock, right: ProductBlock): Node {
  const [b = 0, o = 0, d = 0, c = 0] = left.delta.shape;
  const [e = 0, , f = 0] = right.a.shape;
  // G_i [B, O·C, F], then · a_jᵀ
  const deltas = reshape(transpose(left.delta, [0, 1, 3, 2]), [b, o * c, d]);
  const gradient = reshape(matmul(deltas, left.a), [b * o * c, f]);
  const product = matmul(gradient, reshape(right.a, [e * d, f]), { transposeB: true });
  return finish(reshape(product, [b, o * c, e * d]), right.delta, o);
}
