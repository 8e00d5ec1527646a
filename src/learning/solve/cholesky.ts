/**
 * Symmetric positive definite systems by Cholesky's factorisation in float64 (Golub & Van Loan,
 * Matrix Computations, 4.2). A matrix that is not positive definite is an answer, not an error.
 */

/**
 * Solves (A + shift·I) x = b for a symmetric row-major n × n matrix; null when the shifted matrix
 * is not positive definite to working precision. A is only read.
 */
export function solvePositive(
  matrix: ArrayLike<number>,
  b: Float64Array,
  shift = 0,
): Float64Array | null {
  const factor = choleskyOf(matrix, b.length, shift);
  return factor === null ? null : solveFactored(factor, b);
}

/** Rows and columns of a tile: each number that is read takes part in several products. */
const tile = { rows: 4, columns: 2 } as const;

/** L with LLᵀ = A + shift·I, lower triangle of n × n; null when there is none. */
export function choleskyOf(matrix: ArrayLike<number>, n: number, shift = 0): Float64Array | null {
  const l = Float64Array.from(matrix);
  let largest = 0;
  for (let i = 0; i < n; i += 1) {
    l[i * n + i] = (l[i * n + i] as number) + shift;
    largest = Math.max(largest, l[i * n + i] as number);
  }
  const least = n * Number.EPSILON * largest;
  for (let j = 0; j < n; j += tile.columns) {
    const last = Math.min(j + tile.columns, n);
    for (let i = j; i < n; i += tile.rows) {
      const isWhole = i + tile.rows <= n && last - j === tile.columns;
      if (isWhole) reduceTile(l, n, { i, j });
      const until = Math.min(i + tile.rows, n);
      for (let row = i; row < until; row += 1) {
        if (!finishRow(l, n, { row, from: isWhole ? j : 0, j, last, least })) return null;
      }
    }
  }
  return l;
}

/** l[r, c] ← l[r, c] − Σ l[r, k] l[c, k] over k < j, for the tile whose corner is (i, j). */
function reduceTile(l: Float64Array, n: number, at: { readonly i: number; readonly j: number }) {
  const { i, j } = at;
  const [r0, r1, r2, r3] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
  const [c0, c1] = [j * n, (j + 1) * n];
  let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0; k < j; k += 1) {
    const x = l[c0 + k] as number;
    const y = l[c1 + k] as number;
    const p0 = l[r0 + k] as number;
    const p1 = l[r1 + k] as number;
    const p2 = l[r2 + k] as number;
    const p3 = l[r3 + k] as number;
    a0 += p0 * x;
    a1 += p1 * x;
    a2 += p2 * x;
    a3 += p3 * x;
    b0 += p0 * y;
    b1 += p1 * y;
    b2 += p2 * y;
    b3 += p3 * y;
  }
  for (const [row, a, b] of [
    [r0, a0, b0],
    [r1, a1, b1],
    [r2, a2, b2],
    [r3, a3, b3],
  ] as const) {
    l[row + j] = (l[row + j] as number) - a;
    l[row + j + 1] = (l[row + j + 1] as number) - b;
  }
}

interface Row {
  readonly row: number;
  /** Products over k < from are taken off already. */
  readonly from: number;
  /** Columns j … last − 1. */
  readonly j: number;
  readonly last: number;
  /** Of a pivot. */
  readonly least: number;
}

/** Ends a row in these columns, within the triangle; false when a pivot is too small. */
function finishRow(l: Float64Array, n: number, { row, from, j, last, least }: Row): boolean {
  const r = row * n;
  for (let column = j; column < last && column <= row; column += 1) {
    const c = column * n;
    let sum = l[r + column] as number;
    for (let k = from; k < column; k += 1) sum -= (l[r + k] as number) * (l[c + k] as number);
    if (column < row) {
      l[r + column] = sum / (l[c + column] as number);
      continue;
    }
    if (!(sum > least)) return false;
    l[r + column] = Math.sqrt(sum);
  }
  return true;
}

/** x with LLᵀx = b. */
export function solveFactored(l: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = b.slice();
  for (let i = 0; i < n; i += 1) {
    let sum = x[i] as number;
    for (let k = 0; k < i; k += 1) sum -= (l[i * n + k] as number) * (x[k] as number);
    x[i] = sum / (l[i * n + i] as number);
  }
  // By rows of L, which lie together, and not by its columns.
  for (let i = n - 1; i >= 0; i -= 1) {
    const value = (x[i] as number) / (l[i * n + i] as number);
    x[i] = value;
    for (let k = 0; k < i; k += 1) x[k] = (x[k] as number) - (l[i * n + k] as number) * value;
  }
  return x;
}
