/**
 * Fewer rows that look the same: rows are real steps, never averages, and within every bucket of
 * steps each column's least and greatest values stay, with the first and the last row of all.
 */

/** One step: its number, and one value a column; null where a step has none. */
export interface Row {
  readonly step: number;
  readonly values: readonly (number | null)[];
}

export interface DownsampleOptions {
  /** The first and last step that can come. */
  readonly from: number;
  readonly to: number;
  readonly columns: number;
  /** Most rows that come out; at least 2. */
  readonly points: number;
}

/** Least and greatest of each column in one bucket, and the first value that is not finite. */
class Bucket {
  readonly #least: (Row | undefined)[];
  readonly #greatest: (Row | undefined)[];
  #broken: Row | undefined;

  constructor(columns: number) {
    this.#least = new Array<Row | undefined>(columns).fill(undefined);
    this.#greatest = new Array<Row | undefined>(columns).fill(undefined);
  }

  add(row: Row): void {
    for (const [column, value] of row.values.entries()) {
      if (value === null) continue;
      if (!Number.isFinite(value)) {
        this.#broken ??= row;
        continue;
      }
      const least = this.#least[column]?.values[column] ?? Number.POSITIVE_INFINITY;
      const greatest = this.#greatest[column]?.values[column] ?? Number.NEGATIVE_INFINITY;
      if (value < least) this.#least[column] = row;
      if (value > greatest) this.#greatest[column] = row;
    }
  }

  rows(): Row[] {
    const kept = new Set([...this.#least, ...this.#greatest, this.#broken]);
    return [...kept].filter((row) => row !== undefined).sort((a, b) => a.step - b.step);
  }
}

/** Takes rows in ascending order, keeps a bounded number of them. */
export class Downsampler {
  readonly #options: DownsampleOptions;
  readonly #stepsPerBucket: number;
  readonly #rows: Row[] = [];
  #bucket: Bucket;
  #index = 0;
  #first: Row | undefined;
  #last: Row | undefined;

  constructor(options: DownsampleOptions) {
    const perBucket = 2 * Math.max(1, options.columns) + 1;
    const buckets = Math.max(1, Math.floor((options.points - 2) / perBucket));
    const steps = Math.max(1, options.to - options.from + 1);
    this.#options = options;
    // With room for every step each bucket is one step, and nothing is lost.
    this.#stepsPerBucket = steps <= options.points ? 1 : Math.ceil(steps / buckets);
    this.#bucket = new Bucket(options.columns);
  }

  add(row: Row): void {
    const index = Math.floor((row.step - this.#options.from) / this.#stepsPerBucket);
    if (index !== this.#index) this.#turn(index);
    this.#first ??= row;
    this.#last = row;
    this.#bucket.add(row);
  }

  #turn(index: number): void {
    this.#rows.push(...this.#bucket.rows());
    this.#bucket = new Bucket(this.#options.columns);
    this.#index = index;
  }

  /** What is kept, ascending. */
  rows(): readonly Row[] {
    const kept = [...this.#rows, ...this.#bucket.rows()];
    const { points } = this.#options;
    // A budget too small for one bucket of all columns keeps the ends and what fits between.
    const inner = kept.filter((row) => row !== this.#first && row !== this.#last);
    const ends = this.#first === this.#last ? [this.#first] : [this.#first, this.#last];
    const room = Math.max(0, points - ends.length);
    const chosen = inner.length > room ? inner.slice(0, room) : inner;
    const all = [ends[0], ...chosen, ends[1]];
    return all.filter((row) => row !== undefined);
  }
}
