/** The dense symmetric eigensolver, by its defining identities and against an outside oracle. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { eigenSymmetric } from "#learning/solve/eigen.ts";

/** A symmetric matrix from a seed, of rank at most `rank`. */
function symmetric(n: number, rank: number, seed: number): Float64Array {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const factor = Float64Array.from({ length: n * rank }, next);
  const signs = Float64Array.from({ length: rank }, () => (next() > -0.5 ? 1 : -1));
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      let sum = 0;
      for (let r = 0; r < rank; r += 1) {
        sum += (factor[i * rank + r] ?? 0) * (factor[j * rank + r] ?? 0) * (signs[r] ?? 0);
      }
      matrix[i * n + j] = sum;
    }
  }
  return matrix;
}

const cases = fc.record({
  n: fc.integer({ min: 1, max: 24 }),
  rank: fc.integer({ min: 1, max: 24 }),
  seed: fc.integer(),
});

describe("eigenSymmetric", () => {
  it("gives orthonormal vectors with A q = λ q, for full and deficient rank", () => {
    fc.assert(
      fc.property(cases, ({ n, rank, seed }) => {
        const matrix = symmetric(n, rank, seed);
        const { values, vectors } = eigenSymmetric(matrix, n, { vectors: true });
        assert.ok(vectors);
        const scale = Math.max(1e-300, ...values.map(Math.abs));
        for (let k = 0; k < n; k += 1) {
          for (let i = 0; i < n; i += 1) {
            let image = 0;
            let inner = 0;
            for (let j = 0; j < n; j += 1) {
              image += (matrix[i * n + j] ?? 0) * (vectors[k * n + j] ?? 0);
              inner += (vectors[i * n + j] ?? 0) * (vectors[k * n + j] ?? 0);
            }
            const expected = (values[k] ?? 0) * (vectors[k * n + i] ?? 0);
            assert.ok(Math.abs(image - expected) < 1e-12 * scale * n);
            assert.ok(Math.abs(inner - (i === k ? 1 : 0)) < 1e-12 * n);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("gives the same values with and without vectors, ascending, as ml-matrix finds them", () => {
    const n = 40;
    const matrix = symmetric(n, n, 7);
    const { values } = eigenSymmetric(matrix, n);
    const rows = Array.from({ length: n }, (_, i) => [...matrix.subarray(i * n, (i + 1) * n)]);
    const oracle = new EigenvalueDecomposition(new Matrix(rows), {
      assumeSymmetric: true,
    }).realEigenvalues.sort((a, b) => a - b);
    const together = eigenSymmetric(matrix, n, { vectors: true }).values;
    for (const [i, value] of values.entries()) {
      assert.ok(Math.abs(value - (oracle[i] ?? 0)) < 1e-11);
      assert.ok(Math.abs(value - (together[i] ?? 0)) < 1e-12);
    }
  });

  it("keeps its digits where entries span three hundred orders of magnitude", () => {
    const tiny = 5.24e-163;
    const { values } = eigenSymmetric(
      [tiny * tiny, 0, 0, 3 * tiny, 0, 0, 0, 0, 0, 0, 0, 0, 3 * tiny, 0, 0, 9],
      4,
    );
    assert.ok(Math.abs((values[3] ?? 0) - 9) < 1e-12, `${values}`);
  });

  it("returns an outcome instead of throwing when the matrix is not finite", () => {
    const outcome = eigenSymmetric([1, Number.NaN, Number.NaN, 1], 2);
    assert.equal(outcome.converged, false);
    assert.ok(outcome.values.every(Number.isNaN));
  });
});
