/**
 * A positive semidefinite matrix as its spectrum, and vectors in its eigenbasis and back. Solves
 * nothing by itself.
 */
import { eigenSymmetric } from "./eigen.ts";

export class Spectrum {
  readonly size: number;
  /** Ascending; those that are only rounding are 0. NaN when the matrix is not finite. */
  readonly values: Float64Array;
  readonly #vectors: Float64Array;

  /** `unit` is the relative rounding error of the matrix's entries. */
  constructor(matrix: ArrayLike<number>, size: number, unit = Number.EPSILON) {
    const { values, vectors } = eigenSymmetric(matrix, size, { vectors: true });
    this.size = size;
    const least = unit * size * (values[size - 1] ?? 0);
    this.values = values.map((value) => (value < least ? 0 : value));
    this.#vectors = vectors ?? new Float64Array(size * size).fill(Number.NaN);
  }

  /** U, row k the eigenvector of value k. */
  get vectors(): Float64Array {
    return this.#vectors;
  }

  /** Ux: coordinates in the eigenbasis. */
  into(x: Float64Array): Float64Array {
    const { size } = this;
    const out = new Float64Array(size);
    for (let row = 0; row < size; row += 1) {
      let sum = 0;
      const base = row * size;
      for (let i = 0; i < size; i += 1) {
        sum += (this.#vectors[base + i] as number) * (x[i] as number);
      }
      out[row] = sum;
    }
    return out;
  }

  /** Uᵀx: back from the eigenbasis. */
  outOf(x: Float64Array): Float64Array {
    const { size } = this;
    const out = new Float64Array(size);
    for (let row = 0; row < size; row += 1) {
      const factor = x[row] as number;
      const base = row * size;
      for (let i = 0; i < size; i += 1) {
        out[i] = (out[i] as number) + factor * (this.#vectors[base + i] as number);
      }
    }
    return out;
  }
}
