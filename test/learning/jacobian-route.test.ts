/** Steps in function space without the kernel are the steps in weight space. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add, matmul, tanh } from "#engine/graph/build.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import { tensor } from "#engine/tensor.ts";
import { cutAtEntrances } from "#learning/descent/entrances.ts";
import type { AnyForm } from "#learning/descent/surface.ts";
import {
  batchNodes,
  type Examples,
  found,
  outputsOf,
  parameterInputs,
} from "#learning/examples.ts";
import type { Definition } from "#schemas/model.ts";
import { stream } from "#src/random.ts";
import { smallExamples, smallNetwork } from "./training.ts";
import {
  apart,
  byJacobian,
  differenceOf,
  heavy,
  linearOptimizers,
  losses,
  sgd,
  type Way,
  walk,
  weightSpace,
} from "./walking.ts";

/** So few examples that every layer is gone through by its Gram matrix. */
const full: Way = { batchSize: null, examples: smallExamples(8) };
/** So many that only the second one is. */
const mixed: Way = { batchSize: null, examples: smallExamples(10) };

/** As many inputs as a network reads. */
function examplesFor({ input }: Network, count = 12): Examples {
  const random = stream(11, "inputs");
  const size = input.shape.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: count * size }, () => random.normal());
  const x = tensor("float64", [count, ...input.shape], data);
  const y = tensor(
    "int32",
    [count],
    [...Array(count).keys()].map((at) => at % 3),
  );
  return { train: { x, y }, test: { x, y }, classes: 3 };
}

const definitions: Readonly<Record<string, Definition>> = {
  "factors in front of products": {
    input: { shape: [9] },
    parameterization: "ntk",
    layers: [
      { type: "dense", units: 8, activation: "relu" },
      { type: "dense", units: 7, activation: "tanh" },
      { type: "dense", units: 3 },
    ],
  },
  "no offsets": {
    input: { shape: [9] },
    layers: [
      { type: "dense", units: 8, activation: "tanh", use_bias: false },
      { type: "dense", units: 3, use_bias: false },
    ],
  },
  "convolutions and norms": {
    input: { shape: [6, 6, 2] },
    layers: [
      { type: "conv2d", filters: 3, kernel: 3, activation: "relu" },
      { type: "layer_norm" },
      { type: "flatten" },
      { type: "dense", units: 9, activation: "tanh" },
      { type: "dense", units: 3 },
    ],
  },
  "branches that join": {
    input: { shape: [8] },
    output: "last",
    nodes: [
      { type: "dense", id: "first", inputs: ["input"], units: 8, activation: "tanh" },
      { type: "dense", id: "branch", inputs: ["first"], units: 8 },
      { type: "add", id: "joined", inputs: ["first", "branch"] },
      { type: "dense", id: "side", inputs: ["first"], units: 8 },
      { type: "add", id: "all", inputs: ["joined", "side"] },
      { type: "dense", id: "last", inputs: ["all"], units: 3 },
    ],
  },
  "products of many positions": {
    input: { shape: [4, 5] },
    layers: [
      { type: "dense", units: 6, activation: "tanh" },
      { type: "flatten" },
      { type: "dense", units: 3 },
    ],
  },
};

/** One weight turned around, one read twice, and an offset that is added at two places. */
function handmade(): Network {
  const shapes = { up: [7, 7], tied: [7, 7], out: [7, 3], offset: [7] } as const;
  return {
    input: { shape: [7], kind: "real" },
    outputShape: [3],
    parameters: Object.entries(shapes).map(([name, shape]) => ({ name, layer: name, shape })),
    layers: [],
    coupling: [],
    apply(values, x) {
      const first = matmul(x, found(values, "up"), { transposeB: true });
      const once = tanh(add(first, found(values, "offset")));
      const twice = tanh(matmul(once, found(values, "tied")));
      const last = tanh(add(matmul(twice, found(values, "tied")), found(values, "offset")));
      return matmul(last, found(values, "out"));
    },
    initialise: (seed) => {
      const random = stream(seed, "handmade");
      const values = Object.entries(shapes).map(([name, shape]) => {
        const size = shape.reduce((a: number, b) => a * b, 1);
        const data = Float64Array.from({ length: size }, () => 0.4 * random.normal());
        return [name, tensor("float64", shape, data)] as const;
      });
      return new Map(values);
    },
  };
}

describe("function space by the Jacobian", () => {
  for (const [name, optimizer] of Object.entries(linearOptimizers)) {
    it(`equals weight space over 60 steps with ${name}`, async () => {
      for (const loss of losses) {
        for (const some of [full, mixed]) {
          const way: Way = { ...some, optimizer, loss, steps: 60, period: 25 };
          const found = await walk(byJacobian, way);
          const difference = differenceOf(found, await walk(weightSpace, way));
          assert.ok(difference < 1e-12, `${loss}: ${difference}`);
        }
      }
    });
  }

  const networks: readonly (readonly [string, Network])[] = [
    ...Object.entries(definitions).map(([name, one]) => [name, networkFrom(one)] as const),
    ["weights that are turned around, tied and shared", handmade()],
  ];
  for (const [name, network] of networks) {
    it(`equals weight space in a network with ${name}`, async () => {
      const examples = examplesFor(network);
      const optimizer = { ...heavy, learning_rate: 0.02, weight_decay: 0.1 };
      const way: Way = { ...full, network, examples, optimizer, steps: 30, period: 11 };
      const difference = differenceOf(await walk(byJacobian, way), await walk(weightSpace, way));
      assert.ok(difference < 1e-12, `${difference}`);
    });
  }

  it("goes through a layer's Gram matrix where that takes fewer FLOPs, its offset with it", () => {
    const cutOf = (definition: Definition, count: number) => {
      const network = networkFrom(definition);
      const { x } = batchNodes(examplesFor(network, count).train, null);
      const weights = parameterInputs(network, "weights");
      const outputs = outputsOf(network, weights, { x, mode: "inference" });
      const { entrances } = cutAtEntrances([outputs], [...weights.values()]);
      return entrances.map(({ at, rows, bias }) => [
        network.parameters[at]?.name.split("/").at(-1),
        rows?.shape.join("×") ?? null,
        bias?.factor ?? null,
      ]);
    };
    const dense: Definition = {
      input: { shape: [9] },
      layers: [
        { type: "dense", units: 4 },
        { type: "dense", units: 3 },
      ],
    };
    assert.deepEqual(cutOf(dense, 8), [
      ["kernel", "8×9", 1],
      ["kernel", "8×4", 1],
    ]);
    assert.deepEqual(cutOf(dense, 9), [
      ["kernel", "9×9", 1],
      ["kernel", null, null],
      ["bias", null, null],
    ]);
  });

  it("forgets momenta at a linearisation when asked to", async () => {
    const way: Way = { ...full, optimizer: heavy, steps: 20, period: 6 };
    const expected = await walk({ ...weightSpace, resets: true } as AnyForm, way);
    const found = await walk({ ...byJacobian, resets: true } as AnyForm, way);
    assert.ok(differenceOf(found, expected) < 1e-12);
  });

  it("enters a phase in the middle from weight space, and leaves it for weight space", async () => {
    const way: Way = { ...full, optimizer: { ...heavy, weight_decay: 0.1 }, steps: 7, period: 100 };
    const later = { ...way, steps: 30, period: 0 };
    const { state } = await walk(weightSpace, way);
    const inWeights = await walk(weightSpace, later, state);
    assert.ok(differenceOf(await walk(byJacobian, later, state), inWeights) < 1e-12);
    const { state: own } = await walk(byJacobian, way);
    assert.ok(differenceOf(await walk(weightSpace, later, own), inWeights) < 1e-12);
  });

  it("has the same bits however steps are cut into calls and written down", async () => {
    const optimizer = {
      ...heavy,
      weight_decay: 0.1,
      averaging: { type: "ema", decay: 0.9 },
    } as const;
    for (const engine of ["reference", "float32"] as const) {
      const way: Way = { ...full, optimizer, engine, steps: 23, period: 9 };
      const whole = await walk(byJacobian, way);
      for (const cuts of [
        [1, 1, 1, 20],
        [9, 9],
        [4, 10, 3],
      ]) {
        const cut = await walk(byJacobian, { ...way, cuts, resumes: true });
        assert.deepEqual(cut.state.weights, whole.state.weights);
        assert.deepEqual(cut.state.optimizer, whole.state.optimizer);
        assert.deepEqual(cut.columns, whole.columns);
      }
    }
  });

  it("stays within 1e-4 of weight space over 10 000 steps in float32", async () => {
    for (const optimizer of [sgd, { ...heavy, weight_decay: 0.001 }]) {
      const way: Way = { ...full, optimizer, engine: "float32", steps: 10_000, period: 1e9 };
      const found = await walk(byJacobian, way);
      const expected = await walk(weightSpace, way);
      assert.ok(apart(found.state.weights, expected.state.weights) < 1e-4);
    }
  });

  it("follows a network whose outputs are one number", async () => {
    const network = smallNetwork(1);
    const two = smallExamples();
    const y = { ...two.train.y, data: two.train.y.data.map((value: number) => value % 2) };
    const examples = { ...two, classes: 2, train: { ...two.train, y } } as typeof two;
    for (const loss of ["mean_squared_error", "sigmoid_cross_entropy"] as const) {
      const way: Way = { ...full, network, examples, loss, steps: 30, optimizer: heavy };
      assert.ok(differenceOf(await walk(byJacobian, way), await walk(weightSpace, way)) < 1e-12);
    }
  });
});
