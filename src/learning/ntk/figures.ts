/**
 * Figures of one kernel matrix alone, its spectrum, and of two: how far one has moved from the
 * other. Conventions change conclusions, so each formula states its own. Computes no kernel.
 */
import type { Tensor } from "#engine/tensor.ts";
import { eigenSymmetric } from "#learning/solve/eigen.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import type { ProbeFigures } from "#schemas/snapshot.ts";
import { toFigure } from "#schemas/values.ts";

/** Rows up to which the whole spectrum is computed; beyond, spectral figures are NaN. */
export const spectrumRowsMax = 1536;

export interface Spectrum {
  /** Largest first. */
  readonly eigenvalues: readonly number[];
  readonly effectiveRank: number;
  readonly participationRatio: number;
  readonly conditionNumber: number;
  readonly lambdaMin: number;
  /** Eigenvalues above n·ε·λ_max. */
  readonly rank: number;
}

/**
 * Spectrum of a symmetric kernel as an n × n matrix (n = N·O when full; block-diagonal for
 * `diagonal`). Effective rank: exp(−Σ p log p), p = λ/Σλ over λ > 0 (Roy & Vetterli 2007).
 * Participation ratio: (Σλ)²/Σλ².
 */
export function spectrumOf(variant: KernelVariant, kernel: Tensor): Spectrum {
  const blocks = squaresOf(variant, kernel);
  const n = blocks.reduce((total, { side }) => total + side, 0);
  const values = blocks.flatMap(({ side, data }) => [
    ...(side <= spectrumRowsMax ? eigenSymmetric(data, side).values : [Number.NaN]),
  ]);
  if (values.some(Number.isNaN)) return unknownSpectrum(kernel, blocks);
  const eigenvalues = values.sort((a, b) => b - a);
  const [lambdaMax = 0] = eigenvalues;
  const lambdaMin = eigenvalues.at(-1) ?? 0;
  const epsilon = kernel.dtype === "float32" ? 2 ** -23 : Number.EPSILON;
  const floor = n * epsilon * lambdaMax;
  const positive = eigenvalues.filter((value) => value > 0);
  const total = positive.reduce((sum, value) => sum + value, 0);
  const squares = eigenvalues.reduce((sum, value) => sum + value * value, 0);
  const entropy = positive.reduce(
    (sum, value) => sum - (value / total) * Math.log(value / total),
    0,
  );
  return {
    eigenvalues,
    effectiveRank: positive.length > 0 ? Math.exp(entropy) : 0,
    participationRatio: squares > 0 ? eigenvalues.reduce((sum, v) => sum + v, 0) ** 2 / squares : 0,
    conditionNumber: lambdaMin > floor ? lambdaMax / lambdaMin : Number.POSITIVE_INFINITY,
    lambdaMin,
    rank: eigenvalues.filter((value) => value > floor).length,
  };
}

function unknownSpectrum(kernel: Tensor, blocks: readonly Square[]): Spectrum {
  const trace = blocks.reduce((sum, block) => sum + traceOf(block), 0);
  return {
    eigenvalues: [],
    effectiveRank: Number.NaN,
    participationRatio: trace ** 2 / inner(kernel.data, kernel.data),
    conditionNumber: Number.NaN,
    lambdaMin: Number.NaN,
    rank: 0,
  };
}

/** A square matrix on the diagonal of a kernel's matrix. */
export interface Square {
  readonly side: number;
  readonly data: Tensor["data"];
}

/** The diagonal blocks of which the kernel's matrix consists. */
export function squaresOf(variant: KernelVariant, { shape, data }: Tensor): Square[] {
  if (variant === "full") return [{ side: (shape[0] ?? 0) * (shape[1] ?? 0), data }];
  if (variant !== "diagonal") return [{ side: shape[0] ?? 0, data }];
  const [outputs = 0, side = 0] = shape;
  return Array.from({ length: outputs }, (_, o) => ({
    side,
    data: data.subarray(o * side * side, (o + 1) * side * side),
  }));
}

function traceOf({ side, data }: Square): number {
  let trace = 0;
  for (let i = 0; i < side; i += 1) trace += data[i * side + i] ?? 0;
  return trace;
}

/** Share of each layer in tr K, from the traces of layers. */
export function layerShares(traces: ReadonlyMap<string, number>): ProbeFigures["layer_share"] {
  const total = [...traces.values()].reduce((sum, trace) => sum + trace, 0);
  return Object.fromEntries([...traces].map(([layer, t]) => [layer, toFigure(t / total)]));
}

/** tr K. */
export function kernelTrace(variant: KernelVariant, kernel: Tensor): number {
  return squaresOf(variant, kernel).reduce((sum, block) => sum + traceOf(block), 0);
}

/** ⟨A, B⟩ over all entries. */
export function inner(a: Tensor["data"], b: Tensor["data"]): number {
  let sum = 0;
  for (const [at, value] of a.entries()) sum += value * (b[at] ?? Number.NaN);
  return sum;
}

/** 1 − ⟨A, B⟩/(‖A‖‖B‖): scale does not count (Fort et al. 2020). */
export function kernelDistance(a: Tensor, b: Tensor): number {
  const norms = Math.sqrt(inner(a.data, a.data) * inner(b.data, b.data));
  // Rounding can leave a kernel a hair further than itself from itself.
  return norms > 0 ? Math.max(0, 1 - inner(a.data, b.data) / norms) : Number.NaN;
}

/** ‖A − B‖/‖B‖ (Frobenius; Geiger et al. 2020). */
export function relativeChange(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (const [at, value] of a.data.entries()) sum += (value - (b.data[at] ?? Number.NaN)) ** 2;
  return Math.sqrt(sum / inner(b.data, b.data));
}

/** log(‖A‖/‖B‖): the change in scale, whatever the change in shape. */
export function logNormRatio(a: Tensor, b: Tensor): number {
  return Math.log(inner(a.data, a.data) / inner(b.data, b.data)) / 2;
}
