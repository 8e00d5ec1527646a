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

/** L with LLᵀ = A + shift·I, lower triangle of n × n; null when there is none. */
export function choleskyOf(matrix: ArrayLike<number>, n: number, shift = 0): Float64Array | null {
  const l = Float64Array.from(matrix);
  let largest = 0;
  for (let i = 0; i < n; i += 1) {
    l[i * n + i] = (l[i * n + i] as number) + shift;
    largest = Math.max(largest, l[i * n + i] as number);
  }
  const least = n * Number.EPSILON * largest;
  for (let j = 0; j < n; j += 1) {
    for (let i = j; i < n; i += 1) {
      let sum = l[i * n + j] as number;
      const [a, c] = [i * n, j * n];
      for (let k = 0; k < j; k += 1) sum -= (l[a + k] as number) * (l[c + k] as number);
      if (i > j) {
        l[a + j] = sum / (l[c + j] as number);
        continue;
      }
      if (!(sum > least)) return null;
      l[c + j] = Math.sqrt(sum);
    }
  }
  return l;
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
  for (let i = n - 1; i >= 0; i -= 1) {
    let sum = x[i] as number;
    for (let k = i + 1; k < n; k += 1) sum -= (l[k * n + i] as number) * (x[k] as number);
    x[i] = sum / (l[i * n + i] as number);
  }
  return x;
}
