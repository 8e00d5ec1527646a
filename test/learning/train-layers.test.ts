/** Layers that ask something of training: tokens, batch statistics, dropout, frozen statistics. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { generatedExamples } from "#catalog/generators/generated.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { Batches } from "#learning/batches.ts";
import { readCheckpoint } from "#learning/checkpoint.ts";
import { chanceInputs, chanceRows } from "#learning/descent/chance.ts";
import type { Examples } from "#learning/examples.ts";
import type { Layer } from "#schemas/layer.ts";
import { fromFigure } from "#schemas/values.ts";
import type { RunSettings } from "#src/channel.ts";
import { transformer } from "#test/engine/transformer.ts";
import {
  columnOf,
  eventsOf,
  type Finished,
  lastWeights,
  smallExamples,
  trained,
} from "./training.ts";

const bytesMax = 1e7;

/** Sequences of 5 ids below 4, of which the most frequent one is the class. */
function tokenExamples(): Examples {
  const spec = { type: "tokens", rule: "majority", length: 5, vocabulary: 4, train: 96 } as const;
  const { arrays, classes = null } = generatedExamples({ ...spec, test: 32, seed: 1 }, bytesMax);
  return {
    train: { x: arrays.x_train, y: arrays.y_train },
    test: { x: arrays.x_test, y: arrays.y_test },
    classes,
  };
}

const small = { vocabulary: 4, classes: 4, units: 8 };
const adam = { type: "adam", learning_rate: 0.01 } as const;
const linearised = (period: number | "never") => ({ type: "linearised", period }) as const;

const accuracyOf = ({ outcome }: Finished): number => {
  assert.ok(outcome.type === "succeeded", JSON.stringify(outcome));
  return fromFigure(outcome.result.linearised.train.accuracy ?? "NaN");
};

describe("a transformer on tokens", () => {
  const network = networkFrom(transformer(small));
  const examples = tokenExamples();
  const forms: Readonly<Record<string, Partial<RunSettings>>> = {
    "in standard training": {},
    "linearised every 10 steps": { algorithm: linearised(10) },
    "linearised with kept primals": { algorithm: { ...linearised(30), primals: "keep" } },
    "linearised once": { algorithm: linearised("never"), batch_size: "full" },
  };
  for (const [name, form] of Object.entries(forms)) {
    it(`learns ${name}`, async () => {
      const settings = { optimizer: adam, batch_size: 32, steps: 60, snapshots: null, ...form };
      const backend = await onnxruntimeBackend({ device: "cpu" });
      const run = await trained(settings, { network, examples, backend });
      const losses = columnOf(run.events, "loss") as number[];
      assert.ok((losses.at(-1) ?? 9) < 0.75 * (losses[0] ?? 0), `${losses[0]} → ${losses.at(-1)}`);
      assert.ok(accuracyOf(run) > 0.6, `${accuracyOf(run)}`);
    });
  }

  it("is the same training where every step is linearised", async () => {
    const settings = { optimizer: adam, batch_size: 16, steps: 6 };
    const standard = await trained(settings, { network, examples });
    const algorithm = { ...linearised(1), solver: "weight_space" } as const;
    const every = await trained({ ...settings, algorithm }, { network, examples });
    assert.deepEqual(columnOf(every.events, "loss"), columnOf(standard.events, "loss"));
  });

  it("trains and gives kernels alike on another engine", async () => {
    const settings = {
      algorithm: linearised(4),
      optimizer: adam,
      batch_size: 16,
      steps: 12,
      snapshots: { every: 6, at_anchor: false, examples: 6, kernel: "full" },
    } as const;
    const runs = await Promise.all([
      trained(settings, { network, examples }),
      trained(settings, {
        network,
        examples,
        backend: await onnxruntimeBackend({ device: "cpu" }),
      }),
    ]);
    const [losses, others] = runs.map(({ events }) => columnOf(events, "loss") as number[]);
    assert.ok(losses && others && losses.length === 12);
    for (const [at, loss] of losses.entries()) {
      assert.ok(Math.abs(loss - (others[at] ?? 0)) < 1e-9, `step ${at}`);
    }
    const traces = runs.map(({ events }) => eventsOf(events, "snapshot").map(({ trace }) => trace));
    for (const [at, trace] of (traces[0] ?? []).entries()) {
      const [a, b] = [fromFigure(trace), fromFigure(traces[1]?.[at] ?? "NaN")];
      assert.ok(Math.abs(a - b) < 1e-8 * a);
    }
  });

  it("is refused data with ids beyond its vocabulary", async () => {
    const narrow = networkFrom(transformer({ ...small, vocabulary: 3 }));
    const { outcome } = await trained({}, { network: narrow, examples });
    assert.ok(outcome.type === "failed");
    assert.equal(outcome.error.code, "incompatible");
    assert.match(outcome.error.message, /id 3, and the network reads 0 … 2; .*larger vocabulary/);
  });
});

/** A dense network with a layer in its middle. */
const around = (layer: Layer): Network =>
  networkFrom({
    input: { shape: [4] },
    layers: [{ type: "dense", units: 6, activation: "tanh" }, layer, { type: "dense", units: 3 }],
  });

const eventful: Readonly<Record<string, Layer>> = {
  dropout: { type: "dropout", rate: 0.5 },
  batch_norm: { type: "batch_norm", name: "n", statistics: "batch", momentum: 0.8 },
};

async function stateOf({ events, artifacts }: Finished, at = -1) {
  const digest = eventsOf(events, "checkpoint").at(at)?.digest ?? "";
  return (await readCheckpoint(artifacts, digest)).state;
}

describe("layers that only standard training has", () => {
  for (const [name, layer] of Object.entries(eventful)) {
    it(`${name} trains, alike in every cut and after every resume`, async () => {
      const network = around(layer);
      const settings = { steps: 30, optimizer: adam, checkpoints: { every: 7, keep: 99 } };
      const whole = await trained(settings, { network });
      const cut = await trained(settings, { network, chunkSteps: 4 });
      assert.equal(lastWeights(cut), lastWeights(whole));
      const { artifacts } = whole;
      for (const { id, step, digest } of eventsOf(whole.events, "checkpoint")) {
        const change = { attempt: 2, checkpoints: [{ id, step, digest }] };
        const resumed = await trained(settings, { network, artifacts, change });
        if (step < 30) assert.equal(lastWeights(resumed), lastWeights(whole), `from ${step}`);
      }
      const other = await trained({ ...settings, seed: 4 }, { network });
      assert.notEqual(lastWeights(other), lastWeights(whole));
    });

    it(`${name} trains alike on another engine`, async () => {
      const network = around(layer);
      const backend = await onnxruntimeBackend({ device: "cpu" });
      const [run, other] = [
        await trained({}, { network }),
        await trained({}, { network, backend }),
      ];
      const others = columnOf(other.events, "loss") as number[];
      for (const [at, loss] of (columnOf(run.events, "loss") as number[]).entries()) {
        assert.ok(Math.abs(loss - (others[at] ?? 0)) < 1e-10);
      }
    });

    it(`${name} is refused elsewhere, with the reason and the remedy`, async () => {
      const snapshots = { every: 5, at_anchor: false, examples: 4 };
      for (const settings of [{ algorithm: linearised(5) }, { snapshots }]) {
        const { outcome } = await trained(settings, { network: around(layer) });
        assert.ok(outcome.type === "failed");
        assert.equal(outcome.error.code, "incompatible");
        assert.match(outcome.error.message, name === "dropout" ? /random.*remove it/ : /"frozen"/);
      }
    });
  }

  it("batch_norm keeps the running averages of all batches so far in checkpoints", async () => {
    const run = await trained(
      {
        steps: 3,
        optimizer: { type: "sgd", learning_rate: 1e-9 },
        checkpoints: { every: 1, keep: 9 },
      },
      { network: around(eventful["batch_norm"] as Layer) },
    );
    const { weights } = (await stateOf(run)).descent;
    const { x } = smallExamples().train;
    const indices = new Batches({ seed: 3, examples: 20, batchSize: 4 }).indices(0, 3);
    let mean = 0;
    for (const step of [0, 1, 2]) {
      let batch = 0;
      for (const index of indices.subarray(4 * step, 4 * step + 4)) {
        batch += Math.tanh(hidden(x, weights, index)) / 4;
      }
      mean = 0.8 * mean + 0.2 * batch;
    }
    assert.ok(Math.abs((weights["n/mean"]?.data[0] ?? 9) - mean) < 1e-7);
  });
});

/** The first hidden number of an example before its activation. */
function hidden(x: Tensor, weights: Readonly<Record<string, Tensor>>, index: number): number {
  const kernel = weights["dense_1/kernel"]?.data ?? [];
  let total = weights["dense_1/bias"]?.data[0] ?? 0;
  for (let c = 0; c < 4; c += 1) total += (x.data[index * 4 + c] ?? 0) * (kernel[c * 6] ?? 0);
  return total;
}

describe("frozen batch norm", () => {
  const network = around({ type: "batch_norm", name: "n", statistics: "frozen" });

  it("takes its statistics from training examples once and trains in every form", async () => {
    const algorithms = [{ type: "standard" } as const, linearised(6), linearised("never")];
    const states = [];
    for (const algorithm of algorithms) {
      const snapshots = { every: 12, at_anchor: false, examples: 5 };
      const run = await trained({ algorithm, snapshots }, { network });
      const losses = columnOf(run.events, "loss") as number[];
      assert.ok(losses.every(Number.isFinite) && losses.length === 24);
      states.push((await stateOf(run)).descent);
    }
    const initial = Object.fromEntries(network.initialise(3));
    const { x } = smallExamples().train;
    let mean = 0;
    for (let n = 0; n < 20; n += 1) mean += Math.tanh(hidden(x, initial, n)) / 20;
    for (const { weights, anchor } of states) {
      assert.ok(Math.abs((weights["n/mean"]?.data[0] ?? 9) - mean) < 1e-12);
      if (anchor !== null) assert.deepEqual(anchor["n/mean"], weights["n/mean"]);
    }
  });

  it("is the same training where every step is linearised, on both engines", async () => {
    const standard = await trained({}, { network });
    const algorithm = { ...linearised(1), solver: "weight_space" } as const;
    const every = await trained({ algorithm }, { network });
    assert.deepEqual(columnOf(every.events, "loss"), columnOf(standard.events, "loss"));
    const backend = await onnxruntimeBackend({ device: "cpu" });
    const snapshots = { every: 12, at_anchor: false, examples: 5 };
    const other = await trained({ algorithm: linearised(1), snapshots }, { network, backend });
    const losses = columnOf(other.events, "loss") as number[];
    for (const [at, loss] of (columnOf(standard.events, "loss") as number[]).entries()) {
      assert.ok(Math.abs(loss - (losses[at] ?? 0)) < 1e-10);
    }
  });
});

describe("chance in a step", () => {
  it("is uniform, fills any width, and follows from seed and step", async () => {
    const chance = chanceInputs();
    const u = chance.uniform([50, 3, 70]);
    const [rows] = chance.scanned;
    const [table] = chance.constants;
    assert.ok(rows && table);
    const drawn = chanceRows(rows, { seed: 1, from: 6, steps: 2 });
    assert.deepEqual(drawn.shape, [2, 2, 100]);
    const later = chanceRows(rows, { seed: 1, from: 7, steps: 1 });
    assert.deepEqual(drawn.data.subarray(200), later.data);
    assert.notDeepEqual(drawn.data.subarray(0, 200), later.data);
    const bound = { ...later, shape: [2, 100] };
    const procedure = { name: "chance", constants: [table], inputs: [rows], outputs: { u } };
    await using callable = await referenceBackend().compile(procedure, "float64");
    const { u: found } = await callable.call({ [rows.attributes.name]: bound });
    assert.ok(found);
    assert.deepEqual(found.shape, [50, 3, 70]);
    const count = found.data.length;
    for (const share of [0.1, 0.5, 0.8]) {
      const below = found.data.filter((value) => value < share).length / count;
      assert.ok(Math.abs(below - share) < 4 * Math.sqrt((share * (1 - share)) / count), `${below}`);
    }
    assert.ok(found.data.every((value) => value >= 0 && value < 1));
    assert.equal(tensor("float32", [count], found.data).data.join(), found.data.join());
  });
});
