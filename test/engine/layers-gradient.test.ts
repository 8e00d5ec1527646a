/** Derivatives of whole networks against central differences, and jvp against vjp. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { vjp } from "#engine/autodiff/backward.ts";
import { jvp } from "#engine/autodiff/forward.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { constant, filled, input } from "#engine/graph/build.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Chance, Network, Values } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { activations } from "#schemas/layer-fields.ts";
import type { Definition } from "#schemas/model.ts";
import { evaluate, normals, randomWeights } from "./layers-oracle.ts";
import {
  everything,
  everythingIn1d,
  everythingSequential,
  everythingSpatial,
} from "./layers-zoo.ts";
import { transformer } from "./transformer.ts";

function dot(a: Tensor | undefined, b: Tensor | undefined): number {
  assert(a !== undefined && b !== undefined && a.data.length === b.data.length);
  let total = 0;
  for (const [i, value] of a.data.entries()) total += value * (b.data[i] ?? 0);
  return total;
}

const moved = (value: Tensor, along: Tensor, by: number): Tensor =>
  tensor(
    "float64",
    value.shape,
    Array.from(value.data, (w, i) => w + by * (along.data[i] ?? 0)),
  );

/** A random batch: ids below the vocabulary, or normal numbers. */
function batchFor({ input: { shape, kind, vocabulary = 1 } }: Network): Tensor {
  const drawn = normals("x", [2, ...shape]);
  if (kind === "real") return drawn;
  const ids = drawn.data.map((value) => Math.floor(Math.abs(1000 * value)) % vocabulary);
  return tensor("int32", drawn.shape, ids);
}

/** The pass of a training step: batch statistics and a fixed dropout mask, where there are any. */
function trained(network: Network, arrays: Values, x: Node): Node {
  const chance: Chance = (shape) =>
    constant({ ...normals("mask", shape), data: normals("mask", shape).data.map(uniformOf) });
  return network.train?.(arrays, x, chance).output ?? network.apply(arrays, x, "training");
}

const uniformOf = (value: number): number => Math.abs(1000 * value) % 1;

/** jvp along a random direction of every array and the input, vjp, and both sides of it. */
async function check(definition: Definition): Promise<void> {
  const network = networkFrom(definition);
  const batch = batchFor(network);
  const primals = new Map([...randomWeights(network), ["x", batch]]);
  const shapes = new Map([...primals].map(([name, { shape }]) => [name, shape]));
  const directions = new Map(
    [...shapes].map(([name, shape]) => [name, normals(`d/${name}`, shape)]),
  );
  const { kind } = network.input;
  const all = new Map(
    [...shapes].map(([name, shape]) => [name, input(name, shape, name === "x" ? kind : "real")]),
  );
  const xNode = all.get("x");
  assert(xNode !== undefined);
  const nodes = new Map([...all].filter(([, node]) => node.kind === "real"));
  const y = trained(network, all, xNode);
  const cotangent = normals("u", y.shape);
  const tangents = new Map(
    [...nodes].map(([name, node]) => [node, constant(directions.get(name) ?? cotangent)]),
  );
  const [tangent] = jvp([y], tangents);
  assert(tangent !== undefined);
  const backward = vjp([y], [...nodes.values()], [constant(cotangent)]);
  const outputs = Object.fromEntries(
    [...nodes.keys()].map((name, order) => [`d/${name}`, backward[order] ?? y]),
  );
  const procedure = { name: "check", constants: [], inputs: [...all.values()] };
  const backend = referenceBackend();
  await using whole = await backend.compile(
    { ...procedure, outputs: { ...outputs, y, tangent } },
    "float64",
  );
  await using forward = await backend.compile({ ...procedure, outputs: { y } }, "float64");
  const found = await whole.call(Object.fromEntries(primals));
  const along = async (by: number): Promise<Tensor | undefined> => {
    const values = [...primals].map(([name, value]) => {
      const along = nodes.has(name) ? directions.get(name) : undefined;
      return [name, along === undefined ? value : moved(value, along, by)] as const;
    });
    return (await forward.call(Object.fromEntries(values))).y;
  };
  const step = 1e-6;
  const [up, down] = [await along(step), await along(-step)];
  for (const [i, exact] of (found.tangent?.data ?? []).entries()) {
    const difference = ((up?.data[i] ?? 0) - (down?.data[i] ?? 0)) / (2 * step);
    assert(Math.abs(exact - difference) < 1e-7 * Math.max(1, Math.abs(exact)), `${i}: ${exact}`);
  }
  let right = 0;
  for (const name of nodes.keys()) right += dot(directions.get(name), found[`d/${name}`]);
  const left = dot(found.tangent, cotangent);
  assert(Math.abs(left - right) < 1e-12 * Math.max(1, Math.abs(left)), `${left} and ${right}`);
}

test("every layer over two spatial axes has the derivative of its values", async () => {
  await check(everything);
});

test("every layer over one spatial axis has the derivative of its values", async () => {
  await check(everythingIn1d);
});

test("every layer that normalises, spreads or moves has the derivative of its values", async () => {
  await check(everythingSpatial);
});

test("every layer over a sequence has the derivative of its values", async () => {
  await check(everythingSequential);
  await check({ ...everythingSequential, parameterization: "ntk" });
});

test("a transformer has the derivative of its values", async () => {
  await check(transformer({ blocks: 2 }));
});

test("batch statistics and dropout have the derivative of their values", async () => {
  await check({
    input: { shape: [3, 2] },
    layers: [
      { type: "conv1d", filters: 3, kernel: 2 },
      { type: "batch_norm", statistics: "batch", epsilon: 0.1 },
      { type: "dropout", rate: 0.4 },
      { type: "dense", units: 2 },
    ],
  });
});

test("the ntk parameterization has the derivative of its values", async () => {
  await check({ ...everything, parameterization: "ntk" });
});

for (const activation of activations) {
  test(`a network of ${activation} has the derivative of its values`, async () => {
    const layers: Definition = {
      input: { shape: [4] },
      layers: [
        { type: "dense", units: 5, activation },
        { type: "dense", units: 2 },
      ],
    };
    await check(layers);
  });
}

/** How many windows of 4 × 4 cells choose each cell. */
const reading = {
  touching: [0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0],
  overlapping: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0],
};

test("equal maxima give their derivative to the first cell in reading order", async () => {
  for (const fields of [{ size: 2 }, { size: 3, strides: 2, padding: "same" }] as const) {
    const layer = { type: "max_pool2d", ...fields } as const;
    const network = networkFrom({ input: { shape: [4, 4, 1] }, layers: [layer] });
    const x = input("x", [1, 4, 4, 1]);
    const y = network.apply(new Map(), x, "inference");
    const [slope] = vjp([y], [x], [filled(1, y.shape)]);
    assert(slope !== undefined);
    const values = [0, 2, 5, 5, 2, 1, 5, 5, 3, 3, 7, 0, 3, 3, 0, 7];
    const found = await evaluate({ slope }, [x, tensor("float64", x.shape, values)]);
    const expected = "padding" in fields ? reading.overlapping : reading.touching;
    assert.deepEqual(Array.from(found.slope?.data ?? []), expected);
  }
});
