/** Targets of examples as a matrix beside a kernel's outputs, and its columns. No figures. */
import { type Tensor, zeros } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/kernel.ts";

/**
 * Targets as [N, O]: classes become one-hot, or ±1 on one output. Undefined when they do not fit
 * the outputs.
 */
export function targetsOf(y: Tensor | null, outputs: number): Tensor | undefined {
  if (y === null) return undefined;
  const [examples = 0] = y.shape;
  if (y.dtype !== "int32") {
    const rows = { ...y, shape: [examples, y.data.length / Math.max(1, examples)] };
    return rows.shape[1] === outputs ? rows : undefined;
  }
  const rows = zeros("float64", [examples, outputs]);
  for (const [i, label] of y.data.entries()) {
    if (outputs === 1) rows.data[i] = label > 0 ? 1 : -1;
    else rows.data[i * outputs + label] = 1;
  }
  return rows;
}

/** Y [N, O] as numbers. */
export interface Targets {
  readonly y: Float64Array;
  readonly examples: number;
  readonly outputs: number;
}

export function numbersOf({ shape, data }: Tensor): Targets {
  const [examples = 0, outputs = 0] = shape;
  return { y: Float64Array.from(data), examples, outputs };
}

/**
 * What stands beside the rows of one square block of a kernel's matrix: all of Y in one column when
 * the kernel is full, one output for a block of `diagonal`, and otherwise a column for each output.
 */
export function columnsFor(
  variant: KernelVariant,
  { y, examples, outputs }: Targets,
  block: number,
): readonly Float64Array[] {
  if (variant === "full") return [y];
  const column = (o: number) =>
    Float64Array.from({ length: examples }, (_, i) => y[i * outputs + o] ?? 0);
  if (variant === "diagonal") return [column(block)];
  return Array.from({ length: outputs }, (_, o) => column(o));
}
