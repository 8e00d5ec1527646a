/** Solvers of one linear problem, dense and by products alone, against each other. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { curvatureOf } from "#learning/curvature.ts";
import { choleskyOf, solvePositive } from "#learning/solve/cholesky.ts";
import { conjugateGradients, nystrom } from "#learning/solve/conjugate-gradients.ts";
import { solveDense, solveMatrixFree } from "#learning/solve/damped.ts";
import { stream } from "#src/random.ts";

/** A positive definite matrix with eigenvalues that fall fast. */
function matrixOf(n: number): Float64Array {
  const random = stream(3, "matrix");
  const rows = Array.from({ length: n }, (_, k) =>
    Float64Array.from({ length: n }, () => random.normal() * 0.7 ** k),
  );
  return Float64Array.from({ length: n * n }, (_, at) =>
    rows.reduce((sum, row) => sum + (row[Math.floor(at / n)] ?? 0) * (row[at % n] ?? 0), 0),
  );
}

const times = (matrix: Float64Array, v: Float64Array): Float64Array =>
  v.map((_, i) => v.reduce((sum, x, j) => sum + (matrix[i * v.length + j] ?? 0) * x, 0));

describe("the solvers of one linear problem", () => {
  const n = 30;
  const matrix = matrixOf(n);
  const random = stream(4, "side");
  const b = Float64Array.from({ length: n }, () => random.normal());
  const product = async (v: Float64Array) => times(matrix, v);

  it("agree, with and without a preconditioner that saves iterations", async () => {
    const shift = 1e-3;
    const exact = solvePositive(matrix, b, shift);
    assert.ok(exact !== null);
    const back = times(matrix, exact).map((value, i) => value + shift * (exact[i] ?? 0));
    for (const [i, value] of back.entries()) assert.ok(Math.abs(value - (b[i] ?? 0)) < 1e-9);
    const common = { product, shift, b, tolerance: 1e-10, iterationsMax: 400 };
    const plain = await conjugateGradients(common);
    const precondition = await nystrom({ product, size: n, rank: 12, shift, seed: 1 });
    assert.ok(precondition !== null);
    const quick = await conjugateGradients({ ...common, precondition });
    for (const found of [plain, quick]) {
      assert.ok(found.converged);
      for (const [i, value] of found.x.entries()) {
        assert.ok(Math.abs(value - (exact[i] ?? 0)) < 1e-5 * Math.abs(Math.max(...exact)));
      }
    }
    assert.ok(quick.iterations < plain.iterations, `${quick.iterations} < ${plain.iterations}`);
  });

  it("agree at every size, whether tiles divide it or not", () => {
    for (let size = 1; size <= 13; size += 1) {
      const own = matrixOf(size);
      const side = b.subarray(0, size);
      const found = solvePositive(own, side, 0.1);
      assert.ok(found !== null);
      const back = times(own, found).map((value, i) => value + 0.1 * (found[i] ?? 0));
      for (const [i, value] of back.entries()) assert.ok(Math.abs(value - (side[i] ?? 0)) < 1e-12);
    }
  });

  it("agree under a loss's curvature, with the kernel and without", async () => {
    const [examples, outputs] = [14, 3];
    const size = examples * outputs;
    const kernel = matrixOf(size);
    const f = Float64Array.from({ length: size }, () => random.normal());
    const targets = f.map((_, at) => Number(at % outputs === Math.floor(at / outputs) % outputs));
    const curvature = curvatureOf("softmax_cross_entropy", f, { targets, examples });
    const question = { curvature, examples, damping: 0.01 };
    const dense = solveDense(kernel, question);
    const free = await solveMatrixFree(question, {
      product: async (v) => times(kernel, v),
      ...{ tolerance: 1e-12, iterationsMax: 400, rank: 0, seed: 1 },
    });
    for (const [at, value] of dense.cotangents.entries()) {
      assert.ok(Math.abs(value - (free.cotangents[at] ?? 0)) < 1e-8, `${at}`);
    }
  });

  it("say when they did not get there", async () => {
    const found = await conjugateGradients({
      product,
      shift: 0,
      b,
      tolerance: 1e-12,
      iterationsMax: 3,
    });
    assert.equal(found.converged, false);
    assert.equal(found.iterations, 3);
    assert.ok(found.residual > 1e-12);
    assert.equal(choleskyOf([1, 2, 2, 1], 2), null);
    assert.equal(choleskyOf([Number.NaN], 1), null);
  });
});
