/**
 * Copies a block of numbers into the matrix that it belongs to: as it is, or both halves from its
 * upper one. Knows rows and columns, not examples.
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

export function copyRows(target: Numbers, block: Numbers, place: Place): void {
  const { height, width, top, left, skipRows, skipColumns, across } = place;
  const count = width - skipColumns;
  for (let row = skipRows; row < height; row += 1) {
    const from = row * width + skipColumns;
    const to = (top + row) * across + left + skipColumns;
    if (count >= rowNumbersMin) target.set(block.subarray(from, from + count), to);
    else for (let at = 0; at < count; at += 1) target[to + at] = block[from + at] as number;
  }
}

/** A square block on the diagonal of a kernel, from its own upper half. */
export function copyUpper(target: Numbers, block: Numbers, place: Place): void {
  const { height, width, top, left, skipRows, across } = place;
  for (let row = skipRows; row < height; row += 1) {
    for (let column = row; column < width; column += 1) {
      const value = block[row * width + column] as number;
      target[(top + row) * across + left + column] = value;
      target[(top + column) * across + left + row] = value;
    }
  }
}
