/**
 * How good a Krylov space has to be for a window, and for how many steps one is: what the space
 * leaves out of Θc is what f(θ_t) and the reported residual differ by.
 */
import type { Krylov } from "#learning/solve/krylov.ts";
import type { Standing, Window } from "./window.ts";

export interface Measure {
  readonly rate: number;
  readonly momentum: number;
  readonly examples: number;
  /** ‖f_s − y‖, which errors are relative to. */
  readonly scale: number;
  /** Relative rounding of products. */
  readonly unit: number;
}

/** Roundings of the scale that are always allowed. */
const roundings = 16;
/** Share of the rounding of λ, which T steps magnify to T·ηλ/n roundings, that is allowed. */
const magnified = 0.25;

/** Whether the space holds the first `steps` steps of a window. */
export function holds(
  basis: Krylov,
  { window, first }: { readonly window: Window; readonly first: Standing },
  { measure, steps }: { readonly measure: Measure; readonly steps: number },
): boolean {
  const { rate, momentum, examples, scale, unit } = measure;
  const most = (basis.values.at(-1) ?? 0) / examples;
  const growth = (rate * most * steps) / (1 - momentum);
  const tolerance = unit * (roundings + magnified * growth);
  const modes = {
    r: first.modes.r.slice(),
    m: first.modes.m.slice(),
    c: first.modes.c.slice(),
    u: first.modes.u.slice(),
  };
  window.jump(rate, steps)[0].apply(modes);
  const reached = Math.max(scale, Math.sqrt(modes.r.reduce((sum, r) => sum + r * r, 0)));
  // What is no number has left the finite ones: no space would do better.
  return !(basis.spill(modes.c) > tolerance * reached);
}

/** Step counts at which a space is judged: the last of them, and halves of it. */
export function judged(steps: number): number[] {
  const found: number[] = [];
  for (let count = steps; count >= 1; count = Math.floor(count / 2)) found.push(count);
  return found;
}
