/**
 * A positive semidefinite matrix as its spectrum, and vectors in its eigenbasis and back. Solves
 * nothing by itself.
 */
import { eigenSymmetric } from "./eigen.ts";
import { type ModeBasis, timesColumns, timesRows } from "./mode-basis.ts";

export class Spectrum implements ModeBasis {
  readonly size: number;
  /** Ascending; those that are only rounding are 0. NaN when the matrix is not finite. */
  readonly values: Float64Array;
  /** U, row k the eigenvector of value k. */
  readonly rows: Float64Array;

  /** `unit` is the relative rounding error of the matrix's entries. */
  constructor(matrix: ArrayLike<number>, size: number, unit = Number.EPSILON) {
    const { values, vectors } = eigenSymmetric(matrix, size, { vectors: true });
    this.size = size;
    const least = unit * size * (values[size - 1] ?? 0);
    this.values = values.map((value) => (value < least ? 0 : value));
    this.rows = vectors ?? new Float64Array(size * size).fill(Number.NaN);
  }

  /** Ux: coordinates in the eigenbasis. */
  into(x: Float64Array): Float64Array {
    return timesRows(this.rows, x, this.size);
  }

  /** Uᵀx: back from the eigenbasis. */
  outOf(modes: Float64Array): Float64Array {
    return timesColumns(this.rows, modes, this.size);
  }

  onRows(modes: Float64Array): Float64Array {
    return modes;
  }
}
