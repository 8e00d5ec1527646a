/** What is told of rates where the largest eigenvalue is only known from below. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { largestEigenvalue } from "#learning/solve/lanczos.ts";
import { warningOf } from "#learning/stability.ts";

const size = 400;

/** Eigenvalues close to each other at the top: few products do not tell them apart. */
const found = (productsMax: number) =>
  largestEigenvalue({
    ...{ size, seed: 1, tolerance: 1e-12, productsMax },
    product: async (v) => v.map((value, at) => value * (at + 1)),
  });

describe("a warning about a largest eigenvalue", () => {
  it("says that it is a lower bound where products were too few, and by how much", async () => {
    const few = await found(12);
    assert.ok(few.value < size);
    const text = warningOf(few, null) ?? "";
    assert.match(text, /^lambda_max is [\d.]+ or more: 12 products .* residual of [\d.]+/);
    const shown = Number(/is ([\d.]+) or more/.exec(text)?.[1]);
    assert.ok(Math.abs(shown - few.value) < 0.1);
  });

  it("is silent where it converged, and keeps what is told of the rate", async () => {
    const enough = await found(size);
    assert.equal(warningOf(enough, null), null);
    const stability = { rateTimesLambdaMax: 3, stableLearningRate: 1, warning: "diverges" };
    assert.equal(warningOf(enough, stability), "diverges");
    assert.match(warningOf(await found(12), stability) ?? "", /^lambda_max .*; diverges$/);
  });
});
