/**
 * One damped least-squares problem in function space: (RᵀΘR/n + µ) z = s/n, whose solution moves
 * weights by −Jᵀ(Rz) (Levenberg–Marquardt; with R the root of the loss's Hessian, generalised
 * Gauss–Newton). Outcomes are returned with their figures.
 */
import type { Curvature } from "#learning/curvature.ts";
import { solvePositive } from "./cholesky.ts";
import { conjugateGradients, dot, nystrom, type Product } from "./conjugate-gradients.ts";
import { Spectrum } from "./spectrum.ts";

export interface DampedOutcome {
  /** −Rz, [N · O]: weights move by Jᵀ times this. */
  readonly cotangents: Float64Array;
  readonly iterations: number;
  /** Relative residual of the system. */
  readonly residual: number;
  readonly converged: boolean;
  /** Directions that a singular kernel left out; 0 unless the pseudo-inverse was needed. */
  readonly leftOut: number;
}

interface Question {
  readonly curvature: Curvature;
  readonly examples: number;
  readonly damping: number;
  /** Relative rounding of the kernel's entries; that of float64 unless given. */
  readonly unit?: number;
}

function cotangentsOf({ curvature }: Question, z: Float64Array): Float64Array {
  return curvature.root(z).map((value) => -value);
}

/** With the kernel Θ [N · O, N · O] at hand. µ = 0 takes the solution of least norm. */
export function solveDense(kernel: ArrayLike<number>, question: Question): DampedOutcome {
  const { curvature, examples, damping } = question;
  const size = curvature.source.length;
  const matrix = sandwiched(kernel, curvature, examples);
  const b = curvature.source.map((value) => value / examples);
  const direct = damping > 0 ? solvePositive(matrix, b, damping) : null;
  let leftOut = 0;
  let z = direct;
  if (z === null) {
    const spectrum = new Spectrum(matrix, size, question.unit);
    const along = spectrum.into(b).map((value, k) => {
      const eigenvalue = (spectrum.values[k] as number) + damping;
      // Not a number stays so: a broken kernel is seen, not left out.
      if (eigenvalue === 0) leftOut += 1;
      return eigenvalue === 0 ? 0 : value / eigenvalue;
    });
    z = spectrum.outOf(along);
  }
  const residual = residualOf(matrix, { z, b, damping });
  const isWhole = leftOut === 0;
  const converged = z.every(Number.isFinite) && (!isWhole || residual < 1e-6);
  return { cotangents: cotangentsOf(question, z), iterations: 1, residual, converged, leftOut };
}

/** RᵀΘR/n. */
function sandwiched(
  kernel: ArrayLike<number>,
  { transposed }: Curvature,
  examples: number,
): Float64Array {
  const matrix = Float64Array.from(kernel);
  const size = Math.sqrt(matrix.length);
  const turnRows = (): void => {
    for (let at = 0; at < matrix.length; at += size) {
      matrix.set(transposed(matrix.subarray(at, at + size)), at);
    }
  };
  // ΘR, then RᵀΘ as its transpose, whose rows are turned in their turn.
  turnRows();
  transpose(matrix, size);
  turnRows();
  for (let at = 0; at < matrix.length; at += 1) matrix[at] = (matrix[at] as number) / examples;
  return matrix;
}

/** Rows and columns of a block that stays in the cache while it is turned over. */
const blockSize = 32;

/** In place, block by block: columns of a large matrix lie far apart. */
function transpose(matrix: Float64Array, size: number): void {
  for (let top = 0; top < size; top += blockSize) {
    for (let left = 0; left <= top; left += blockSize) {
      for (let i = top; i < Math.min(top + blockSize, size); i += 1) {
        for (let j = left; j < Math.min(left + blockSize, i); j += 1) {
          const [low, high] = [i * size + j, j * size + i];
          const kept = matrix[low] as number;
          matrix[low] = matrix[high] as number;
          matrix[high] = kept;
        }
      }
    }
  }
}

function residualOf(
  matrix: Float64Array,
  { z, b, damping }: { z: Float64Array; b: Float64Array; damping: number },
): number {
  const size = b.length;
  let total = 0;
  for (let i = 0; i < size; i += 1) {
    const row = dot(matrix.subarray(i * size, (i + 1) * size), z);
    total += (row + damping * (z[i] as number) - (b[i] as number)) ** 2;
  }
  const norm = Math.sqrt(dot(b, b));
  return norm === 0 ? 0 : Math.sqrt(total) / norm;
}

export interface MatrixFreeOptions {
  /** Θu for u [N · O]. */
  readonly product: Product;
  readonly tolerance: number;
  readonly iterationsMax: number;
  /** Rank of the preconditioner; 0 for none. */
  readonly rank: number;
  readonly seed: number;
}

/** With products of the kernel alone. */
export async function solveMatrixFree(
  question: Question,
  options: MatrixFreeOptions,
): Promise<DampedOutcome> {
  const { curvature, examples, damping } = question;
  const { tolerance, iterationsMax, rank, seed } = options;
  const product: Product = async (v) => {
    const image = curvature.transposed(await options.product(curvature.root(v)));
    return image.map((value) => value / examples);
  };
  const size = curvature.source.length;
  const precondition =
    rank > 0 && damping > 0
      ? await nystrom({ product, size, rank: Math.min(rank, size), shift: damping, seed })
      : null;
  const found = await conjugateGradients({
    product,
    shift: damping,
    b: curvature.source.map((value) => value / examples),
    tolerance,
    iterationsMax,
    ...(precondition === null ? {} : { precondition }),
  });
  const { x, iterations, residual, converged } = found;
  return { cotangents: cotangentsOf(question, x), iterations, residual, converged, leftOut: 0 };
}
