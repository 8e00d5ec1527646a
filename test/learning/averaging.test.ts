/** Averages of weights are what their definitions say, in every kind of training. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Tensors } from "#engine/backend.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { readCheckpoint } from "#learning/checkpoint.ts";
import { Evaluator } from "#learning/evaluation.ts";
import type { Averaging } from "#schemas/algorithm.ts";
import type { RunSettings } from "#src/channel.ts";
import {
  eventsOf,
  type Finished,
  lastWeights,
  smallExamples,
  smallNetwork,
  trained,
} from "./training.ts";

const steps = 12;
const kinds: Readonly<Record<string, Partial<RunSettings>>> = {
  "standard training": {},
  "standard training with adam": { optimizer: { type: "adam", learning_rate: 0.02 } },
  "linearised training in weight space": {
    algorithm: { type: "linearised", period: 5, solver: "weight_space" },
  },
  "linearised training that forgets momenta": {
    algorithm: {
      type: "linearised",
      period: 5,
      solver: "function_space",
      optimizer_state: "reset",
    },
    optimizer: { type: "sgd", learning_rate: 0.1, momentum: 0.9 },
  },
};

const averages: readonly Averaging[] = [
  { type: "ema", decay: 0.8 },
  { type: "tail", from: 4 },
];

function settingsWith(kind: Partial<RunSettings>, averaging: Averaging): Partial<RunSettings> {
  const { optimizer = { type: "sgd", learning_rate: 0.1 } } = kind;
  const checkpoints = { every: 1, keep: 99 };
  return { ...kind, steps, optimizer: { ...optimizer, averaging }, checkpoints };
}

/** The state after each step that was saved, by step. */
async function states({ events, artifacts }: Finished) {
  const found = new Map<number, { weights: Tensors; optimizer: Tensors }>();
  for (const { step, digest } of eventsOf(events, "checkpoint")) {
    found.set(step, (await readCheckpoint(artifacts, digest)).state.descent);
  }
  return found;
}

/** What an average ought to be, number by number, from the weights after each step. */
function expectedAt(series: readonly Float64Array[], averaging: Averaging): Float64Array {
  const [first = new Float64Array(0)] = series;
  if (averaging.type === "tail") {
    const tail = series.slice(Math.min(averaging.from, series.length - 1));
    return first.map((_, i) => tail.reduce((sum, w) => sum + (w[i] ?? 0), 0) / tail.length);
  }
  const { decay } = averaging;
  return series
    .slice(1)
    .reduce((mean, w) => mean.map((value, i) => decay * value + (1 - decay) * (w[i] ?? 0)), first);
}

describe("an average of weights", () => {
  for (const [name, kind] of Object.entries(kinds)) {
    it(`is what its definition says in ${name}`, async () => {
      for (const averaging of averages) {
        const found = await states(await trained(settingsWith(kind, averaging)));
        const start = Object.fromEntries(smallNetwork().initialise(3));
        for (const { name: parameter } of smallNetwork().parameters) {
          const series = [Float64Array.from(start[parameter]?.data ?? [])];
          for (let step = 1; step <= steps; step += 1) {
            const at = found.get(step);
            assert.ok(at !== undefined, `step ${step} was saved`);
            series.push(Float64Array.from(at.weights[parameter]?.data ?? []));
            const mean = at.optimizer[`average/${parameter}`]?.data ?? [];
            const expected = expectedAt(series, averaging);
            assert.equal(mean.length, expected.length);
            for (const [i, value] of expected.entries()) {
              assert.ok(
                Math.abs((mean[i] ?? Number.NaN) - value) < 1e-12,
                `${averaging.type} ${step}`,
              );
            }
          }
        }
      }
    });

    it(`leaves ${name} as it is, and goes on bit for bit`, async () => {
      const [averaging] = averages as [Averaging];
      const settings = settingsWith(kind, averaging);
      const whole = await trained(settings);
      const { averaging: _, ...optimizer } = settings.optimizer as NonNullable<
        typeof settings.optimizer
      >;
      const plain = await states(await trained({ ...settings, optimizer }));
      assert.deepEqual((await states(whole)).get(steps)?.weights, plain.get(steps)?.weights);
      for (const { id, step, digest } of eventsOf(whole.events, "checkpoint").slice(0, -1)) {
        const change = { attempt: 2, checkpoints: [{ id, step, digest }] };
        const resumed = await trained(settings, { artifacts: whole.artifacts, change });
        assert.equal(lastWeights(resumed), lastWeights(whole), `from step ${step}`);
      }
    });
  }

  it("is evaluated as the network at the averaged weights", async () => {
    const [averaging] = averages as [Averaging];
    const run = await trained(settingsWith({}, averaging));
    const last = eventsOf(run.events, "evaluation").at(-1);
    const state = (await states(run)).get(steps);
    assert.ok(state !== undefined && last?.averaged !== undefined);
    const average = Object.fromEntries(
      Object.keys(state.weights).map((name) => [name, state.optimizer[`average/${name}`]]),
    ) as Tensors;
    await using evaluator = await Evaluator.compile({
      backend: referenceBackend(),
      precision: "float64",
      network: smallNetwork(),
      loss: "softmax_cross_entropy",
      examples: smallExamples(),
      linearised: false,
    });
    const { network } = await evaluator.evaluate({ weights: average, anchor: null });
    assert.deepEqual(last.averaged, network);
    assert.notDeepEqual(last.averaged, last.network);
  });
});
