/**
 * Which part of the targets lies in the leading eigenvectors of a kernel: the cumulative power of
 * Canatar, Bordelon & Pehlevan 2021. Computes no kernel.
 */
import type { Tensor } from "#engine/tensor.ts";
import { eigenSymmetric } from "#learning/solve/eigen.ts";
import { type KernelVariant, powerRowsMax } from "#schemas/kernel.ts";
import { centreColumns, centreKernel } from "./alignment.ts";
import { squaresOf } from "./figures.ts";
import { columnsFor, numbersOf, type Targets } from "./targets.ts";

/** C(ρ) for each ρ of `modes`, of the kernel as it is and with kernel and targets centred. */
export interface Power {
  readonly modes: readonly number[];
  readonly plain: readonly number[];
  readonly centred: readonly number[];
}

const modesLooked = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500];

/**
 * C(ρ) = Σ_{r ≤ ρ} ‖φ_rᵀY‖²/‖Y‖² over the eigenvectors φ_r of K, largest eigenvalue first, at
 * 1, 2, 3, 5, 10 … below the number of rows. Y is as for alignment: one vector for `full`, a column
 * an output for `trace` and `pseudo`, each output's own column for `diagonal`. Null when the kernel
 * has more rows than `powerRowsMax`; NaN where it is not finite.
 *
 * @param targets [N, O], one-hot for classes.
 */
export function cumulativePower(
  variant: KernelVariant,
  kernel: Tensor,
  targets: Tensor,
): Power | null {
  const { y, ...size } = numbersOf(targets);
  const blocks = squaresOf(variant, kernel);
  if (blocks.some(({ side }) => side > powerRowsMax)) return null;
  const rows = blocks.reduce((sum, { side }) => sum + side, 0);
  const modes = modesLooked.filter((mode) => mode < rows);
  const centred = { ...kernel, data: centreKernel(variant, kernel, size) };
  const shares = (of: Tensor, on: Float64Array) =>
    sharesAt(modes, powers(variant, of, { y: on, ...size }));
  return {
    modes,
    plain: shares(kernel, y),
    centred: shares(centred, centreColumns(y, size.examples, size.outputs)),
  };
}

interface Mode {
  readonly eigenvalue: number;
  /** ‖φᵀY‖². */
  readonly power: number;
}

/** Every mode, the largest eigenvalue first. */
function powers(variant: KernelVariant, kernel: Tensor, targets: Targets): readonly Mode[] {
  const modes = squaresOf(variant, kernel).flatMap(({ side, data }, block) => {
    const { values, vectors } = eigenSymmetric(data, side, { vectors: true });
    const columns = columnsFor(variant, targets, block);
    return Array.from(values, (eigenvalue, r) => {
      if (vectors === undefined) return { eigenvalue, power: Number.NaN };
      const vector = vectors.subarray(r * side, (r + 1) * side);
      return { eigenvalue, power: columns.reduce((sum, c) => sum + dot(vector, c) ** 2, 0) };
    });
  });
  return modes.sort((a, b) => b.eigenvalue - a.eigenvalue);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (const [at, value] of a.entries()) sum += value * (b[at] ?? 0);
  return sum;
}

function sharesAt(modes: readonly number[], all: readonly Mode[]): number[] {
  const total = all.reduce((sum, { power }) => sum + power, 0);
  return modes.map((count) => {
    const part = all.slice(0, count).reduce((sum, { power }) => sum + power, 0);
    return total > 0 ? part / total : Number.NaN;
  });
}
