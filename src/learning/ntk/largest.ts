/**
 * The largest eigenvalues of kernels too large for all of them, from products alone: Lanczos, see
 * solve/lanczos.ts. Knows no files.
 */
import type { Precision } from "#engine/backend.ts";
import type { Tensor } from "#engine/tensor.ts";
import { largestEigenvalues } from "#learning/solve/lanczos.ts";

/** Eigenvalues at most: each costs products with the whole kernel. */
export const largestMax = 64;

/** Relative residuals that are worth reaching. */
const toleranceOf: Readonly<Record<Precision, number>> = { float32: 1e-5, float64: 1e-8 };

export interface Products {
  /** Rows of the matrix. */
  readonly size: number;
  /** Of its numbers. */
  readonly precision: Precision;
  readonly product: (v: Float64Array) => Promise<ArrayLike<number>>;
}

/** At most `count`, and those alone that converged; largest first. */
export async function largestOf(
  { size, precision, product }: Products,
  count: number,
): Promise<readonly number[]> {
  const wanted = Math.min(count, largestMax);
  if (wanted === 0) return [];
  const tolerance = toleranceOf[precision];
  const productsMax = 2 * wanted + 40;
  const options = { size, seed: 0, tolerance, productsMax, product };
  const { values, converged } = await largestEigenvalues(options, wanted);
  return values.slice(0, converged);
}

/** Of a kernel that is one matrix. */
export async function largestInMemory({ dtype, data }: Tensor, count: number) {
  const size = Math.sqrt(data.length);
  const precision = dtype === "float64" ? dtype : "float32";
  const product = async (v: Float64Array) => {
    const result = new Float64Array(size);
    for (let i = 0; i < size; i += 1) result[i] = dot(data.subarray(i * size, (i + 1) * size), v);
    return result;
  };
  return await largestOf({ size, precision, product }, count);
}

export function dot(row: Tensor["data"], v: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < v.length; j += 1) sum += (row[j] as number) * (v[j] as number);
  return sum;
}
