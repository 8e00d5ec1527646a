/** A run that was steered while it lived is made again from its log, bit for bit. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import type { Controls } from "#learning/steering.ts";
import type { Steering } from "#schemas/run.ts";
import type { RunSettings, SteeringEntry, TrainerEvent } from "#src/channel.ts";
import { columnOf, eventsOf, lastWeights, trained } from "./training.ts";

const settings: Partial<RunSettings> = {
  algorithm: { type: "linearised", period: 9 },
  optimizer: { type: "sgd", learning_rate: 0.1, momentum: 0.5, schedule: { type: "cosine" } },
  snapshots: { every: 11, examples: 5, split: "both", figures: ["after_kernel"] },
  steps: 60,
};

/** What is asked for before which look at the wishes of a run, one after the other. */
const asked: readonly (readonly [look: number, changes: Steering])[] = [
  [3, { period: 4 }],
  [5, { learning_rate: 0.03 }],
  [7, { snapshots_every: 6, evaluate_every: 9 }],
  [9, { relinearise: true }],
  [11, { period: "never", learning_rate: 0.05 }],
  [13, { snapshots_every: null }],
];

/** Somebody who steers while the run is under way; steps follow from when it looks. */
function person(): Controls {
  let looks = 0;
  const entries: SteeringEntry[] = [];
  return {
    wanted: () => {
      looks += 1;
      for (const [look, changes] of asked) {
        if (look === looks) entries.push({ request: entries.length + 1, changes, step: null });
      }
      return "run";
    },
    steering: () => entries,
  };
}

/** Everything on the log but names drawn at random, times, and how metrics are cut. */
function logOf(events: readonly TrainerEvent[]): unknown {
  const others = events
    .filter(({ kind }) => kind !== "metrics" && kind !== "checkpoint")
    .map(({ key, data }) => {
      const { id, seconds, digest, ...rest } = data as Record<string, unknown>;
      return [key, rest];
    });
  const names = ["loss", "accuracy", "gradient_norm", "learning_rate", "distance_from_anchor"];
  const columns = names.map((name) => [name, columnOf(events, name)]);
  return { others, columns };
}

describe("a steered run", () => {
  const reference = async () => referenceBackend();
  const native = () => onnxruntimeBackend({ device: "cpu", threads: 1 });
  const full: Partial<RunSettings> = {
    algorithm: { type: "linearised", period: 9, solver: "function_space" },
    batch_size: "full",
  };
  for (const [name, open, changed] of [
    ["the reference in float64", reference, { dtype: "float64" }],
    ["ONNX Runtime in float32", native, { dtype: "float32" }],
    ["function space in float64", reference, { ...full, dtype: "float64" }],
    ["function space in float32", native, { ...full, dtype: "float32" }],
  ] as const) {
    it(`is the same run when it is made again from its log (${name})`, async () => {
      const backend = await open();
      const own = { ...settings, ...changed };
      const live = await trained(own, { backend, controls: person(), chunkSteps: 4 });
      const log = eventsOf(live.events, "steered");
      assert.deepEqual(
        log.map(({ changes }) => changes),
        asked.map(([, changes]) => changes),
      );
      assert.ok(log.every(({ step }, at) => step >= (log[at - 1]?.step ?? 1)));
      assert.ok(eventsOf(live.events, "snapshot").length >= 4);
      for (const chunkSteps of [3, 60]) {
        const change = { steering: log };
        const again = await trained(own, { backend, chunkSteps, change });
        assert.deepEqual(logOf(again.events), logOf(live.events));
        assert.equal(lastWeights(again), lastWeights(live));
      }
      await backend[Symbol.asyncDispose]();
    });
  }

  it("is another run without its steering", async () => {
    const live = await trained(settings, { controls: person(), chunkSteps: 4 });
    const plain = await trained(settings);
    assert.notEqual(lastWeights(plain), lastWeights(live));
  });
});
