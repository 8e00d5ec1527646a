/** TensorFlow.js beyond the contract: memory, precision, and agreement on whole networks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gradient, vjp } from "#engine/autodiff/backward.ts";
import type { Program } from "#engine/backend.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { tensorsHeld, tfjsBackend } from "#engine/backends/tfjs.ts";
import * as g from "#engine/graph/build.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { arraysOf } from "#engine/network.ts";
import type { Tensor } from "#engine/tensor.ts";
import { tensor } from "#engine/tensor.ts";
import type { Definition } from "#schemas/model.ts";
import { built, drawn, indices, real, uniform } from "#test/contracts/backend/case.ts";
import { assertClose } from "#test/contracts/backend/close.ts";
import { families } from "./arbitraries.ts";
import { normals, randomWeights } from "./layers-oracle.ts";
import {
  everything,
  everythingIn1d,
  everythingSequential,
  everythingSpatial,
} from "./layers-zoo.ts";
import { transformer } from "./transformer.ts";

const flavours = ["wasm", "cpu"] as const;

/** A convolution, pooling by a maximum, a dense layer; gradients by our own derivatives. */
function training(): Program {
  const [x, rows] = [g.input("x", [12, 6, 6, 2]), g.input("rows", [4], "integer")];
  const weights = [g.input("w0", [3, 3, 2, 3]), g.input("w1", [12, 2])];
  const [w0 = x, w1 = x] = weights;
  const hidden = g.relu(g.convolve(g.gather(x, rows, 0), w0));
  const pooled = g.max(g.reshape(hidden, [4, 2, 2, 2, 2, 3]), [2, 4]);
  const output = g.matmul(g.reshape(pooled, [4, 12]), w1);
  const loss = g.scale(g.sum(g.multiply(output, output)), 1 / 8);
  const slopes = gradient(loss, weights);
  return {
    name: "training",
    constants: [{ input: x, value: drawn(real(12, 6, 6, 2), uniform(1)) }],
    invariants: [],
    carried: weights.map((input, at) => ({
      input,
      output: g.subtract(input, g.scale(slopes[at] ?? input, 1e-3)),
    })),
    scanned: [rows],
    emitted: { loss },
  };
}

const start = (): Record<string, Tensor> => {
  const random = uniform(2);
  return { w0: drawn(real(3, 3, 2, 3), random), w1: drawn(real(12, 2), random) };
};
const rowsOf = (steps: number): Record<string, Tensor> => ({
  rows: drawn(indices(12, steps, 4), uniform(3)),
});

for (const flavour of flavours) {
  test(`holds no more tensors after steps than before, on ${flavour}`, async () => {
    const backend = await tfjsBackend({ flavour });
    const empty = await tensorsHeld({ flavour });
    {
      await using loop = await backend.compileLoop(training(), "float32");
      loop.write(start());
      await loop.run(2, rowsOf(2));
      const after = await tensorsHeld({ flavour });
      await loop.run(7, rowsOf(7));
      loop.write(start());
      await loop.read();
      assert.equal(await tensorsHeld({ flavour }), after);
      await assert.rejects(loop.run(2, rowsOf(3)));
      assert.equal(await tensorsHeld({ flavour }), after);
    }
    assert.equal(await tensorsHeld({ flavour }), empty);
  });

  test(`frees everything that a procedure has made, on ${flavour}`, async () => {
    const backend = await tfjsBackend({ flavour });
    const empty = await tensorsHeld({ flavour });
    const x = g.input("x", [2, 3]);
    const outputs = { y: g.exp(x), x, sum: g.sum(g.multiply(x, g.literal(2))) };
    const procedure = { name: "p", constants: [], inputs: [x], outputs };
    {
      await using callable = await backend.compile(procedure, "float32");
      const once = { x: tensor("float32", [2, 3], [1, 2, 3, 4, 5, 6]) };
      await callable.call(once);
      const after = await tensorsHeld({ flavour });
      await callable.call(once);
      assert.equal(await tensorsHeld({ flavour }), after);
    }
    assert.equal(await tensorsHeld({ flavour }), empty);
  });

  for (const [family, cases] of Object.entries(families)) {
    test(`agrees with the reference on any ${family}, on ${flavour}`, async () => {
      const backend = await tfjsBackend({ flavour });
      await fc.assert(
        fc.asyncProperty(cases, fc.nat(), async (one, seed) => {
          const random = uniform(seed);
          const { inputs, output } = built(one);
          const values = Object.fromEntries(
            one.operands.map((operand, at) => [`x${at}`, drawn(operand, random)]),
          );
          const procedure = { name: "any", constants: [], inputs, outputs: { y: output } };
          await using oracle = await referenceBackend().compile(procedure, "float64");
          await using callable = await backend.compile(procedure, "float32");
          const [expected, actual] = [await oracle.call(values), await callable.call(values)];
          assertClose(actual["y"], expected["y"], { tolerance: 1e-5, what: one.title });
        }),
        { numRuns: 60, seed: 42 },
      );
    });
  }
}

test("has no float64, and says what to use", async () => {
  const backend = await tfjsBackend({ flavour: "wasm" });
  await assert.rejects(backend.compileLoop(training(), "float64"), {
    code: "engine_unavailable",
    message: /float32/,
  });
});

test("says of every package why it cannot be used", async () => {
  await assert.rejects(tfjsBackend({ device: "cuda" }), {
    code: "engine_unavailable",
    message: /tfjs-node-gpu: (Cannot find|TensorFlow finds no GPU|.*cannot)/i,
  });
});

/** Outputs for a batch of 3 and the gradients of every parameter for one cotangent. */
function wholeNetwork(definition: Definition) {
  const network = networkFrom(definition);
  const { shape, kind, vocabulary = 1 } = network.input;
  const values = normals("x", [3, ...shape]);
  const ids = values.data.map((value) => Math.floor(Math.abs(1000 * value)) % vocabulary);
  const batch = kind === "real" ? values : tensor("int32", values.shape, ids);
  const x = g.input("x", batch.shape, kind);
  const arrays = new Map(arraysOf(network).map((it) => [it.name, g.input(it.name, it.shape)]));
  const y = network.apply(arrays, x, "inference");
  const parameters = network.parameters.flatMap(({ name }) => arrays.get(name) ?? []);
  const gradients = vjp([y], parameters, [g.constant(normals("u", y.shape))]);
  const outputs = { y, ...Object.fromEntries(gradients.map((node, at) => [`g${at}`, node])) };
  const procedure = { name: "layers", constants: [], inputs: [x, ...arrays.values()], outputs };
  return { procedure, values: { x: batch, ...Object.fromEntries(randomWeights(network)) } };
}

const definitions = {
  everything,
  everythingIn1d,
  everythingSpatial,
  everythingSequential,
  transformer: transformer({ blocks: 2 }),
};
for (const [name, definition] of Object.entries(definitions)) {
  test(`agrees about values and gradients of a network on wasm: ${name}`, async () => {
    const backend = await tfjsBackend({ flavour: "wasm" });
    const { procedure, values } = wholeNetwork(definition);
    await using oracle = await referenceBackend().compile(procedure, "float32");
    await using callable = await backend.compile(procedure, "float32");
    const [expected, actual] = [await oracle.call(values), await callable.call(values)];
    for (const [output, value] of Object.entries(expected)) {
      assertClose(actual[output], value, { tolerance: 1e-5, what: `${name} ${output}` });
    }
  });
}
