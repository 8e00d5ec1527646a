/** The way of a chosen curve in pixels: a line through its points, or a band over its columns. */
import type { Chosen } from "./decimate.ts";
import type { Scale } from "./scale.ts";
import type { Points } from "./series.ts";
import type { Path } from "./surface.ts";

let buffer = new Float64Array(16_384);

function roomFor(numbers: number): Float64Array {
  if (buffer.length < numbers) buffer = new Float64Array(2 * numbers);
  return buffer;
}

interface Place {
  readonly x: Scale;
  readonly y: Scale;
}

/** Good until the next call. */
export function lineThrough(points: Points, { places, length }: Chosen, { x, y }: Place): Path {
  const xy = roomFor(2 * length);
  for (let i = 0; i < length; i += 1) {
    const place = places[i] as number;
    xy[2 * i] = place < 0 ? 0 : x.to(points.x[place] as number);
    xy[2 * i + 1] = place < 0 ? Number.NaN : y.to(points.y[place] as number);
  }
  return { xy, length: 2 * length };
}

/** Outlines of the bands between breaks, padded to a line's width. Good until the next call. */
export function bandOver({ columns, length }: Chosen, { x, y }: Place, width: number): Path {
  const xy = roomFor(4 * length + 2 * length);
  const half = width / 2;
  let used = 0;
  const put = (px: number, py: number): void => {
    xy[used] = px;
    xy[used + 1] = py;
    used += 2;
  };
  let from = 0;
  for (let i = 0; i <= length; i += 1) {
    const isBreak = i === length || Number.isNaN(columns[3 * i + 1]);
    if (!isBreak) {
      put(x.to(columns[3 * i] as number), y.to(columns[3 * i + 2] as number) - half);
      continue;
    }
    for (let back = i - 1; back >= from; back -= 1) {
      put(x.to(columns[3 * back] as number), y.to(columns[3 * back + 1] as number) + half);
    }
    if (i < length) put(0, Number.NaN);
    from = i + 1;
  }
  return { xy, length: used };
}
