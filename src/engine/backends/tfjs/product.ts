/**
 * Matrix products. The wasm kernel is fast only for one plain product, A·B of two matrices, so
 * others are brought to that form there.
 */
import type { Kernel, Site } from "./kernel.ts";
import { operand } from "./kernel.ts";
import type { EagerTensor } from "./library.ts";

/** Multiplications from which a product of a batch is worth calls of its own on wasm. */
const ownCallMin = 1 << 14;

export interface Flags {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Swaps the last two axes. */
function swapped(value: EagerTensor, { tf }: Site): EagerTensor {
  const axes = value.shape.map((_, axis) => axis);
  const last = axes.length - 1;
  return tf.transpose(value, axes.with(last, last - 1).with(last - 1, last));
}

/** A·B over the last two axes; batch axes are equal. */
export function product(a: EagerTensor, b: EagerTensor, where: Site & Flags): EagerTensor {
  const { transposeA = false, transposeB = false, tf } = where;
  if (where.flavour !== "wasm") return tf.matMul(a, b, transposeA, transposeB);
  const left = transposeA ? swapped(a, where) : a;
  const right = transposeB ? swapped(b, where) : b;
  const [rows = 0, depth = 0] = left.shape.slice(-2);
  const columns = right.shape.at(-1) ?? 0;
  const batch = left.size / (rows * depth);
  if (batch <= 1 || rows * depth * columns < ownCallMin) return tf.matMul(left, right);
  return inTurn(left, right, { where, batch });
}

/** One plain product after another. */
function inTurn(
  a: EagerTensor,
  b: EagerTensor,
  { where, batch }: { readonly where: Site; readonly batch: number },
): EagerTensor {
  const { tf } = where;
  const [rows = 0, depth = 0] = a.shape.slice(-2);
  const columns = b.shape.at(-1) ?? 0;
  const lefts = tf.reshape(a, [batch * rows, depth]);
  const rights = tf.reshape(b, [batch * depth, columns]);
  const parts = Array.from({ length: batch }, (_, at) => {
    const left = tf.slice(lefts, [at * rows, 0], [rows, depth]);
    return tf.matMul(left, tf.slice(rights, [at * depth, 0], [depth, columns]));
  });
  return tf.reshape(tf.concat(parts, 0), [...a.shape.slice(0, -2), rows, columns]);
}

export const matmul: Kernel<"matmul"> = ({ attributes }, operands, site) =>
  product(operand(operands, 0), operand(operands, 1), { ...site, ...attributes });
