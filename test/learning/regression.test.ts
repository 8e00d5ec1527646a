/** Kernel regression is the end of training in the linear model, on training and test examples. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { referenceBackend } from "#engine/backends/reference.ts";
import { kernelRegression } from "#learning/regression.ts";
import type { RunSettings } from "#src/channel.ts";
import { smallExamples, smallNetwork, trained } from "./training.ts";

const network = smallNetwork();
const examples = smallExamples();
const common = {
  network,
  backend: referenceBackend(),
  precision: "float64",
  parameters: Object.fromEntries(network.initialise(3)),
  examples,
} as const;

/** A run whose linear model is trained to its end. */
const endless = (weight_decay: number): Partial<RunSettings> => ({
  loss: "mean_squared_error",
  batch_size: "full",
  steps: 1_000_000_000,
  algorithm: { type: "linearised", period: "never", solver: "closed_form" },
  optimizer: { type: "sgd", learning_rate: 0.3, weight_decay, weight_decay_to: "anchor" },
  evaluate: { every: 1_000_000_000 },
});

describe("kernel regression", () => {
  it("is where a run with K = never ends, with and without ridge", async () => {
    for (const ridge of [0, 0.01]) {
      const found = await kernelRegression({ ...common, ridge, prior: "network" });
      const { outcome } = await trained(
        { ...endless(ridge), stop: { diverged: false } },
        { chunkSteps: 1_000_000_000 },
      );
      assert.ok(outcome.type === "succeeded");
      const { train, test } = outcome.result.linearised;
      assert.ok(Math.abs(Number(train.loss) - found.train.loss) < 1e-6, `${ridge} train`);
      assert.ok(Math.abs(Number(test.loss) - found.test.loss) < 1e-5, `${ridge} test`);
      assert.equal(train.accuracy, found.train.accuracy);
      assert.equal(test.accuracy, found.test.accuracy);
      assert.ok(found.converged);
      assert.equal(found.leftOut > 0, ridge === 0);
    }
  });

  it("from outputs of zero is the machine of the kernel alone", async () => {
    const found = await kernelRegression({ ...common, ridge: 1e-8, prior: "zero" });
    assert.ok((found.train.accuracy ?? 0) > 0.9);
    const heavy = await kernelRegression({ ...common, ridge: 1e8, prior: "zero" });
    assert.ok(heavy.test.outputs.every((value) => Math.abs(value) < 1e-5));
  });
});
