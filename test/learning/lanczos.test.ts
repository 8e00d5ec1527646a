/** The largest eigenvalue by products agrees with the dense one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { referenceBackend } from "#engine/backends/reference.ts";
import { KernelProbe } from "#learning/probe.ts";
import { eigenSymmetric } from "#learning/solve/eigen.ts";
import { largestEigenvalue, largestEigenvalues } from "#learning/solve/lanczos.ts";
import { stream } from "#src/random.ts";
import { jacobianOf } from "./jacobian.ts";
import { smallExamples, smallNetwork } from "./training.ts";

const random = stream(3, "matrix");
const n = 40;
const factor = Float64Array.from({ length: n * n }, () => random.normal());
const matrix = Float64Array.from({ length: n * n }, (_, at) => {
  let sum = 0;
  for (let k = 0; k < n; k++) {
    sum += (factor[Math.floor(at / n) * n + k] ?? 0) * (factor[(at % n) * n + k] ?? 0);
  }
  return sum;
});
const product = async (v: Float64Array) =>
  v.map((_, i) => v.reduce((sum, value, j) => sum + (matrix[i * n + j] ?? 0) * value, 0));

describe("the largest eigenvalue", () => {
  it("is the dense one to the tolerance, with fewer products than rows", async () => {
    const dense = eigenSymmetric(matrix, n).values.at(-1) ?? 0;
    const how = { product, size: n, seed: 1, tolerance: 1e-10, productsMax: 60 };
    const found = await largestEigenvalue(how);
    assert.ok(found.converged);
    assert.ok(found.products < n);
    assert.ok(Math.abs(found.value - dense) < 1e-9 * dense);
  });

  it("says when the limit came first, and is a lower bound then", async () => {
    const dense = eigenSymmetric(matrix, n).values.at(-1) ?? 0;
    const how = { product, size: n, seed: 1, tolerance: 1e-12, productsMax: 4 };
    const found = await largestEigenvalue(how);
    assert.equal(found.converged, false);
    assert.equal(found.products, 4);
    assert.ok(found.value <= dense);
  });

  it("and those that follow are the dense ones, largest first", async () => {
    const { values: dense } = eigenSymmetric(matrix, n);
    const how = { product, size: n, seed: 1, tolerance: 1e-10, productsMax: n };
    const { values, converged, residuals } = await largestEigenvalues(how, 6);
    assert.equal(converged, 6);
    const most = dense.at(-1) ?? 0;
    for (const [at, value] of values.entries()) {
      assert.ok(Math.abs(value - (dense.at(-1 - at) ?? 0)) < 1e-9 * most, `${at}`);
      assert.ok((residuals[at] ?? 1) <= 1e-10 * most);
    }
  });

  it("are found beyond the space that the first vector spans", async () => {
    // Two eigenvalues of an identity beside one that is larger: three products do not see them all.
    const diagonal = [5, 2, 2, 2, 1, 1];
    const how = {
      product: async (v: Float64Array) => v.map((value, at) => value * (diagonal[at] ?? 0)),
      ...{ size: 6, seed: 1, tolerance: 1e-12, productsMax: 6 },
    };
    const { values, converged } = await largestEigenvalues(how, 6);
    assert.equal(converged, 6);
    for (const [at, value] of values.entries()) {
      assert.ok(Math.abs(value - (diagonal[at] ?? 0)) < 1e-10);
    }
  });

  it("of a zero operator is zero", async () => {
    const zero = async (v: Float64Array) => v.map(() => 0);
    const how = { product: zero, size: 5, seed: 1, tolerance: 1e-8, productsMax: 9 };
    assert.equal((await largestEigenvalue(how)).value, 0);
  });

  it("of the kernel over n is that of JJᵀ/n", async () => {
    const network = smallNetwork();
    const { train } = smallExamples();
    const parameters = Object.fromEntries(network.initialise(2));
    const options = { backend: referenceBackend(), precision: "float64", network } as const;
    const probe = new KernelProbe({ ...options, train, loss: "mean_squared_error" }, 12);
    const found = await probe.lambdaMax(parameters, 0);
    const { jacobian, rows, columns } = await jacobianOf(network, parameters, train, 12);
    const kernel = Float64Array.from({ length: rows * rows }, (_, at) => {
      let sum = 0;
      const [i, j] = [Math.floor(at / rows), at % rows];
      for (let k = 0; k < columns; k++) {
        sum += (jacobian[i * columns + k] ?? 0) * (jacobian[j * columns + k] ?? 0);
      }
      return sum / 12;
    });
    const dense = eigenSymmetric(kernel, rows).values.at(-1) ?? 0;
    assert.ok(Math.abs(found.value - dense) < 1e-10 * dense);
  });
});
