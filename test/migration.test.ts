/** A data folder moved to another place: all of it or a reason, and never twice. */
import assert from "node:assert/strict";
import { appendFile, chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it, type TestContext } from "node:test";
import { type MigrationOptions, migrateData } from "#src/migration.ts";
import { openArtifacts } from "#storage/artifacts/open.ts";
import { openPostgresStore } from "#storage/store/postgres.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import type { Store } from "#storage/store.ts";
import { linnet } from "./cli/screen.ts";
import { listed } from "./contracts/artifacts.ts";
import { refusal } from "./contracts/refusal.ts";
import { makeBucket, newAddress, newFolder, withoutS3 } from "./storage/s3-bucket.ts";
import { newSchema, skipWithout } from "./storage/schemas.ts";
import { artifactsStocked, eventsPerRun, runsStocked, stock } from "./storage/stocked.ts";

async function places(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), "linnet-migration-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return { from: join(dir, "from"), to: join(dir, "to") };
}

const asked = (
  { from, to }: { readonly from: string; readonly to: string },
  changes: Partial<MigrationOptions> = {},
): MigrationOptions => ({
  from,
  to,
  artifacts: "",
  resume: false,
  signal: new AbortController().signal,
  onLine: () => undefined,
  ...changes,
});

const storeOf = (dir: string): Promise<Store> =>
  openSqliteStore({ path: join(dir, "linnet.sqlite") });

/** Every run with its log and parts, and what is beside them. */
async function contents(store: Store) {
  return store.read(async (reader) => {
    const { rows: runs } = await reader.runs({ limit: 100 });
    const logs = [];
    for (const { run } of runs) {
      logs.push({
        events: await reader.events(run.id, { after: 0, limit: 5000 }),
        checkpoints: await reader.checkpoints(run.id, { limit: 10 }),
        snapshots: await reader.snapshots(run.id, { limit: 10 }),
      });
    }
    const models = await reader.models({ limit: 10 });
    const datasets = await reader.datasets({ limit: 10 });
    const keys = await reader.apiKeys({ limit: 10 });
    return { runs, logs, models, datasets, keys, answer: await reader.answer("k") };
  });
}

/** What a folder holds, read while nobody else has it. */
async function contentsOf(dir: string) {
  await using store = await storeOf(dir);
  return await contents(store);
}

describe("a migration", () => {
  it("moves every row and every artifact, and leaves the source as it was", async (t) => {
    const both = await places(t);
    const digests = await stock(both.from);
    const before = await contentsOf(both.from);
    const { tables, moved, uploadsDropped } = await migrateData(asked(both));
    assert.deepEqual(await contentsOf(both.to), before);
    assert.deepEqual(await contentsOf(both.from), before);
    const artifacts = await openArtifacts(join(both.to, "artifacts"), { address: "" });
    assert.deepEqual(await listed(artifacts), [...digests].sort());
    assert.deepEqual([moved.artifacts, moved.known, uploadsDropped], [artifactsStocked, 0, 1]);
    const rows = Object.fromEntries(tables.map((each) => [each.table, each.rows]));
    assert.equal(rows["events"], runsStocked * eventsPerRun);
    assert.equal(rows["runs"], runsStocked);
  });

  it("leaves nothing to a worker that stayed behind", async (t) => {
    const both = await places(t);
    await stock(both.from);
    await migrateData(asked(both));
    await using store = await storeOf(both.to);
    const untended = await store.read((reader) => reader.untended("another", 10));
    assert.equal(untended.length, runsStocked);
  });

  it("goes on where it was interrupted, and sends nothing twice", async (t) => {
    const both = await places(t);
    await stock(both.from);
    const stop = new AbortController();
    const onLine = (text: string): void => {
      if (text.startsWith("runs:")) stop.abort(new Error("enough"));
    };
    await assert.rejects(migrateData(asked(both, { signal: stop.signal, onLine })), /enough/);
    await assert.rejects(migrateData(asked(both)), refusal("conflict"));
    const { moved } = await migrateData(asked(both, { resume: true }));
    assert.deepEqual([moved.artifacts, moved.known], [0, artifactsStocked]);
    assert.deepEqual(await contentsOf(both.to), await contentsOf(both.from));
    const again = await migrateData(asked(both, { resume: true }));
    assert.equal(again.moved.artifacts, 0);
  });

  it("refuses a target that holds something else, and says what differs", async (t) => {
    const both = await places(t);
    await stock(both.from);
    await stock(both.to);
    await assert.rejects(migrateData(asked(both)), refusal("conflict"));
    await assert.rejects(migrateData(asked(both, { resume: true })), refusal("storage_corrupt"));
  });

  it("refuses a folder that a service has open, and one without a database", async (t) => {
    const both = await places(t);
    await stock(both.from);
    const store = await storeOf(both.from);
    await store.check();
    await assert.rejects(migrateData(asked(both)), refusal("in_use"));
    await store[Symbol.asyncDispose]();
    const nowhere = { from: join(both.to, "none"), to: both.to };
    await assert.rejects(migrateData(asked(nowhere)), refusal("not_found"));
  });

  it("leaves damaged artifacts behind, and names them", async (t) => {
    const both = await places(t);
    const [digest = ""] = await stock(both.from);
    const file = join(both.from, "artifacts", digest.slice(7, 9), digest.slice(9));
    await chmod(file, 0o644);
    await appendFile(file, "x");
    const { moved } = await migrateData(asked(both));
    assert.deepEqual(moved.damaged, [digest]);
    const artifacts = await openArtifacts(join(both.to, "artifacts"), { address: "" });
    assert.equal((await listed(artifacts)).length, artifactsStocked - 1);
  });

  it("is a command that says what it moved", async (t) => {
    const both = await places(t);
    await stock(both.from);
    const done = await linnet(["migrate", "--from", both.from, "--to", both.to]);
    assert.equal(done.code, 0, done.err);
    assert.match(done.out, /Both sides hold the same: 1 api_keys.*2100 events/);
    assert.match(done.out, /1 unfinished uploads stay behind/);
    const again = await linnet(["migrate", "--from", both.from, "--to", both.to]);
    assert.equal(again.code, 2);
    assert.match(again.err, /The target is not empty/);
    const missing = await linnet(["migrate", "--from", both.from, "--to", "postgres://x/y"]);
    assert.match(missing.err, /--artifacts/);
  });
});

describe("a migration to S3", { skip: withoutS3 }, () => {
  before(() => makeBucket());

  it("moves every artifact to the bucket", async (t) => {
    const both = await places(t);
    const digests = await stock(both.from);
    const artifacts = newAddress();
    await migrateData(asked(both, { artifacts }));
    const bucket = await openArtifacts(await newFolder(t), { address: artifacts });
    assert.deepEqual(await listed(bucket), [...digests].sort());
  });
});

describe("a migration to PostgreSQL", { skip: skipWithout }, () => {
  it("moves every row, and goes on where it was interrupted", async (t) => {
    const both = await places(t);
    await stock(both.from);
    const to = await newSchema(t);
    const artifacts = withoutS3 === false ? newAddress() : "";
    if (artifacts === "") return t.skip("a database needs a bucket beside it");
    await makeBucket();
    const stop = new AbortController();
    const onLine = (text: string): void => {
      if (text.startsWith("runs:")) stop.abort(new Error("enough"));
    };
    const interrupted = asked({ ...both, to }, { artifacts, signal: stop.signal, onLine });
    await assert.rejects(migrateData(interrupted), /enough/);
    await assert.rejects(migrateData(asked({ ...both, to }, { artifacts })), refusal("conflict"));
    const { tables } = await migrateData(asked({ ...both, to }, { artifacts, resume: true }));
    assert.equal(tables.find(({ table }) => table === "runs")?.rows, runsStocked);
    await using store = await openPostgresStore({ url: to, connectionsMax: 4 });
    assert.deepEqual(await contents(store), await contentsOf(both.from));
  });

  it("says that the database is away", async (t) => {
    const both = await places(t);
    await stock(both.from);
    const to = "postgres://nobody@127.0.0.1:1/none";
    const away = asked({ ...both, to }, { artifacts: "s3://lab" });
    await assert.rejects(migrateData(away), refusal("storage_unavailable"));
  });
});
