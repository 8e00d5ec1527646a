/**
 * The Krylov space of a window: grown until it holds the steps ahead, or as large as it may be, and
 * the steps that it does hold. Takes no steps.
 */
import type { Product } from "#learning/solve/conjugate-gradients.ts";
import { type Krylov, krylovBasis } from "#learning/solve/krylov.ts";
import { holds, judged, type Measure } from "./horizon.ts";
import type { Coefficients } from "./phase.ts";
import type { Task } from "./step.ts";
import type { ClosedForm } from "./surface.ts";
import { type Beginning, type Phase, Window } from "./window.ts";

/** Steps for which a basis is good that leaves nothing out. */
export const endless = Number.POSITIVE_INFINITY;

/** Where a window begins. */
export interface Where {
  readonly beginning: Beginning;
  readonly rate: number;
  /** Steps of the phase before it. */
  readonly before: number;
}

export interface SpaceOptions {
  readonly product: Product;
  readonly given: Coefficients;
  readonly task: Task;
  readonly form: Pick<ClosedForm, "horizon" | "vectorsMax">;
  readonly phase: Phase;
  /** Relative rounding of products. */
  readonly unit: number;
}

export interface Space {
  readonly basis: Krylov;
  /** That it holds: at least 1, `endless` where it leaves nothing out. */
  readonly steps: number;
  /** That were wanted. */
  readonly ahead: number;
}

function measureOf({ task, phase, unit }: SpaceOptions, rate: number): Measure {
  return {
    rate,
    momentum: task.optimizer.momentum,
    examples: task.train.x.shape[0] ?? 1,
    scale: Math.sqrt(phase.start.reduce((sum, value) => sum + value * value, 0)),
    unit,
  };
}

export async function spaceFor(options: SpaceOptions, at: Where): Promise<Space> {
  const { phase, form, given, product } = options;
  const { beginning, rate, before } = at;
  const measure = measureOf(options, rate);
  // Steering may stretch a phase beyond what was foreseen.
  const ahead = form.horizon > before ? form.horizon - before : form.horizon;
  const counts = judged(ahead);
  const { r, m } = beginning;
  const starts = [r, m, phase.constants].filter((x) => x.some((value) => value !== 0));
  const judge = (basis: Krylov): ((steps: number) => boolean) => {
    const window = new Window(phase, basis, beginning);
    const first = window.first(given, rate);
    return (steps) => holds(basis, { window, first }, { measure, steps });
  };
  const basis = await krylovBasis({
    product,
    size: r.length,
    starts,
    vectorsMax: form.vectorsMax,
    isEnough: (found) => counts.every(judge(found)),
  });
  if (basis.isWhole) return { basis, steps: endless, ahead };
  let held = 0;
  const isGood = judge(basis);
  for (const steps of counts.reverse()) {
    if (!isGood(steps)) break;
    held = steps;
  }
  // A space of j products holds a step whatever its numbers are.
  return { basis, steps: Math.max(1, held), ahead };
}
