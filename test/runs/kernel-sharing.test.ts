/** Kernels by several children, as on a machine with several GPUs; here each has a processor. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { tensor } from "#engine/tensor.ts";
import { writeSafetensors } from "#formats/safetensors.ts";
import { Errands } from "#runs/errands.ts";
import { isShared, performShared, sharedNumbersMin } from "#runs/kernels/sharing.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import type { Ntk } from "#schemas/ntk.ts";
import type { KernelWork } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import { stream } from "#src/random.ts";
import { openArtifacts } from "#storage/artifacts/open.ts";
import { model } from "./records.ts";
import { silent } from "./workshop.ts";

const examples = 200;

async function open(t: TestContext, count: number) {
  const artifactsDir = await mkdtemp(join(tmpdir(), "linnet-sharing-"));
  const entry = fileURLToPath(new URL("../../src/trainer.ts", import.meta.url));
  // One processor for all, whatever GPUs there are.
  const environment = { ...process.env, CUDA_VISIBLE_DEVICES: "" };
  const children = Array.from({ length: count }, () => {
    return new Errands({ log: silent, entry, environment, memoryBytesMax: 2 ** 30 });
  });
  t.after(async () => {
    for (const child of children) await child.close();
    await rm(artifactsDir, { recursive: true });
  });
  const random = stream(5, "inputs");
  const values = Float64Array.from({ length: examples * 20 }, () => random.normal());
  const artifacts = await openArtifacts(artifactsDir, { address: "" });
  const file = writeSafetensors(new Map([["x", tensor("float64", [examples, 20], values)]]));
  const { digest } = await artifacts.put(file, { bytesMax: 2 ** 30 });
  assert.ok(model.definition);
  const work: Omit<KernelWork, "variant"> = {
    model: { kind: "definition", definition: model.definition },
    artifactsDir,
    weights: { seed: 2 },
    first: { source: "inputs", digest, count: examples },
    second: null,
    method: "structured",
    precision: "float32",
    eigenvalues: 3,
    regression: null,
    threads: 1,
  };
  return { children, work };
}

test("a kernel that three children share is to the bit what one computes", async (t) => {
  const { children, work } = await open(t, 3);
  for (const variant of ["full", "trace"] satisfies KernelVariant[]) {
    const [alone, shared] = await Promise.all([
      children[0]?.perform({ ...work, variant, kind: "kernel" }),
      performShared({ ...work, variant }, children),
    ]);
    assert.ok(alone);
    assert.equal(shared.digest, alone.digest);
    assert.deepEqual(shared.shape, alone.shape);
    const { seconds: _, layer_share: ownShares, ...own } = shared.figures;
    const { seconds: __, layer_share: shares, ...expected } = alone.figures;
    assert.deepEqual(own, expected);
    for (const [layer, part] of Object.entries(shares)) {
      assert.ok(Math.abs(Number(ownShares[layer]) - Number(part)) < 1e-12);
    }
  }
});

test("what one child refuses is refused for all", async (t) => {
  const { children, work } = await open(t, 2);
  const gone = {
    perform: () => Promise.reject(new Failure("trainer_crashed", "it ended")),
    close: async () => {},
  };
  const shared = performShared({ ...work, variant: "full" }, [...children.slice(0, 1), gone]);
  await assert.rejects(shared, { code: "trainer_crashed" });
});

test("small and very large kernels, those of two sets and regressions are one child's", () => {
  const rows = Math.sqrt(sharedNumbersMin) / 4;
  const asked = { dtype: "float32", shape: [rows, 4, rows, 4], second: null, regression: null };
  const large = asked as unknown as Ntk;
  assert.equal(isShared(large), true);
  assert.equal(isShared({ ...large, shape: [rows - 1, 4, rows, 4] }), false);
  assert.equal(isShared({ ...large, shape: [2000, 4, 2000, 4] }), true);
  assert.equal(isShared({ ...large, shape: [2000, 5, 2000, 5] }), false);
  const second = { source: "inputs", dataset: null, split: null, indices: null, examples: 3 };
  assert.equal(isShared({ ...large, second } as Ntk), false);
  assert.equal(isShared({ ...large, regression: { ridge: 0, prior: "zero" } }), false);
});
