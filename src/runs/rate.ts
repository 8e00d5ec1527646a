/** How fast a run goes, smoothed, and so how long it will take. */

/** Time constant of the smoothing: older steps count 1/e as much. */
const memoryMs = 15_000;

export interface Rate {
  /**
   * Takes note that `step` steps are done at `atMs`, ms of any clock that never goes back. Seconds
   * that each of the new steps took; undefined when none is new.
   */
  reached(step: number, atMs: number): number | undefined;
  /** Seconds until `steps` steps are done; null until there is something to go by. */
  secondsTo(steps: number): number | null;
}

/** A rate for a run that is at `step` at `atMs`. */
export function openRate(step: number, atMs: number): Rate {
  let last = { step, atMs };
  let stepsPerMs: number | undefined;
  return {
    reached: (now, nowMs) => {
      const tookMs = nowMs - last.atMs;
      if (now <= last.step || tookMs <= 0) return undefined;
      const seen = (now - last.step) / tookMs;
      const weight = 1 - Math.exp(-tookMs / memoryMs);
      stepsPerMs = stepsPerMs === undefined ? seen : stepsPerMs + weight * (seen - stepsPerMs);
      last = { step: now, atMs: nowMs };
      return 1 / seen / 1000;
    },
    secondsTo: (steps) => {
      if (stepsPerMs === undefined) return null;
      const seconds = Math.max(0, steps - last.step) / stepsPerMs / 1000;
      return Math.round(seconds * 10) / 10;
    },
  };
}
