/** What is refused before a run is stored, with which code and where; and the defaults. */
import assert from "node:assert/strict";
import test from "node:test";
import { admit } from "#runs/admission.ts";
import { usualRunLimits } from "#runs/context.ts";
import { estimateMemory, largestBatch } from "#runs/memory.ts";
import { settingsAt, settingsFrom } from "#runs/settings.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { Model } from "#schemas/model.ts";
import type { RunRequest } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import { dataset, model, request } from "./records.ts";

interface Case {
  readonly changes?: Partial<RunRequest>;
  readonly model?: Partial<Model>;
  readonly dataset?: Partial<Dataset>;
  readonly limits?: Partial<typeof usualRunLimits>;
}

function refusal(given: Case): Failure | undefined {
  const data = { ...dataset, ...given.dataset };
  const settings = settingsFrom(request(given.changes), data.task);
  const limits = { ...usualRunLimits, ...given.limits };
  try {
    admit({ model: { ...model, ...given.model }, dataset: data, settings }, limits);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return error;
  }
}

const regression: Partial<Dataset> = {
  task: "regression",
  classes: null,
  splits: {
    ...dataset.splits,
    train: { ...dataset.splits.train, y: { shape: [1000, 4], dtype: "float32" } },
  },
};
const sgd = { type: "sgd", learning_rate: 0.1 } as const;
const adam = { type: "adam", learning_rate: 0.1 } as const;
const linearised = (period: object | number) =>
  ({ type: "linearised", period }) as NonNullable<RunRequest["algorithm"]>;

const cases: readonly (readonly [string, Case, code: string, pointer: string])[] = [
  ["examples of another shape", { dataset: { input_shape: [5, 4] } }, "incompatible", "/dataset"],
  ["another number of classes", { dataset: { classes: 3 } }, "incompatible", "/model"],
  [
    "softmax on real targets",
    { dataset: regression, changes: { loss: "softmax_cross_entropy" } },
    "incompatible",
    "/loss",
  ],
  ["too large a batch", { changes: { batch_size: 1001 } }, "incompatible", "/batch_size"],
  [
    "too many snapshot examples",
    { changes: { snapshots: { examples: 201 } } },
    "incompatible",
    "/snapshots/examples",
  ],
  [
    "a kernel over the limit",
    { changes: { snapshots: { examples: 128, kernel: "full" } }, limits: { kernelBytesMax: 1e6 } },
    "too_large",
    "/snapshots/examples",
  ],
  [
    "a training probe larger than its split",
    {
      dataset: { splits: { ...dataset.splits, train: { ...dataset.splits.train, examples: 50 } } },
      changes: { batch_size: 8, snapshots: { split: "both", examples: 60 } },
    },
    "incompatible",
    "/snapshots/examples",
  ],
  [
    "eigenvectors of a kernel with too many rows",
    { changes: { snapshots: { examples: 200, kernel: "full", figures: ["cumulative_power"] } } },
    "too_large",
    "/snapshots/figures/0",
  ],
  [
    "a regression with too many rows",
    {
      changes: {
        snapshots: {
          examples: 16,
          kernel: "full",
          figures: ["layer_alignment", "after_kernel"],
          after_kernel: { examples: 300 },
        },
      },
    },
    "too_large",
    "/snapshots/figures/1",
  ],
  [
    "kernels of all layers over the limit",
    {
      changes: { snapshots: { examples: 100, figures: ["layer_alignment"] } },
      limits: { kernelBytesMax: 50_000 },
    },
    "too_large",
    "/snapshots/figures/0",
  ],
  [
    "anchors out of order",
    { changes: { algorithm: linearised({ at: [0, 20, 10] }) } },
    "invalid_request",
    "/algorithm/period/at/2",
  ],
  [
    "more linearisations than steps",
    { changes: { algorithm: linearised({ preset: "uniform", updates: 101 }) } },
    "invalid_request",
    "/algorithm/period/updates",
  ],
  [
    "a warm-up as long as the run",
    { changes: { optimizer: { ...sgd, schedule: { type: "warmup_cosine", warmup: 100 } } } },
    "invalid_request",
    "/optimizer/schedule/warmup",
  ],
  [
    "momentum for adam",
    { changes: { optimizer: { ...adam, momentum: 0.9 } } },
    "invalid_request",
    "/optimizer/momentum",
  ],
  [
    "nesterov without momentum",
    { changes: { optimizer: { ...sgd, nesterov: true } } },
    "invalid_request",
    "/optimizer/nesterov",
  ],
  [
    "decay to an anchor that is not there",
    { changes: { optimizer: { ...sgd, weight_decay_to: "anchor" } } },
    "invalid_request",
    "/optimizer/weight_decay_to",
  ],
  [
    "a GPU that this machine does not have",
    { changes: { device: "cuda:2" }, limits: { gpus: [{ name: "A" }, { name: "B" }] } },
    "engine_unavailable",
    "/device",
  ],
  [
    "an engine that is not here",
    { changes: { engine: "tfjs" }, limits: { engines: ["onnxruntime"] } },
    "engine_unavailable",
    "/engine",
  ],
  [
    "a precision that an engine lacks",
    { changes: { engine: "tfjs", dtype: "float64" } },
    "invalid_request",
    "/dtype",
  ],
  [
    "a precision that a device lacks",
    { changes: { device: "webgpu", dtype: "float64" } },
    "invalid_request",
    "/dtype",
  ],
  [
    "a device that an engine lacks",
    { changes: { engine: "tfjs", device: "webgpu" } },
    "invalid_request",
    "/device",
  ],
  [
    "a GPU for the reference",
    { changes: { engine: "reference", device: "cuda:1" } },
    "invalid_request",
    "/device",
  ],
  [
    "more memory than there is",
    { changes: { batch_size: 512 }, limits: { memoryBytesMax: 167_950_000 } },
    "too_large",
    "/batch_size",
  ],
  ["a model that never fits", { model: { parameters: 1e10 } }, "too_large", "/model"],
];

for (const [what, given, code, pointer] of cases) {
  test(`${what} is refused with ${code} at ${pointer}`, () => {
    const failure = refusal(given);
    assert.equal(failure?.code, code);
    assert.deepEqual(
      failure.errors.map((error) => error.pointer),
      [pointer],
    );
  });
}

test("what fits is admitted", () => {
  assert.equal(refusal({}), undefined);
  assert.equal(refusal({ dataset: regression }), undefined);
  assert.equal(refusal({ changes: { optimizer: adam, batch_size: "full" } }), undefined);
  assert.equal(refusal({ changes: { algorithm: linearised(64), snapshots: {} } }), undefined);
});

test("a refused shape names both shapes", () => {
  const text = refusal({ dataset: { input_shape: [28, 28, 1] } })?.message ?? "";
  assert.match(text, /\[20\]/);
  assert.match(text, /\[28, 28, 1\]/);
});

test("the largest batch that is named does fit, and one more does not", () => {
  const bytesMax = 200_000_000;
  const sized = (batch_size: number) =>
    estimateMemory(model, dataset, settingsFrom(request({ batch_size }), "classification"));
  const fit = largestBatch(sized(1), bytesMax);
  assert.ok(sized(fit).bytes <= bytesMax);
  assert.ok(sized(fit + 1).bytes > bytesMax);
});

test("defaults are filled in by what the request and the data are", () => {
  const usual = settingsFrom(request(), "classification");
  assert.equal(usual.loss, "softmax_cross_entropy");
  assert.equal(settingsFrom(request(), "regression").loss, "mean_squared_error");
  assert.deepEqual(usual.evaluate, { every: 5 });
  assert.deepEqual(settingsFrom(request({ steps: 7 }), "regression").evaluate, { every: 1 });
  assert.equal(usual.snapshots, null);
  assert.deepEqual(usual.checkpoints, { every: null, keep: 3 });
  assert.deepEqual(usual.stop, { seconds: null, loss: null, diverged: true });
  assert.equal(usual.optimizer.momentum, 0);
  assert.equal(usual.optimizer.beta1, undefined);
  const kernels = settingsFrom(request({ snapshots: {} }), "classification").snapshots;
  assert.deepEqual(kernels, {
    every: 5,
    at_anchor: false,
    examples: 64,
    split: "test",
    kernel: "trace",
    eigenvalues: 20,
    figures: [],
    after_kernel: { examples: 128, ridge: 1e-3 },
    keep: true,
  });
});

test("steering counts for settings from the step at which it took effect", () => {
  const settings = settingsFrom(request(), "classification");
  const steering = [
    { request: 1, changes: { learning_rate: 0.5 }, step: 10 },
    { request: 2, changes: { learning_rate: 0.7, evaluate_every: 9 }, step: 20 },
    { request: 3, changes: { learning_rate: 0.9 }, step: null },
  ];
  const rate = (step: number) => settingsAt(settings, steering, step).optimizer.learning_rate;
  assert.deepEqual([rate(9), rate(10), rate(20), rate(99)], [0.1, 0.5, 0.7, 0.7]);
  assert.equal(settingsAt(settings, steering, 20).evaluate.every, 9);
});

test("a GPU that is not there is refused with those that are", () => {
  const gpus = [{ name: "NVIDIA H100" }, { name: "NVIDIA A100" }];
  const refused = refusal({ changes: { device: "cuda:2" }, limits: { gpus } });
  assert.match(refused?.message ?? "", /cuda:0 \(NVIDIA H100\), cuda:1 \(NVIDIA A100\)/);
  assert.equal(refusal({ changes: { device: "cuda:1" }, limits: { gpus } }), undefined);
  assert.equal(refusal({ changes: { device: "cuda" }, limits: { gpus } }), undefined);
  assert.equal(refusal({ changes: { device: "cuda:2" } }), undefined, "where nothing is known");
});
