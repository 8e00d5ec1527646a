/** Blocks in their matrix, number by number, wherever they lie and whatever was there before. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { copyLower, copyRows, copyTurned, copyUpper, type Place } from "#learning/ntk/placing.ts";

const size = fc.integer({ min: 1, max: 90 });

/** A matrix of zeros, and a block of numbers from 1 on that lies in it and in its mirror image. */
const scene = fc
  .record({ height: size, width: size, top: fc.nat(9), left: fc.nat(9), margin: fc.nat(3) })
  .chain(({ height, width, top, left, margin }) =>
    fc.record({
      skipRows: fc.nat(height - 1),
      skipColumns: fc.nat(width - 1),
      place: fc.constant({ height, width, top, left }),
      across: fc.constant(Math.max(height + top, width + left) + margin),
    }),
  )
  .map(({ place, ...more }): Place => ({ ...place, ...more }));

const blockOf = ({ height, width }: Place): Float64Array =>
  Float64Array.from({ length: height * width }, (_, at) => at + 1);

/** The matrix, from where each number of the block is to go. */
function expected(place: Place, target: (row: number, column: number) => [number, number] | null) {
  const { height, width, across } = place;
  const matrix = new Float64Array(across ** 2);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const [y, x] = target(row, column) ?? [];
      if (y !== undefined && x !== undefined) matrix[y * across + x] = row * width + column + 1;
    }
  }
  return matrix;
}

function placed(copy: typeof copyRows, place: Place): Float64Array {
  const matrix = new Float64Array(place.across ** 2);
  copy(matrix, blockOf(place), place);
  return matrix;
}

test("a block and its transpose lie where they belong, without what is left out", () => {
  fc.assert(
    fc.property(scene, (place) => {
      const { top, left, skipRows, skipColumns } = place;
      const isIn = (row: number, column: number) => row >= skipRows && column >= skipColumns;
      const plain = expected(place, (row, column) =>
        isIn(row, column) ? [top + row, left + column] : null,
      );
      assert.deepEqual(placed(copyRows, place), plain);
      const turned = expected(place, (row, column) =>
        isIn(row, column) ? [left + column, top + row] : null,
      );
      assert.deepEqual(placed(copyTurned, place), turned);
    }),
  );
});

test("halves of a block on the diagonal make it symmetric", () => {
  fc.assert(
    fc.property(scene, ({ height, top, across, skipRows }) => {
      const square = { height, width: height, top, left: top, skipRows, skipColumns: skipRows };
      const place = { ...square, across: Math.max(across, height + top) };
      const isUpper = (row: number, column: number) => row >= skipRows && column >= row;
      const upper = expected(place, (row, column) =>
        isUpper(row, column) ? [top + row, top + column] : null,
      );
      assert.deepEqual(placed(copyUpper, place), upper);
      const lower = expected(place, (row, column) =>
        isUpper(row, column) && column > row ? [top + column, top + row] : null,
      );
      assert.deepEqual(placed(copyLower, place), lower);
    }),
  );
});
