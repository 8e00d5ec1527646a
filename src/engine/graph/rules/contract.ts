/** Rules for matrix products: transposes become flags, and products by one shared matrix grow. */
import * as g from "#engine/ops/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Rule, Rules } from "./rule.ts";

/** The node below a transpose of exactly the last two axes. */
function swapped(x: Node | undefined): Node | undefined {
  if (x?.op !== "transpose") return undefined;
  const { permutation } = x.attributes;
  const rank = permutation.length;
  const swaps = permutation.every((from, to) => {
    if (to < rank - 2) return from === to;
    return from === (to === rank - 2 ? rank - 1 : rank - 2);
  });
  return swaps ? x.inputs[0] : undefined;
}

const transposesToFlags: Rule<"matmul"> = ({ inputs: [a, b], attributes }) => {
  if (a === undefined || b === undefined) return undefined;
  const [plainA, plainB] = [swapped(a), swapped(b)];
  if (plainA === undefined && plainB === undefined) return undefined;
  return g.matmul(plainA ?? a, plainB ?? b, {
    transposeA: attributes.transposeA !== (plainA !== undefined),
    transposeB: attributes.transposeB !== (plainB !== undefined),
  });
};

/** The matrix that every member of a batch shares, in a stretched operand of at least one batch. */
function shared(x: Node | undefined): Node | undefined {
  const source = x?.op === "broadcast" ? x.inputs[0] : undefined;
  if (x === undefined || source === undefined || source.shape.length < 2) return undefined;
  const matrix = source.shape.slice(-2);
  const one = sizeOf(source.shape.slice(0, -2)) === 1;
  const whole = matrix.join() === x.shape.slice(-2).join();
  return one && whole ? g.reshape(source, matrix) : undefined;
}

/** A [...b, M, K] by one shared matrix is a single product of [b·M, K]. */
const rowsTogether: Rule<"matmul"> = ({ inputs: [a, b], attributes, shape }) => {
  const matrix = shared(b);
  if (a === undefined || matrix === undefined || attributes.transposeA) return undefined;
  const depth = a.shape.at(-1) ?? 0;
  const rows = g.reshape(a, [sizeOf(a.shape.slice(0, -1)), depth]);
  return g.reshape(g.matmul(rows, matrix, attributes), shape);
};

/** A batch of one needs no batch axes. */
const singleBatch: Rule<"matmul"> = ({ inputs: [a, b], attributes, shape }) => {
  if (a === undefined || b === undefined || shape.length < 3) return undefined;
  if (sizeOf(shape.slice(0, -2)) !== 1) return undefined;
  const matrix = (x: Node): Node => g.reshape(x, x.shape.slice(-2));
  return g.reshape(g.matmul(matrix(a), matrix(b), attributes), shape);
};

/** Σ over the batch of AᵀB, with A [...b, K, M] and B [...b, K, N], is one product over b·K. */
const depthTogether: Rule<"sum"> = ({ inputs: [x], attributes, shape }) => {
  if (x?.op !== "matmul" || !x.attributes.transposeA || x.attributes.transposeB) return undefined;
  const batch = x.shape.length - 2;
  const axes = [...attributes.axes];
  if (batch < 1 || axes.length !== batch || axes.some((axis) => axis >= batch)) return undefined;
  const [a, b] = x.inputs.map((y) =>
    g.reshape(y, [sizeOf(y.shape.slice(0, -1)), y.shape.at(-1) ?? 0]),
  );
  return a && b && g.reshape(g.matmul(a, b, { transposeA: true }), shape);
};

export const contract: Rules = {
  matmul: [transposesToFlags, singleBatch, rowsTogether],
  sum: [depthTogether],
};
