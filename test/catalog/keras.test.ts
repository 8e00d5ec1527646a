/** Layers models of Keras: what they become, and that their weights mean the same here. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { translated } from "#catalog/keras/translate.ts";
import { placesOf } from "#catalog/keras/weights.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import { tensor } from "#engine/tensor.ts";
import { gatherWeights } from "#learning/gather-weights.ts";
import { networkOf } from "#learning/model-source.ts";
import type { LayersModel } from "#schemas/keras.ts";
import { Failure } from "#src/failure.ts";
import { openArtifactFolder } from "#storage/artifacts/folder.ts";
import { numbers } from "#test/engine/onnx-build.ts";
import { byReference } from "#test/engine/onnx-run.ts";
import {
  fed,
  fed3,
  functional,
  type KerasFile,
  layer,
  sequential,
  withWeights,
} from "./keras-model.ts";

/** The network with the file's weights, by the way that the service takes. */
async function loaded(t: TestContext, { document, shards }: KerasFile): Promise<Network> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-keras-"));
  t.after(() => rm(dir, { recursive: true }));
  const artifacts = await openArtifactFolder(dir);
  const digests = new Map<string, string>();
  for (const [path, bytes] of shards) {
    digests.set(path, (await artifacts.put(bytes, { bytesMax: 2 ** 20 })).digest);
  }
  const { definition, wanted } = translated(document);
  const model = { kind: "definition", definition } as const;
  const arrays = placesOf(document.weightsManifest ?? [], digests, wanted);
  const network = networkFrom(definition);
  const errand = { kind: "gather_weights", model, artifactsDir: dir, arrays } as const;
  const { digest } = await gatherWeights({ network, artifacts }, errand);
  return networkOf({ ...model, weights: digest }, artifacts);
}

async function outputs(network: Network, x: Float32Array, batch: number): Promise<number[]> {
  const shape = [batch, ...network.input.shape];
  const values = network.initialise(0);
  const whole: Network = {
    ...network,
    parameters: [...network.parameters, ...(network.state ?? [])],
  };
  return [...(await byReference(whole, tensor("float64", shape, x), values)).data];
}

function assertNear(found: readonly number[], wanted: readonly number[]): void {
  assert.equal(found.length, wanted.length);
  for (const [at, value] of found.entries()) {
    assert.ok(Math.abs(value - (wanted[at] ?? Number.NaN)) < 1e-6, `${found} for ${wanted}`);
  }
}

const at = (values: ReadonlyMap<string, Float32Array>, name: string): Float32Array =>
  values.get(name) ?? assert.fail(name);
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** x·W + b for one row. */
const affine = (x: readonly number[], kernel: Float32Array, bias: ArrayLike<number>): number[] =>
  Array.from(
    { length: bias.length },
    (_, j) =>
      (bias[j] ?? 0) + x.reduce((sum, v, i) => sum + v * (kernel[i * bias.length + j] ?? 0), 0),
  );

const refusal = (document: LayersModel, options = {}): Failure => {
  try {
    translated(document, options);
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return error;
  }
  return assert.fail("it was not refused");
};

describe("layers models of Keras", () => {
  it("gives a sequential model its weights out of several shards", async (t) => {
    const file = withWeights(
      sequential([
        layer("Dense", "dense", { batch_input_shape: [null, 3], units: 4, activation: "tanh" }),
        layer("Dense", "dense_1", { units: 2, activation: "hard_sigmoid" }),
      ]),
      { "dense/kernel": [3, 4], "dense/bias": [4], "dense_1/kernel": [4, 2], "dense_1/bias": [2] },
    );
    const x = numbers("x", [2, 3]);
    const wanted = [0, 1].flatMap((row) => {
      const { values } = file;
      const first = affine(
        [...x.slice(3 * row, 3 * row + 3)],
        at(values, "dense/kernel"),
        at(values, "dense/bias"),
      );
      const second = affine(
        first.map(Math.tanh),
        at(values, "dense_1/kernel"),
        at(values, "dense_1/bias"),
      );
      return second.map((z) => Math.min(1, Math.max(0, 0.2 * z + 0.5)));
    });
    const network = await loaded(t, file);
    assert.deepEqual(network.layers[0]?.name, "dense");
    assertNear(await outputs(network, x, 2), wanted);
  });

  for (const [version, feed] of [
    ["2.15.0", fed],
    ["3.3.0", fed3],
  ] as const) {
    it(`follows the wires of a functional model of Keras ${version}`, async (t) => {
      const units = { units: 2 };
      const file = withWeights(
        functional(
          [
            feed([], layer("InputLayer", "input_1", { batch_shape: [null, 2] })),
            feed(["sum"], layer("BatchNormalization", "norm", { axis: [1], epsilon: 0.01 })),
            feed(["input_1"], layer("Dense", "a", { ...units, activation: "relu" })),
            feed(["a", "input_1"], layer("Add", "sum")),
          ],
          { input: "input_1", output: "norm" },
          version,
        ),
        {
          "model/a/kernel:0": [2, 2],
          "model/a/bias:0": [2],
          "norm/gamma": [2],
          "norm/beta": [2],
          "norm/moving_mean": [2],
          "norm/moving_variance": [2],
        },
      );
      const { values } = file;
      const x = [0.3, -0.7];
      const a = affine(x, at(values, "model/a/kernel:0"), at(values, "model/a/bias:0"));
      const wanted = a.map((z, i) => {
        const sum = Math.max(0, z) + (x[i] ?? 0);
        const [mean = 0, variance = 0, gamma = 0, beta = 0] = [
          "moving_mean",
          "moving_variance",
          "gamma",
          "beta",
        ].map((name) => at(values, `norm/${name}`)[i] ?? 0);
        return ((sum - mean) / Math.sqrt(variance + 0.01)) * gamma + beta;
      });
      const network = await loaded(t, file);
      assert.equal(network.calibrate, undefined);
      assertNear(
        await outputs(network, Float32Array.from(x), 1),
        wanted.map((z) => z),
      );
    });
  }

  it("reads the gates of recurrent cells in Keras' order", async (t) => {
    for (const [type, gates] of [
      ["LSTM", 4],
      ["GRU", 3],
    ] as const) {
      const cell = type === "LSTM" ? "lstm/lstm_cell" : "gru/gru_cell";
      const name = type.toLowerCase();
      const config = {
        ...{ units: 2, activation: "tanh", recurrent_activation: "sigmoid", reset_after: true },
        batch_input_shape: [null, 2, 2],
      };
      const file = withWeights(sequential([layer(type, name, config)]), {
        [`${cell}/kernel`]: [2, 2 * gates],
        [`${cell}/recurrent_kernel`]: [2, 2 * gates],
        [`${cell}/bias`]: type === "GRU" ? [2, 6] : [8],
      });
      const [kernel, back, bias] = ["kernel", "recurrent_kernel", "bias"].map((role) =>
        at(file.values, `${cell}/${role}`),
      ) as [Float32Array, Float32Array, Float32Array];
      const x = numbers(type, [1, 2, 2]);
      let [h, c] = [
        [0, 0],
        [0, 0],
      ];
      for (const step of [0, 1]) {
        const now = [...x.slice(2 * step, 2 * step + 2)];
        const fromX = affine(now, kernel, type === "GRU" ? bias.subarray(0, 6) : bias);
        const fromH = affine(h, back, type === "GRU" ? bias.subarray(6) : new Float32Array(8));
        const [before, kept] = [h, c];
        const gate = (k: number, j: number) => (fromX[2 * k + j] ?? 0) + (fromH[2 * k + j] ?? 0);
        if (type === "LSTM") {
          c = [0, 1].map(
            (j) =>
              sigmoid(gate(1, j)) * (kept[j] ?? 0) + sigmoid(gate(0, j)) * Math.tanh(gate(2, j)),
          );
          h = c.map((value, j) => sigmoid(gate(3, j)) * Math.tanh(value));
        } else {
          h = [0, 1].map((j) => {
            const z = sigmoid(gate(0, j));
            const candidate = (fromX[4 + j] ?? 0) + sigmoid(gate(1, j)) * (fromH[4 + j] ?? 0);
            return z * (before[j] ?? 0) + (1 - z) * Math.tanh(candidate);
          });
        }
      }
      assertNear(await outputs(await loaded(t, file), x, 1), h);
    }
  });

  it("reads transposed, depthwise and causal convolutions", async (t) => {
    const image = { batch_input_shape: [null, 1, 1, 2], use_bias: false };
    const up = withWeights(
      sequential([layer("Conv2DTranspose", "up", { ...image, filters: 3, kernel_size: [2, 2] })]),
      { "up/kernel": [2, 2, 3, 2] },
    );
    const x = Float32Array.of(0.5, -2);
    const kernel = at(up.values, "up/kernel");
    const spread = Array.from(
      { length: 12 },
      (_, i) => 0.5 * (kernel[2 * i] ?? 0) - 2 * (kernel[2 * i + 1] ?? 0),
    );
    assertNear(await outputs(await loaded(t, up), x, 1), spread);
    const deep = withWeights(
      sequential([
        layer("DepthwiseConv2D", "deep", { ...image, kernel_size: [1, 1], depth_multiplier: 2 }),
      ]),
      { "deep/depthwise_kernel": [1, 1, 2, 2] },
    );
    const factors = at(deep.values, "deep/depthwise_kernel");
    const products = [...factors].map((f, i) => f * (x[Math.floor(i / 2)] ?? 0));
    assertNear(await outputs(await loaded(t, deep), x, 1), products);
    const causal = withWeights(
      sequential([
        layer("Conv1D", "causal", {
          ...{ filters: 1, kernel_size: [2], padding: "causal", use_bias: false },
          batch_input_shape: [null, 3, 1],
        }),
      ]),
      { "causal/kernel": [2, 1, 1] },
    );
    const [early = 0, late = 0] = at(causal.values, "causal/kernel");
    const line = Float32Array.of(1, 2, 3);
    const wanted = [late, early + 2 * late, 2 * early + 3 * late];
    assertNear(await outputs(await loaded(t, causal), line, 1), wanted);
  });

  it("reads attention, whose weights Keras keeps by head", async (t) => {
    const config = { num_heads: 2, key_dim: 1, value_dim: 1, use_bias: false };
    const file = withWeights(
      functional(
        [
          fed([], layer("InputLayer", "in", { batch_input_shape: [null, 2, 2] })),
          fed(["in", "in"], layer("MultiHeadAttention", "mha", config)),
        ],
        { input: "in", output: "mha" },
      ),
      {
        "mha/query/kernel": [2, 2, 1],
        "mha/key/kernel": [2, 2, 1],
        "mha/value/kernel": [2, 2, 1],
        "mha/attention_output/kernel": [2, 1, 2],
      },
    );
    const x = numbers("sequence", [1, 2, 2]);
    const rows = [[...x.slice(0, 2)], [...x.slice(2)]];
    const project = (role: string) =>
      rows.map((row) => affine(row, at(file.values, `mha/${role}/kernel`), [0, 0]));
    const [q, k, v] = [project("query"), project("key"), project("value")] as const;
    const mixed = [0, 1].map((t0) =>
      [0, 1].map((head) => {
        const scores = [0, 1].map((t1) => Math.exp((q[t0]?.[head] ?? 0) * (k[t1]?.[head] ?? 0)));
        const sum = (scores[0] ?? 0) + (scores[1] ?? 0);
        return scores.reduce((acc, s, t1) => acc + (s / sum) * (v[t1]?.[head] ?? 0), 0);
      }),
    );
    const wanted = mixed.flatMap((row) =>
      affine(row, at(file.values, "mha/attention_output/kernel"), [0, 0]),
    );
    assertNear(await outputs(await loaded(t, file), x, 1), wanted);
  });

  it("names every layer and every array that it cannot use, with the remedy", () => {
    const document = {
      class_name: "Sequential",
      config: [
        layer("Dense", "ok", { batch_input_shape: [null, 3], units: 2 }),
        layer("Lambda", "mystery"),
        layer("GRU", "old", { units: 2, activation: "tanh", recurrent_activation: "sigmoid" }),
        layer("Custom>Thing", "own"),
      ],
    } as unknown as LayersModel;
    const { code, errors } = refusal(document);
    assert.equal(code, "invalid_model");
    assert.deepEqual(
      errors.map(({ pointer }) => pointer),
      ["/config/1", "/config/2", "/config/3"],
    );
    assert.match(errors[0]?.detail ?? "", /Lambda "mystery".*ONNX/);
    const open = {
      ...document,
      config: [layer("Dense", "d", { batch_input_shape: [null, null], units: 1 })],
    };
    assert.match(refusal(open).message, /input_shape/);
    assert.deepEqual(translated(open, { input_shape: [7] }).definition.input.shape, [7]);
    const twice = functional(
      [
        fed([], layer("InputLayer", "in", { batch_input_shape: [null, 2] })),
        {
          ...fed(["in"], layer("Dense", "d", { units: 2 })),
          inbound_nodes: [[["in", 0, 0]], [["d", 0, 0]]],
        },
      ],
      { input: "in", output: "d" },
    );
    assert.match(refusal({ modelTopology: twice }).message, /used 2 times/);
    const wanted = [{ role: "kernel", names: ["kernel"], array: "d/kernel", layer: "d" }];
    const manifest = [{ paths: ["a.bin", "b.bin"], weights: [] }];
    assert.throws(() => placesOf(manifest, new Map(), wanted), /"a.bin" was not sent/);
    assert.throws(() => placesOf([], new Map(), wanted), /no kernel of the layer "d"/);
  });

  it("warns of a softmax at the end, removes it and dropout when told, and freezes norms", () => {
    const document = {
      modelTopology: sequential([
        layer("InputLayer", "in", { batch_input_shape: [null, 4] }),
        layer("Dropout", "drop", { rate: 0.5 }),
        layer("BatchNormalization", "norm"),
        layer("Dense", "last", { units: 3, activation: "softmax" }),
      ]),
    };
    const plain = translated(document);
    assert.equal(networkFrom(plain.definition).coupling.length, 1);
    assert.match(plain.warnings.join(), /final_softmax=remove/);
    const bare = translated(document, { dropout: "remove", final_softmax: "remove" });
    const network = networkFrom(bare.definition);
    assert.deepEqual(network.coupling, []);
    assert.deepEqual(
      network.layers.map(({ name }) => name),
      ["norm", "last"],
    );
    assert.notEqual(network.calibrate, undefined);
    const batch = translated(document, { statistics: "batch" });
    assert.equal(networkFrom(batch.definition).coupling.length, 2);
  });

  it("survives rings, wrong kinds and deep nesting", () => {
    const ring = functional(
      [
        fed([], layer("InputLayer", "in", { batch_input_shape: [null, 2] })),
        fed(["b", "in"], layer("Add", "a")),
        fed(["a"], layer("Dense", "b", { units: 2 })),
      ],
      { input: "in", output: "b" },
    );
    assert.match(refusal({ modelTopology: ring }).message, /feeds itself/);
    let deep: unknown = ["in", 0, 0];
    for (let depth = 0; depth < 5000; depth += 1) deep = [deep];
    const config = { layers: [], input_layers: deep, output_layers: [["x", 0, 0]] };
    const documents: unknown[] = [
      {},
      { modelTopology: {} },
      { modelTopology: { class_name: "Sequential" } },
      { class_name: "Sequential", config: [1, null] },
      { class_name: "Sequential", config: [] },
      { class_name: "Functional", config },
      {
        class_name: "Sequential",
        config: [layer("Dense", "d", { units: "4", batch_input_shape: [null, 2] })],
      },
      {
        class_name: "Sequential",
        config: [layer("Dense", "d", { units: -1, batch_input_shape: [null, 2] })],
      },
      {
        class_name: "Sequential",
        config: [layer("Dense", "d", { units: 1e9, batch_input_shape: [null, 1e9] })],
      },
    ];
    for (const document of documents) {
      assert.equal(refusal(document as LayersModel).code, "invalid_model");
    }
  });
});
