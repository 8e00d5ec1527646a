/**
 * Derivatives of matrix products and convolutions. All are bilinear, so a tangent is the same
 * operation on one tangent and one primal, and transposes stay inside this family.
 */
import * as g from "./build.ts";
import type { Node, NodeOf } from "./operations.ts";
import type { Family } from "./primitive.ts";
import { operand, total } from "./primitive.ts";
import { shapeRules } from "./shapes.ts";

type Contraction = "matmul" | "convolve" | "convolveInput" | "convolveFilter";
type Tangent = Node | undefined;

/** d f(a, b) = f(da, b) + f(a, db). */
function bilinear(
  node: NodeOf<Contraction>,
  tangents: readonly Tangent[],
  again: (a: Node, b: Node) => Node,
): Tangent {
  const [ta, tb] = tangents;
  return total([ta && again(ta, operand(node, 1)), tb && again(operand(node, 0), tb)]);
}

/** The cotangent of the one operand that is linear; a product of two tangents has no transpose. */
function either(
  isLinear: readonly boolean[],
  ofFirst: () => Node,
  ofSecond: () => Node,
): readonly Tangent[] {
  if (isLinear[0] && isLinear[1]) throw new Error("linear in both operands is not linear");
  return [isLinear[0] ? ofFirst() : undefined, isLinear[1] ? ofSecond() : undefined];
}

/** Lengths of the spatial axes of [N, ...spatial, C]. */
const spatial = (x: Node): readonly number[] => x.shape.slice(1, -1);
/** Lengths of the spatial axes of [...k, C/groups, F]. */
const kernel = (w: Node): readonly number[] => w.shape.slice(0, -2);

export const contract: Family<Contraction> = {
  matmul: {
    shape: shapeRules.matmul,
    jvp: (node, tangents) => bilinear(node, tangents, (a, b) => g.matmul(a, b, node.attributes)),
    // C = AB: dA = dC·Bᵀ, dB = Aᵀ·dC; for Aᵀ and Bᵀ the results are transposed in turn.
    transpose: (node, c, isLinear) => {
      const [a, b] = [operand(node, 0), operand(node, 1)];
      const { transposeA, transposeB } = node.attributes;
      const ofA = (): Node =>
        transposeA
          ? g.matmul(b, c, { transposeA: transposeB, transposeB: true })
          : g.matmul(c, b, { transposeB: !transposeB });
      const ofB = (): Node =>
        transposeB
          ? g.matmul(c, a, { transposeA: true, transposeB: transposeA })
          : g.matmul(a, c, { transposeA: !transposeA });
      return either(isLinear, ofA, ofB);
    },
  },
  convolve: {
    shape: shapeRules.convolve,
    jvp: (node, tangents) => bilinear(node, tangents, (x, w) => g.convolve(x, w, node.attributes)),
    transpose: (node, c, isLinear) => {
      const [x, w] = [operand(node, 0), operand(node, 1)];
      const window = node.attributes;
      return either(
        isLinear,
        () => g.convolveInput(c, w, { ...window, inputSize: spatial(x) }),
        () => g.convolveFilter(x, c, { ...window, kernelSize: kernel(w) }),
      );
    },
  },
  convolveInput: {
    shape: shapeRules.convolveInput,
    jvp: (node, tangents) =>
      bilinear(node, tangents, (delta, w) => g.convolveInput(delta, w, node.attributes)),
    // ⟨u, convolveInput(δ, w)⟩ = ⟨convolve(u, w), δ⟩
    transpose: (node, u, isLinear) => {
      const [delta, w] = [operand(node, 0), operand(node, 1)];
      const window = node.attributes;
      return either(
        isLinear,
        () => g.convolve(u, w, window),
        () => g.convolveFilter(u, delta, { ...window, kernelSize: kernel(w) }),
      );
    },
  },
  convolveFilter: {
    shape: shapeRules.convolveFilter,
    jvp: (node, tangents) =>
      bilinear(node, tangents, (x, delta) => g.convolveFilter(x, delta, node.attributes)),
    // ⟨v, convolveFilter(x, δ)⟩ = ⟨convolve(x, v), δ⟩
    transpose: (node, v, isLinear) => {
      const [x, delta] = [operand(node, 0), operand(node, 1)];
      const window = node.attributes;
      return either(
        isLinear,
        () => g.convolveInput(delta, v, { ...window, inputSize: spatial(x) }),
        () => g.convolve(x, v, window),
      );
    },
  },
};
