/**
 * Symmetric positive definite systems known by their products alone: preconditioned conjugate
 * gradients, and a randomised Nyström preconditioner (Frangella, Tropp & Udell 2021, arXiv
 * 2110.02820). What was not reached is returned with its figures.
 */
import { stream } from "#src/random.ts";
import { choleskyOf } from "./cholesky.ts";
import { eigenSymmetric } from "./eigen.ts";

export type Product = (v: Float64Array) => Promise<Float64Array>;

export interface GradientsOptions {
  /** A v for a positive semidefinite A. */
  readonly product: Product;
  /** Solves (A + shift·I) x = b. */
  readonly shift: number;
  readonly b: Float64Array;
  /** Ends when ‖b − (A + shift)x‖ is below this share of ‖b‖. */
  readonly tolerance: number;
  readonly iterationsMax: number;
  readonly precondition?: (v: Float64Array) => Float64Array;
}

export interface Solved {
  readonly x: Float64Array;
  readonly iterations: number;
  /** ‖b − (A + shift)x‖ / ‖b‖, computed anew at the end. */
  readonly residual: number;
  readonly converged: boolean;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i += 1) total += (a[i] as number) * (b[i] as number);
  return total;
}

/** y ← y + factor·x. */
export function addScaled(y: Float64Array, factor: number, x: Float64Array): void {
  for (let i = 0; i < y.length; i += 1) y[i] = (y[i] as number) + factor * (x[i] as number);
}

export async function conjugateGradients(options: GradientsOptions): Promise<Solved> {
  const { product, shift, b, tolerance, iterationsMax, precondition = (v) => v.slice() } = options;
  const applied = async (v: Float64Array): Promise<Float64Array> => {
    const out = (await product(v)).slice();
    addScaled(out, shift, v);
    return out;
  };
  const x = new Float64Array(b.length);
  const norm = Math.sqrt(dot(b, b));
  if (norm === 0) return { x, iterations: 0, residual: 0, converged: true };
  const r = b.slice();
  let z = precondition(r);
  let direction = z.slice();
  let rz = dot(r, z);
  let iterations = 0;
  while (iterations < iterationsMax && Math.sqrt(dot(r, r)) > tolerance * norm) {
    const image = await applied(direction);
    const curvature = dot(direction, image);
    if (!(curvature > 0)) break;
    iterations += 1;
    const length = rz / curvature;
    addScaled(x, length, direction);
    addScaled(r, -length, image);
    z = precondition(r);
    const next = dot(r, z);
    const along = direction;
    direction = z.slice();
    addScaled(direction, next / rz, along);
    rz = next;
  }
  // The recurrence drifts from the truth; what is reported is the truth.
  const left = await applied(x);
  for (let i = 0; i < left.length; i += 1) left[i] = (b[i] as number) - (left[i] as number);
  const residual = Math.sqrt(dot(left, left)) / norm;
  return { x, iterations, residual, converged: residual <= 10 * tolerance };
}

export interface NystromOptions {
  readonly product: Product;
  readonly size: number;
  readonly rank: number;
  readonly shift: number;
  readonly seed: number;
}

/**
 * An approximate inverse of A + shift·I, scaled to leave alone what the rank does not reach; null
 * when A is too small or not finite.
 */
export async function nystrom(
  options: NystromOptions,
): Promise<((v: Float64Array) => Float64Array) | null> {
  const { product, size, rank, shift, seed } = options;
  const test = orthonormal(size, rank, seed);
  const images: Float64Array[] = [];
  for (const vector of test) images.push((await product(vector)).slice());
  const frobenius = Math.sqrt(images.reduce((sum, image) => sum + dot(image, image), 0));
  const nudge = Math.sqrt(size) * Number.EPSILON * frobenius;
  for (const [at, image] of images.entries()) addScaled(image, nudge, test[at] as Float64Array);
  const core = Float64Array.from({ length: rank * rank }, (_, at) => {
    const [i, j] = [Math.floor(at / rank), at % rank];
    const [a, b] = [test[i], test[j]] as [Float64Array, Float64Array];
    return 0.5 * (dot(a, images[j] as Float64Array) + dot(b, images[i] as Float64Array));
  });
  const factor = choleskyOf(core, rank);
  if (factor === null) return null;
  const rows = triangularRows(factor, images);
  const gram = Float64Array.from({ length: rank * rank }, (_, at) =>
    dot(rows[Math.floor(at / rank)] as Float64Array, rows[at % rank] as Float64Array),
  );
  const { values, vectors } = eigenSymmetric(gram, rank, { vectors: true });
  if (vectors === undefined) return null;
  const basis = [...values].map((value, k) => {
    const out = new Float64Array(size);
    for (const [at, row] of rows.entries()) {
      addScaled(out, (vectors[k * rank + at] as number) / Math.sqrt(value), row);
    }
    return out;
  });
  const kept = values.map((value) => Math.max(0, value - nudge));
  const least = kept[0] as number;
  return (v) => {
    const out = v.slice();
    for (const [k, u] of basis.entries()) {
      const along = dot(u, v);
      addScaled(out, along * ((least + shift) / ((kept[k] as number) + shift) - 1), u);
    }
    return out;
  };
}

/** Rows of L⁻¹Y: forward substitution over vectors. */
function triangularRows(l: Float64Array, images: readonly Float64Array[]): Float64Array[] {
  const rank = images.length;
  const rows: Float64Array[] = [];
  for (const [i, image] of images.entries()) {
    const row = image.slice();
    for (const [k, earlier] of rows.entries())
      addScaled(row, -(l[i * rank + k] as number), earlier);
    const diagonal = l[i * rank + i] as number;
    rows.push(row.map((value) => value / diagonal));
  }
  return rows;
}

function orthonormal(size: number, rank: number, seed: number): Float64Array[] {
  const random = stream(seed, "nystrom");
  const vectors: Float64Array[] = [];
  while (vectors.length < rank) {
    const v = Float64Array.from({ length: size }, () => random.normal());
    for (let pass = 0; pass < 2; pass += 1) {
      for (const earlier of vectors) addScaled(v, -dot(v, earlier), earlier);
    }
    const norm = Math.sqrt(dot(v, v));
    vectors.push(v.map((value) => value / norm));
  }
  return vectors;
}
