/**
 * Figures of one kernel matrix: spectrum, alignment with the targets, movement since other kernels.
 * Conventions change conclusions, so each formula states its own. Computes no kernel.
 */
import type { Tensor } from "#engine/tensor.ts";
import { eigenSymmetric } from "#learning/solve/eigen.ts";
import type { KernelVariant } from "#schemas/run.ts";

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

export interface Alignment {
  readonly plain: number;
  readonly centred: number;
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

interface Square {
  readonly side: number;
  readonly data: Tensor["data"];
}

/** The diagonal blocks of which the kernel's matrix consists. */
function squaresOf(variant: KernelVariant, { shape, data }: Tensor): Square[] {
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

/** tr K. */
export function kernelTrace(variant: KernelVariant, kernel: Tensor): number {
  return squaresOf(variant, kernel).reduce((sum, block) => sum + traceOf(block), 0);
}

/** ⟨A, B⟩ over all entries. */
function inner(a: Tensor["data"], b: Tensor["data"]): number {
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

/**
 * Alignment with the targets' kernel, ⟨K, YYᵀ⟩/(‖K‖‖YYᵀ‖), and the same with both centred over
 * examples (Cortes, Mohri & Rostamizadeh 2012). For `full` and `diagonal` Y is one vector with an
 * entry an example and output; for `trace` and `pseudo` it has a column an output.
 *
 * @param targets [N, O], one-hot for classes.
 */
export function alignmentOf(variant: KernelVariant, kernel: Tensor, targets: Tensor): Alignment {
  const [examples = 0, outputs = 0] = targets.shape;
  const y = Float64Array.from(targets.data);
  const centredTargets = centreColumns(y, examples, outputs);
  const centred = { ...kernel, data: centreKernel(variant, kernel, { examples, outputs }) };
  return {
    plain: alignment(variant, kernel, { y, examples, outputs }),
    centred: alignment(variant, centred, { y: centredTargets, examples, outputs }),
  };
}

interface Targets {
  readonly y: Float64Array;
  readonly examples: number;
  readonly outputs: number;
}

function alignment(variant: KernelVariant, kernel: Tensor, targets: Targets): number {
  const norm = Math.sqrt(inner(kernel.data, kernel.data));
  const { y, examples: n, outputs: o } = targets;
  if (variant === "full") {
    return quadratic(kernel.data, y) / (norm * inner(y, y));
  }
  const columns = Array.from({ length: o }, (_, p) =>
    Float64Array.from({ length: n }, (_, i) => y[i * o + p] ?? 0),
  );
  if (variant === "diagonal") {
    const size = n * n;
    const forms = columns.map((column, p) =>
      quadratic(kernel.data.subarray(p * size, (p + 1) * size), column),
    );
    const norms = columns.map((column) => inner(column, column) ** 2);
    return forms.reduce(add, 0) / (norm * Math.sqrt(norms.reduce(add, 0)));
  }
  let square = 0;
  for (const a of columns) for (const b of columns) square += inner(a, b) ** 2;
  const form = columns.map((column) => quadratic(kernel.data, column)).reduce(add, 0);
  return form / (norm * Math.sqrt(square));
}

const add = (a: number, b: number): number => a + b;

/** vᵀKv. */
function quadratic(kernel: Tensor["data"], v: Float64Array): number {
  let sum = 0;
  for (const [i, left] of v.entries()) {
    if (left === 0) continue;
    let row = 0;
    const from = i * v.length;
    for (const [j, right] of v.entries()) row += (kernel[from + j] ?? 0) * right;
    sum += left * row;
  }
  return sum;
}

function centreColumns(y: Float64Array, rows: number, columns: number): Float64Array {
  const centred = Float64Array.from(y);
  for (let c = 0; c < columns; c += 1) {
    let mean = 0;
    for (let r = 0; r < rows; r += 1) mean += (y[r * columns + c] ?? 0) / rows;
    for (let r = 0; r < rows; r += 1) centred[r * columns + c] = (y[r * columns + c] ?? 0) - mean;
  }
  return centred;
}

/** (H ⊗ I) K (H ⊗ I) with H = I − 11ᵀ/N over the examples on either side. */
function centreKernel(
  variant: KernelVariant,
  kernel: Tensor,
  { examples, outputs }: Omit<Targets, "y">,
): Float64Array {
  const groups = variant === "full" ? outputs : 1;
  const side = examples * groups;
  const planes = kernel.data.length / (side * side);
  const result = new Float64Array(kernel.data.length);
  for (let p = 0; p < planes; p += 1) {
    const from = p * side * side;
    const plane = Float64Array.from(kernel.data.subarray(from, from + side * side));
    // Rows [N, O·N·O], then columns: each row [N, O] on its own.
    const rows = centreColumns(plane, examples, groups * side);
    for (let r = 0; r < side; r += 1) {
      const row = rows.subarray(r * side, (r + 1) * side);
      result.set(centreColumns(row, examples, groups), from + r * side);
    }
  }
  return result;
}
