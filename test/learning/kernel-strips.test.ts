/** A kernel strip by strip, in its file and in its figures, is the kernel that was held whole. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { tensor } from "#engine/tensor.ts";
import { readSafetensors } from "#formats/safetensors.ts";
import { computeKernel } from "#learning/kernel-errand.ts";
import { computeShare, joinShares } from "#learning/kernel-shares.ts";
import { alignmentOf } from "#learning/ntk/alignment.ts";
import { kernelTrace, spectrumOf } from "#learning/ntk/figures.ts";
import { createKernel } from "#learning/ntk/kernel.ts";
import { StreamedFigures } from "#learning/ntk/streamed-figures.ts";
import { eigenSymmetric } from "#learning/solve/eigen.ts";
import type { Errand } from "#src/channel.ts";
import { stream } from "#src/random.ts";
import { memoryArtifacts, smallExamples, smallNetwork } from "./training.ts";

const backends = {
  reference: referenceBackend(),
  onnxruntime: await onnxruntimeBackend({ device: "cpu", threads: 2 }),
};
const network = networkFrom({
  input: { shape: [5] },
  layers: [
    { type: "dense", units: 7, activation: "relu" },
    { type: "dense", units: 6, activation: "tanh" },
    { type: "dense", units: 3 },
  ],
});
const parameters = Object.fromEntries(network.initialise(2));

function examplesOf(count: number) {
  const random = stream(count, "strips");
  const values = Float64Array.from({ length: count * 5 }, () => random.normal());
  return tensor("float64", [count, 5], values);
}

describe("a kernel in strips", () => {
  for (const [name, backend] of Object.entries(backends)) {
    it(`has the bits of the whole, whatever the block (${name})`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 9 }),
          async (count, block) => {
            const x = examplesOf(count);
            const options = { network, backend, precision: "float64", x, variant: "full" } as const;
            await using computer = await createKernel({ ...options, block });
            const whole = await computer.compute(parameters);
            const width = 3 * count * 3;
            let next = 0;
            const traces = new Map<string, number>();
            for await (const { from, count: some, rows, layerTraces } of computer.strips(
              parameters,
            )) {
              assert.equal(from, next);
              assert.deepEqual(rows.shape, [some, 3, count, 3]);
              const there = whole.tensor.data.subarray(from * width, (from + some) * width);
              assert.deepEqual(rows.data, there);
              for (const [layer, part] of layerTraces) {
                traces.set(layer, (traces.get(layer) ?? 0) + part);
              }
              next += some;
            }
            assert.equal(next, count);
            assert.deepEqual(traces, new Map(whole.layerTraces));
          },
        ),
        { numRuns: 25 },
      );
    });
  }

  it("is divided into shares that have all strips once, with their bits", async () => {
    const [count, of] = [9, 3];
    const x = examplesOf(count);
    const backend = backends.onnxruntime;
    const options = { network, backend, precision: "float64", x, variant: "full" } as const;
    for (const block of [1, 2, 4, 9]) {
      await using computer = await createKernel({ ...options, block });
      const whole = [...(await computer.compute(parameters)).tensor.data];
      const rows: number[] = [];
      for (let index = 0; index < of; index += 1) {
        const own = computer.spanOf({ index, of });
        assert.ok(own.count === 0 || own.from === rows.length / (3 * count * 3));
        const before = rows.length;
        for await (const strip of computer.strips(parameters, { index, of })) {
          rows.push(...strip.rows.data);
        }
        assert.equal(rows.length - before, own.count * 3 * count * 3);
      }
      assert.deepEqual(rows, whole);
    }
  });

  it("is symmetric to the last bit and positive semidefinite in every division", async () => {
    for (const block of [1, 2, 3, 4, 7]) {
      const [x, backend] = [examplesOf(7), backends.onnxruntime];
      const options = { network, backend, precision: "float64", x, variant: "full" } as const;
      await using computer = await createKernel({ ...options, block });
      const rows: number[] = [];
      for await (const strip of computer.strips(parameters)) rows.push(...strip.rows.data);
      const n = 21;
      for (let i = 0; i < n; i += 1) {
        for (let j = 0; j < i; j += 1) assert.equal(rows[i * n + j], rows[j * n + i]);
      }
      const { values } = eigenSymmetric(Float64Array.from(rows), n);
      assert.ok((values[0] ?? -1) >= -1e-12 * (values.at(-1) ?? 0));
    }
  });

  it("gives the figures of the whole", async () => {
    const [x, backend] = [examplesOf(8), backends.reference];
    const options = { network, backend, precision: "float64", x, variant: "full" } as const;
    await using computer = await createKernel({ ...options, block: 3 });
    const { tensor: whole, layerTraces } = await computer.compute(parameters);
    const random = stream(1, "targets");
    const targets = tensor("float64", [8, 3], Float64Array.from({ length: 24 }, random.normal));
    const seen = new StreamedFigures(8, 3, targets);
    for await (const strip of computer.strips(parameters)) seen.add(strip);
    const close = (actual: number, expected: number, what: string): void =>
      assert.ok(Math.abs(actual - expected) <= 1e-12 * Math.abs(expected), what);
    close(seen.trace, kernelTrace("full", whole), "trace");
    close(seen.norm, Math.hypot(...whole.data), "norm");
    const aligned = alignmentOf("full", whole, targets);
    close(seen.alignment.plain, aligned.plain, "alignment");
    close(seen.alignment.centred, aligned.centred, "centred alignment");
    assert.deepEqual(new Map(seen.layerTraces), new Map(layerTraces));
  });
});

const small = smallNetwork();
const errand = {
  kind: "kernel",
  model: { kind: "definition", definition: { input: { shape: [4] }, layers: [] } },
  artifactsDir: "",
  weights: { seed: 3 },
  first: { source: "dataset", digest: "sha256:x", split: "train", indices: null, count: 13 },
  second: null,
  variant: "full",
  method: "structured",
  precision: "float64",
  eigenvalues: 4,
  regression: null,
  threads: 1,
} as const satisfies Extract<Errand, { kind: "kernel" }>;

describe("a one-off kernel beyond memory", () => {
  const artifacts = memoryArtifacts();
  const examples = smallExamples();
  const ports = {
    ...{ network: small, backend: backends.onnxruntime, artifacts },
    dataset: async () => examples,
  };

  it("is the file of the kernel in memory, byte for byte, with its figures", async () => {
    const inMemory = await computeKernel(ports, errand);
    const inStrips = await computeKernel({ ...ports, wholeBytesMax: 0 }, errand);
    assert.equal(inStrips.digest, inMemory.digest);
    assert.deepEqual(inStrips.shape, inMemory.shape);
    const file = readSafetensors(await artifacts.get(inStrips.digest), { bytesMax: 2 ** 20 });
    const kernel = file.tensors.get("kernel") ?? assert.fail("no kernel");
    const { eigenvalues } = spectrumOf("full", kernel);
    assert.equal(inStrips.figures.eigenvalues.length, 4);
    for (const [at, value] of inStrips.figures.eigenvalues.entries()) {
      const expected = eigenvalues[at] ?? Number.NaN;
      assert.ok(Math.abs(Number(value) - expected) <= 1e-8 * (eigenvalues[0] ?? 0));
    }
    for (const name of ["trace", "frobenius_norm", "participation_ratio", "alignment"] as const) {
      const [a, b] = [Number(inStrips.figures[name]), Number(inMemory.figures[name])];
      assert.ok(Math.abs(a - b) <= 1e-12 * Math.abs(b), name);
    }
    assert.equal(inStrips.figures.lambda_min, "NaN");
    assert.deepEqual(inStrips.figures.layer_share, inMemory.figures.layer_share);
  });

  it("is the same file with the same figures from the strips of several devices", async () => {
    const alone = await computeKernel({ ...ports, wholeBytesMax: 0 }, errand);
    for (const devices of [1, 2, 4]) {
      const shares = [];
      for (let index = 0; index < devices; index += 1) {
        const share = { form: "strips", index, of: devices, gpu: 0 } as const;
        shares.push(await computeShare(ports, { ...errand, share }));
      }
      const joined = await joinShares(ports, { ...errand, shares });
      assert.equal(joined.digest, alone.digest);
      const { layer_share: parts, seconds: _, ...figures } = joined.figures;
      const { layer_share: expected, seconds: __, ...others } = alone.figures;
      assert.deepEqual(figures, others);
      for (const [layer, part] of Object.entries(expected)) {
        assert.ok(Math.abs(Number(parts[layer]) - Number(part)) <= 1e-12);
      }
    }
  });

  it("is refused where a device's strips are cut off", async () => {
    const share = { form: "strips", index: 0, of: 1, gpu: 0 } as const;
    const whole = await computeShare(ports, { ...errand, share });
    const bytes = await artifacts.get(whole.digest ?? "");
    const { digest } = await artifacts.put(bytes.slice(0, -8), { bytesMax: 2 ** 20 });
    const joined = joinShares(ports, { ...errand, shares: [{ ...whole, digest }] });
    await assert.rejects(joined, { code: "storage_corrupt" });
  });

  it("is held whole where it is no full kernel, which has limits of its own", async () => {
    const trace = { ...errand, variant: "trace" } as const;
    const { shape, digest } = await computeKernel({ ...ports, wholeBytesMax: 0 }, trace);
    assert.deepEqual(shape, [13, 13]);
    assert.equal(digest, (await computeKernel(ports, trace)).digest);
  });
});
