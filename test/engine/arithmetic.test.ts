/** What products are computed in is found by multiplying, on every engine that is here. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { arithmeticOf, measuredArithmetic, roundingOf } from "#engine/arithmetic.ts";
import type { Backend, Tensors } from "#engine/backend.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { tfjsBackend } from "#engine/backends/tfjs.ts";
import type { Tensor } from "#engine/tensor.ts";
import { whyNot } from "#test/contracts/backend.ts";
import { useSoftwareVulkan } from "#test/software-vulkan.ts";

useSoftwareVulkan();

/** To so many bits after the leading one, to nearest; too small for the format becomes 0. */
function rounded({ dtype, shape, data }: Tensor, bits: number, smallest: number): Tensor {
  const values = Float64Array.from(data, (value) => {
    if (Math.abs(value) < smallest) return 0;
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - bits);
    return Math.round(value / unit) * unit;
  });
  return { dtype, shape, data: values };
}

/** A device that rounds the factors of its products, as GPUs do. */
function rounding(bits: number, smallest = 2 ** -1022): Backend {
  const inner = referenceBackend();
  return {
    ...inner,
    engine: "rounding",
    device: "cuda",
    compile: async (procedure, precision) => {
      const callable = await inner.compile(procedure, precision);
      const call = (inputs: Tensors) =>
        callable.call(
          Object.fromEntries(
            Object.entries(inputs).map(([name, value]) => [name, rounded(value, bits, smallest)]),
          ),
        );
      return { ...callable, call, [Symbol.asyncDispose]: () => callable[Symbol.asyncDispose]() };
    },
  };
}

describe("the arithmetic of products", () => {
  for (const [name, bits, smallest] of [
    ["float32", 23, 2 ** -126],
    ["float32_tf32", 10, 2 ** -126],
    ["float32_float16", 10, 2 ** -24],
    ["float32_bfloat16", 7, 2 ** -126],
    ["float32_reduced", 13, 2 ** -126],
  ] as const) {
    it(`is ${name} where factors keep ${bits} bits down to ${smallest}`, async () => {
      const backend = rounding(bits, smallest);
      assert.equal((await roundingOf(backend, "float32")).bits, bits);
      assert.equal(await measuredArithmetic(backend, "float32"), name);
    });
  }

  it("in float64 is float64 only where no bit is lost", async () => {
    assert.equal(await measuredArithmetic(rounding(52), "float64"), "float64");
    assert.equal(arithmeticOf({ bits: 23, keepsSmall: true }, "float64"), "float32");
  });
});

const engines = {
  "onnxruntime cpu": () => onnxruntimeBackend({ device: "cpu" }),
  "onnxruntime webgpu": () => onnxruntimeBackend({ device: "webgpu" }),
  "tfjs wasm": () => tfjsBackend({ flavour: "wasm" }),
  "tfjs cpu": () => tfjsBackend({ flavour: "cpu" }),
  "tfjs node": () => tfjsBackend({ flavour: "node" }),
};

for (const [name, make] of Object.entries(engines)) {
  const skip = (await whyNot(make)) ?? false;
  it(`is float32 on ${name}`, { skip }, async () => {
    await using backend = await make();
    assert.deepEqual(await roundingOf(backend, "float32"), { bits: 23, keepsSmall: true });
    assert.equal(await measuredArithmetic(backend, "float32"), "float32");
  });
}

it("is float64 on the processor through ONNX Runtime, when asked for", async () => {
  await using backend = await onnxruntimeBackend({ device: "cpu" });
  assert.equal(await measuredArithmetic(backend, "float64"), "float64");
});
