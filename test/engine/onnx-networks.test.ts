/** Networks as PyTorch and Keras export them: they compute, differentiate, and train. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gradient } from "#engine/autodiff/backward.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { input, multiply, scale, sum } from "#engine/graph/build.ts";
import { ordered } from "#engine/graph/walk.ts";
import type { ImportedNetwork } from "#engine/onnx/import.ts";
import { importOnnx } from "#engine/onnx/import.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import { createKernel } from "#learning/ntk/kernel.ts";
import { assertDerivative, evaluate } from "./derivatives.ts";
import {
  channelsLastNetwork,
  exportedNetworks,
  languageModel,
  resnet,
  sequenceFirst,
} from "./onnx-networks.ts";
import { assertClose, batchFor, byReference, byRuntime, named } from "./onnx-run.ts";

/** One example of a batch. */
function example(batch: Tensor, at: number): Tensor {
  const size = batch.data.length / (batch.shape[0] ?? 1);
  const data = batch.data.slice(at * size, (at + 1) * size);
  return { ...batch, shape: [1, ...batch.shape.slice(1)], data };
}

interface Drawn {
  readonly output: Node;
  readonly x: InputNode;
  readonly point: Map<InputNode, Tensor>;
}

function drawn(network: ImportedNetwork, batch: number, below?: number): Drawn {
  const value = batchFor(network, batch, below);
  const x = input("x", value.shape, network.input.kind);
  const point = new Map<InputNode, Tensor>([[x, value]]);
  const start = network.initialise(0);
  const nodes = new Map<string, Node>();
  for (const { name, shape } of network.parameters) {
    const node = input(name, shape);
    nodes.set(name, node);
    point.set(node, start.get(name) ?? value);
  }
  return { output: network.apply(nodes, x, "inference"), x, point };
}

for (const { title, bytes, fixed, below } of exportedNetworks()) {
  describe(title, () => {
    it("computes what ONNX Runtime computes, example by example", async () => {
      const network = importOnnx(bytes);
      const batch = batchFor(network, 3, below);
      const found = await byReference(network, batch);
      if (fixed === undefined) assertClose(found, await byRuntime(bytes, batch));
      for (const at of [0, 1, 2]) {
        if (fixed === undefined) continue;
        assertClose(example(found, at), await byRuntime(bytes, example(batch, at)));
      }
      assert.deepEqual(network.coupling, []);
    });

    it("has the derivatives that differences show", async () => {
      const { output, point } = drawn(importOnnx(bytes), 2, below);
      await assertDerivative(output, point);
    });

    it("loses by a step against the gradient", async () => {
      const { output, x, point } = drawn(importOnnx(bytes), 2, below);
      const loss = scale(sum(multiply(output, output)), 0.5);
      const wrt = [...point.keys()].filter((node) => node !== x);
      const [before, ...gradients] = await evaluate([loss, ...gradient(loss, wrt)], point);
      const size = gradients.reduce(
        (total, { data }) => total + Array.from(data).reduce((a, g) => a + g * g, 0),
        0,
      );
      const rate = (0.01 * (before?.data[0] ?? 0)) / size;
      const moved = new Map(point);
      for (const [at, node] of wrt.entries()) {
        const [value, g] = [point.get(node), gradients[at]];
        assert(value !== undefined && g !== undefined);
        moved.set(node, { ...value, data: value.data.map((w, i) => w - rate * (g.data[i] ?? 0)) });
      }
      const [after] = await evaluate([loss], moved);
      const fall = 1 - (after?.data[0] ?? 0) / (before?.data[0] ?? 1);
      assert.ok(fall > 0.005 && fall < 0.02, `the loss fell by ${fall}`);
    });
  });
}

describe("an imported network", () => {
  it("names parameters after the layers of the file, and keeps statistics out of them", () => {
    const network = importOnnx(resnet("N").bytes);
    assert.deepEqual(named(network).slice(0, 4), [
      "conv1/weight",
      "bn1/weight",
      "bn1/bias",
      "layer1.0.conv1/weight",
    ]);
    assert.ok(!named(network).some((name) => name.includes("running")));
    assert.match(network.warnings.join(), /mean and variance of the file/);
    const keras = named(importOnnx(channelsLastNetwork().bytes));
    assert.deepEqual(keras, [
      "net.conv/weight",
      "net.conv/bias",
      "net.dense/weight",
      "net.dense/bias",
    ]);
  });

  it("keeps a tensor that is read twice as one parameter", () => {
    const network = importOnnx(languageModel("N").bytes);
    assert.equal(named(network).filter((name) => name.includes("wte")).length, 1);
    assert.equal(network.input.vocabulary, 11);
  });

  it("freezes, leaves out and takes in tensors by pattern", () => {
    const { bytes } = resnet("N");
    const frozen = importOnnx(bytes, { freeze: ["layer1.*"] });
    assert.ok(!named(frozen).some((name) => name.startsWith("layer1")));
    assert.ok(named(frozen).includes("conv1/weight"));
    const without = importOnnx(bytes, { exclude: ["fc.bias"] });
    assert.ok(!named(without).includes("fc/bias"));
  });

  it("runs channels last between one transpose at each end", () => {
    for (const { bytes } of [resnet("N"), channelsLastNetwork()]) {
      const { output, point } = drawn(importOnnx(bytes), 2);
      const parameters = new Set<Node>(point.keys());
      const transposes = ordered([output]).filter(
        ({ op, inputs }) =>
          op === "transpose" &&
          !(inputs[0] && parameters.has(inputs[0]) && inputs[0].shape[0] !== 2),
      );
      assert.ok(transposes.length <= 1, `${transposes.length} transposes`);
    }
  });

  it("keeps examples outermost although the file puts the sequence first", () => {
    const { output, x } = drawn(importOnnx(sequenceFirst("N").bytes), 3);
    assert.ok(
      ordered([output]).every(
        (node) =>
          node === x ||
          !node.shape.includes(3) ||
          node.shape[0] === 3 ||
          node.shape.indexOf(3) === 0,
      ),
    );
  });
});

describe("the kernel of an imported network", () => {
  for (const { title, bytes, below } of exportedNetworks()) {
    it(`is the product of explicit Jacobians: ${title}`, async () => {
      const network = importOnnx(bytes);
      const kernels = (["structured", "explicit"] as const).map(async (method) => {
        await using computer = await createKernel({
          network,
          backend: referenceBackend(),
          precision: "float64",
          x: batchFor(network, 3, below),
          variant: "trace",
          method,
        });
        return computer.compute(Object.fromEntries(network.initialise(0)));
      });
      const [structured, explicit] = await Promise.all(kernels);
      assert(structured !== undefined && explicit !== undefined);
      assertClose(structured.tensor, explicit.tensor, 1e-11);
    });
  }
});
