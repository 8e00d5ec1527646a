/** A curve of unknown length in bounded memory: when full, neighbouring buckets are merged. */

/** Buckets kept; a sparkline is never wider than half of this. */
const bucketsMax = 256;

/** Means of a sequence over buckets of equal length, at most `bucketsMax` of them. */
export class History {
  #buckets: number[] = [];
  #perBucket = 1;
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count += 1;
    if (this.#count < this.#perBucket) return;
    this.#buckets.push(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
    if (this.#buckets.length === bucketsMax) this.#merge();
  }

  /** At most `width` values that run over the whole sequence. */
  sample(width: number): readonly number[] {
    const pending = this.#count === 0 ? [] : [this.#sum / this.#count];
    const all = [...this.#buckets, ...pending];
    if (all.length <= width) return all;
    return Array.from({ length: width }, (_, i) => {
      const from = Math.floor((i * all.length) / width);
      const to = Math.floor(((i + 1) * all.length) / width);
      return mean(all.slice(from, to));
    });
  }

  #merge(): void {
    const pairs: number[] = [];
    for (let i = 0; i < bucketsMax; i += 2) pairs.push(mean(this.#buckets.slice(i, i + 2)));
    this.#buckets = pairs;
    this.#perBucket *= 2;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
