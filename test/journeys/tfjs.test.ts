/** Whole runs on TensorFlow.js, as another engine would have trained them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Api } from "#cli/api.ts";
import { wedgeModel } from "#cli/demo/wedge.ts";
import type { RunRequest } from "#schemas/run.ts";
import { fromFigure } from "#schemas/values.ts";
import { openService, whole } from "./service.ts";

/** The same weights and batches; only rounding differs, and it grows over 2000 steps. */
const accuracyTolerance = 0.02;

async function train(api: Api, engine: "onnxruntime" | "tfjs", inputs: Inputs) {
  const request: RunRequest = {
    ...inputs,
    loss: "softmax_cross_entropy",
    algorithm: { type: "linearised", period: 64 },
    optimizer: { type: "sgd", learning_rate: 0.1 },
    batch_size: 64,
    steps: 2000,
    seed: 0,
    engine,
    device: "cpu",
    evaluate: { every: 500 },
    snapshots: { every: 1000, examples: 32, split: "test" },
  };
  const created = await api.createRun(request);
  const { run, events } = await whole(api, created.id);
  assert.equal(run.status, "succeeded", JSON.stringify(run.error));
  const scores = events.flatMap((event) =>
    event.type === "evaluation" ? [event.data.linearised.test] : [],
  );
  const snapshots = events.flatMap((event) => (event.type === "snapshot" ? [event.data] : []));
  return { run, scores, snapshots };
}

interface Inputs {
  readonly model: string;
  readonly dataset: string;
}

describe("the tfjs engine", () => {
  it("trains the wedge as ONNX Runtime does, its kernels included", async (t) => {
    await using served = await openService({
      trainersMax: 2,
      threadsPerTrainer: 1,
      environment: { LINNET_TFJS: "wasm" },
    });
    const { api } = served;
    const generator = { type: "wedge", train: 1000, test: 2000, dimension: 20, seed: 0 } as const;
    const inputs = {
      model: (await api.createModel({ definition: wedgeModel })).id,
      dataset: (await api.createDataset({ generator })).id,
    };
    const [own, other] = await Promise.all([
      train(api, "tfjs", inputs),
      train(api, "onnxruntime", inputs),
    ]);
    const { plan } = own.run;
    assert.equal(plan?.engine, "tfjs");
    assert.match(plan.provider ?? "", /^tfjs-backend-wasm 4/);
    assert.equal(plan.precision, "float32");
    assert.equal(own.scores.length, other.scores.length);
    for (const [at, { accuracy, loss }] of own.scores.entries()) {
      const there = other.scores[at];
      assert.ok(there?.accuracy != null && accuracy !== null);
      const gap = Math.abs(fromFigure(accuracy) - fromFigure(there.accuracy));
      t.diagnostic(`accuracy ${accuracy} and ${there.accuracy}, loss ${loss} and ${there.loss}`);
      assert.ok(gap <= accuracyTolerance, `${accuracy} and ${there.accuracy}`);
    }
    assert.ok(fromFigure(own.scores.at(-1)?.accuracy ?? 0) > 0.8);
    assert.deepEqual(
      own.snapshots.map(({ step }) => step),
      other.snapshots.map(({ step }) => step),
    );
    const [first, firstThere] = [own.snapshots[0], other.snapshots[0]];
    assert.ok(first !== undefined && firstThere !== undefined);
    const [trace, traceThere] = [fromFigure(first.trace), fromFigure(firstThere.trace)];
    const apart = Math.abs(trace - traceThere) / traceThere;
    assert.ok(apart <= 1e-5, `the first kernels' traces are ${trace} and ${traceThere}`);
  });
});
