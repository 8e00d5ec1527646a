/**
 * Copies a block of numbers into the matrix that it belongs to, whole or a half of it. Knows rows
 * and columns, not examples.
 */
import type { Tensor } from "#engine/tensor.ts";

export type Numbers = Tensor["data"];

/** Where a block lies in a matrix; what was there before is left out from its top and left. */
export interface Place {
  /** Rows and columns of the block. */
  readonly height: number;
  readonly width: number;
  /** Row and column of the matrix at which the block begins. */
  readonly top: number;
  readonly left: number;
  /** Rows and columns of the block, from the first, that are not copied. */
  readonly skipRows: number;
  readonly skipColumns: number;
  /** Columns of the matrix. */
  readonly across: number;
}

/** Rows shorter than this are copied number by number, which beats a call of `set`. */
const rowNumbersMin = 64;

/** Views of the rows of blocks whose memory is written again and again, made once. */
const viewsOf = new WeakMap<Numbers, { readonly width: number; readonly rows: Numbers[] }>();

function rowsOf(block: Numbers, width: number): readonly Numbers[] {
  const known = viewsOf.get(block);
  if (known?.width === width) return known.rows;
  const count = block.length / width;
  const rows = Array.from({ length: count }, (_, row) =>
    block.subarray(row * width, (row + 1) * width),
  );
  viewsOf.set(block, { width, rows });
  return rows;
}

export function copyRows(target: Numbers, block: Numbers, place: Place): void {
  const { height, width, top, left, skipRows, skipColumns, across } = place;
  const isLong = width >= rowNumbersMin;
  const rows = isLong ? rowsOf(block, width) : [];
  for (let row = skipRows; row < height; row += 1) {
    const from = row * width;
    const to = (top + row) * across + left;
    const whole = rows[row];
    if (whole !== undefined) {
      target.set(skipColumns > 0 ? whole.subarray(skipColumns) : whole, to + skipColumns);
      continue;
    }
    for (let at = skipColumns; at < width; at += 1) target[to + at] = block[from + at] as number;
  }
}

/** Of a square block on the diagonal of a kernel, its diagonal and what is above. */
export function copyUpper(target: Numbers, block: Numbers, place: Place): void {
  const { height, width, top, left, skipRows, across } = place;
  for (let row = skipRows; row < height; row += 1) {
    const upper = block.subarray(row * width + row, (row + 1) * width);
    target.set(upper, (top + row) * across + left + row);
  }
}

/** What is below the diagonal, from the block's transpose. */
export function copyLower(target: Numbers, mirror: Numbers, place: Place): void {
  const { height, width, top, left, skipRows, across } = place;
  for (let row = skipRows; row < height; row += 1) {
    const lower = mirror.subarray(row * width + skipRows, row * width + row);
    target.set(lower, (top + row) * across + left + skipRows);
  }
}
