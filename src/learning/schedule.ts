/**
 * Learning-rate schedules: the factor on the base rate at each step, in float64 on the host, so
 * that it depends on nothing but the step.
 */
import type { Schedule } from "#schemas/algorithm.ts";

export interface ScheduleSettings {
  readonly schedule: Schedule;
  /** T, the steps of the whole run. */
  readonly steps: number;
}

/** Half a cosine from 1 at `progress` 0 down to `final` at 1. */
function cosine(progress: number, final: number): number {
  return final + (1 - final) * 0.5 * (1 + Math.cos(Math.PI * Math.min(progress, 1)));
}

/** Factor on the learning rate for step `t` (the first is 0). */
export function factorAt({ schedule, steps }: ScheduleSettings, t: number): number {
  switch (schedule.type) {
    case "constant":
      return 1;
    case "cosine":
      return cosine(t / steps, schedule.final ?? 0);
    case "step":
      return schedule.factor ** Math.floor(t / schedule.every);
    case "warmup_cosine": {
      const { warmup, final = 0 } = schedule;
      if (t < warmup) return (t + 1) / warmup;
      return cosine((t - warmup) / Math.max(steps - warmup, 1), final);
    }
    default:
      return schedule satisfies never;
  }
}

/** Largest factor over the steps from … to − 1: every schedule rises at most once, then falls. */
export function peakFactor(settings: ScheduleSettings, from: number, to: number): number {
  const last = Math.max(from, to - 1);
  const peak = settings.schedule.type === "warmup_cosine" ? settings.schedule.warmup - 1 : from;
  const inside = Math.min(Math.max(peak, from), last);
  return factorAt(settings, inside);
}
