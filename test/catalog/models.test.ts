/** Models and data sets as stored resources. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { type CatalogContext, usualCatalogLimits } from "#catalog/context.ts";
import { decode } from "#catalog/datasets.ts";
import { createModel, deleteModel, getModel, listModels } from "#catalog/models.ts";
import { createDataset, deleteDataset, uploadDataset } from "#catalog/uploads.ts";
import { tensor } from "#engine/tensor.ts";
import { writeNpy } from "#formats/npy.ts";
import { writeNpz } from "#formats/npz.ts";
import { cancelRun, submitRun } from "#runs/commands.ts";
import { usualRunLimits } from "#runs/context.ts";
import type { Definition } from "#schemas/model.ts";
import { Failure } from "#src/failure.ts";
import { openArtifactFolder } from "#storage/artifacts/folder.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import { localWakeups } from "#storage/wakeups/local.ts";

const definition: Definition = {
  input: { shape: [20] },
  layers: [
    { type: "dense", units: 16, activation: "relu" },
    { type: "dense", units: 4 },
  ],
};

async function openCatalog(t: TestContext): Promise<CatalogContext> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-catalog-"));
  const store = await openSqliteStore({ path: join(dir, "linnet.db") });
  t.after(async () => {
    await store[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });
  const artifacts = await openArtifactFolder(join(dir, "artifacts"));
  return { store, artifacts, limits: usualCatalogLimits, now: Date.now };
}

async function artifactsIn({ artifacts }: CatalogContext): Promise<number> {
  let count = 0;
  for await (const _ of artifacts.list()) count += 1;
  return count;
}

test("a model is counted, stored under its digest, and found again", async (t) => {
  const context = await openCatalog(t);
  const model = await createModel(context, { name: "small", definition });
  assert.equal(model.parameters, 21 * 16 + 17 * 4);
  assert.deepEqual(model.inputs, [{ name: "input", shape: [20], dtype: "real" }]);
  assert.deepEqual(model.outputs[0]?.shape, [4]);
  assert.deepEqual(
    model.layers.map((layer) => layer.output_shape),
    [[16], [4]],
  );
  assert.deepEqual(await getModel(context, model.id), model);
  const bytes = await context.artifacts.get(model.digest);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes)), definition);
});

test("equal definitions have equal digests, whatever the order of their keys", async (t) => {
  const context = await openCatalog(t);
  const reordered = { layers: definition["layers" as never], input: { shape: [20] } };
  const a = await createModel(context, { definition });
  const b = await createModel(context, { definition: reordered as unknown as Definition });
  assert.equal(a.digest, b.digest);
  const { rows } = await listModels(context, { limit: 10 });
  assert.deepEqual(
    rows.map(({ id }) => id),
    [b.id, a.id],
  );
});

test("a definition without meaning is refused with pointers from the request's root", async (t) => {
  const context = await openCatalog(t);
  const wrong = { ...definition, layers: [{ type: "dense", units: 0 }] } as unknown as Definition;
  await assert.rejects(createModel(context, { definition: wrong }), (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.code, "invalid_model");
    return error.errors[0]?.pointer === "/definition/layers/0/units";
  });
  const huge = { ...context, limits: { ...context.limits, parametersMax: 10 } };
  await assert.rejects(createModel(huge, { definition }), { code: "too_large" });
  assert.equal(await artifactsIn(context), 0);
});

test("what an active run needs cannot be deleted", async (t) => {
  const context = await openCatalog(t);
  const model = await createModel(context, { definition });
  const generator = { type: "wedge", train: 100, test: 20 } as const;
  const dataset = await createDataset(context, { generator });
  await using wakeups = localWakeups();
  const runs = { ...context, wakeups, limits: usualRunLimits };
  const optimizer = { type: "sgd", learning_rate: 0.1 } as const;
  const asked = { model: model.id, dataset: dataset.id, optimizer, steps: 10 };
  const { id } = await submitRun(runs, asked);
  await assert.rejects(deleteModel(context, model.id), { code: "in_use" });
  await assert.rejects(deleteDataset(context, dataset.id), { code: "in_use" });
  await cancelRun(runs, id);
  await deleteModel(context, model.id);
  await deleteDataset(context, dataset.id);
  await assert.rejects(deleteModel(context, model.id), { code: "not_found" });
});

test("a generated data set is stored in canonical bytes, equal for equal options", async (t) => {
  const context = await openCatalog(t);
  const generator = { type: "wedge", train: 100, test: 20 } as const;
  const a = await createDataset(context, { name: "w", generator });
  const b = await createDataset(context, { generator });
  assert.equal(a.digest, b.digest);
  assert.equal(a.classes, 4);
  assert.deepEqual(a.input_shape, [20]);
  assert.deepEqual(a.splits.train.x, { shape: [100, 20], dtype: "float32" });
  const stored = decode(await context.artifacts.get(a.digest), { bytesMax: 2 ** 20 });
  assert.deepEqual(stored.xTest.shape, [20, 20]);
});

const x = tensor("float32", [4, 2], [0, 1, 2, 3, 4, 5, 6, 7]);
const y = tensor("int32", [4], [0, 1, 0, 1]);
const csv = new TextEncoder().encode("a,b,label\n1,2,cat\n3,4,dog\n5,6,cat\n7,8,dog\n");

async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test("uploads in every form give the same data set", async (t) => {
  const context = await openCatalog(t);
  const npz = writeNpz(
    new Map([
      ["x", x],
      ["y", y],
    ]),
  );
  const archive = await uploadDataset(context, { format: "npz", content: inPieces(npz, 100) });
  const files = new Map([
    ["x", writeNpy(x)],
    ["y", writeNpy(y)],
  ]);
  const pair = await uploadDataset(context, { format: "npy", files });
  assert.equal(pair.digest, archive.digest);
  const canonical = await context.artifacts.get(pair.digest);
  const again = await uploadDataset(context, { format: "safetensors", content: canonical });
  assert.equal(again.digest, pair.digest);
  const table = await uploadDataset(context, { format: "csv", content: csv }, { label: "label" });
  assert.deepEqual(table.class_names, ["cat", "dog"]);
});

test("nothing is kept of a refused upload", async (t) => {
  const context = await openCatalog(t);
  const npz = (content: Uint8Array) => uploadDataset(context, { format: "npz", content });
  await assert.rejects(npz(new Uint8Array(100)), { code: "malformed_body" });
  await assert.rejects(npz(writeNpz(new Map([["x", x]]))), (error) => {
    assert.ok(error instanceof Failure && error.code === "invalid_dataset");
    return error.errors[0]?.pointer === "/y";
  });
  const small = { ...context, limits: { ...context.limits, uploadBytesMax: 10 } };
  await assert.rejects(uploadDataset(small, { format: "csv", content: csv }), {
    code: "body_too_large",
  });
  assert.equal(await artifactsIn(context), 0);
  const { rows } = await context.store.read((reader) => reader.datasets({ limit: 10 }));
  assert.equal(rows.length, 0);
});
