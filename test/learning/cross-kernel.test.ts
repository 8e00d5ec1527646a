/** Kernels between two sets: equal to the explicit one, and a block of the kernel of both sets. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { referenceBackend } from "#engine/backends/reference.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { CrossJoin, createCrossKernel } from "#learning/ntk/cross.ts";
import { createKernel } from "#learning/ntk/kernel.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import type { Definition } from "#schemas/model.ts";
import { stream } from "#src/random.ts";

const backend = referenceBackend();
const [rows, columns] = [4, 3];
const variants: readonly KernelVariant[] = ["full", "trace", "pseudo", "diagonal"];

const networks: Readonly<Record<string, Definition>> = {
  "dense layers": {
    input: { shape: [4] },
    layers: [
      { type: "dense", units: 6, activation: "tanh" },
      { type: "dense", units: 3 },
    ],
  },
  convolutions: {
    input: { shape: [5, 5, 2] },
    layers: [
      { type: "conv2d", filters: 3, kernel: 3, activation: "tanh" },
      { type: "layer_norm" },
      { type: "flatten" },
      { type: "dense", units: 2 },
    ],
  },
};

/** x [N, …] and its first and last examples. */
function examplesOf(shape: readonly number[]) {
  const width = shape.reduce((a, b) => a * b, 1);
  const random = stream(3, "examples");
  const values = Float64Array.from({ length: (rows + columns) * width }, () => random.normal());
  const part = (from: number, count: number): Tensor =>
    tensor("float64", [count, ...shape], values.slice(from * width, (from + count) * width));
  return { both: part(0, rows + columns), first: part(0, rows), second: part(rows, columns) };
}

/** The block of a square kernel with the first set on the left and the second on the right. */
function blockOf(variant: KernelVariant, { shape, data }: Tensor): readonly number[] {
  const n = rows + columns;
  const out: number[] = [];
  const outputs = variant === "full" ? (shape[1] ?? 1) : 1;
  const planes = variant === "diagonal" ? (shape[0] ?? 1) : 1;
  for (let plane = 0; plane < planes; plane += 1) {
    for (let i = 0; i < rows * outputs; i += 1) {
      for (let j = rows * outputs; j < n * outputs; j += 1) {
        out.push(data[(plane * n * outputs + i) * n * outputs + j] ?? Number.NaN);
      }
    }
  }
  return out;
}

function close(actual: Tensor, expected: readonly number[]): void {
  assert.equal(actual.data.length, expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  assert.ok(scale > 0, "the expected kernel is zero");
  for (const [at, value] of expected.entries()) {
    const error = Math.abs(value - (actual.data[at] ?? Number.NaN));
    assert.ok(error <= 1e-12 * scale, `entry ${at}: ${actual.data[at]} instead of ${value}`);
  }
}

describe("a kernel between two sets", () => {
  for (const [name, definition] of Object.entries(networks)) {
    for (const variant of variants) {
      it(`is a block of the kernel of both sets (${name}, ${variant})`, async () => {
        const network = networkFrom(definition);
        const { both, first, second } = examplesOf(network.input.shape);
        const parameters = Object.fromEntries(network.initialise(1));
        const options = { network, backend, precision: "float64", variant } as const;
        await using square = await createKernel({ ...options, x: both });
        const expected = blockOf(variant, (await square.compute(parameters)).tensor);
        for (const block of [1, 2, 3, 7]) {
          await using cross = await createCrossKernel({ ...options, x: first, second, block });
          const { tensor: kernel } = await cross.compute(parameters);
          close(kernel, expected);
        }
      });

      it(`equals the contraction of explicit Jacobians (${name}, ${variant})`, async () => {
        const network = networkFrom(definition);
        const { first, second } = examplesOf(network.input.shape);
        const parameters = Object.fromEntries(network.initialise(2));
        const options = { network, backend, precision: "float64", variant } as const;
        const given = { ...options, x: first, second };
        await using structured = await createCrossKernel(given);
        await using explicit = await createCrossKernel({ ...given, method: "explicit" });
        const expected = (await explicit.compute(parameters)).tensor;
        const actual = (await structured.compute(parameters)).tensor;
        assert.deepEqual(actual.shape, expected.shape);
        close(actual, [...expected.data]);
      });
    }
  }

  for (const [name, definition] of Object.entries(networks)) {
    for (const variant of variants) {
      it(`in shares is to the bit the whole (${name}, ${variant})`, async () => {
        const network = networkFrom(definition);
        const { first, second } = examplesOf(network.input.shape);
        const parameters = Object.fromEntries(network.initialise(3));
        const options = { network, backend, precision: "float32", variant } as const;
        for (const block of [1, 2, 3]) {
          const given = { ...options, x: first, second, block };
          await using whole = await createCrossKernel(given);
          const { tensor: expected, outputs } = await whole.compute(parameters);
          for (const axis of ["rows", "columns"] as const) {
            for (const devices of [2, 3, 5]) {
              const join = new CrossJoin({ variant, rows, columns, outputs }, "float32");
              for (let index = 0; index < devices; index += 1) {
                // Each device compiles for itself.
                await using own = await createCrossKernel(given);
                join.add(await own.share(parameters, { axis, index, of: devices }));
              }
              assert.ok(join.isWhole);
              assert.deepEqual(join.tensor, expected);
            }
          }
        }
      });
    }
  }

  it("has one axis for each set and each set's outputs", async () => {
    const network = networkFrom(networks["dense layers"] ?? assert.fail());
    const { first, second } = examplesOf(network.input.shape);
    const shapes = { full: [4, 3, 3, 3], trace: [4, 3], pseudo: [4, 3], diagonal: [3, 4, 3] };
    for (const variant of variants) {
      const options = { network, backend, precision: "float64", variant } as const;
      await using cross = await createCrossKernel({ ...options, x: first, second });
      const kernel = await cross.compute(Object.fromEntries(network.initialise(0)));
      assert.deepEqual(kernel.tensor.shape, shapes[variant]);
    }
  });
});
