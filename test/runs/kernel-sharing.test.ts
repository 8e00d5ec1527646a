/** Kernels by several children, as on a machine with several GPUs; here each has a processor. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { encode, fromArrays } from "#catalog/datasets.ts";
import { tensor } from "#engine/tensor.ts";
import { writeSafetensors } from "#formats/safetensors.ts";
import { Errands } from "#runs/errands.ts";
import { performShared, sharedAs, sharedNumbersMin } from "#runs/kernels/sharing.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import type { Ntk } from "#schemas/ntk.ts";
import type { ErrandResult, KernelWork } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { KernelDone } from "#src/kernel-shares.ts";
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
  const setOf = async (count: number) => {
    const x = tensor("float64", [count, 20], values.subarray(0, count * 20));
    const { digest } = await artifacts.put(writeSafetensors(new Map([["x", x]])), {
      bytesMax: 2 ** 30,
    });
    return { source: "inputs", digest, count } as const;
  };
  assert.ok(model.definition);
  const work: Omit<KernelWork, "variant"> = {
    model: { kind: "definition", definition: model.definition },
    artifactsDir,
    weights: { seed: 2 },
    first: await setOf(examples),
    second: null,
    method: "structured",
    precision: "float32",
    eigenvalues: 3,
    regression: null,
    threads: 1,
  };
  return { children, work, setOf, artifacts };
}

/** A data set of four classes in its stored form. */
function labelled(): Uint8Array {
  const random = stream(6, "labelled");
  const [train, test] = [40, 60];
  const x = (count: number) =>
    tensor(
      "float32",
      [count, 20],
      Float64Array.from({ length: count * 20 }, () => random.normal()),
    );
  const y = (count: number) =>
    tensor(
      "int32",
      [count],
      Int32Array.from({ length: count }, (_, at) => at % 4),
    );
  const arrays = { x_train: x(train), y_train: y(train), x_test: x(test), y_test: y(test) };
  return encode(fromArrays(new Map(Object.entries(arrays))));
}

type Alone = Extract<ErrandResult, { kind: "kernel" }>;

/** The same kernel, but for the time and the rounding of sums over examples. */
function assertSame(shared: KernelDone, alone: Alone | undefined): void {
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

test("a kernel that three children share is to the bit what one computes", async (t) => {
  const { children, work } = await open(t, 3);
  for (const variant of ["full", "trace"] satisfies KernelVariant[]) {
    const [alone, shared] = await Promise.all([
      children[0]?.perform({ ...work, variant, kind: "kernel" }),
      performShared({ ...work, variant }, children, "upper"),
    ]);
    assertSame(shared, alone);
  }
});

test("a kernel of two sets that children share is to the bit what one computes", async (t) => {
  const { children, work, setOf } = await open(t, 3);
  for (const [count, form] of [
    [70, "rows"],
    [190, "columns"],
  ] as const) {
    for (const variant of ["full", "diagonal"] satisfies KernelVariant[]) {
      const asked = { ...work, variant, second: await setOf(count) };
      const [alone, shared] = await Promise.all([
        children[0]?.perform({ ...asked, kind: "kernel" }),
        performShared(asked, children, form),
      ]);
      assertSame(shared, alone);
    }
  }
});

test("a regression takes the kernel of two sets that children have shared", async (t) => {
  const { children, work, artifacts } = await open(t, 2);
  const { digest } = await artifacts.put(labelled(), { bytesMax: 2 ** 20 });
  const set = (split: "train" | "test", count: number) =>
    ({ source: "dataset", digest, split, indices: null, count }) as const;
  const asked = {
    ...{ ...work, first: set("train", 40), second: set("test", 60) },
    variant: "full",
    regression: { ridge: 0.1, prior: "network" },
  } as const;
  const [alone, shared] = await Promise.all([
    children[0]?.perform({ ...asked, kind: "kernel" }),
    performShared(asked, children, "columns"),
  ]);
  assert.ok(alone?.figures.regression?.test);
  assertSame(shared, alone);
});

test("strips that three children store are the file of the whole kernel", async (t) => {
  const { children, work } = await open(t, 3);
  const asked = { ...work, variant: "full" } as const;
  const [alone, shared] = await Promise.all([
    children[0]?.perform({ ...asked, kind: "kernel" }),
    performShared(asked, children, "strips"),
  ]);
  assert.equal(shared.digest, alone?.digest);
  assert.deepEqual(shared.shape, alone?.shape);
  const own = shared.figures;
  for (const name of ["trace", "frobenius_norm"] as const) {
    const [a, b] = [Number(own[name]), Number(alone?.figures[name])];
    assert.ok(Math.abs(a - b) <= 1e-12 * b, name);
  }
  const largest = Number(alone?.figures.eigenvalues[0]);
  assert.ok(Math.abs(Number(own.eigenvalues[0]) - largest) < 1e-4 * largest);
});

test("what one child refuses is refused for all", async (t) => {
  const { children, work } = await open(t, 2);
  const gone = {
    perform: () => Promise.reject(new Failure("trainer_crashed", "it ended")),
    close: async () => {},
  };
  const shared = performShared(
    { ...work, variant: "full" },
    [...children.slice(0, 1), gone],
    "upper",
  );
  await assert.rejects(shared, { code: "trainer_crashed" });
});

test("how a kernel is divided follows from its size and its sets", () => {
  const rows = Math.sqrt(sharedNumbersMin) / 4;
  const first = { source: "inputs", dataset: null, split: null, indices: null, examples: rows };
  const asked = { dtype: "float32", shape: [rows, 4, rows, 4], second: null, regression: null };
  const large = { ...asked, first } as unknown as Ntk;
  assert.equal(sharedAs(large), "upper");
  assert.equal(sharedAs({ ...large, shape: [rows - 1, 4, rows, 4] }), null);
  assert.equal(sharedAs({ ...large, shape: [2000, 4, 2000, 4] }), "upper");
  assert.equal(sharedAs({ ...large, shape: [2000, 5, 2000, 5] }), "strips");
  const between = (examples: number): Ntk => {
    const shape = [rows, 4, examples, 4];
    return { ...large, shape, second: { ...large.first, examples } };
  };
  assert.equal(sharedAs(between(rows)), "rows");
  assert.equal(sharedAs(between(rows + 1)), "columns");
  assert.equal(sharedAs(between(rows - 1)), null);
  const regression = { ridge: 0, prior: "zero" } as const;
  assert.equal(sharedAs({ ...between(rows), regression }), "rows");
  assert.equal(sharedAs({ ...large, regression }), null);
});
