/** Every layer on ONNX Runtime: values and derivatives are those of the reference. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { vjp } from "#engine/autodiff/backward.ts";
import type { Backend } from "#engine/backend.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { constant, input } from "#engine/graph/build.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { arraysOf } from "#engine/network.ts";
import { tensor } from "#engine/tensor.ts";
import type { Definition } from "#schemas/model.ts";
import { close, normals, randomWeights } from "./layers-oracle.ts";
import {
  everything,
  everythingIn1d,
  everythingSequential,
  everythingSpatial,
} from "./layers-zoo.ts";
import { transformer } from "./transformer.ts";

/** Outputs for a batch of 3 and the gradients of every parameter for one cotangent. */
async function found(definition: Definition, backend: Backend) {
  const network = networkFrom(definition);
  const { shape, kind, vocabulary = 1 } = network.input;
  const drawn = normals("x", [3, ...shape]);
  const ids = drawn.data.map((value) => Math.floor(Math.abs(1000 * value)) % vocabulary);
  const batch = kind === "real" ? drawn : tensor("int32", drawn.shape, ids);
  const x = input("x", batch.shape, kind);
  const arrays = new Map(arraysOf(network).map((it) => [it.name, input(it.name, it.shape)]));
  const y = network.apply(arrays, x, "inference");
  const parameters = network.parameters.flatMap(({ name }) => arrays.get(name) ?? []);
  const gradients = vjp([y], parameters, [constant(normals("u", y.shape))]);
  const outputs = { y, ...Object.fromEntries(gradients.map((node, at) => [`g${at}`, node])) };
  const procedure = { name: "layers", constants: [], inputs: [x, ...arrays.values()], outputs };
  await using callable = await backend.compile(procedure, "float64");
  return await callable.call({ x: batch, ...Object.fromEntries(randomWeights(network)) });
}

const definitions = {
  everything,
  everythingIn1d,
  everythingSpatial,
  everythingSequential,
  transformer: transformer({ blocks: 2 }),
};
for (const [name, definition] of Object.entries(definitions)) {
  test(`engines agree about values and gradients: ${name}`, async () => {
    const backend = await onnxruntimeBackend({ device: "cpu" });
    const [expected, actual] = [
      await found(definition, referenceBackend()),
      await found(definition, backend),
    ];
    assert.deepEqual(Object.keys(actual), Object.keys(expected));
    for (const [output, value] of Object.entries(expected)) {
      const own = actual[output];
      assert(own !== undefined);
      close(own, value.data, 1e-10);
    }
  });
}
