/** What follows from settings alone: losses, schedules, batches, anchors, stable rates. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { gradient } from "#engine/autodiff/backward.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { input } from "#engine/graph/build.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import {
  anchorSequence,
  looksOf,
  nextReportedIndex,
  reportKnown,
  reportUnknown,
} from "#learning/anchors.ts";
import { Batches } from "#learning/batches.ts";
import { formAt } from "#learning/forms.ts";
import { accuracyOf, checkTargets, lossOf } from "#learning/loss.ts";
import { metricsEvents } from "#learning/metrics.ts";
import { optimizerSettings, stepScalars } from "#learning/optimizer.ts";
import { factorAt, peakFactor } from "#learning/schedule.ts";
import { stabilityOf } from "#learning/stability.ts";
import type { Loss, Period, Schedule } from "#schemas/algorithm.ts";
import { Failure } from "#src/failure.ts";

async function evaluated(loss: Loss, f: Tensor, y: Tensor) {
  const fNode = input("f", f.shape);
  const yNode = input("y", y.shape, y.dtype === "int32" ? "integer" : "real");
  const value = lossOf(loss, fNode, yNode);
  const [slope] = gradient(value, [fNode]);
  const accuracy = accuracyOf(loss, fNode, yNode);
  const procedure = {
    name: "loss",
    constants: [],
    inputs: [fNode, yNode],
    outputs: { value, slope: slope ?? value, ...(accuracy === null ? {} : { accuracy }) },
  };
  const callable = await referenceBackend().compile(procedure, "float64");
  const { value: v, slope: s, accuracy: a } = await callable.call({ f, y });
  return { value: v?.data[0] ?? Number.NaN, slope: [...(s?.data ?? [])], accuracy: a?.data[0] };
}

const f = tensor("float64", [2, 3], [0.2, -1, 0.5, 2, 0.1, -0.3]);
const y = tensor("int32", [2], [2, 1]);

describe("losses", () => {
  it("give −log softmax of the class, its slope and the accuracy", async () => {
    const { value, slope, accuracy } = await evaluated("softmax_cross_entropy", f, y);
    const rows = [f.data.subarray(0, 3), f.data.subarray(3)].map((row) => {
      const powers = [...row].map(Math.exp);
      const total = powers.reduce((a, b) => a + b);
      return powers.map((power) => power / total);
    });
    const [p0 = [], p1 = []] = rows;
    const expected = -(Math.log(p0[2] ?? 0) + Math.log(p1[1] ?? 0)) / 2;
    assert.ok(Math.abs(value - expected) < 1e-15);
    const slopes = [p0[0], p0[1], (p0[2] ?? 0) - 1, p1[0], (p1[1] ?? 0) - 1, p1[2]];
    for (const [at, s] of slopes.entries()) {
      assert.ok(Math.abs((slope[at] ?? 0) - (s ?? 0) / 2) < 1e-15);
    }
    assert.equal(accuracy, 0.5);
  });

  it("give 1/(2n) Σ‖f − y‖² with outputs summed, classes one-hot", async () => {
    const { value, slope } = await evaluated("mean_squared_error", f, y);
    const targets = [0, 0, 1, 0, 1, 0];
    const residual = [...f.data].map((v, at) => v - (targets[at] ?? 0));
    const expected = residual.reduce((sum, r) => sum + r * r, 0) / 4;
    assert.ok(Math.abs(value - expected) < 1e-15);
    for (const [at, r] of residual.entries()) assert.ok(Math.abs((slope[at] ?? 0) - r / 2) < 1e-15);
    const real = await evaluated("mean_squared_error", f, tensor("float64", [2, 3], targets));
    assert.equal(real.value, value);
    assert.equal(real.accuracy, undefined);
  });

  it("give the sigmoid cross-entropy without overflow", async () => {
    const extreme = tensor("float64", [2, 1], [800, -800]);
    const { value, accuracy, slope } = await evaluated(
      "sigmoid_cross_entropy",
      extreme,
      tensor("int32", [2], [0, 0]),
    );
    assert.equal(value, 400);
    assert.equal(accuracy, 0.5);
    assert.deepEqual(slope, [0.5, 0]);
  });

  it("stay finite for outputs of any size under softmax", async () => {
    const { value } = await evaluated(
      "softmax_cross_entropy",
      tensor("float64", [1, 2], [1e4, -1e4]),
      tensor("int32", [1], [1]),
    );
    assert.equal(value, 2e4);
  });

  it("take ±1 for two classes on one output under mean_squared_error", async () => {
    const { value, accuracy } = await evaluated(
      "mean_squared_error",
      tensor("float64", [2, 1], [1, 1]),
      tensor("int32", [2], [1, 0]),
    );
    assert.equal(value, 1);
    assert.equal(accuracy, 0.5);
  });

  it("refuse targets that do not fit", () => {
    const refuse = (loss: Loss, classes: number | null, columns: number, outputs: number) =>
      assert.throws(
        () => checkTargets(loss, { classes, columns }, outputs),
        (error) => error instanceof Failure && error.code === "incompatible",
      );
    refuse("softmax_cross_entropy", null, 3, 3);
    refuse("softmax_cross_entropy", 2, 1, 1);
    refuse("mean_squared_error", 4, 1, 3);
    refuse("mean_squared_error", null, 2, 3);
    checkTargets("mean_squared_error", { classes: 2, columns: 1 }, 1);
  });
});

describe("schedules", () => {
  const factor = (schedule: Schedule, t: number) => factorAt({ schedule, steps: 100 }, t);

  it("follow their formulae", () => {
    assert.equal(factor({ type: "constant" }, 37), 1);
    assert.equal(factor({ type: "cosine" }, 0), 1);
    assert.ok(Math.abs(factor({ type: "cosine", final: 0.2 }, 50) - 0.6) < 1e-15);
    assert.equal(factor({ type: "step", every: 30, factor: 0.5 }, 61), 0.25);
    assert.equal(factor({ type: "warmup_cosine", warmup: 10 }, 0), 0.1);
    assert.equal(factor({ type: "warmup_cosine", warmup: 10 }, 9), 1);
    assert.equal(factor({ type: "warmup_cosine", warmup: 10 }, 10), 1);
    assert.ok(factor({ type: "warmup_cosine", warmup: 10 }, 99) < 0.001);
  });

  it("have the peak that a search finds", () => {
    const schedules: Schedule[] = [
      { type: "constant" },
      { type: "cosine" },
      { type: "step", every: 7, factor: 0.1 },
      { type: "warmup_cosine", warmup: 10 },
    ];
    for (const schedule of schedules) {
      for (const [from, to] of [
        [0, 5],
        [3, 40],
        [9, 11],
        [50, 100],
      ] as const) {
        let peak = 0;
        for (let t = from; t < to; t++) peak = Math.max(peak, factor(schedule, t));
        assert.equal(peakFactor({ schedule, steps: 100 }, from, to), peak);
      }
    }
  });

  it("correct Adam's moments for their start at zero", () => {
    const settings = optimizerSettings({ type: "adam", learning_rate: 1 });
    const { adamRate, secondScale } = stepScalars(settings, 0.5, 1);
    assert.ok(Math.abs(adamRate - 5) < 1e-12);
    assert.ok(Math.abs(secondScale - 1000) < 1e-9);
  });
});

describe("batches", () => {
  it("are the same stream however they are asked for", () => {
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 25 }), (from, batchSize) => {
        const settings = { seed: 4, examples: 11, batchSize };
        const whole = new Batches(settings).indices(0, from + 6);
        const parts = new Batches(settings);
        const tail = parts.indices(from, 6);
        assert.deepEqual(tail, whole.subarray(from * batchSize));
        assert.deepEqual(parts.indices(0, from + 1), whole.subarray(0, (from + 1) * batchSize));
      }),
    );
  });

  it("show every example once an epoch, in a new order", () => {
    const indices = new Batches({ seed: 1, examples: 10, batchSize: 5 }).indices(0, 4);
    const epochs = [indices.subarray(0, 10), indices.subarray(10)];
    for (const epoch of epochs) assert.deepEqual([...epoch].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.notDeepEqual(epochs[0], epochs[1]);
  });
});

describe("anchors", () => {
  const stepsOf = (period: Period, from = 0, last: number | null = null, steps = 20) => {
    const sequence = anchorSequence(period, { steps, from, last });
    return Array.from({ length: sequence.count }, (_, at) => sequence.stepOf(at));
  };

  it("lie where each form of a period says", () => {
    assert.deepEqual(stepsOf(6), [0, 6, 12, 18]);
    assert.deepEqual(stepsOf("never"), [0]);
    assert.deepEqual(stepsOf({ at: [3, 9, 50] }), [0, 3, 9]);
    assert.deepEqual(stepsOf({ every_step_until: 3 }), [0, 1, 2, 3]);
    assert.deepEqual(stepsOf({ preset: "uniform", updates: 4 }), [0, 5, 10, 15]);
    assert.deepEqual(stepsOf({ preset: "quadratic", updates: 4 }), [0, 1, 5, 11]);
    assert.deepEqual(stepsOf({ preset: "geometric", updates: 4 }), [0, 2, 4, 9]);
    assert.deepEqual(stepsOf({ gap: 0.1 }), [0]);
    assert.deepEqual(looksOf({ gap: 0.1 }), { gap: 0.1, every: 20 });
    assert.equal(stepsOf({ preset: "uniform", updates: 500 }).length, 20);
  });

  it("go on from the last one where steering changes the period", () => {
    assert.deepEqual(stepsOf(6, 7, 4), [10, 16]);
    assert.deepEqual(stepsOf(2, 7, 4), [7, 9, 11, 13, 15, 17, 19]);
    assert.deepEqual(stepsOf("never", 7, 4), []);
    assert.deepEqual(stepsOf({ at: [3, 9] }, 7, 4), [9]);
    assert.deepEqual(stepsOf({ every_step_until: 8 }, 7, 4), [7, 8]);
  });

  it("are counted and found consistently", () => {
    const periods: Period[] = [1, 7, "never", { at: [2, 5] }, { preset: "quadratic", updates: 5 }];
    for (const period of periods) {
      const sequence = anchorSequence(period, { steps: 40, from: 0, last: null });
      for (let t = 0; t < 40; t++) {
        const index = sequence.indexFrom(t);
        assert.ok(sequence.stepOf(index) >= t);
        assert.ok(index === 0 || sequence.stepOf(index - 1) < t);
      }
    }
  });

  it("are reported evenly and never more often than the limit", () => {
    const max = { reports: 200, lambdaMaxReports: 20 };
    for (const count of [1, 7, 200, 201, 5000]) {
      const reported = Array.from({ length: count }, (_, at) => reportKnown(at, count, max));
      assert.ok(reported.filter(({ report }) => report).length <= 200);
      assert.ok(reported.filter(({ lambdaMax }) => lambdaMax).length <= 20);
      assert.ok(reported.every(({ report, lambdaMax }) => report || !lambdaMax));
      assert.ok(reported[0]?.lambdaMax);
      for (let at = 0; at < count; at++) {
        const next = nextReportedIndex(at, count, max);
        const found = reported.findIndex(({ report }, index) => index >= at && report);
        assert.equal(found === -1 ? next >= count : next === found, true);
      }
    }
    const unknown = Array.from({ length: 3000 }, (_, at) => reportUnknown(at, max));
    assert.ok(unknown.filter(({ report }) => report).length <= 250);
    assert.ok(unknown.slice(0, 50).every(({ report }) => report));
  });
});

describe("forms of descent", () => {
  const question = {
    algorithm: { type: "linearised", period: 4 },
    steps: 1000,
    examples: 100,
    batchSize: 10,
    fitsKept: true,
  } as const;

  it("follow from period, batch and memory", () => {
    const of = (period: Period, more: object = {}) => {
      const { form } = formAt({ ...question, period, ...more }, 0);
      return form.type === "linearised" ? `${form.anchor} ${form.keepsPrimals}` : form.type;
    };
    assert.equal(of(1), "standard");
    assert.equal(of(4), "carried false");
    assert.equal(of(20), "invariant true");
    assert.equal(of(20, { fitsKept: false }), "invariant false");
    assert.equal(of("never"), "invariant true");
    assert.equal(of("never", { batchSize: null }), "invariant false");
    const forced = { algorithm: { ...question.algorithm, solver: "weight_space" } };
    assert.equal(of(1, forced), "carried false");
  });

  it("change where linearising at every step ends", () => {
    const period = { every_step_until: 9 };
    const first = formAt({ ...question, period }, 0);
    assert.equal(first.until, 10);
    assert.equal(first.form.type, "standard");
    assert.equal(formAt({ ...question, period }, 10).form.type, "linearised");
  });
});

describe("stable rates", () => {
  it("have the limits of descent, heavy ball and Nesterov", () => {
    const limit = (momentum: number, nesterov: boolean) =>
      stabilityOf({
        lambdaMax: 2,
        rate: 0.1,
        loss: "mean_squared_error",
        optimizer: optimizerSettings({ type: "sgd", learning_rate: 0.1, momentum, nesterov }),
        phaseSteps: 10,
      })?.stableLearningRate;
    assert.equal(limit(0, false), 1);
    assert.equal(limit(0.5, false), 1.5);
    assert.equal(limit(0.5, true), 0.75);
  });

  it("are not claimed for Adam", () => {
    const optimizer = optimizerSettings({ type: "adam", learning_rate: 0.1 });
    const question = { lambdaMax: 2, rate: 9, loss: "mean_squared_error", phaseSteps: 9 } as const;
    assert.equal(stabilityOf({ ...question, optimizer }), null);
  });
});

describe("metrics events", () => {
  it("hold every step once and stay small", () => {
    const steps = 1000;
    const loss = Float64Array.from({ length: steps }, (_, at) => 1 / (at + 1));
    const events = metricsEvents(
      { loss, rate: loss, norm: loss, step: loss },
      { from: 50, to: 1050, every: 1 },
      "float32",
    );
    let next = 51;
    for (const { kind, data } of events) {
      assert.equal(kind, "metrics");
      if (kind !== "metrics") continue;
      assert.equal(data.from, next);
      assert.equal(data.columns["loss"]?.length, data.to - data.from + 1);
      assert.ok(JSON.stringify(data).length < 16_000);
      next = data.to + 1;
    }
    assert.equal(next, 51 + steps);
  });
});
