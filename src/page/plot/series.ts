/** A growing curve in typed arrays: x ascending, y any number; bounded by thinning itself out. */

/** Points of one curve; beyond, every second extreme pair goes. */
export const pointsMax = 1_000_000;
const pointsFirst = 1024;

/** What a plot reads of a curve. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly length: number;
}

export class Series implements Points {
  x = new Float64Array(pointsFirst);
  y = new Float64Array(pointsFirst);
  length = 0;

  get lastX(): number {
    return this.length === 0 ? Number.NEGATIVE_INFINITY : (this.x[this.length - 1] ?? 0);
  }

  get lastY(): number {
    return this.length === 0 ? Number.NaN : (this.y[this.length - 1] ?? Number.NaN);
  }

  /** Adds a point; one that is not after the last is known already and left out. */
  push(x: number, y: number): void {
    if (x <= this.lastX) return;
    if (this.length === this.x.length) this.#makeRoom();
    this.x[this.length] = x;
    this.y[this.length] = y;
    this.length += 1;
  }

  /** Inserts a point anywhere, or replaces the one at x. */
  put(x: number, y: number): void {
    let at = this.length;
    while (at > 0 && (this.x[at - 1] ?? 0) >= x) at -= 1;
    if (at < this.length && this.x[at] === x) {
      this.y[at] = y;
      return;
    }
    if (this.length === this.x.length) this.#makeRoom();
    this.x.copyWithin(at + 1, at, this.length);
    this.y.copyWithin(at + 1, at, this.length);
    this.x[at] = x;
    this.y[at] = y;
    this.length += 1;
  }

  clear(): void {
    this.length = 0;
  }

  #makeRoom(): void {
    if (this.x.length >= pointsMax) return this.#thin();
    const x = new Float64Array(this.x.length * 2);
    const y = new Float64Array(this.x.length * 2);
    x.set(this.x);
    y.set(this.y);
    this.x = x;
    this.y = y;
  }

  /** Of every four points the least and the greatest stay. */
  #thin(): void {
    let kept = 0;
    for (let at = 0; at + 3 < this.length; at += 4) {
      let low = at;
      let high = at;
      for (let i = at + 1; i < at + 4; i += 1) {
        if ((this.y[i] ?? 0) < (this.y[low] ?? 0)) low = i;
        if ((this.y[i] ?? 0) > (this.y[high] ?? 0)) high = i;
      }
      for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
        this.x[kept] = this.x[i] ?? 0;
        this.y[kept] = this.y[i] ?? 0;
        kept += 1;
      }
    }
    this.length = kept;
  }
}

/** Place of the first point with x ≥ `value`. */
export function firstAt({ x, length }: Points, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Place of the point nearest to x; −1 without points. */
export function nearest(points: Points, value: number): number {
  if (points.length === 0) return -1;
  const after = Math.min(points.length - 1, firstAt(points, value));
  const before = Math.max(0, after - 1);
  const gap = (at: number): number => Math.abs((points.x[at] ?? 0) - value);
  return gap(before) <= gap(after) ? before : after;
}
