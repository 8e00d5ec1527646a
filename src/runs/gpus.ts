/**
 * Which of several GPUs a run is given: the one with the fewest trainers, so that by default each
 * has its own. Counts; it tries no device, and knows of no other process that uses one.
 */

/** How long the number of GPUs is believed. */
const countKeptMs = 10 * 60_000;

export class GpuShares {
  readonly #count: () => Promise<number>;
  readonly #now: () => number;
  readonly #taken = new Map<string, number>();
  #known: { readonly count: number; readonly atMs: number } | undefined;

  /** `count` tells how many GPUs there are; 0 on most machines. */
  constructor(count: () => Promise<number>, now: () => number = Date.now) {
    this.#count = count;
    this.#now = now;
  }

  /** The GPU with the fewest trainers, the first of equals; 0 without any. */
  async next(): Promise<number> {
    const count = await this.#counted();
    const shares = Array.from({ length: count }, () => 0);
    for (const gpu of this.#taken.values()) {
      if (gpu < count) shares[gpu] = (shares[gpu] ?? 0) + 1;
    }
    return Math.max(0, shares.indexOf(Math.min(...shares)));
  }

  /** A trainer of `run` begins on the GPU that its settings name, or else on `gpu`. */
  take(run: string, device: string, gpu: number): void {
    const named = /^cuda:(\d+)$/.exec(device)?.[1];
    if (device !== "cpu" && device !== "webgpu") this.#taken.set(run, Number(named ?? gpu));
  }

  release(run: string): void {
    this.#taken.delete(run);
  }

  async #counted(): Promise<number> {
    const nowMs = this.#now();
    if (this.#known === undefined || nowMs - this.#known.atMs >= countKeptMs) {
      this.#known = { count: await this.#count(), atMs: nowMs };
    }
    return this.#known.count;
  }
}
