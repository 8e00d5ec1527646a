/**
 * Which examples each step sees: one endless stream of shuffled epochs per seed, cut into full
 * batches. Computed from seed and step alone, so every period, chunk and resume sees the same.
 */
import { stream } from "#src/random.ts";

export interface BatchSettings {
  readonly seed: number;
  /** N, training examples. */
  readonly examples: number;
  /** B; may be larger than N, then a batch spans epochs. */
  readonly batchSize: number;
}

/** Permutations kept at a time. */
const epochsKeptMax = 2;

export class Batches {
  readonly #settings: BatchSettings;
  readonly #epochs = new Map<number, Int32Array>();

  constructor(settings: BatchSettings) {
    this.#settings = settings;
  }

  get seed(): number {
    return this.#settings.seed;
  }

  /** Example indices of `steps` steps from step `from`, [steps, B] row-major. */
  indices(from: number, steps: number): Int32Array {
    const { examples, batchSize } = this.#settings;
    const out = new Int32Array(steps * batchSize);
    let position = from * batchSize;
    for (let at = 0; at < out.length; ) {
      const epoch = Math.floor(position / examples);
      const start = position - epoch * examples;
      const rows = this.#epoch(epoch).subarray(start, start + out.length - at);
      out.set(rows, at);
      at += rows.length;
      position += rows.length;
    }
    return out;
  }

  #epoch(epoch: number): Int32Array {
    const known = this.#epochs.get(epoch);
    if (known !== undefined) return known;
    const { seed, examples } = this.#settings;
    const order = stream(seed, "batches", epoch).permutation(examples);
    const [oldest] = this.#epochs.keys();
    if (this.#epochs.size >= epochsKeptMax && oldest !== undefined) this.#epochs.delete(oldest);
    this.#epochs.set(epoch, order);
    return order;
  }
}
