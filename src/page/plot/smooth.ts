/** An exponential moving average over a curve, which goes on where it was when the curve grows. */
import { type Points, Series } from "./series.ts";

export class Smoothed {
  readonly source: Points;
  readonly weight: number;
  readonly series = new Series();
  #seen = 0;
  #sum = 0;
  #mass = 0;

  /** `weight` of the past, from 0 (none) to below 1; corrected for the missing past at the start. */
  constructor(source: Points, weight: number) {
    this.source = source;
    this.weight = weight;
  }

  /** The average, up to the curve's present end. */
  update(): Points {
    const { x, y, length } = this.source;
    if (length < this.#seen) this.#restart();
    for (let at = this.#seen; at < length; at += 1) {
      const value = y[at] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      this.#sum = this.weight * this.#sum + (1 - this.weight) * value;
      this.#mass = this.weight * this.#mass + (1 - this.weight);
      this.series.push(x[at] ?? 0, this.#sum / this.#mass);
    }
    this.#seen = length;
    return this.series;
  }

  #restart(): void {
    this.series.clear();
    this.#seen = 0;
    this.#sum = 0;
    this.#mass = 0;
  }
}
