/** Norms against plain loops, and the layers that a training step changes: statistics, dropout. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { input } from "#engine/graph/build.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Chance, Network } from "#engine/network.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import type { Layer } from "#schemas/layer.ts";
import {
  at,
  close,
  constants,
  evaluate,
  indicesOf,
  layerOutput,
  normals,
  outputOf,
  randomWeights,
} from "./layers-oracle.ts";

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: readonly number[]): number =>
  mean(values.map((value) => (value - mean(values)) ** 2));

/** Numbers of `x` whose indices satisfy a predicate. */
const numbersWhere = (x: Tensor, isIn: (indices: readonly number[]) => boolean): number[] =>
  [...indicesOf(x.shape)].filter(isIn).map((indices) => at(x, indices) ?? Number.NaN);

const spatialNorms: readonly (readonly [Layer, number])[] = [
  [{ type: "group_norm", name: "n", groups: 2, epsilon: 0.1 }, 3],
  [{ type: "group_norm", name: "n", groups: 1 }, 6],
  [{ type: "instance_norm", name: "n", epsilon: 0.01 }, 1],
];
for (const [layer, channels] of spatialNorms) {
  test(`${layer.type} takes ${channels} channels of an example together`, async () => {
    const { x, y, weights } = await layerOutput([2, 3, 6], layer);
    const epsilon = "epsilon" in layer ? (layer.epsilon ?? 1e-5) : 1e-5;
    const expected = [...indicesOf(x.shape)].map((indices) => {
      const [n, , , c = 0] = indices;
      const group = Math.floor(c / channels);
      const together = numbersWhere(
        x,
        ([m, , , other = 0]) => m === n && Math.floor(other / channels) === group,
      );
      const centred = (at(x, indices) ?? 0) - mean(together);
      const unit = centred / Math.sqrt(variance(together) + epsilon);
      return (
        unit * (weights.get("n/scale")?.data[c] ?? 0) + (weights.get("n/centre")?.data[c] ?? 0)
      );
    });
    close(y, expected);
  });
}

test("rms_norm divides by the root of the mean square and subtracts nothing", async () => {
  const layer = { type: "rms_norm", name: "n", epsilon: 0.1 } as const;
  const { x, y, weights, network } = await layerOutput([2, 5], layer);
  assert.deepEqual(
    network.parameters.map(({ name }) => name),
    ["n/scale"],
  );
  const expected = [...indicesOf(x.shape)].map((indices) => {
    const [n, t, c = 0] = indices;
    const row = numbersWhere(x, ([m, s]) => m === n && s === t);
    const root = Math.sqrt(mean(row.map((value) => value * value)) + 0.1);
    return ((at(x, indices) ?? 0) / root) * (weights.get("n/scale")?.data[c] ?? 0);
  });
  close(y, expected);
  const bare = await layerOutput([2, 5], { ...layer, scale: false });
  assert.equal(bare.network.parameters.length, 0);
});

const noChance: Chance = () => assert.fail("nothing is random here");

/** Output and updates of a training pass. */
async function trainingPass(network: Network, x: Tensor, weights: ReadonlyMap<string, Tensor>) {
  const node = input("x", x.shape);
  const pass = network.train?.(constants(weights), node, noChance);
  assert(pass !== undefined);
  const { y, ...updates } = await evaluate(
    { y: pass.output, ...Object.fromEntries(pass.updates) },
    [node, x],
  );
  assert(y !== undefined);
  return { y, updates };
}

const batchNorm = { type: "batch_norm", name: "n", epsilon: 0.1, momentum: 0.9 } as const;

/** Mean and variance of each of 3 channels over batch and space. */
function statisticsOf(x: Tensor): readonly (readonly [number, number])[] {
  return [0, 1, 2].map((c) => {
    const channel = numbersWhere(x, (indices) => indices.at(-1) === c);
    return [mean(channel), variance(channel)] as const;
  });
}

function normalised(
  x: Tensor,
  weights: ReadonlyMap<string, Tensor>,
  by: ReturnType<typeof statisticsOf>,
) {
  return [...indicesOf(x.shape)].map((indices) => {
    const c = indices.at(-1) ?? 0;
    const [middle = 0, spread = 0] = by[c] ?? [];
    const unit = ((at(x, indices) ?? 0) - middle) / Math.sqrt(spread + 0.1);
    return unit * (weights.get("n/scale")?.data[c] ?? 0) + (weights.get("n/centre")?.data[c] ?? 0);
  });
}

test("batch_norm normalises by the batch in training and keeps running averages", async () => {
  const layer = { ...batchNorm, statistics: "batch" } as const;
  const network = networkFrom({ input: { shape: [4, 3] }, layers: [layer] });
  assert.deepEqual(
    network.state?.map(({ name }) => name),
    ["n/mean", "n/variance"],
  );
  assert.equal(network.coupling.length, 1);
  assert.match(network.coupling[0] ?? "", /batch_norm "n".*other examples.*"statistics": "frozen"/);
  const x = normals("x", [5, 4, 3]);
  const weights = randomWeights(network);
  const { y, updates } = await trainingPass(network, x, weights);
  const own = statisticsOf(x);
  close(y, normalised(x, weights, own));
  for (const [role, at] of [
    ["mean", 0],
    ["variance", 1],
  ] as const) {
    const before = weights.get(`n/${role}`)?.data ?? [];
    const next = updates[`n/${role}`];
    assert(next !== undefined);
    close(
      next,
      own.map((statistics, c) => 0.9 * (before[c] ?? 0) + 0.1 * statistics[at]),
    );
  }
});

test("batch_norm uses its running averages in inference, whichever statistics it has", async () => {
  for (const statistics of ["batch", "frozen"] as const) {
    const { x, y, weights, network } = await layerOutput([4, 3], { ...batchNorm, statistics });
    const kept = [0, 1, 2].map(
      (c) =>
        [weights.get("n/mean")?.data[c] ?? 0, weights.get("n/variance")?.data[c] ?? 0] as const,
    );
    close(y, normalised(x, weights, kept));
    assert.deepEqual([...(network.initialise(1).get("n/mean")?.data ?? [])], [0, 0, 0]);
    assert.deepEqual([...(network.initialise(1).get("n/variance")?.data ?? [])], [1, 1, 1]);
  }
});

test("frozen statistics couple no examples and come from calibration layer by layer", async () => {
  const layer = { ...batchNorm, statistics: "frozen" } as const;
  const network = networkFrom({
    input: { shape: [4, 3] },
    layers: [layer, { type: "dense", name: "d", units: 2 }, { ...layer, name: "second" }],
  });
  assert.deepEqual(network.coupling, []);
  assert.equal(network.train, undefined);
  const x = normals("x", [5, 4, 3]);
  const weights = new Map([...randomWeights(network)]);
  const node = input("x", x.shape);
  const found = await evaluate(
    Object.fromEntries(network.calibrate?.(constants(weights), node) ?? []),
    [node, x],
  );
  close(
    found["n/mean"] ?? x,
    statisticsOf(x).map(([first]) => first),
  );
  close(
    found["n/variance"] ?? x,
    statisticsOf(x).map(([, second]) => second),
  );
  for (const [name, value] of Object.entries(found)) weights.set(name, value);
  // With them, the second layer gives numbers of mean `centre` and of nearly unit spread.
  const y = await outputOf(network, x, weights);
  const channel = numbersWhere(y, (indices) => indices.at(-1) === 1);
  const [scale = 0, centre = 0] = ["scale", "centre"].map(
    (role) => weights.get(`second/${role}`)?.data[1] ?? 0,
  );
  const spread = weights.get("second/variance")?.data[1] ?? 0;
  close(tensor("float64", [2], [mean(channel), variance(channel)]), [
    centre,
    (scale * scale * spread) / (spread + 0.1),
  ]);
});

test("dropout keeps its expectation in training and does nothing after it", async () => {
  const network = networkFrom({ input: { shape: [4] }, layers: [{ type: "dropout", rate: 0.25 }] });
  assert.match(network.coupling[0] ?? "", /dropout "dropout_1" is random.*remove it/);
  const x = normals("x", [2, 4]);
  close(await outputOf(network, x), x.data, 0);
  const uniforms = tensor("float64", [2, 4], [0, 0.1, 0.25, 0.3, 0.5, 0.9, 0.24, 0.99]);
  const node = input("x", x.shape);
  const pass = network.train?.(new Map(), node, (shape) => {
    assert.deepEqual(shape, [2, 4]);
    return constants(new Map([["u", uniforms]])).get("u") ?? node;
  });
  assert(pass !== undefined);
  const { y } = await evaluate({ y: pass.output }, [node, x]);
  close(
    y ?? x,
    uniforms.data.map((u, i) => (u < 0.25 ? 0 : (x.data[i] ?? 0) / 0.75)),
  );
  assert.equal(pass.updates.size, 0);
});

test("dropout of nothing is nothing", () => {
  const network = networkFrom({ input: { shape: [4] }, layers: [{ type: "dropout", rate: 0 }] });
  assert.deepEqual(network.coupling, []);
  assert.equal(network.train, undefined);
});
