/** Networks as a whole: names, shapes, listings, graphs, and examples that stay apart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { input } from "#engine/graph/build.ts";
import { dependsOn, ordered } from "#engine/graph/walk.ts";
import { countOperations, parameterCount } from "#engine/layers/count.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import type { Definition } from "#schemas/model.ts";
import {
  at,
  close,
  constants,
  evaluate,
  graph,
  normals,
  outputOf,
  randomWeights,
} from "./layers-oracle.ts";
import { everything, everythingIn1d } from "./layers-zoo.ts";

test("a chain is listed layer by layer", () => {
  const network = networkFrom({
    input: { shape: [28, 28, 1] },
    layers: [
      { type: "conv2d", filters: 8, kernel: 3, activation: "relu" },
      { type: "max_pool2d", size: 2 },
      { type: "flatten" },
      { type: "dense", units: 32, name: "hidden", activation: "relu" },
      { type: "dense", units: 10, use_bias: false },
    ],
  });
  assert.deepEqual(network.layers, [
    { name: "conv2d_1", type: "conv2d", outputShape: [26, 26, 8], parameters: 80 },
    { name: "max_pool2d_1", type: "max_pool2d", outputShape: [13, 13, 8], parameters: 0 },
    { name: "flatten_1", type: "flatten", outputShape: [1352], parameters: 0 },
    { name: "hidden", type: "dense", outputShape: [32], parameters: 43_296 },
    { name: "dense_2", type: "dense", outputShape: [10], parameters: 320 },
  ]);
  assert.deepEqual(
    network.parameters.map(({ name, layer, shape }) => [name, layer, shape]),
    [
      ["conv2d_1/kernel", "conv2d_1", [3, 3, 1, 8]],
      ["conv2d_1/bias", "conv2d_1", [8]],
      ["hidden/kernel", "hidden", [1352, 32]],
      ["hidden/bias", "hidden", [32]],
      ["dense_2/kernel", "dense_2", [32, 10]],
    ],
  );
  assert.deepEqual(network.input, { shape: [28, 28, 1], kind: "real" });
  assert.deepEqual(network.outputShape, [10]);
  assert.deepEqual(network.coupling, []);
  assert.equal(parameterCount(network), 80 + 43_296 + 320);
});

test("default names step over chosen ones", () => {
  const dense = { type: "dense", units: 2 } as const;
  const network = networkFrom({
    input: { shape: [2] },
    layers: [dense, { ...dense, name: "dense_1" }, dense, { ...dense, name: "dense_4" }, dense],
  });
  const names = network.layers.map(({ name }) => name);
  assert.deepEqual(names, ["dense_2", "dense_1", "dense_3", "dense_4", "dense_5"]);
  const late = networkFrom({
    input: { shape: [2] },
    layers: [dense, dense, { ...dense, name: "dense_1" }],
  });
  const lateNames = late.layers.map(({ name }) => name);
  assert.deepEqual(lateNames, ["dense_2", "dense_3", "dense_1"]);
});

test("primitives of the forward pass are counted", () => {
  const network = networkFrom({
    input: { shape: [4] },
    layers: [
      { type: "dense", units: 8, activation: "relu" },
      { type: "dense", units: 2, activation: "softmax" },
    ],
  });
  assert.deepEqual(countOperations(network), {
    add: 2,
    divide: 1,
    exp: 1,
    matmul: 2,
    max: 1,
    relu: 1,
    stopGradient: 1,
    subtract: 1,
    sum: 1,
  });
});

test("pools whose windows touch take runs of memory and no reduction", () => {
  const network = networkFrom({
    input: { shape: [8, 8, 3] },
    layers: [{ type: "max_pool2d", size: 2 }],
  });
  assert.deepEqual(countOperations(network), { maximum: 2, reshape: 3, slice: 4 });
});

test("a residual graph adds what goes around to what goes through", async () => {
  const network = networkFrom({
    input: { shape: [3] },
    output: "sum",
    nodes: [
      // Listed after its use: order does not matter.
      { type: "add", id: "sum", inputs: ["input", "through", "input"] },
      { type: "dense", id: "through", inputs: ["input"], units: 3 },
    ],
  });
  assert.deepEqual(
    network.layers.map(({ name }) => name),
    ["through", "sum"],
  );
  const x = normals("x", [2, 3]);
  const weights = randomWeights(network);
  const only = networkFrom({
    input: { shape: [3] },
    layers: [{ type: "dense", units: 3, name: "through" }],
  });
  const through = await outputOf(only, x, weights);
  const y = await outputOf(network, x, weights);
  close(
    y,
    through.data.map((value, i) => value + 2 * (x.data[i] ?? 0)),
  );
});

test("add and multiply stretch axes of length 1 of each example", async () => {
  const gate = networkFrom({
    input: { shape: [2, 3] },
    output: "gated",
    nodes: [
      { type: "global_average_pool", id: "squeezed", inputs: ["input"] },
      { type: "multiply", id: "gated", inputs: ["squeezed", "input"] },
    ],
  });
  const x = normals("x", [2, 2, 3]);
  const y = await outputOf(gate, x);
  for (const [n, c] of [
    [0, 0],
    [1, 2],
  ] as const) {
    const [top = 0, low = 0] = [at(x, [n, 0, c]), at(x, [n, 1, c])];
    assert(Math.abs((at(y, [n, 1, c]) ?? 0) - ((top + low) / 2) * low) < 1e-14);
  }
});

test("concatenate joins along an axis of each example", async () => {
  for (const axis of [0, 1, -1, -2]) {
    const twice = graph(
      [2, 3],
      [
        { type: "scale", id: "double", inputs: ["input"], factor: 2 },
        { type: "concatenate", id: "both", inputs: ["input", "double"], axis },
      ],
    );
    const network = networkFrom(twice);
    const x = normals("x", [2, 2, 3]);
    const y = await outputOf(network, x);
    const joinsRows = axis === 0 || axis === -2;
    assert.deepEqual(network.outputShape, joinsRows ? [4, 3] : [2, 6]);
    const [first, second] = joinsRows
      ? [
          [1, 1, 2],
          [1, 3, 2],
        ]
      : [
          [1, 1, 2],
          [1, 1, 5],
        ];
    assert.equal(at(y, first), at(x, [1, 1, 2]));
    assert.equal(at(y, second), 2 * (at(x, [1, 1, 2]) ?? 0));
  }
});

const zoo: readonly (readonly [string, Definition])[] = [
  ["two spatial axes", everything],
  ["one spatial axis", everythingIn1d],
  ["ntk", { ...everything, parameterization: "ntk" }],
];

function part(value: Tensor, from: number, count: number): Tensor {
  const size = value.data.length / (value.shape[0] ?? 1);
  const data = Array.from(value.data.slice(from * size, (from + count) * size));
  return tensor("float64", [count, ...value.shape.slice(1)], data);
}

for (const [name, definition] of zoo) {
  test(`a batch equals its examples one by one: ${name}`, async () => {
    const network = networkFrom(definition);
    const batches = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.string({ maxLength: 8 }));
    await fc.assert(
      fc.asyncProperty(batches, async ([count, label]) => {
        const x = normals(label, [count, ...network.input.shape]);
        const whole = await outputOf(network, x);
        for (let n = 0; n < count; n++) {
          close(part(whole, n, 1), (await outputOf(network, part(x, n, 1))).data);
        }
      }),
      { numRuns: 6 },
    );
  });

  test(`the batch axis is the major one of every value: ${name}`, async () => {
    const network = networkFrom(definition);
    const batch = normals("x", [6, ...network.input.shape]);
    const values = async (x: Tensor): Promise<Tensor[]> => {
      const node = input("x", x.shape);
      const y = network.apply(constants(randomWeights(network)), node, "inference");
      const dependent = dependsOn([y], new Set([node]));
      const reals = ordered([y]).filter((inner) => dependent.has(inner) && inner.kind === "real");
      const outputs = Object.fromEntries(reals.map((inner, order) => [`${order}`, inner]));
      return Object.values(await evaluate(outputs, [node, x]));
    };
    const whole = await values(batch);
    const thirds = await Promise.all([0, 2, 4].map((from) => values(part(batch, from, 2))));
    for (const [order, value] of whole.entries()) {
      const joined = thirds.flatMap((third) => Array.from(third[order]?.data ?? []));
      assert.equal((value.shape[0] ?? 0) % 6, 0);
      close(value, joined);
    }
  });
}
