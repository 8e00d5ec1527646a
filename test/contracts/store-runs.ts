/** What every Store does with runs: one, versions, listings, the queue. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { newId } from "#src/ids.ts";
import type { Reader } from "#storage/store.ts";
import { walk } from "./listing.ts";
import type { OpenStore } from "./opening.ts";
import { idOf, queue } from "./queueing.ts";
import {
  checkpointRecord,
  logEvent,
  nextVersion,
  runRecord,
  snapshotRecord,
  time,
} from "./records.ts";
import { refusal } from "./refusal.ts";

export function runContract(open: OpenStore): void {
  it("gives a run back as it was inserted", async (t) => {
    const store = await open(t);
    const record = runRecord();
    await store.write((writer) => writer.insertRun(record));
    assert.deepEqual(await store.read((reader) => reader.run(record.run.id)), record);
    assert.equal(await store.read((reader) => reader.run(newId("run"))), undefined);
  });

  it("refuses a second run of the same id", async (t) => {
    const store = await open(t);
    const record = runRecord();
    await store.write((writer) => writer.insertRun(record));
    await assert.rejects(store.write((writer) => writer.insertRun(record)));
  });

  it("replaces a run by its next version", async (t) => {
    const store = await open(t);
    const record = runRecord();
    await store.write((writer) => writer.insertRun(record));
    const next = {
      ...nextVersion(record, { status: "running", attempt: 1 }),
      metricsThrough: 7,
      notBeforeMs: 2 ** 50,
    };
    await store.write((writer) => writer.updateRun(next));
    assert.deepEqual(await store.read((reader) => reader.run(record.run.id)), next);
  });

  it("refuses any version but the next, and an unknown run", async (t) => {
    const store = await open(t);
    const record = runRecord({ version: 5 });
    await store.write((writer) => writer.insertRun(record));
    for (const version of [1, 4, 5, 7]) {
      const wrong = { ...record, run: { ...record.run, version } };
      await assert.rejects(
        store.write((writer) => writer.updateRun(wrong)),
        refusal("conflict"),
      );
    }
    await assert.rejects(
      store.write((writer) => writer.updateRun(nextVersion(runRecord()))),
      refusal("not_found"),
    );
    assert.deepEqual(await store.read((reader) => reader.run(record.run.id)), record);
  });

  it("keeps the epoch of the insertion and the log's own last seq", async (t) => {
    const store = await open(t);
    const record = runRecord();
    const { id } = record.run;
    await store.write(async (writer) => {
      await writer.insertRun(record);
      await writer.append(id, time, [logEvent(1), logEvent(2)]);
      await writer.updateRun(nextVersion(record, { epoch: "another", last_seq: 0 }));
    });
    const stored = await store.read((reader) => reader.run(id));
    assert.equal(stored?.run.epoch, "epoch-1");
    assert.equal(stored?.run.last_seq, 2);
  });

  it("deletes a run with its events, snapshots and checkpoints, and no other's", async (t) => {
    const store = await open(t);
    const [gone, kept] = [runRecord(), runRecord()];
    for (const { run } of [gone, kept]) {
      await store.write(async (writer) => {
        await writer.insertRun(runRecord({ id: run.id }));
        await writer.append(run.id, time, [logEvent(1, "k")]);
        await writer.insertSnapshot(run.id, snapshotRecord());
        await writer.insertCheckpoint(checkpointRecord({ run: run.id }));
      });
    }
    await store.write((writer) => writer.deleteRun(gone.run.id));
    const counts = (id: string) =>
      store.read(async (reader) => [
        (await reader.run(id)) === undefined ? 0 : 1,
        (await reader.events(id, { after: 0, limit: 9 })).length,
        (await reader.snapshots(id, { limit: 9 })).rows.length,
        (await reader.checkpoints(id, { limit: 9 })).rows.length,
      ]);
    assert.deepEqual(await counts(gone.run.id), [0, 0, 0, 0]);
    assert.deepEqual(await counts(kept.run.id), [1, 1, 1, 1]);
    await store.write((writer) => writer.deleteRun(gone.run.id));
  });
}

export function runListContract(open: OpenStore): void {
  it("lists newest first, in pages that stay put while runs are inserted", async (t) => {
    const store = await open(t);
    const records = Array.from({ length: 7 }, () => runRecord());
    for (const record of records) await store.write((writer) => writer.insertRun(record));
    const seen = await walk(async (page) => {
      const { rows, more } = await store.read((reader) => reader.runs(page));
      await store.write((writer) => writer.insertRun(runRecord()));
      return { rows: rows.map((row) => row.run), more };
    }, 3);
    assert.deepEqual(seen, records.map((record) => record.run.id).reverse());
  });

  it("goes on after a row that was deleted meanwhile", async (t) => {
    const store = await open(t);
    const [old, middle, young] = [runRecord(), runRecord(), runRecord()];
    for (const record of [old, middle, young]) {
      await store.write((writer) => writer.insertRun(record));
    }
    await store.write((writer) => writer.deleteRun(middle.run.id));
    const page = await store.read((reader) => reader.runs({ limit: 5, after: middle.run.id }));
    assert.deepEqual(page, { rows: [old], more: false });
  });

  it("filters by status, model and data set together, and counts", async (t) => {
    const store = await open(t);
    const wanted = runRecord({ status: "failed", model: "mdl_x", dataset: "dst_x" });
    const others = [
      runRecord({ status: "queued", model: "mdl_x", dataset: "dst_x" }),
      runRecord({ status: "failed", model: "mdl_y", dataset: "dst_x" }),
      runRecord({ status: "failed", model: "mdl_x", dataset: "dst_y" }),
    ];
    for (const record of [wanted, ...others]) {
      await store.write((writer) => writer.insertRun(record));
    }
    const ids = async (filter: Omit<Parameters<Reader["runs"]>[0], "limit">) =>
      (await store.read((reader) => reader.runs({ limit: 9, ...filter }))).rows.length;
    assert.equal(await ids({}), 4);
    assert.equal(await ids({ statuses: ["failed"] }), 3);
    assert.equal(await ids({ statuses: ["failed", "queued"], model: "mdl_x" }), 3);
    assert.equal(await ids({ statuses: ["failed"], model: "mdl_x", dataset: "dst_x" }), 1);
    assert.equal(await ids({ statuses: [] }), 0);
    assert.equal(await store.read((reader) => reader.countRuns(["failed", "queued"])), 4);
    assert.equal(await store.read((reader) => reader.countRuns(["paused"])), 0);
    assert.equal(await store.read((reader) => reader.countRuns([])), 0);
  });

  it("gives the queue oldest first, without runs whose time has not come", async (t) => {
    const store = await open(t);
    const first = runRecord();
    const waiting = runRecord({}, { notBeforeMs: 1001 });
    const second = runRecord({}, { notBeforeMs: 1000 });
    const running = runRecord({ status: "running" });
    for (const record of [first, waiting, second, running]) {
      await store.write((writer) => writer.insertRun(record));
    }
    assert.deepEqual(await queue(store, { nowMs: 1000 }), [first, second].map(idOf));
    assert.deepEqual(await queue(store, { nowMs: 1001 }), [waiting].map(idOf));
  });
}
