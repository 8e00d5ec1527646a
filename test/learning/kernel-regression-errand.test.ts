/** The errand of a kernel that is asked for a regression gives what the library gives. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { referenceBackend } from "#engine/backends/reference.ts";
import { firstOf } from "#learning/examples.ts";
import { computeKernel } from "#learning/kernel-errand.ts";
import { kernelRegression } from "#learning/regression.ts";
import type { Errand } from "#src/channel.ts";
import { memoryArtifacts, smallExamples, smallNetwork } from "./training.ts";

const network = smallNetwork();
const examples = smallExamples();
const backend = referenceBackend();
const ports = { network, backend, artifacts: memoryArtifacts(), dataset: async () => examples };
const set = (split: "train" | "test", count: number) =>
  ({ source: "dataset", digest: "sha256:x", split, indices: null, count }) as const;

const errand = {
  kind: "kernel",
  model: { kind: "definition", definition: { input: { shape: [4] }, layers: [] } },
  artifactsDir: "",
  weights: { seed: 3 },
  first: set("train", 15),
  second: set("test", 7),
  variant: "full",
  method: "structured",
  precision: "float64",
  eigenvalues: 5,
  regression: { ridge: 0.01, prior: "network" },
  threads: 1,
} as const satisfies Extract<Errand, { kind: "kernel" }>;

describe("a kernel with a regression", () => {
  it("scores both sets as the regression does, beside the kernel between them", async () => {
    const { figures, shape } = await computeKernel(ports, errand);
    const found = await kernelRegression({
      network,
      backend,
      precision: "float64",
      parameters: Object.fromEntries(network.initialise(3)),
      examples: { train: firstOf(examples.train, 15), test: examples.test },
      ridge: 0.01,
      prior: "network",
    });
    assert.deepEqual(shape, [15, 3, 7, 3]);
    const { train, test } = figures.regression ?? assert.fail("no regression");
    assert.deepEqual(train, { loss: found.train.loss, accuracy: found.train.accuracy });
    assert.deepEqual(test, { loss: found.test.loss, accuracy: found.test.accuracy });
    assert.equal(figures.regression?.converged, true);
  });

  it("scores the first set alone without a second, and nothing where not asked", async () => {
    const alone = await computeKernel(ports, { ...errand, second: null });
    assert.equal(alone.figures.regression?.test, null);
    assert.ok(Number(alone.figures.regression?.train.loss) < 1);
    const none = await computeKernel(ports, { ...errand, regression: null });
    assert.equal(none.figures.regression, undefined);
  });

  it("tells the null directions of a singular kernel", async () => {
    const regression = { ridge: 0, prior: "zero" } as const;
    const all = { ...errand, first: set("train", 20), regression };
    const { figures } = await computeKernel(ports, all);
    assert.ok((figures.regression?.directions_left_out ?? 0) > 0);
  });
});
