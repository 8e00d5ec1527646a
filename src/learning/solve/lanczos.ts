/**
 * The largest eigenvalue of a symmetric positive semidefinite operator that is known only by its
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

/** Largest eigenvalue of the tridiagonal matrix, and the last entry of its unit eigenvector. */
function ritz(
  alphas: readonly number[],
  betas: readonly number[],
): { readonly value: number; readonly last: number } {
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
  return { value: values[n - 1] ?? Number.NaN, last: vectors?.[n * n - 1] ?? 1 };
}

export async function largestEigenvalue(options: LanczosOptions): Promise<LargestEigenvalue> {
  const { product, size, seed, tolerance } = options;
  const random = stream(seed, "lanczos");
  const first = Float64Array.from({ length: size }, () => random.normal());
  normalise(first);
  const basis = [first];
  const alphas: number[] = [];
  const betas: number[] = [];
  const productsMax = Math.min(options.productsMax, size);
  for (let products = 1; ; products++) {
    const v = basis[products - 1] as Float64Array;
    const next = Float64Array.from(await product(v));
    alphas.push(dot(next, v));
    // Twice is enough: what the first pass leaves by rounding, the second removes.
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of basis) addScaled(next, -dot(next, earlier), earlier);
    }
    const beta = normalise(next);
    const { value, last } = ritz(alphas, betas);
    const residual = beta * Math.abs(last);
    const converged = residual <= tolerance * Math.abs(value);
    if (converged || products >= productsMax || !Number.isFinite(value)) {
      // A whole basis leaves nothing out.
      return { value, residual, products, converged: converged || products === size };
    }
    betas.push(beta);
    basis.push(next);
  }
}
