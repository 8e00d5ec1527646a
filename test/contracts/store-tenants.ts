/** What every Store keeps apart: the rows of one tenant from those of another. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { newId } from "#src/ids.ts";
import type { ApiKeyRecord, Reader, Store, UploadRecord, Writer } from "#storage/store.ts";
import type { OpenStore } from "./opening.ts";
import { queue } from "./queueing.ts";
import {
  checkpointRecord,
  datasetRecord,
  digestOf,
  logEvent,
  modelRecord,
  nextVersion,
  runRecord,
  snapshotRecord,
  time,
} from "./records.ts";
import { refusal } from "./refusal.ts";
import { ntkRecord, sweepRecord } from "./store-sweeps.ts";

const keyRecord = (tenant: string): ApiKeyRecord => ({
  key: {
    id: newId("key"),
    name: "clé",
    tenant,
    scopes: ["runs:read"],
    expires_at: null,
    created_at: time,
    last_used_at: null,
  },
  hash: "ab".repeat(32),
});

const uploadRecord = (changes: Partial<UploadRecord> = {}): UploadRecord => ({
  id: newId("upl"),
  length: 7,
  createdMs: 1,
  expiresMs: 10,
  ...changes,
});

/** One of everything, inserted through `store`. */
async function furnish(store: Store, tenant: string) {
  const record = runRecord();
  const run = record.run.id;
  const [model, dataset] = [modelRecord(), datasetRecord()];
  const [snapshot, checkpoint] = [snapshotRecord(), checkpointRecord({ run })];
  const [sweep, ntk] = [sweepRecord(), ntkRecord()];
  const [key, upload] = [keyRecord(tenant), uploadRecord()];
  await store.write(async (writer) => {
    await writer.insertRun(record);
    await writer.append(run, time, [logEvent(1)]);
    await writer.insertModel(model);
    await writer.insertDataset(dataset);
    await writer.insertSnapshot(run, snapshot);
    await writer.insertCheckpoint(checkpoint);
    await writer.insertSweep(sweep);
    await writer.insertNtk(ntk);
    await writer.insertApiKey(key);
    await writer.insertUpload(upload);
  });
  return { record, run, model, dataset, snapshot, checkpoint, sweep, ntk, key, upload };
}

type Furniture = Awaited<ReturnType<typeof furnish>>;

/** Every way of reading what `of` names, as a count of what was found. */
function sights(reader: Reader, of: Furniture): Promise<unknown>[] {
  const { run } = of;
  return [
    reader.run(run),
    reader.runs({ limit: 10 }).then(({ rows }) => rows.find((row) => row.run.id === run)),
    reader.events(run, { after: 0, limit: 10 }).then(([event]) => event),
    reader.model(of.model.id),
    reader.models({ limit: 10 }).then(({ rows }) => rows.find(({ id }) => id === of.model.id)),
    reader.dataset(of.dataset.id),
    reader.datasets({ limit: 10 }).then(({ rows }) => rows.find(({ id }) => id === of.dataset.id)),
    reader.snapshot(run, of.snapshot.id),
    reader.snapshots(run, { limit: 10 }).then(({ rows }) => rows[0]),
    reader.checkpoint(run, of.checkpoint.id),
    reader.checkpoints(run, { limit: 10 }).then(({ rows }) => rows[0]),
    reader.sweep(of.sweep.id),
    reader.sweeps({ limit: 10 }).then(({ rows }) => rows.find(({ id }) => id === of.sweep.id)),
    reader.openSweeps(10).then((rows) => rows.find(({ id }) => id === of.sweep.id)),
    reader.ntk(of.ntk.ntk.id),
    reader.ntks({ limit: 10 }).then(({ rows }) => rows.find(({ ntk }) => ntk.id === of.ntk.ntk.id)),
    reader.openNtks(10).then((rows) => rows.find(({ ntk }) => ntk.id === of.ntk.ntk.id)),
    reader.apiKey(of.key.key.id),
    reader
      .apiKeys({ limit: 10 })
      .then(({ rows }) => rows.find(({ key }) => key.id === of.key.key.id)),
    reader.upload(of.upload.id),
    reader.uploadsExpired(10, 10).then((rows) => rows.find(({ id }) => id === of.upload.id)),
  ];
}

/** What a writer of another tenant may try, with no effect. */
async function meddle(writer: Writer, of: Furniture): Promise<void> {
  const renamed = { ...of.key, key: { ...of.key.key, name: "stolen" } };
  await writer.deleteRun(of.run);
  await writer.deleteModel(of.model.id);
  await writer.deleteDataset(of.dataset.id);
  await writer.deleteCheckpoint(of.run, of.checkpoint.id);
  await writer.deleteSweep(of.sweep.id);
  await writer.updateNtk({ ...of.ntk, attempts: 9 });
  await writer.deleteNtk(of.ntk.ntk.id);
  await writer.updateApiKey(renamed);
  await writer.deleteApiKey(of.key.key.id);
  await writer.deleteUpload(of.upload.id);
}

export function tenantContract(open: OpenStore): void {
  it("shows a tenant its own rows, and not one of another's", async (t) => {
    const store = await open(t);
    const [a, b] = [store.of("a"), store.of("b")];
    const mine = await furnish(a, "a");
    const theirs = await furnish(b, "b");
    const found = await a.read((reader) => Promise.all(sights(reader, mine)));
    assert.ok(found.every((row) => row !== undefined));
    const foreign = await a.read((reader) => Promise.all(sights(reader, theirs)));
    assert.ok(
      foreign.every((row) => row === undefined),
      JSON.stringify(foreign),
    );
    for (const whose of [mine, theirs]) {
      const seen = await store.read((reader) => Promise.all(sights(reader, whose)));
      assert.ok(
        seen.every((row) => row !== undefined),
        "the whole store sees all",
      );
    }
  });

  it("lets no tenant change or delete what is another's", async (t) => {
    const store = await open(t);
    const theirs = await furnish(store.of("b"), "b");
    const before = await store.read((reader) => Promise.all(sights(reader, theirs)));
    const a = store.of("a");
    await a.write((writer) => meddle(writer, theirs));
    const stolen = nextVersion(theirs.record);
    await assert.rejects(
      a.write((writer) => writer.updateRun(stolen)),
      refusal("not_found"),
    );
    const sweep = { ...theirs.sweep, version: theirs.sweep.version + 1 };
    await assert.rejects(
      a.write((writer) => writer.updateSweep(sweep)),
      refusal("not_found"),
    );
    const append = a.write((writer) => writer.append(theirs.run, time, [logEvent(2)]));
    await assert.rejects(append, refusal("not_found"));
    const after = await store.read((reader) => Promise.all(sights(reader, theirs)));
    assert.deepEqual(after, before);
  });

  it("gives each tenant its own Idempotency-Keys", async (t) => {
    const store = await open(t);
    const claim = { key: "k", payload: digestOf("f"), response: null, createdMs: 1 };
    const response = { status: 201, location: null, body: "a" };
    await store.of("a").write(async (writer) => {
      assert.equal(await writer.claimAnswer(claim), true);
      await writer.completeAnswer("k", response);
    });
    await store.of("b").write(async (writer) => {
      assert.equal(await writer.claimAnswer(claim), true);
      await writer.forgetAnswer("k");
    });
    const kept = await store.of("a").read((reader) => reader.answer("k"));
    assert.deepEqual(kept, { ...claim, response });
  });

  it("counts the runs and bytes of a tenant, and the runs of everyone", async (t) => {
    const store = await open(t);
    const { checkpoint, dataset, upload } = await furnish(store.of("a"), "a");
    await furnish(store.of("b"), "b");
    const seen = await store.of("a").read(async (reader) => ({
      mine: await reader.countRuns(["queued"]),
      all: await reader.countRuns(["queued"], "everyone"),
      bytes: await reader.bytesStored(),
    }));
    assert.deepEqual([seen.mine, seen.all], [1, 2]);
    const least = checkpoint.bytes + dataset.bytes + upload.length;
    assert.ok(seen.bytes >= least, `${seen.bytes} of at least ${least}`);
    assert.equal(await store.read((reader) => reader.bytesStored()), 2 * seen.bytes);
    assert.equal(await store.of("c").read((reader) => reader.bytesStored()), 0);
  });

  it("takes turns between tenants: who trains least comes first", async (t) => {
    const store = await open(t);
    const [a, b] = [store.of("a"), store.of("b")];
    const insert = async (of: Store, status: "queued" | "running") => {
      const record = runRecord({ status });
      await of.write((writer) => writer.insertRun(record));
      return record.run.id;
    };
    await insert(a, "running");
    const [first, second] = [await insert(a, "queued"), await insert(b, "queued")];
    const limited = { nowMs: 1, heldMax: 1 };
    assert.deepEqual(await queue(store, limited), [second], "a tenant at its limit has to wait");
    assert.deepEqual(await queue(store, { nowMs: 1 }), [first]);
  });

  it("closes nothing when a tenant's view of it is closed", async (t) => {
    const store = await open(t);
    await store.of("a")[Symbol.asyncDispose]();
    await store.check();
  });
}
