/** Initial weights: their statistics, and what they depend on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Tensor } from "#engine/tensor.ts";
import type { Layer } from "#schemas/layer.ts";
import type { Activation, initialisers } from "#schemas/layer-fields.ts";
import type { Definition } from "#schemas/model.ts";

function initial(layer: Layer, about: Partial<Definition> = {}, shape = [200]): Tensor {
  const definition = { ...about, input: { shape }, layers: [{ ...layer, name: "l" }] };
  const kernel = networkFrom(definition).initialise(3).get("l/kernel");
  assert(kernel !== undefined && kernel.dtype === "float64");
  return kernel;
}

function moments({ data }: Tensor) {
  let mean = 0;
  for (const value of data) mean += value / data.length;
  let variance = 0;
  for (const value of data) variance += (value - mean) ** 2 / data.length;
  return { mean, variance, largest: Math.max(...Array.from(data, Math.abs)) };
}

const variances: Partial<Record<(typeof initialisers)[number], number>> = {
  he_normal: 2 / 200,
  he_uniform: 2 / 200,
  glorot_normal: 2 / 500,
  glorot_uniform: 2 / 500,
  lecun_normal: 1 / 200,
  lecun_uniform: 1 / 200,
  normal: 0.05 ** 2,
};
for (const [init, expected] of Object.entries(variances)) {
  test(`${init} has the variance of its formula`, () => {
    const kernel = initial({ type: "dense", units: 300, init: init as keyof typeof variances });
    const { mean, variance, largest } = moments(kernel);
    assert(Math.abs(mean) < 5 * Math.sqrt(expected / 60_000));
    assert(Math.abs(variance / expected - 1) < 0.03, `${variance} for ${expected}`);
    const limit = Math.sqrt(3 * expected);
    assert.equal(largest <= limit, init.endsWith("uniform"), "normal ones are not truncated");
  });
}

test("zeros and ones are that", () => {
  assert(initial({ type: "dense", units: 3, init: "zeros" }).data.every((w) => w === 0));
  assert(initial({ type: "dense", units: 3 }, { init: "ones" }).data.every((w) => w === 1));
});

test("fans of a grouped convolution count one group", () => {
  const layer = { type: "conv2d", kernel: 3, filters: 64, groups: 4 } as const;
  const he = initial({ ...layer, init: "he_normal" }, {}, [4, 4, 64]);
  assert(Math.abs(moments(he).variance / (2 / (9 * 16)) - 1) < 0.06);
  const glorot = initial({ ...layer, init: "glorot_uniform" }, {}, [4, 4, 64]);
  assert(Math.abs(moments(glorot).variance / (2 / (9 * 32)) - 1) < 0.06);
});

test("rectifying activations begin with he_normal, others with glorot_uniform", () => {
  const bits = (layer: Partial<Extract<Layer, { type: "dense" }>>) =>
    initial({ ...layer, type: "dense", units: 5 }).data;
  for (const activation of ["relu", "gelu", "silu", "elu"] as const satisfies Activation[]) {
    assert.deepEqual(bits({ activation }), bits({ init: "he_normal" }));
  }
  assert.deepEqual(bits({}), bits({ init: "glorot_uniform" }));
  assert.deepEqual(bits({ activation: "tanh" }), bits({ init: "glorot_uniform" }));
});

for (const [rows, columns] of [
  [12, 7],
  [7, 12],
  [9, 9],
  [64, 64],
] as const) {
  test(`orthogonal ${rows} × ${columns} weights are orthonormal`, () => {
    const { data } = initial({ type: "dense", units: columns, init: "orthogonal" }, {}, [rows]);
    const isTall = rows >= columns;
    const entry = (vector: number, k: number) =>
      data[isTall ? k * columns + vector : vector * columns + k] ?? 0;
    const count = Math.min(rows, columns);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        let dot = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) dot += entry(i, k) * entry(j, k);
        assert(Math.abs(dot - (i === j ? 1 : 0)) < 1e-14);
      }
    }
  });
}

test("ntk kernels are standard normal unless an initialiser is chosen", () => {
  const about = { parameterization: "ntk" } as const;
  const dense = { type: "dense", units: 300 } as const;
  assert(Math.abs(moments(initial(dense, about)).variance - 1) < 0.03);
  const chosen = initial({ ...dense, init: "glorot_normal" }, about);
  assert(Math.abs(moments(chosen).variance / ((2 / 500) * 200) - 1) < 0.03);
  const bias = networkFrom({ ...about, input: { shape: [4] }, layers: [dense] }).initialise(0);
  assert(bias.get("dense_1/bias")?.data.every((value) => value === 0));
});

test("the same seed gives the same bits, whatever layers stand beside", () => {
  const dense = { type: "dense", units: 4, name: "kept" } as const;
  const other = { type: "dense", units: 3 } as const;
  const short = networkFrom({ input: { shape: [4] }, layers: [dense] });
  const long = networkFrom({ input: { shape: [4] }, layers: [dense, other] });
  const bits = (network: typeof short, seed: number) => network.initialise(seed).get("kept/kernel");
  assert.deepEqual(bits(short, 5), bits(long, 5));
  assert.notDeepEqual(bits(short, 5), bits(short, 6));
  assert.deepEqual(
    [...long.initialise(1).keys()],
    long.parameters.map(({ name }) => name),
  );
});

test("the definition's seed stands above the run's", () => {
  const layers: Layer[] = [{ type: "dense", units: 4 }];
  const fixed = networkFrom({ input: { shape: [4] }, layers, seed: 0 });
  const free = networkFrom({ input: { shape: [4] }, layers, seed: null });
  assert.deepEqual(fixed.initialise(8), free.initialise(0));
  assert.notDeepEqual(free.initialise(8), free.initialise(0));
});

test("norms begin as the identity", () => {
  const network = networkFrom({ input: { shape: [3] }, layers: [{ type: "layer_norm" }] });
  const values = network.initialise(0);
  assert.deepEqual([...(values.get("layer_norm_1/scale")?.data ?? [])], [1, 1, 1]);
  assert.deepEqual([...(values.get("layer_norm_1/centre")?.data ?? [])], [0, 0, 0]);
});
