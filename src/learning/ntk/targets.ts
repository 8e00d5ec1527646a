/** Targets of examples as a matrix beside a kernel's outputs, for alignment. Computes no figure. */
import { type Tensor, zeros } from "#engine/tensor.ts";

/** Targets as [N, O]: classes become one-hot. Undefined when they do not fit the outputs. */
export function targetsOf(y: Tensor | null, outputs: number): Tensor | undefined {
  if (y === null) return undefined;
  const [examples = 0] = y.shape;
  if (y.dtype !== "int32") {
    const rows = { ...y, shape: [examples, y.data.length / Math.max(1, examples)] };
    return rows.shape[1] === outputs ? rows : undefined;
  }
  if (outputs === 1) return undefined;
  const rows = zeros("float64", [examples, outputs]);
  for (const [i, label] of y.data.entries()) rows.data[i * outputs + label] = 1;
  return rows;
}
