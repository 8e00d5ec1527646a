/** The forms of descent agree with each other and with closed forms. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Tensors } from "#engine/backend.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import { convert } from "#engine/tensor.ts";
import { distance } from "#learning/anchor-report.ts";
import { Batches } from "#learning/batches.ts";
import { type Columns, Descent, type DescentState, type Form } from "#learning/descent/descent.ts";
import { partsFor } from "#learning/descent/parts.ts";
import type { Task } from "#learning/descent/step.ts";
import { optimizerSettings } from "#learning/optimizer.ts";
import type { Loss, Optimizer } from "#schemas/algorithm.ts";
import { smallExamples, smallNetwork } from "./training.ts";

const standard: Form = { type: "standard", trailing: true, resets: false };
const carried: Form = { type: "linearised", anchor: "carried", resets: false, keepsPrimals: false };
const invariant: Form = { ...carried, anchor: "invariant" };
const kept: Form = { ...invariant, keepsPrimals: true };

interface Way {
  readonly optimizer?: Optimizer;
  readonly loss?: Loss;
  readonly batchSize?: number | null;
  readonly steps?: number;
  /** Steps between linearisations. */
  readonly period?: number;
  /** Lengths of calls. */
  readonly cuts?: readonly number[];
  readonly network?: Network;
  readonly backend?: "reference" | "onnxruntime";
  /** Micro-batches of a step. */
  readonly parts?: number;
}

interface Walked {
  readonly state: DescentState;
  readonly columns: readonly Columns[];
}

async function walk(form: Form, way: Way = {}): Promise<Walked> {
  const { batchSize = 6, steps = 13, period = 1, loss = "softmax_cross_entropy" } = way;
  const network = way.network ?? smallNetwork();
  const examples = smallExamples();
  const optimizer = optimizerSettings(way.optimizer ?? { type: "sgd", learning_rate: 0.2 });
  const task: Task = {
    network,
    loss,
    optimizer,
    train: examples.train,
    batchSize,
    gradientNorm: true,
    ...(way.parts === undefined ? {} : { parts: way.parts }),
  };
  const isNative = way.backend === "onnxruntime";
  const backend = isNative
    ? await onnxruntimeBackend({ device: "cpu", threads: 1 })
    : referenceBackend();
  const precision = isNative ? "float32" : "float64";
  const batches = new Batches({ seed: 5, examples: 20, batchSize: batchSize ?? 1 });
  await using descent = await Descent.compile({ backend, precision, task, form, batches });
  const weights = Object.fromEntries(
    [...network.initialise(1)].map(([name, value]) => [name, convert(value, precision)]),
  );
  await descent.restore({ weights, anchor: null, optimizer: {} });
  const columns: Columns[] = [];
  let resetStep = 0;
  const cuts = [...(way.cuts ?? []), steps];
  for (let from = 0; from < steps; ) {
    const to = Math.min(steps, from + (cuts[columns.length] ?? steps));
    const anchors = Array.from({ length: to - from }, (_, at) => from + at).filter(
      (step) => step % period === 0,
    );
    const rateAt = () => optimizer.learningRate;
    columns.push(await descent.advance({ from, to, anchors, rateAt, resetStep }));
    if (form.resets) resetStep = anchors.at(-1) ?? resetStep;
    from = to;
  }
  return { state: await descent.state(), columns };
}

function differenceOf(a: Tensors, b: Tensors): number {
  let worst = 0;
  for (const [name, { data }] of Object.entries(a)) {
    const other = b[name]?.data ?? [];
    assert.equal(other.length, data.length, name);
    for (const [at, value] of data.entries()) {
      worst = Math.max(worst, Math.abs(value - (other[at] ?? Number.NaN)));
    }
  }
  return worst;
}

function sameBits(a: Walked, b: Walked): void {
  assert.deepEqual(a.state.weights, b.state.weights);
  assert.deepEqual(a.state.optimizer, b.state.optimizer);
}

const optimizers: Readonly<Record<string, Optimizer>> = {
  sgd: { type: "sgd", learning_rate: 0.2 },
  "sgd with decay": { type: "sgd", learning_rate: 0.2, weight_decay: 0.1 },
  "sgd with decay to the anchor": {
    type: "sgd",
    learning_rate: 0.2,
    weight_decay: 0.1,
    weight_decay_to: "anchor",
  },
  "heavy ball": { type: "sgd", learning_rate: 0.1, momentum: 0.8 },
  Nesterov: { type: "sgd", learning_rate: 0.1, momentum: 0.8, nesterov: true },
  "clipped heavy ball": { type: "sgd", learning_rate: 0.2, momentum: 0.5, clip_norm: 0.3 },
  Adam: { type: "adam", learning_rate: 0.05, weight_decay: 0.01 },
  AdamW: { type: "adamw", learning_rate: 0.05, weight_decay: 0.1 },
};

describe("linearised training with period 1", () => {
  for (const [name, optimizer] of Object.entries(optimizers)) {
    it(`equals ordinary training bit for bit with ${name}`, async () => {
      for (const batchSize of [6, null]) {
        const expected = await walk(standard, { optimizer, batchSize });
        sameBits(await walk(carried, { optimizer, batchSize }), expected);
        sameBits(await walk(invariant, { optimizer, batchSize }), expected);
        sameBits(await walk(kept, { optimizer, batchSize }), expected);
      }
    });
  }

  it("equals ordinary training on ONNX Runtime in float32", async () => {
    for (const optimizer of [optimizers["sgd"], optimizers["heavy ball"], optimizers["Adam"]]) {
      const way = { optimizer: optimizer as Optimizer, backend: "onnxruntime" } as const;
      const expected = await walk(standard, way);
      for (const form of [carried, invariant, kept]) {
        const { state } = await walk(form, way);
        assert.ok(differenceOf(state.weights, expected.state.weights) < 1e-5);
      }
    }
  });
});

describe("forms of linearised descent", () => {
  it("agree bit for bit for longer periods", async () => {
    for (const period of [2, 5, 100]) {
      for (const loss of ["softmax_cross_entropy", "sigmoid_cross_entropy"] as const) {
        const way = { period, loss, optimizer: optimizers["Adam"] as Optimizer };
        const expected = await walk(carried, way);
        sameBits(await walk(invariant, way), expected);
        sameBits(await walk(kept, way), expected);
        assert.deepEqual(expected.state.anchor, (await walk(kept, way)).state.anchor);
      }
    }
  });

  it("keep primals of rectified and convolutional networks", async () => {
    const convolutional = networkFrom({
      input: { shape: [4] },
      layers: [
        { type: "reshape", shape: [2, 2, 1] },
        { type: "conv2d", filters: 3, kernel: 2, padding: "same", activation: "relu" },
        { type: "max_pool2d", size: 2 },
        { type: "flatten" },
        { type: "layer_norm" },
        { type: "dense", units: 3 },
      ],
    });
    for (const network of [smallNetwork(3, "relu"), convolutional]) {
      const way = { network, period: 7 };
      const expected = await walk(carried, way);
      const { state } = await walk(kept, way);
      assert.ok(differenceOf(state.weights, expected.state.weights) < 1e-14);
    }
  });

  it("forget the optimiser's state at each linearisation when asked to", async () => {
    const way = { period: 3, optimizer: optimizers["Adam"] as Optimizer };
    const inside = await walk({ ...carried, resets: true }, way);
    sameBits(await walk({ ...invariant, resets: true }, way), inside);
    sameBits(await walk({ ...invariant, resets: true, keepsPrimals: true }, way), inside);
    const carriedOn = await walk(carried, way);
    assert.ok(differenceOf(inside.state.weights, carriedOn.state.weights) > 1e-4);
    // Momentum that is forgotten at every step is none.
    const heavy = { optimizer: optimizers["heavy ball"] as Optimizer };
    const plain = { optimizer: { type: "sgd", learning_rate: 0.1 } as const };
    const forgetful = await walk({ ...standard, resets: true }, heavy);
    assert.deepEqual(forgetful.state.weights, (await walk(standard, plain)).state.weights);
  });

  it("have the same bits however steps are cut into calls", async () => {
    for (const form of [standard, carried, invariant, kept]) {
      const way = { period: 4, optimizer: optimizers["Adam"] as Optimizer };
      const expected = await walk(form, way);
      for (const cuts of [
        [1, 1, 1, 1, 9],
        [4, 4, 4],
        [3, 5],
      ]) {
        const cut = await walk(form, { ...way, cuts });
        sameBits(cut, expected);
        const losses = cut.columns.flatMap(({ loss = new Float64Array(0) }) => [...loss]);
        assert.deepEqual(losses, [...(expected.columns[0]?.["loss"] ?? [])]);
      }
    }
  });
});

describe("steps in micro-batches", () => {
  const reduced = ({ columns }: Walked, name: string): number[] =>
    columns.flatMap((column) => [...(column[name] ?? [])]);

  it("are the steps of whole batches, for every optimiser and form", async () => {
    for (const optimizer of Object.values(optimizers)) {
      for (const form of [standard, carried, invariant, kept]) {
        for (const batchSize of [6, null]) {
          const way = { optimizer, batchSize, period: 4 };
          const whole = await walk(form, way);
          const parted = await walk(form, { ...way, parts: 2 });
          assert.ok(differenceOf(parted.state.weights, whole.state.weights) < 1e-12);
          assert.ok(differenceOf(parted.state.optimizer, whole.state.optimizer) < 1e-12);
          for (const name of ["loss", "accuracy", "gradient_norm"]) {
            const expected = reduced(whole, name);
            const found = reduced(parted, name);
            assert.equal(found.length, expected.length);
            for (const [at, value] of found.entries()) {
              assert.ok(Math.abs(value - (expected[at] ?? Number.NaN)) < 1e-12, name);
            }
          }
        }
      }
    }
  });

  it("forget the optimiser's state, and survive cuts between calls, as whole ones do", async () => {
    const optimizer = optimizers["Adam"] as Optimizer;
    for (const form of [standard, carried, invariant]) {
      const way = { optimizer, period: 3, parts: 3 };
      const forgets = { ...form, resets: true };
      const whole = await walk(forgets, { optimizer, period: 3 });
      const parted = await walk(forgets, way);
      assert.ok(differenceOf(parted.state.weights, whole.state.weights) < 1e-12);
      sameBits(await walk(forgets, { ...way, cuts: [2, 1, 5] }), parted);
    }
  });

  it("keep period 1 equal to ordinary training bit for bit", async () => {
    for (const batchSize of [6, null]) {
      const way = { batchSize, parts: 2 };
      sameBits(await walk(carried, way), await walk(standard, way));
    }
  });

  it("are taken where activations are large beside the caches and the parameters", () => {
    const image = networkFrom({
      input: { shape: [32, 32, 3] },
      layers: [
        { type: "conv2d", filters: 32, kernel: 3, padding: "same", activation: "relu" },
        { type: "max_pool2d", size: 2 },
        { type: "flatten" },
        { type: "dense", units: 10 },
      ],
    });
    // As few as leave 2 MB of the largest array, [examples, 32, 32, 32] in float32.
    assert.equal(partsFor(image, { batch: 128, device: "cpu" }), 8);
    assert.equal(partsFor(image, { batch: 96, device: "cpu" }), 6);
    assert.equal(partsFor(image, { batch: 128, device: "cuda" }), 1);
    assert.equal(partsFor(image, { batch: 127, device: "cpu" }), 1);
    assert.equal(partsFor(smallNetwork(), { batch: 4096, device: "cpu" }), 1);
    const coupled = { ...image, coupling: ["batch statistics"] };
    assert.equal(partsFor(coupled, { batch: 128, device: "cpu" }), 1);
  });
});

describe("weight decay", () => {
  it("draws to the anchor or to zero", async () => {
    const decay = { type: "sgd", learning_rate: 0.2, weight_decay: 0.5 } as const;
    const toZero = await walk(invariant, { period: 100, optimizer: decay });
    const toAnchor = await walk(invariant, {
      period: 100,
      optimizer: { ...decay, weight_decay_to: "anchor" },
    });
    const norm = ({ state }: Walked): number => distance(state.weights);
    const moved = ({ state }: Walked): number => distance(state.weights, state.anchor ?? {});
    assert.ok(norm(toZero) < norm(toAnchor));
    assert.ok(moved(toAnchor) < moved(toZero));
  });
});

describe("clipping", () => {
  it("bounds the step and reports the norm before", async () => {
    const optimizer = { type: "sgd", learning_rate: 1, clip_norm: 1e-3 } as const;
    const one = await walk(standard, { steps: 1, optimizer });
    const [norm = 0] = one.columns[0]?.["gradient_norm"] ?? [];
    assert.ok(norm > 0.1);
    const start = Object.fromEntries(smallNetwork().initialise(1));
    assert.ok(Math.abs(distance(one.state.weights, start) - 1e-3) < 1e-12);
  });
});
