/**
 * A span in which the gradients of a linear phase lie: all are Bᵀg for a fixed map B. The rows of
 * the Jacobian are one, the inputs of each layer another. Takes no step.
 */
import type { Tensors } from "#engine/backend.ts";
import type { Setting } from "./phase.ts";

export interface Span extends AsyncDisposable {
  /** Numbers of a vector of coefficients. */
  readonly size: number;
  /** Bv at an anchor for a direction v by parameter, [size]. */
  push(anchor: Tensors, direction: Tensors): Promise<Float64Array>;
  /** Bᵀc at an anchor for coefficients c [size], by parameter. */
  pull(anchor: Tensors, coefficients: Float64Array): Promise<Tensors>;
  /** What steps at an anchor are computed from. */
  given(anchor: Tensors): Promise<Pick<Setting, "kernel" | "product" | "outputs">>;
}
