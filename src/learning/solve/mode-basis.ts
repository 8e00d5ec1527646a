/**
 * Orthonormal directions in which a positive semidefinite matrix is diagonal, on all of its space
 * or on as much of it as some vectors ever reach. Found by spectrum.ts and krylov.ts.
 */

export interface ModeBasis {
  /** Eigenvalue of each of m modes; those that are only rounding are 0. */
  readonly values: Float64Array;
  /** Orthonormal rows, [m, n], which span the modes. */
  readonly rows: Float64Array;
  /** Coordinates of the modes of x [n], [m]. */
  into(x: Float64Array): Float64Array;
  /** Back from modes [m] to [n]. */
  outOf(modes: Float64Array): Float64Array;
  /** Modes [m] as coordinates along `rows`, [m]. */
  onRows(modes: Float64Array): Float64Array;
}

/** Numbers that are added at once: one sum after another would wait for each addition. */
const lanes = 4;

/** x · y over `count` numbers from the given places. */
export function dotAt(
  x: Float64Array,
  y: Float64Array,
  { from = 0, count = y.length }: { readonly from?: number; readonly count?: number } = {},
): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = count - (count % lanes);
  let i = 0;
  for (; i < whole; i += lanes) {
    const at = from + i;
    a += (x[at] as number) * (y[i] as number);
    b += (x[at + 1] as number) * (y[i + 1] as number);
    c += (x[at + 2] as number) * (y[i + 2] as number);
    d += (x[at + 3] as number) * (y[i + 3] as number);
  }
  for (; i < count; i += 1) a += (x[from + i] as number) * (y[i] as number);
  return a + b + (c + d);
}

/** A x for row-major A [m, n]. */
export function timesRows(rows: Float64Array, x: Float64Array, m: number): Float64Array {
  const n = x.length;
  return Float64Array.from({ length: m }, (_, row) => dotAt(rows, x, { from: row * n }));
}

/** Aᵀ x for row-major A [m, n], n given. */
export function timesColumns(rows: Float64Array, x: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n);
  for (const [row, factor] of x.entries()) {
    if (factor === 0) continue;
    const base = row * n;
    for (let i = 0; i < n; i += 1)
      out[i] = (out[i] as number) + factor * (rows[base + i] as number);
  }
  return out;
}
