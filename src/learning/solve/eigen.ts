/**
 * Eigenvalues and eigenvectors of a dense symmetric matrix in float64: Householder
 * tridiagonalisation, then implicit QL (Golub & Van Loan, Matrix Computations, 8.3). O(n³); values
 * alone cost about a quarter of values with vectors.
 */

/** Ascending eigenvalues and, when asked for, eigenvectors. */
export interface Eigen {
  /** Ascending, n values. */
  readonly values: Float64Array;
  /** n × n, row k is the unit eigenvector of `values[k]`; undefined unless asked for. */
  readonly vectors: Float64Array | undefined;
  /** False when the iteration met non-finite numbers or its limit: `values` are then NaN. */
  readonly converged: boolean;
}

const iterationsMaxPerValue = 60;

/** T = QᵀAQ with T tridiagonal. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** `off[i]` couples i and i + 1. */
  readonly off: Float64Array;
  /** Row k holds the Householder vector of step k (zero up to and including k). */
  readonly reflectors: Float64Array | undefined;
}

/**
 * Decomposes the symmetric n × n matrix (row-major; only read). Returns NaN values with
 * `converged: false` when it holds non-finite numbers.
 */
export function eigenSymmetric(
  matrix: ArrayLike<number>,
  n: number,
  want: { readonly vectors: boolean } = { vectors: false },
): Eigen {
  const work = Float64Array.from(matrix);
  if (work.length !== n * n) throw new RangeError(`${n} × ${n} needs ${n * n} numbers`);
  if (!work.every(Number.isFinite)) return failed(n);
  const { diagonal, off, reflectors } = tridiagonalise(work, n, want.vectors);
  const basis = want.vectors ? basisOf(reflectors, n) : undefined;
  if (!implicitQl({ diagonal, off, basis, n })) return failed(n);
  const order = [...diagonal.keys()].sort((a, b) => at(diagonal, a) - at(diagonal, b));
  const values = Float64Array.from(order, (i) => at(diagonal, i));
  if (basis === undefined) return { values, vectors: undefined, converged: true };
  const vectors = new Float64Array(n * n);
  for (const [row, i] of order.entries()) {
    vectors.set(basis.subarray(i * n, (i + 1) * n), row * n);
  }
  return { values, vectors, converged: true };
}

function failed(n: number): Eigen {
  return { values: new Float64Array(n).fill(Number.NaN), vectors: undefined, converged: false };
}

function at(array: Float64Array, index: number): number {
  return array[index] as number;
}

/** A ← A − v wᵀ − w vᵀ for each column in turn, with H = I − 2vvᵀ/vᵀv. */
function tridiagonalise(a: Float64Array, n: number, keep: boolean): Tridiagonal {
  const off = new Float64Array(n);
  const reflectors = keep ? new Float64Array(n * n) : undefined;
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k + 2 < n; k += 1) {
    const beta = householder(a.subarray(k * n, (k + 1) * n), v, k);
    if (beta === undefined) {
      off[k] = at(a, k * n + k + 1);
      continue;
    }
    off[k] = beta;
    reflectors?.set(v.subarray(k + 1), k * n + k + 1);
    rankTwoUpdate({ a, n, v, w }, k + 1);
  }
  if (n > 1) off[n - 2] = at(a, (n - 2) * n + n - 1);
  const diagonal = Float64Array.from({ length: n }, (_, i) => at(a, i * n + i));
  return { diagonal, off, reflectors };
}

/** Unit v that maps row[k+1…] to ±‖·‖e₁, which is returned; undefined when it is mapped already. */
function householder(row: Float64Array, v: Float64Array, k: number): number | undefined {
  let most = 0;
  for (let i = k + 2; i < row.length; i += 1) most = Math.max(most, Math.abs(at(row, i)));
  if (most === 0) return undefined;
  // Squares of tiny numbers lose their digits: lengths are taken relative to the largest entry.
  const unit = Math.max(most, Math.abs(at(row, k + 1)));
  let tail = 0;
  for (let i = k + 2; i < row.length; i += 1) tail += (at(row, i) / unit) ** 2;
  const head = at(row, k + 1) / unit;
  const length = Math.sqrt(head * head + tail);
  const beta = head > 0 ? -length : length;
  const norm = Math.sqrt((head - beta) ** 2 + tail);
  v[k + 1] = (head - beta) / norm;
  for (let i = k + 2; i < row.length; i += 1) v[i] = at(row, i) / unit / norm;
  return beta * unit;
}

/** A ← HAH on the trailing block: p = Av, w = 2(p − (vᵀp)v), A ← A − vwᵀ − wvᵀ. */
function rankTwoUpdate(
  { a, n, v, w }: { a: Float64Array; n: number; v: Float64Array; w: Float64Array },
  from: number,
): void {
  let vp = 0;
  for (let i = from; i < n; i += 1) {
    let sum = 0;
    const row = i * n;
    for (let j = from; j < n; j += 1) sum += at(a, row + j) * at(v, j);
    w[i] = sum;
    vp += sum * at(v, i);
  }
  for (let i = from; i < n; i += 1) w[i] = 2 * (at(w, i) - vp * at(v, i));
  for (let i = from; i < n; i += 1) {
    const vi = at(v, i);
    const wi = at(w, i);
    const row = i * n;
    for (let j = from; j < n; j += 1) {
      a[row + j] = at(a, row + j) - vi * at(w, j) - wi * at(v, j);
    }
  }
}

/** Rows of Qᵀ, as the product of the reflectors, last one first. */
function basisOf(reflectors: Float64Array | undefined, n: number): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) q[i * n + i] = 1;
  if (reflectors === undefined) return q;
  // q starts as I and becomes Qᵀ = Hₙ…H₁ by applying each reflector to every row from the right.
  for (let k = n - 3; k >= 0; k -= 1) {
    const v = reflectors.subarray(k * n, (k + 1) * n);
    for (let i = k + 1; i < n; i += 1) {
      const row = q.subarray(i * n, (i + 1) * n);
      let dot = 0;
      for (let j = k + 1; j < n; j += 1) dot += at(row, j) * at(v, j);
      if (dot === 0) continue;
      for (let j = k + 1; j < n; j += 1) row[j] = at(row, j) - 2 * dot * at(v, j);
    }
  }
  return q;
}

interface QlState {
  readonly diagonal: Float64Array;
  readonly off: Float64Array;
  readonly basis: Float64Array | undefined;
  readonly n: number;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Makes T diagonal in place; rotates the rows of `basis` along. False when it does not converge. */
function implicitQl(state: QlState): boolean {
  const { diagonal, off, n } = state;
  // Far below rounding of the whole matrix; squares of what is smaller would vanish.
  const floor = Number.EPSILON ** 2 * Math.max(...[diagonal, off].map(largest));
  for (let l = 0; l < n; l += 1) {
    for (let iteration = 0; ; iteration += 1) {
      let m = l;
      while (m < n - 1) {
        const scale = Math.abs(at(diagonal, m)) + Math.abs(at(diagonal, m + 1));
        if (Math.abs(at(off, m)) <= Math.max(floor, Number.EPSILON * scale)) break;
        m += 1;
      }
      if (m === l) break;
      if (iteration >= iterationsMaxPerValue) return false;
      qlStep(state, l, m);
    }
  }
  return true;
}

/** One implicit QL sweep with Wilkinson's shift on rows l … m. */
function qlStep({ diagonal, off, basis, n }: QlState, l: number, m: number): void {
  let g = (at(diagonal, l + 1) - at(diagonal, l)) / (2 * at(off, l));
  const r0 = Math.hypot(g, 1);
  g = at(diagonal, m) - at(diagonal, l) + at(off, l) / (g + (g >= 0 ? r0 : -r0));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = m - 1; i >= l; i -= 1) {
    const f = s * at(off, i);
    const b = c * at(off, i);
    const r = Math.hypot(f, g);
    off[i + 1] = r;
    if (r === 0) {
      diagonal[i + 1] = at(diagonal, i + 1) - p;
      off[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = at(diagonal, i + 1) - p;
    const t = (at(diagonal, i) - g) * s + 2 * c * b;
    p = s * t;
    diagonal[i + 1] = g + p;
    g = c * t - b;
    if (basis !== undefined) rotateRows(basis, { n, i, c, s });
  }
  diagonal[l] = at(diagonal, l) - p;
  off[l] = g;
  off[m] = 0;
}

function rotateRows(
  basis: Float64Array,
  { n, i, c, s }: { n: number; i: number; c: number; s: number },
): void {
  const upper = i * n;
  const lower = upper + n;
  for (let k = 0; k < n; k += 1) {
    const f = at(basis, lower + k);
    const e = at(basis, upper + k);
    basis[lower + k] = s * e + c * f;
    basis[upper + k] = c * e - s * f;
  }
}
