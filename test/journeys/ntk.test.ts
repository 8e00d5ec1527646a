/**
 * One-off kernels through a real service: every variant on one set and between two, of a definition
 * and of a file, against explicit Jacobians in float64.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { generate } from "#catalog/datasets.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import { exportNetwork } from "#engine/onnx/export-network.ts";
import { importOnnx } from "#engine/onnx/import.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { readNpy } from "#formats/npy.ts";
import { readSafetensors } from "#formats/safetensors.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import type { Definition, Model } from "#schemas/model.ts";
import type { Ntk } from "#schemas/ntk.ts";
import { jacobianOf } from "#test/learning/jacobian.ts";
import { openService, type Served } from "./service.ts";

const variants: readonly KernelVariant[] = ["full", "trace", "pseudo", "diagonal"];
const definition: Definition = {
  input: { shape: [8, 8, 1] },
  layers: [
    { type: "conv2d", filters: 3, kernel: 3, activation: "tanh" },
    { type: "max_pool2d", size: 2 },
    { type: "flatten" },
    { type: "dense", units: 3 },
  ],
};
const outputs = 3;
const spec = { type: "shapes", size: 8, classes: 3, train: 40, test: 20, seed: 0 } as const;
const patienceMs = 60_000;
const lookEveryMs = 20;

let served: Served;
let dataset: string;
before(async () => {
  served = await openService({ threadsPerTrainer: 1 });
  dataset = (await served.api.createDataset({ generator: spec })).id;
});
after(async () => {
  await served[Symbol.asyncDispose]();
});

async function computed(request: object): Promise<{ ntk: Ntk; kernel: Tensor }> {
  const headers = { "content-type": "application/json" };
  const asking = { method: "POST", headers, body: JSON.stringify(request) };
  const answer = await fetch(`${served.url}/v1/ntk`, asking);
  assert.equal(answer.status, 202, await answer.clone().text());
  const { id } = (await answer.json()) as Ntk;
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const ntk = (await (await fetch(`${served.url}/v1/ntk/${id}`)).json()) as Ntk;
    assert.ok(ntk.status !== "failed", JSON.stringify(ntk.error));
    if (ntk.status === "succeeded") {
      const file = await fetch(`${served.url}/v1/ntk/${id}/kernel`);
      const { tensors } = readSafetensors(new Uint8Array(await file.arrayBuffer()), {
        bytesMax: 1e8,
      });
      const kernel = tensors.get("kernel");
      assert.ok(kernel !== undefined);
      return { ntk, kernel };
    }
    assert.ok(performance.now() < deadlineMs, ntk.status);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

interface Rows {
  readonly jacobian: Float64Array;
  readonly columns: number;
  readonly examples: number;
}

async function rowsOf(
  network: Network,
  split: "train" | "test",
  indices: readonly number[],
): Promise<Rows> {
  const data = generate(spec);
  const x = split === "train" ? data.xTrain : data.xTest;
  const width = 64;
  const chosen = indices.flatMap((i) => [...x.data.subarray(i * width, (i + 1) * width)]);
  const shaped = tensor("float64", [indices.length, ...network.input.shape], chosen);
  const y = tensor(
    "int32",
    [indices.length],
    indices.map(() => 0),
  );
  const parameters = Object.fromEntries(network.initialise(0));
  const { jacobian, columns } = await jacobianOf(network, parameters, { x: shaped, y });
  return { jacobian, columns, examples: indices.length };
}

/** Θ[i, p, j, q] between two sets of rows. */
function entry(a: Rows, b: Rows, [i, p, j, q]: readonly [number, number, number, number]): number {
  let sum = 0;
  for (let k = 0; k < a.columns; k += 1) {
    const left = a.jacobian[(i * outputs + p) * a.columns + k] ?? 0;
    sum += left * (b.jacobian[(j * outputs + q) * b.columns + k] ?? 0);
  }
  return sum;
}

/** A variant by its definition, row-major. */
function expected(variant: KernelVariant, a: Rows, b: Rows): number[] {
  const [n, m] = [
    Array.from({ length: a.examples }, (_, i) => i),
    Array.from({ length: b.examples }, (_, j) => j),
  ];
  const all = Array.from({ length: outputs }, (_, o) => o);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  switch (variant) {
    case "full":
      return n.flatMap((i) =>
        all.flatMap((p) => m.flatMap((j) => all.map((q) => entry(a, b, [i, p, j, q])))),
      );
    case "trace":
      return n.flatMap((i) =>
        m.map((j) => sum(all.map((o) => entry(a, b, [i, o, j, o]))) / outputs),
      );
    case "pseudo":
      return n.flatMap((i) =>
        m.map((j) => sum(all.flatMap((p) => all.map((q) => entry(a, b, [i, p, j, q])))) / outputs),
      );
    case "diagonal":
      return all.flatMap((o) => n.flatMap((i) => m.map((j) => entry(a, b, [i, o, j, o]))));
    default:
      return variant satisfies never;
  }
}

function near(kernel: Tensor, values: readonly number[], what: string): void {
  assert.equal(kernel.data.length, values.length, what);
  const scale = Math.max(...values.map(Math.abs));
  const apart = Math.max(
    ...values.map((value, at) => Math.abs(value - (kernel.data[at] ?? Number.NaN))),
  );
  assert.ok(apart < 1e-10 * scale, `${what}: ${apart} of ${scale}`);
}

const shapeOf: Readonly<Record<KernelVariant, (n: number, m: number) => readonly number[]>> = {
  full: (n, m) => [n, outputs, m, outputs],
  trace: (n, m) => [n, m],
  pseudo: (n, m) => [n, m],
  diagonal: (n, m) => [outputs, n, m],
};

/** Both kinds of model: what the service is given, and the network as this test knows it. */
const kinds: Readonly<Record<string, () => Promise<{ model: string; network: Network }>>> = {
  "a definition": async () => ({
    model: (await served.api.createModel({ definition })).id,
    network: networkFrom(definition),
  }),
  "an ONNX file alone": async () => {
    const original = networkFrom(definition);
    const file = Buffer.concat([
      ...exportNetwork(original, original.initialise(5), {}).model.chunks(),
    ]);
    const headers = { "content-type": "application/octet-stream" };
    const answer = await fetch(`${served.url}/v1/models`, {
      method: "POST",
      headers,
      body: new Uint8Array(file),
    });
    assert.equal(answer.status, 201, await answer.clone().text());
    const model = (await answer.json()) as Model;
    assert.equal(model.definition, null);
    return { model: model.id, network: importOnnx(file) };
  },
};

describe("one-off kernels over HTTP equal explicit Jacobians", () => {
  for (const [kind, make] of Object.entries(kinds)) {
    it(`of ${kind}, in every variant, on one set and between two`, {
      timeout: 120_000,
    }, async () => {
      const { model, network } = await make();
      const [trainRows, testRows] = [
        [7, 2, 30, 11, 4],
        [3, 0, 19],
      ];
      const a = await rowsOf(network, "train", trainRows);
      const b = await rowsOf(network, "test", testRows);
      const first = { dataset, split: "train", indices: trainRows };
      const second = { dataset, split: "test", indices: testRows };
      const common = { model, seed: 0, dtype: "float64" } as const;
      for (const kernel of variants) {
        const one = await computed({ ...common, kernel, first });
        assert.deepEqual(one.kernel.shape, shapeOf[kernel](5, 5));
        near(one.kernel, expected(kernel, a, a), `${kernel} on one set`);
        const { figures } = one.ntk;
        assert.ok(Number(figures?.eigenvalues[0]) > 0 && figures?.alignment !== null);
        const two = await computed({ ...common, kernel, first, second });
        assert.deepEqual(two.kernel.shape, shapeOf[kernel](5, 3));
        near(two.kernel, expected(kernel, a, b), `${kernel} between two sets`);
        assert.equal(two.ntk.figures?.trace, null);
      }
      const given = generate(spec).xTest.data.subarray(0, 64);
      const inputs = [nested([...given])];
      const mixed = await computed({ ...common, kernel: "trace", first, second: { inputs } });
      near(mixed.kernel, expected("trace", a, await rowsOf(network, "test", [0])), "given inputs");
      const npy = await fetch(`${served.url}/v1/ntk/${mixed.ntk.id}/kernel`, {
        headers: { accept: "application/x-npy" },
      });
      const bytes = new Uint8Array(await npy.arrayBuffer());
      assert.deepEqual(readNpy(bytes, { bytesMax: 1e6 }).data, mixed.kernel.data);
    });
  }
});

/** 64 numbers as the model takes an example: [8, 8, 1]. */
function nested(values: readonly number[]): number[][][] {
  return Array.from({ length: 8 }, (_, i) =>
    Array.from({ length: 8 }, (_, j) => [values[i * 8 + j] ?? 0]),
  );
}
