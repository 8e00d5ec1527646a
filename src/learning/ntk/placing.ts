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

/** Rows of a transpose that are written side by side. */
const rowsTurned = 4;

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

/** What is below the diagonal, from what is above. */
export function copyLower(target: Numbers, block: Numbers, place: Place): void {
  const { height, width, top, left, skipRows, across } = place;
  for (let row = skipRows; row < height; row += rowsTurned) {
    const turned = { column: row, to: (top + row) * across + left, width, across };
    turnRows(target, block, { ...turned, from: skipRows, end: row });
    for (let below = row; below < Math.min(row + rowsTurned, height); below += 1) {
      const to = (top + below) * across + left;
      for (let at = row; at < below; at += 1) target[to + at] = block[at * width + below] as number;
    }
  }
}

/** The block's transpose, to the mirrored place. */
export function copyTurned(target: Numbers, block: Numbers, place: Place): void {
  const { height, width, top, left, skipRows, skipColumns, across } = place;
  for (let column = skipColumns; column < width; column += rowsTurned) {
    const to = (left + column) * across + top;
    turnRows(target, block, { column, to, width, across, from: skipRows, end: height });
  }
}

interface Turn {
  /** Columns of the block, and of the matrix. */
  readonly width: number;
  readonly across: number;
  /** The first column that is read, and where in the matrix its row begins. */
  readonly column: number;
  readonly to: number;
  /** Rows of the block that are read. */
  readonly from: number;
  readonly end: number;
}

/** Some columns of a block as rows of the matrix; each row of the block is read once. */
function turnRows(target: Numbers, block: Numbers, turn: Turn): void {
  const { width, across, column, to, from, end } = turn;
  if (column + rowsTurned > width) {
    for (let row = column; row < width; row += 1) {
      const own = to + (row - column) * across;
      for (let at = from; at < end; at += 1) target[own + at] = block[at * width + row] as number;
    }
    return;
  }
  const [second, third, fourth] = [to + across, to + 2 * across, to + 3 * across];
  for (let at = from; at < end; at += 1) {
    const read = at * width + column;
    target[to + at] = block[read] as number;
    target[second + at] = block[read + 1] as number;
    target[third + at] = block[read + 2] as number;
    target[fourth + at] = block[read + 3] as number;
  }
}
