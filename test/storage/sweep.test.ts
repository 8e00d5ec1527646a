/** The sweep of artifacts: what no row points at goes, once it is old enough. */
import assert from "node:assert/strict";
import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { openArtifactFolder } from "#storage/artifacts/folder.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import { sweepArtifacts } from "#storage/sweep.ts";
import { listed } from "#test/contracts/artifacts.ts";
import { checkpointRecord, datasetRecord, runRecord } from "#test/contracts/records.ts";

const hourMs = 60 * 60 * 1000;
const { signal } = new AbortController();

async function newPlace(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), "linnet-sweep-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const store = await openSqliteStore({ path: join(dir, "linnet.db") });
  t.after(() => store[Symbol.asyncDispose]());
  const artifacts = await openArtifactFolder(join(dir, "artifacts"));
  /** Stores text as an artifact two hours old. */
  const putOld = async (text: string) => {
    const { digest } = await artifacts.put(Buffer.from(text), { bytesMax: 10_000 });
    const old = new Date(Date.now() - 2 * hourMs);
    await utimes(join(dir, "artifacts", digest.slice(7, 9), digest.slice(9)), old, old);
    return digest;
  };
  const sweep = () => sweepArtifacts({ store, artifacts, olderThanMs: hourMs, signal });
  return { store, artifacts, putOld, sweep };
}

describe("a sweep of artifacts", () => {
  it("deletes what is old and unused, and nothing else", async (t) => {
    const { store, artifacts, putOld, sweep } = await newPlace(t);
    const used = await putOld("used");
    await putOld("unused");
    const young = await artifacts.put(Buffer.from("young"), { bytesMax: 10 });
    await store.write((writer) => writer.insertDataset(datasetRecord({ digest: used })));
    assert.deepEqual(await sweep(), { deleted: 1, bytesFreed: 6, kept: 2 });
    assert.deepEqual(await listed(artifacts), [used, young.digest].sort());
    assert.deepEqual(await sweep(), { deleted: 0, bytesFreed: 0, kept: 2 });
  });

  it("keeps what a checkpoint's manifest names, until the checkpoint is deleted", async (t) => {
    const { store, artifacts, putOld, sweep } = await newPlace(t);
    const [state, weights] = [await putOld("state"), await putOld("weights")];
    const digest = await putOld(JSON.stringify({ state: { digest: state }, step: 3 }));
    const { id: run } = runRecord().run;
    const checkpoint = checkpointRecord({ run, digest, weights });
    await store.write(async (writer) => {
      await writer.insertRun(runRecord({ id: run }));
      await writer.insertCheckpoint(checkpoint);
    });
    assert.equal((await sweep()).kept, 3);
    await store.write((writer) => writer.deleteCheckpoint(run, checkpoint.id));
    assert.equal((await sweep()).deleted, 3);
    assert.deepEqual(await listed(artifacts), []);
  });

  it("goes on when a row points at an artifact that is gone", async (t) => {
    const { store, putOld, sweep } = await newPlace(t);
    await putOld("unused");
    await store.write((writer) => writer.insertDataset(datasetRecord()));
    assert.equal((await sweep()).deleted, 1);
  });

  it("spares an old artifact that is stored again after the rows were read", async (t) => {
    const { store, artifacts, putOld } = await newPlace(t);
    const digest = await putOld("again");
    const racing = {
      ...store,
      read: async () => {
        await artifacts.put(Buffer.from("again"), { bytesMax: 10 });
        return new Set<string>();
      },
    } as unknown as typeof store;
    await sweepArtifacts({ store: racing, artifacts, olderThanMs: hourMs, signal });
    assert.deepEqual(await listed(artifacts), [digest]);
  });

  it("takes what was let go earlier, unless something names it again or it is young", async (t) => {
    const { store, artifacts, putOld } = await newPlace(t);
    const [gone, again, unknown] = [await putOld("gone"), await putOld("again"), await putOld("?")];
    const { digest: young } = await artifacts.put(Buffer.from("young"), { bytesMax: 10 });
    await store.write((writer) => writer.insertDataset(datasetRecord({ digest: again })));
    const letGo = { digests: new Set([gone, again, young]), olderThanMs: hourMs };
    const olderThanMs = Number.POSITIVE_INFINITY;
    const { deleted } = await sweepArtifacts({ store, artifacts, olderThanMs, letGo, signal });
    assert.equal(deleted, 1);
    assert.deepEqual(await listed(artifacts), [again, unknown, young].sort());
  });

  it("stops when it is told to", async (t) => {
    const { store, artifacts, putOld } = await newPlace(t);
    const digest = await putOld("unused");
    const stopped = AbortSignal.abort(new Error("drain"));
    const sweep = sweepArtifacts({ store, artifacts, olderThanMs: 1, signal: stopped });
    await assert.rejects(sweep, /drain/);
    assert.deepEqual(await listed(artifacts), [digest]);
  });
});
