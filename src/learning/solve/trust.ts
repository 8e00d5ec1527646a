/**
 * How far a damped model is trusted: its damping follows the ratio of the decrease that came to the
 * one that it foretold (Marquardt 1963; Moré 1978). Takes no step.
 */

/** Ratios from which a model was good, and below which it was bad. */
const good = 0.75;
const bad = 0.25;
/** What damping is divided or multiplied by; a step that was refused counts for two. */
const easing = 3;
const bracing = 2;
export const dampingMin = 1e-12;
export const dampingMax = 1e12;

export interface Judged {
  /** Of the next step. */
  readonly damping: number;
  /** Whether the step lowered the loss. */
  readonly isTaken: boolean;
  /** Decrease that came over the one foretold; NaN where nothing was foretold. */
  readonly ratio: number;
}

/**
 * Of a step Δ with (H + µ)Δ = −g: the model foretells the decrease ½(−gᵀΔ + µ‖Δ‖²).
 */
export function judgeStep(step: {
  readonly damping: number;
  readonly before: number;
  readonly after: number;
  /** gᵀΔ, negative downhill. */
  readonly slope: number;
  /** ‖Δ‖². */
  readonly squaredLength: number;
}): Judged {
  const { damping, before, after, slope, squaredLength } = step;
  const foretold = 0.5 * (damping * squaredLength - slope);
  const ratio = (before - after) / foretold;
  const isTaken = after < before;
  const factor = ratio > good ? 1 / easing : ratio >= bad ? 1 : bracing;
  const next = damping * (isTaken ? factor : bracing ** 2);
  return { damping: Math.min(dampingMax, Math.max(dampingMin, next)), isTaken, ratio };
}
