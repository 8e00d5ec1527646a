/** The page's own reading of kernels: the same bytes as the service's, ordered without loss. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { tensor } from "#engine/tensor.ts";
import { writeSafetensors } from "#formats/safetensors.ts";
import {
  bulkOf,
  byClass,
  bySimilarity,
  cosineOf,
  kernelOf,
  ordered,
} from "#src/page/kernel/matrix.ts";
import { readSafetensors } from "#src/page/kernel/safetensors.ts";

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

const matrixOf = (size: number, values: readonly number[]) => ({
  size,
  data: Float64Array.from(values.slice(0, size * size)),
});

const matrices = fc.integer({ min: 2, max: 7 }).chain((size) =>
  fc
    .array(fc.double({ min: -10, max: 10, noNaN: true }), {
      minLength: size * size,
      maxLength: size * size,
    })
    // Sorting does not tell 0 from −0, which are different values to a comparison.
    .map((values) =>
      matrixOf(
        size,
        values.map((value) => value + 0),
      ),
    ),
);

describe("a kernel in the page", () => {
  it("is read as the service writes it, with its classes", () => {
    const kernel = tensor("float32", [2, 2], [4, 1, 1, 9]);
    const file = writeSafetensors(new Map([["kernel", kernel]]), { classes: "[1,0]" });
    const read = kernelOf(readSafetensors(bufferOf(file)));
    assert.deepEqual([...read.examples.data], [4, 1, 1, 9]);
    assert.deepEqual(read.classes, [1, 0]);
  });

  it("is averaged over equal outputs when it is whole", () => {
    const whole = [1, 2, 5, 6, 3, 4, 7, 8, 5, 7, 1, 2, 6, 8, 3, 4];
    const kernel = tensor("float64", [2, 2, 2, 2], whole);
    const read = kernelOf(
      readSafetensors(bufferOf(writeSafetensors(new Map([["kernel", kernel]])))),
    );
    assert.deepEqual([...read.examples.data], [2.5, 6.5, 6.5, 2.5]);
    assert.equal(read.whole?.size, 4);
  });

  it("refuses what is no safetensors file", () => {
    assert.throws(() => readSafetensors(new Uint8Array(16).fill(255).buffer), /safetensors/);
  });

  it("loses nothing when it is put into another order", () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        const order = bySimilarity(matrix);
        assert.deepEqual(
          [...order].sort((a, b) => a - b),
          Array.from({ length: matrix.size }, (_, i) => i),
        );
        assert.deepEqual([...ordered(matrix, order).data].sort(), [...matrix.data].sort());
      }),
    );
  });

  it("puts classes together and leaves their members in place", () => {
    assert.deepEqual(byClass([1, 0, 1, 0]), [1, 3, 0, 2]);
  });

  it("has ones on the diagonal of its cosine", () => {
    const { data } = cosineOf(matrixOf(2, [4, 1, 1, 9]));
    assert.deepEqual([data[0], data[3]], [1, 1]);
  });

  it("is coloured by the bulk of its values, the diagonal aside", () => {
    assert.deepEqual(bulkOf(matrixOf(2, [100, 1, 2, 100]), 1), [1, 2]);
  });
});
