/** Kernels in shares, for several devices: joined, they are to the bit what one computes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Backend } from "#engine/backend.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { createKernel } from "#learning/ntk/kernel.ts";
import { ShareJoin, triangleShare } from "#learning/ntk/shares.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import type { Definition } from "#schemas/model.ts";
import { stream } from "#src/random.ts";

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

function examplesOf({ input }: Network, count: number, seed = 3): Tensor {
  const width = input.shape.reduce((a, b) => a * b, 1);
  const random = stream(seed, "examples");
  const values = Float64Array.from({ length: count * width }, () => random.normal());
  return tensor("float64", [count, ...input.shape], values);
}

interface Case {
  readonly network: Network;
  readonly backend: Backend;
  readonly variant: KernelVariant;
  readonly block: number;
}

const precision = "float32";

/** The kernel of ten examples as so many devices compute it, and as one does. */
async function both({ network, backend, variant, block }: Case, of: number) {
  const examples = 10;
  const x = examplesOf(network, examples);
  const options = { network, backend, precision, x, variant, block } as const;
  const parameters = Object.fromEntries(network.initialise(1));
  await using whole = await createKernel(options);
  const expected = await whole.compute(parameters);
  const join = new ShareJoin({ variant, examples, outputs: expected.outputs }, precision);
  for (let index = 0; index < of; index += 1) {
    // Each device compiles for itself.
    await using own = await createKernel(options);
    join.add(await own.rows(parameters, { index, of }));
  }
  return { expected, join };
}

for (const [engine, open] of Object.entries({
  reference: async () => referenceBackend(),
  onnxruntime: async () => await onnxruntimeBackend({ device: "cpu", threads: 1 }),
})) {
  describe(`a kernel in shares on ${engine}`, () => {
    for (const [title, definition] of Object.entries(networks)) {
      for (const variant of variants) {
        it(`is to the bit the ${variant} kernel of ${title}`, async () => {
          await using backend = await open();
          const network = networkFrom(definition);
          for (const [block, of] of [
            [3, 2],
            [4, 3],
            [2, 4],
            [10, 2],
          ] as const) {
            const { expected, join } = await both({ network, backend, variant, block }, of);
            assert.ok(join.isWhole);
            assert.deepEqual(join.tensor, expected.tensor);
            for (const [layer, trace] of expected.layerTraces) {
              const own = join.layerTraces.get(layer) ?? Number.NaN;
              assert.ok(Math.abs(own - trace) <= 1e-12 * Math.abs(trace), `${layer}: ${own}`);
            }
          }
        });
      }
    }
  });
}

describe("shares of rows", () => {
  const grids = fc.record({
    blocks: fc.integer({ min: 1, max: 200 }),
    of: fc.integer({ min: 1, max: 16 }),
  });
  const numbered = (blocks: number) => Array.from({ length: blocks }, (_, at) => at);

  it("cover every row once, one share after the other", () => {
    fc.assert(
      fc.property(grids, ({ blocks, of }) => {
        const shares = Array.from({ length: of }, (_, index) =>
          triangleShare(numbered(blocks), { index, of }),
        );
        assert.deepEqual(shares.flat(), numbered(blocks));
      }),
    );
  });

  it("of a triangle are as large as rows allow", () => {
    fc.assert(
      fc.property(grids, ({ blocks, of }) => {
        const total = (blocks * (blocks + 1)) / 2;
        for (let index = 0; index < of; index += 1) {
          const own = triangleShare(numbered(blocks), { index, of });
          const area = own.reduce((sum, row) => sum + blocks - row, 0);
          // Each end lies half a row at most from where it should.
          assert.ok(Math.abs(area - total / of) <= blocks);
        }
      }),
    );
  });
});
