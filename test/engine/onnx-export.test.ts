/** Out again: the same file with new weights, and new graphs of any network. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InferenceSession, Tensor as NativeTensor } from "onnxruntime-node";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import { exportTrained } from "#engine/onnx/export.ts";
import { exportLinearised, exportNetwork } from "#engine/onnx/export-network.ts";
import { importOnnx } from "#engine/onnx/import.ts";
import { joined } from "#engine/onnx/splice.ts";
import { Writer } from "#engine/onnx/wire.ts";
import type { Tensor } from "#engine/tensor.ts";
import { convert } from "#engine/tensor.ts";
import { numbers } from "./onnx-build.ts";
import { exportedNetworks, resnet } from "./onnx-networks.ts";
import { assertClose, batchFor, byReference, byRuntime } from "./onnx-run.ts";

/** Weights moved a little, rounded to float32 as files hold them. */
function moved(network: Network, size = 0.1): Map<string, Tensor> {
  return new Map(
    [...network.initialise(1)].map(([name, value]) => {
      const steps = numbers(name, value.shape, size);
      const data = Float32Array.from(value.data, (x, at) => x + (steps[at] ?? 0));
      return [name, convert({ dtype: "float32", shape: value.shape, data }, "float64")];
    }),
  );
}

describe("trained weights in the file that they came from", () => {
  for (const { title, bytes, below, fixed } of exportedNetworks()) {
    it(`round-trips ${title}`, async () => {
      const network = importOnnx(bytes);
      assert.deepEqual(
        Buffer.from(joined(exportTrained(network, network.initialise(0)))),
        Buffer.from(bytes),
      );
      const weights = moved(network);
      const written = joined(exportTrained(network, weights));
      assert.equal(written.byteLength, bytes.byteLength);
      const again = importOnnx(written);
      assert.deepEqual(again.initialise(0), weights);
      const x = batchFor(network, fixed ?? 2, below);
      assertClose(await byRuntime(written, x), await byReference(network, x, weights));
    });
  }

  it("hands on everything but weights as the memory of the file", () => {
    const { bytes } = resnet("N");
    const network = importOnnx(bytes);
    const chunks = [...exportTrained(network, network.initialise(0)).chunks()];
    const same = chunks.filter(({ buffer }) => buffer === bytes.buffer);
    const size = (list: readonly Uint8Array[]) => list.reduce((sum, { length }) => sum + length, 0);
    const weights = network.parameters.reduce(
      (sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1),
      0,
    );
    assert.ok(size(chunks) - size(same) < weights + 20 * chunks.length);
  });

  it("rewrites tensors whose numbers stand one by one, and the lengths around them", async () => {
    for (const type of [1, 10, 11, 16]) {
      const bytes = numbersOneByOne(type);
      const network = importOnnx(bytes);
      const value = network.initialise(0).get("Mul_0/scale");
      assert.deepEqual([...(value?.data ?? [])], [1.5, -2]);
      const half = new Map([
        ["Mul_0/scale", { ...value, data: Float64Array.of(0.75, 4) } as Tensor],
      ]);
      const written = joined(exportTrained(network, half));
      if (type !== 11) assert.notEqual(written.byteLength, bytes.byteLength);
      assert.deepEqual(importOnnx(written).initialise(0), half);
      if (type !== 1) continue;
      const x = batchFor(network, 2);
      assertClose(await byRuntime(written, x), await byReference(network, x, half));
    }
  });
});

/** y = x · [1.5, −2], the numbers with a key each; 16-bit floats as their bits. */
function numbersOneByOne(type: number): Uint8Array {
  const weight = new Writer().integers(1, [2]).integer(2, type).string(8, "w");
  if (type === 1) weight.float(4, 1.5).float(4, -2);
  else if (type === 10) weight.integer(5, 0x3e00).integer(5, 0xc000);
  else if (type === 16) weight.integer(5, 0x3fc0).integer(5, 0xc000);
  else weight.bytes(10, new Uint8Array(Float64Array.of(1.5, -2).buffer));
  // A name that makes the lengths around the tensor take two bytes.
  weight.string(12, "d".repeat(type === 11 ? 200 : 100));
  const dim = (length: Writer) => new Writer().message(1, length);
  const lengths = new Writer()
    .message(1, new Writer().string(2, "N"))
    .message(1, new Writer().integer(1, 2));
  const shape = new Writer().integer(1, type).message(2, lengths);
  const port = (name: string) => new Writer().string(1, name).message(2, dim(shape));
  const node = new Writer().string(1, "x").string(1, "w").string(2, "y").string(4, "Mul");
  const graph = new Writer().message(1, node).string(2, "g").message(5, weight);
  graph.message(11, port("x")).message(12, port("y"));
  const set = new Writer().string(1, "").integer(2, 17);
  return new Writer().integer(1, 8).message(7, graph).message(8, set).toBytes();
}

const definitions = {
  "a perceptron": networkFrom({
    input: { shape: [5] },
    layers: [
      { type: "dense", units: 7, activation: "gelu" },
      { type: "layer_norm" },
      { type: "dense", units: 3 },
    ],
  }),
  "a convolutional network": networkFrom({
    input: { shape: [8, 8, 3] },
    layers: [
      { type: "conv2d", filters: 4, kernel: 3, padding: "same", activation: "relu" },
      { type: "max_pool2d", size: 2 },
      { type: "conv2d", filters: 4, kernel: 3, strides: 2, groups: 2 },
      { type: "average_pool2d", size: 2, strides: 1, padding: "same" },
      { type: "flatten" },
      { type: "dense", units: 2, activation: "softmax" },
    ],
  }),
};

describe("a new graph of a network", () => {
  for (const [title, network] of Object.entries(definitions)) {
    it(`serves ${title} for any batch`, async () => {
      const weights = moved(network);
      const { model, data, fixedBatch } = exportNetwork(network, weights);
      assert.equal(data, undefined);
      assert.equal(fixedBatch, undefined);
      for (const batch of [1, 4]) {
        const x = batchFor(network, batch);
        assertClose(
          await byRuntime(joined(model), x, "input"),
          await byReference(network, x, weights),
        );
      }
    });

    it(`gives ${title} back when it is read again`, async () => {
      const weights = moved(network);
      const again = importOnnx(joined(exportNetwork(network, weights).model));
      const count = (one: Network) =>
        one.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
      assert.equal(count(again), count(network));
      const x = batchFor(network, 3);
      assertClose(await byReference(again, x), await byReference(network, x, weights));
    });
  }

  for (const { title, bytes, below } of exportedNetworks()) {
    it(`serves ${title} for any batch`, async () => {
      const network = importOnnx(bytes);
      const weights = moved(network);
      const { model, fixedBatch } = exportNetwork(network, weights);
      assert.equal(fixedBatch, undefined);
      const x = batchFor(network, 4, below);
      assertClose(
        await byRuntime(joined(model), x, "input"),
        await byReference(network, x, weights),
      );
    });
  }

  it("keeps weights beside the model when they are too large for it", async () => {
    const network = networkFrom({ input: { shape: [40] }, layers: [{ type: "dense", units: 40 }] });
    const weights = moved(network);
    const { model, data } = exportNetwork(network, weights, {
      inlineBytesMax: 100,
      dataFile: "w.bin",
    });
    assert.ok(data !== undefined && model.byteLength < 1000);
    assert.throws(() => importOnnx(joined(model)), /outside the file/);
    const folder = mkdtempSync(join(tmpdir(), "onnx-"));
    try {
      writeFileSync(join(folder, "model.onnx"), joined(model));
      writeFileSync(join(folder, data.name), joined(data));
      const session = await InferenceSession.create(join(folder, "model.onnx"));
      const x = batchFor(network, 2);
      const feed = new NativeTensor("float32", Float32Array.from(x.data), x.shape);
      const { output } = await session.run({ input: feed });
      const found = Float64Array.from(output?.data as Float32Array);
      assertClose(
        { dtype: "float64", shape: [2, 40], data: found },
        await byReference(network, x, weights),
      );
      await session.release();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the linearisation as a graph", () => {
  for (const [title, network] of [
    ...Object.entries(definitions),
    ["a residual network", importOnnx(resnet("N").bytes)] as const,
  ]) {
    it(`is f + J(θ − θs) of ${title}`, async () => {
      const anchor = network.initialise(1);
      const near = moved(network, 1e-4);
      const x = batchFor(network, 3);
      const { model, fixedBatch } = exportLinearised(network, { anchor, weights: near });
      assert.equal(fixedBatch, undefined);
      const found = await byRuntime(joined(model), x, "input");
      // A step that small leaves the network within rounding of its tangent.
      assertClose(found, await byReference(network, x, near), 1e-4);
      const far = moved(network, 0.3);
      const half = new Map(
        [...far].map(([name, { data, ...rest }]) => {
          const from = anchor.get(name)?.data ?? data;
          return [name, { ...rest, data: data.map((w, at) => (w + (from[at] ?? 0)) / 2) }];
        }),
      );
      const [ends, middle, start] = await Promise.all(
        [far, half, anchor].map((weights) =>
          byRuntime(joined(exportLinearised(network, { anchor, weights }).model), x, "input"),
        ),
      );
      assert.ok(ends && middle && start);
      const mean = ends.data.map((y, at) => (y + (start.data[at] ?? 0)) / 2);
      assertClose(middle, { ...middle, data: mean }, 1e-4);
    });
  }
});
