/**
 * The largest eigenvalues of a symmetric positive semidefinite operator that is known only by its
 * products: Lanczos with full reorthogonalisation in float64 (Golub & Van Loan, Matrix
 * Computations, 10.1). Knows nothing of networks.
 */
import { stream } from "#src/random.ts";
import { eigenSymmetric } from "./eigen.ts";

export interface LanczosOptions {
  /** A·v for v of `size` numbers; the result is not kept. */
  readonly product: (v: Float64Array) => Promise<ArrayLike<number>>;
  readonly size: number;
  /** Seeds the first vector. */
  readonly seed: number;
  /** Ends when the residual is below this share of the eigenvalue. */
  readonly tolerance: number;
  readonly productsMax: number;
}

/** What was found; `converged` is false when the limit came first or numbers were not finite. */
export interface LargestEigenvalue {
  readonly value: number;
  /** Norm of Av − λv for the unit Ritz vector. */
  readonly residual: number;
  readonly products: number;
  readonly converged: boolean;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}

function addScaled(to: Float64Array, factor: number, v: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + factor * (v[i] as number);
}

/** Scales to length 1 and returns the length before. */
function normalise(v: Float64Array): number {
  const norm = Math.sqrt(dot(v, v));
  if (norm > 0) for (let i = 0; i < v.length; i++) v[i] = (v[i] as number) / norm;
  return norm;
}

interface Ritz {
  readonly value: number;
  /** Of its unit eigenvector of the tridiagonal matrix. */
  readonly last: number;
}

/** The largest eigenvalues of the tridiagonal matrix, at most `count`, largest first. */
function ritz(alphas: readonly number[], betas: readonly number[], count: number): Ritz[] {
  const n = alphas.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    matrix[i * n + i] = alphas[i] as number;
    if (i + 1 < n) {
      matrix[i * n + i + 1] = betas[i] as number;
      matrix[(i + 1) * n + i] = betas[i] as number;
    }
  }
  const { values, vectors } = eigenSymmetric(matrix, n, { vectors: true });
  return Array.from({ length: Math.min(count, n) }, (_, at) => ({
    value: values[n - 1 - at] ?? Number.NaN,
    last: vectors?.[n * n - 1 - at] ?? 1,
  }));
}

/** The largest eigenvalue of A. */
export async function largestEigenvalue(options: LanczosOptions): Promise<LargestEigenvalue> {
  const { values, residuals, products, converged } = await largestEigenvalues(options, 1);
  const [value = Number.NaN] = values;
  const [residual = Number.NaN] = residuals;
  return { value, residual, products, converged: converged === 1 };
}

export interface LargestEigenvalues {
  /** Largest first; of `count`, or of all where there are fewer. */
  readonly values: readonly number[];
  readonly residuals: readonly number[];
  readonly products: number;
  /** How many of them, from the first, are within the tolerance. */
  readonly converged: number;
}

/** The `count` largest eigenvalues of A; the tolerance is a share of the very largest. */
export async function largestEigenvalues(
  options: LanczosOptions,
  count: number,
): Promise<LargestEigenvalues> {
  const { product, size, seed, tolerance } = options;
  const random = stream(seed, "lanczos");
  const anywhere = (): Float64Array => Float64Array.from({ length: size }, () => random.normal());
  const first = anywhere();
  normalise(first);
  const basis = [first];
  const alphas: number[] = [];
  const betas: number[] = [];
  const productsMax = Math.min(options.productsMax, size);
  for (let products = 1; ; products++) {
    const v = basis[products - 1] as Float64Array;
    let next: Float64Array = Float64Array.from(await product(v));
    alphas.push(dot(next, v));
    orthogonalise(next, basis);
    let beta = normalise(next);
    const found = ritz(alphas, betas, count);
    const residuals = found.map(({ last }) => beta * Math.abs(last));
    const most = found[0]?.value ?? Number.NaN;
    const isWhole = products === size;
    const wrong = residuals.findIndex((residual) => !(residual <= tolerance * Math.abs(most)));
    const converged = isWhole || wrong < 0 ? found.length : wrong;
    const isEnough = converged >= Math.min(count, size);
    if (isEnough || products >= productsMax || !Number.isFinite(most)) {
      return { values: found.map(({ value }) => value), residuals, products, converged };
    }
    if (beta <= Number.EPSILON * Math.abs(most)) {
      // The space is left alone by A: what is outside is looked for from anywhere.
      next = anywhere();
      orthogonalise(next, basis);
      normalise(next);
      beta = 0;
    }
    betas.push(beta);
    basis.push(next);
  }
}

/** Takes out of v its parts along the basis. */
function orthogonalise(v: Float64Array, basis: readonly Float64Array[]): void {
  // Twice is enough: what the first pass leaves by rounding, the second removes.
  for (let pass = 0; pass < 2; pass++) {
    for (const earlier of basis) addScaled(v, -dot(v, earlier), earlier);
  }
}
