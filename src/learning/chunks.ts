/**
 * How many steps go into one call: enough that its overhead is small, few enough that cancelling
 * and metrics stay prompt. Never changes a number, only when numbers are seen.
 */

/** Work that one call aims at. */
const aimMs = 200;
export const chunkStepsMax = 4096;
/** Growth between two chunks, since the first call also warms up. */
const growthMax = 8;

export class Pace {
  #steps = 1;

  /** Steps of the next call. */
  get steps(): number {
    return this.#steps;
  }

  /** Learns from a call that took `elapsedMs`. */
  record(steps: number, elapsedMs: number): void {
    const fitting = Math.floor((aimMs / Math.max(elapsedMs, 1e-3)) * steps);
    const growth = Math.max(steps, this.#steps) * growthMax;
    this.#steps = Math.max(1, Math.min(fitting, growth, chunkStepsMax));
  }
}
