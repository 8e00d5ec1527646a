/**
 * How well a kernel agrees with the targets' own kernel, as it is and with both centred. Computes
 * neither kernels nor spectra.
 */
import type { Tensor } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import { inner, squaresOf } from "./figures.ts";
import { columnsFor, numbersOf, type Targets } from "./targets.ts";

export interface Alignment {
  readonly plain: number;
  readonly centred: number;
}

/**
 * Alignment with the targets' kernel, ⟨K, YYᵀ⟩/(‖K‖‖YYᵀ‖), and the same with both centred over
 * examples (Cortes, Mohri & Rostamizadeh 2012). For `full` and `diagonal` Y is one vector with an
 * entry an example and output; for `trace` and `pseudo` it has a column an output.
 *
 * @param targets [N, O], one-hot for classes.
 */
export function alignmentOf(variant: KernelVariant, kernel: Tensor, targets: Tensor): Alignment {
  const { y, examples, outputs } = numbersOf(targets);
  const centredTargets = centreColumns(y, examples, outputs);
  const centred = { ...kernel, data: centreKernel(variant, kernel, { examples, outputs }) };
  return {
    plain: alignment(variant, kernel, { y, examples, outputs }),
    centred: alignment(variant, centred, { y: centredTargets, examples, outputs }),
  };
}

function alignment(variant: KernelVariant, kernel: Tensor, targets: Targets): number {
  let form = 0;
  let square = 0;
  for (const [block, { data }] of squaresOf(variant, kernel).entries()) {
    const columns = columnsFor(variant, targets, block);
    for (const column of columns) form += quadratic(data, column);
    for (const a of columns) for (const b of columns) square += inner(a, b) ** 2;
  }
  return form / (Math.sqrt(inner(kernel.data, kernel.data)) * Math.sqrt(square));
}

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

/** Each column less its mean; [rows, columns], a copy. */
export function centreColumns(y: Float64Array, rows: number, columns: number): Float64Array {
  const centred = Float64Array.from(y);
  for (let c = 0; c < columns; c += 1) {
    let mean = 0;
    for (let r = 0; r < rows; r += 1) mean += (y[r * columns + c] ?? 0) / rows;
    for (let r = 0; r < rows; r += 1) centred[r * columns + c] = (y[r * columns + c] ?? 0) - mean;
  }
  return centred;
}

/** (H ⊗ I) K (H ⊗ I) with H = I − 11ᵀ/N over the examples on either side. */
export function centreKernel(
  variant: KernelVariant,
  kernel: Tensor,
  { examples, outputs }: Pick<Targets, "examples" | "outputs">,
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
