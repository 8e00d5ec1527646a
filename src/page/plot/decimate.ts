/**
 * What of a curve is worth drawing: its points where there are few, and where there are many the
 * least and greatest value of every pixel column, which look the same and cost the same always.
 */
import { firstAt, type Points } from "./series.ts";

/** From x to pixels, never falling. */
export interface Axis {
  to(value: number): number;
  readonly domain: readonly [number, number];
}

/** Buffers are used again by the next choice of the same decimator. */
export interface Chosen {
  /** Whether columns are to be drawn, or single points. */
  readonly isDense: boolean;
  /** Places of the points; −1 breaks the line. */
  readonly places: Int32Array;
  /** x, least y, greatest y of each column; NaN breaks the band. */
  readonly columns: Float64Array;
  /** Points, or columns. */
  readonly length: number;
  /** Least and greatest finite y among them. */
  readonly low: number;
  readonly high: number;
}

/** Points for each pixel column from which on columns are drawn. */
const pointsPerColumn = 2;

export class Decimator {
  #places = new Int32Array(4096);
  #columns = new Float64Array(3 * 2048);
  #length = 0;
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;
  /** Values up to this are not drawn: a logarithmic axis has none at or below zero. */
  floor = Number.NEGATIVE_INFINITY;

  choose(points: Points, axis: Axis, width: number): Chosen {
    this.#length = 0;
    this.#low = Number.POSITIVE_INFINITY;
    this.#high = Number.NEGATIVE_INFINITY;
    const [from, to] = axis.domain;
    // One point beyond each side, so that lines leave the frame rather than end inside it.
    const start = Math.max(0, firstAt(points, from) - 1);
    const end = Math.min(points.length, firstAt(points, to) + 2);
    const isDense = end - start > pointsPerColumn * width;
    if (isDense) this.#chooseColumns(points, axis, [start, end]);
    else for (let at = start; at < end; at += 1) this.#addPoint(points, at);
    return {
      isDense,
      places: this.#places,
      columns: this.#columns,
      length: this.#length,
      low: this.#low,
      high: this.#high,
    };
  }

  #chooseColumns(points: Points, axis: Axis, [start, end]: readonly [number, number]): void {
    const { x, y } = points;
    const { floor } = this;
    let at = start;
    while (at < end) {
      const next = columnEnd(points, axis, [at, end]);
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (let i = at; i < next; i += 1) {
        const value = y[i] as number;
        if (!(value > floor && value < Number.POSITIVE_INFINITY)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      this.#addColumn((x[at] as number) / 2 + (x[next - 1] as number) / 2, low, high);
      at = next;
    }
  }

  #addColumn(x: number, low: number, high: number): void {
    if (3 * this.#length + 3 > this.#columns.length) {
      const columns = new Float64Array(this.#columns.length * 2);
      columns.set(this.#columns);
      this.#columns = columns;
    }
    const isEmpty = low > high;
    const at = 3 * this.#length;
    this.#columns[at] = x;
    this.#columns[at + 1] = isEmpty ? Number.NaN : low;
    this.#columns[at + 2] = isEmpty ? Number.NaN : high;
    this.#length += 1;
    if (low < this.#low) this.#low = low;
    if (high > this.#high) this.#high = high;
  }

  #addPoint({ y }: Points, at: number): void {
    const value = y[at] as number;
    if (this.#length === this.#places.length) {
      const places = new Int32Array(this.#places.length * 2);
      places.set(this.#places);
      this.#places = places;
    }
    const isDrawn = value > this.floor && Number.isFinite(value);
    this.#places[this.#length] = isDrawn ? at : -1;
    this.#length += 1;
    if (!isDrawn) return;
    if (value < this.#low) this.#low = value;
    if (value > this.#high) this.#high = value;
  }
}

/** First place after `at` that falls into another pixel column, by doubling and halving. */
function columnEnd({ x }: Points, axis: Axis, [at, end]: readonly [number, number]): number {
  const column = Math.floor(axis.to(x[at] as number));
  const isSame = (i: number): boolean => Math.floor(axis.to(x[i] as number)) === column;
  let stride = 1;
  let low = at;
  while (low + stride < end && isSame(low + stride)) {
    low += stride;
    stride *= 2;
  }
  let high = Math.min(end, low + stride);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (isSame(middle)) low = middle;
    else high = middle;
  }
  return Math.max(at + 1, high);
}
