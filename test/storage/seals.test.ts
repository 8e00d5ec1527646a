/** Rows that a disk has changed: every table, every column, refused wherever it is read. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import Database from "better-sqlite3";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import type { Reader } from "#storage/store.ts";
import {
  checkpointRecord,
  datasetRecord,
  digestOf,
  logEvent,
  modelRecord,
  runRecord,
  snapshotRecord,
  time,
} from "#test/contracts/records.ts";
import { refusal } from "#test/contracts/refusal.ts";

const page = { limit: 10 };

async function filled(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), "linnet-seals-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, "linnet.sqlite");
  const store = await openSqliteStore({ path });
  t.after(() => store[Symbol.asyncDispose]());
  const record = runRecord();
  const { id } = record.run;
  const [model, dataset, snapshot] = [modelRecord(), datasetRecord(), snapshotRecord()];
  const checkpoint = checkpointRecord({ run: id });
  await store.write(async (writer) => {
    await writer.insertModel(model);
    await writer.insertDataset(dataset);
    await writer.insertRun(record);
    await writer.append(id, time, [logEvent(1, "a"), logEvent(2, "b")]);
    await writer.insertSnapshot(id, snapshot);
    await writer.insertCheckpoint(checkpoint);
    const payload = digestOf("p");
    await writer.claimAnswer({ key: "k", payload, response: null, createdMs: 5 });
    await writer.completeAnswer("k", { status: 202, location: null, body: "{}" });
    await writer.insertUpload({ id: "upl_1", length: 3, createdMs: 1, expiresMs: 9 });
  });
  const reads: Readonly<Record<string, (reader: Reader) => Promise<unknown>>> = {
    models: (reader) => reader.models(page),
    datasets: (reader) => reader.dataset(dataset.id),
    runs: (reader) => reader.runs(page),
    events: (reader) => reader.events(id, { after: 0, limit: 10 }),
    snapshots: (reader) => reader.snapshots(id, page),
    checkpoints: (reader) => reader.checkpoint(id, checkpoint.id),
    answers: (reader) => reader.answer("k"),
    uploads: (reader) => reader.upload("upl_1"),
  };
  return { path, store, reads };
}

/** What a flipped bit may make of a value: another one, or for a text the same bytes as a blob. */
function changesOf(value: unknown): readonly unknown[] {
  if (typeof value === "number") return [value + 1];
  const text = String(value);
  return [`${text.slice(0, -1)}\u0001`, Buffer.from(text)];
}

/** Columns that say by which rows one is found: a row is missed then, and indexes tell. */
const found = new Set(["id", "run", "seq", "key", "tenant"]);

it("refuses a row whenever any column of it says something else", async (t) => {
  const { path, store, reads } = await filled(t);
  const disk = new Database(path);
  t.after(() => disk.close());
  let refused = 0;
  for (const [table, read] of Object.entries(reads)) {
    await store.read(read);
    const row = disk.prepare(`select rowid, * from ${table}`).get() as Record<string, unknown>;
    const columns = Object.keys(row).filter((name) => name !== "rowid" && !found.has(name));
    for (const name of columns.filter((column) => row[column] !== null)) {
      const set = disk.prepare(`update ${table} set ${name} = ? where rowid = ?`);
      for (const change of changesOf(row[name])) {
        set.run(change, row["rowid"]);
        await assert.rejects(store.read(read), refusal("storage_corrupt"), `${table}.${name}`);
        refused += 1;
      }
      set.run(row[name], row["rowid"]);
    }
    await store.read(read);
  }
  assert.ok(refused > 60, `${refused} columns`);
});

it("refuses a run whose log says to end elsewhere", async (t) => {
  const { path, store, reads } = await filled(t);
  const disk = new Database(path);
  t.after(() => disk.close());
  disk.exec("update runs set last_seq = 1");
  await assert.rejects(store.read(reads["runs"] ?? fail), refusal("storage_corrupt"));
});

function fail(): never {
  throw new Error("no such read");
}
