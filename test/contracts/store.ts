/**
 * What every Store does, whatever is beneath it: call `storeContract` in a test file of the
 * adapter. Runs and the log have files of their own.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Answer, PageRequest, Writer } from "#storage/store.ts";
import { walk } from "./listing.ts";
import type { OpenStore } from "./opening.ts";
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
import { leaseContract, queueContract } from "./store-leases.ts";
import { storeLogContract } from "./store-log.ts";
import { runContract, runListContract } from "./store-runs.ts";
import { ntkContract, sweepContract } from "./store-sweeps.ts";
import { tenantContract } from "./store-tenants.ts";

export function storeContract(name: string, open: OpenStore): void {
  describe(`${name} as a store`, () => {
    describe("runs", () => runContract(open));
    describe("listings of runs", () => runListContract(open));
    describe("leases", () => leaseContract(open));
    describe("the queue", () => queueContract(open));
    describe("the log", () => storeLogContract(open));
    describe("models and data sets", () => catalogContract(open));
    describe("snapshots and checkpoints", () => partsContract(open));
    describe("sweeps", () => sweepContract(open));
    describe("one-off kernels", () => ntkContract(open));
    describe("answers", () => answerContract(open));
    describe("tenants", () => tenantContract(open));
    describe("transactions", () => transactionContract(open));
    describe("its end", () => endContract(open));
  });
}

function catalogContract(open: OpenStore): void {
  it("keeps models: one, pages, deletion", async (t) => {
    const store = await open(t);
    const models = [modelRecord({ name: "é" }), modelRecord(), modelRecord()];
    for (const model of models) await store.write((writer) => writer.insertModel(model));
    const [first] = models;
    assert.ok(first);
    assert.deepEqual(await store.read((reader) => reader.model(first.id)), first);
    const list = (page: PageRequest) => store.read((reader) => reader.models(page));
    assert.deepEqual(await walk(list, 2), models.map((model) => model.id).reverse());
    await store.write((writer) => writer.deleteModel(first.id));
    assert.equal(await store.read((reader) => reader.model(first.id)), undefined);
    await store.write((writer) => writer.deleteModel(first.id));
  });

  it("keeps data sets: one, pages, deletion", async (t) => {
    const store = await open(t);
    const datasets = [datasetRecord({ name: "é" }), datasetRecord(), datasetRecord()];
    for (const dataset of datasets) await store.write((writer) => writer.insertDataset(dataset));
    const [first] = datasets;
    assert.ok(first);
    assert.deepEqual(await store.read((reader) => reader.dataset(first.id)), first);
    const list = (page: PageRequest) => store.read((reader) => reader.datasets(page));
    assert.deepEqual(await walk(list, 2), datasets.map((dataset) => dataset.id).reverse());
    await store.write((writer) => writer.deleteDataset(first.id));
    assert.equal(await store.read((reader) => reader.dataset(first.id)), undefined);
  });

  it("names every digest that a row points at, once", async (t) => {
    const store = await open(t);
    const { run } = runRecord();
    await store.write(async (writer) => {
      await writer.insertRun(runRecord({ id: run.id }));
      await writer.insertModel(modelRecord());
      await writer.insertModel(modelRecord());
      await writer.insertDataset(datasetRecord());
      await writer.insertSnapshot(run.id, snapshotRecord());
      await writer.insertSnapshot(run.id, snapshotRecord({ digest: null }));
      await writer.insertCheckpoint(checkpointRecord({ run: run.id }));
    });
    const digests = await store.read((reader) => reader.digests());
    assert.deepEqual([...digests].sort(), [..."abcde"].map(digestOf));
    await store.write((writer) => writer.deleteRun(run.id));
    const left = await store.read((reader) => reader.digests());
    assert.deepEqual([...left].sort(), [..."ab"].map(digestOf));
  });
}

function partsContract(open: OpenStore): void {
  it("keeps snapshots under their run", async (t) => {
    const store = await open(t);
    const [mine, other] = [runRecord().run.id, runRecord().run.id];
    const snapshots = Array.from({ length: 5 }, () => snapshotRecord());
    await store.write(async (writer) => {
      for (const id of [mine, other]) await writer.insertRun(runRecord({ id }));
      for (const snapshot of snapshots) await writer.insertSnapshot(mine, snapshot);
    });
    const [first] = snapshots;
    assert.ok(first);
    assert.deepEqual(await store.read((reader) => reader.snapshot(mine, first.id)), first);
    assert.equal(await store.read((reader) => reader.snapshot(other, first.id)), undefined);
    const list = (page: PageRequest) => store.read((reader) => reader.snapshots(mine, page));
    assert.deepEqual(await walk(list, 2), snapshots.map((snapshot) => snapshot.id).reverse());
  });

  it("keeps checkpoints under their run, and deletes one", async (t) => {
    const store = await open(t);
    const { id: run } = runRecord().run;
    const checkpoints = Array.from({ length: 5 }, (_, step) => checkpointRecord({ run, step }));
    await store.write(async (writer) => {
      await writer.insertRun(runRecord({ id: run }));
      for (const checkpoint of checkpoints) await writer.insertCheckpoint(checkpoint);
    });
    const list = (page: PageRequest) => store.read((reader) => reader.checkpoints(run, page));
    const newestFirst = checkpoints.map((checkpoint) => checkpoint.id).reverse();
    assert.deepEqual(await walk(list, 2), newestFirst);
    const [first] = checkpoints;
    assert.ok(first);
    assert.deepEqual(await store.read((reader) => reader.checkpoint(run, first.id)), first);
    await store.write((writer) => writer.deleteCheckpoint(run, first.id));
    assert.equal(await store.read((reader) => reader.checkpoint(run, first.id)), undefined);
    assert.deepEqual(await walk(list, 2), newestFirst.slice(0, -1));
  });

  it("refuses parts of a run that is not there", async (t) => {
    const store = await open(t);
    const { id } = runRecord().run;
    await assert.rejects(store.write((writer) => writer.insertSnapshot(id, snapshotRecord())));
    await assert.rejects(
      store.write((writer) => writer.insertCheckpoint(checkpointRecord({ run: id }))),
    );
  });
}

function answerContract(open: OpenStore): void {
  const claim = (key: string, createdMs = 1): Answer => ({
    key,
    payload: digestOf("f"),
    response: null,
    createdMs,
  });

  it("lets one request claim a key, and keeps its answer", async (t) => {
    const store = await open(t);
    const claimed = await Promise.all(
      [1, 2, 3].map(() => store.write((writer) => writer.claimAnswer(claim("key")))),
    );
    assert.deepEqual(claimed.sort(), [false, false, true]);
    assert.deepEqual(await store.read((reader) => reader.answer("key")), claim("key"));
    const response = { status: 202, location: "/v1/runs/x", body: '{"id":"ü"}' };
    await store.write((writer) => writer.completeAnswer("key", response));
    const stored = await store.read((reader) => reader.answer("key"));
    assert.deepEqual(stored, { ...claim("key"), response });
    assert.equal(await store.read((reader) => reader.answer("other")), undefined);
  });

  it("forgets one key, and all that are too old", async (t) => {
    const store = await open(t);
    for (const [key, ms] of [
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ] as const) {
      await store.write((writer) => writer.claimAnswer(claim(key, ms)));
    }
    await store.write((writer) => writer.forgetAnswersBefore(2));
    await store.write((writer) => writer.forgetAnswer("c"));
    const kept = await store.read((reader) =>
      Promise.all(["a", "b", "c"].map((key) => reader.answer(key))),
    );
    assert.deepEqual(kept, [undefined, claim("b", 2), undefined]);
    assert.equal(await store.write((writer) => writer.claimAnswer(claim("c", 9))), true);
  });
}

function transactionContract(open: OpenStore): void {
  it("undoes all of a write whose body throws, and passes the error on", async (t) => {
    const store = await open(t);
    const record = runRecord();
    await store.write((writer) => writer.insertRun(record));
    const thrown = new Error("changed my mind");
    const write = store.write(async (writer) => {
      await writer.append(record.run.id, time, [logEvent(1)]);
      await writer.insertModel(modelRecord());
      await writer.deleteRun(record.run.id);
      throw thrown;
    });
    await assert.rejects(write, (error) => error === thrown);
    assert.deepEqual(await store.read((reader) => reader.run(record.run.id)), record);
    assert.deepEqual((await store.read((reader) => reader.models({ limit: 1 }))).rows, []);
    await store.write((writer) => writer.insertModel(modelRecord()));
  });

  it("undoes all of a write when one of its queries fails", async (t) => {
    const store = await open(t);
    const model = modelRecord();
    const write = store.write(async (writer) => {
      await writer.insertModel(model);
      await writer.insertModel(model);
    });
    await assert.rejects(write);
    assert.equal(await store.read((reader) => reader.model(model.id)), undefined);
  });

  it("shows a write to itself at once, and to readers when it is committed", async (t) => {
    const store = await open(t);
    const model = modelRecord();
    await store.write(async (writer) => {
      await writer.insertModel(model);
      assert.deepEqual(await writer.model(model.id), model);
      assert.equal(await store.read((reader) => reader.model(model.id)), undefined);
    });
    assert.deepEqual(await store.read((reader) => reader.model(model.id)), model);
  });

  it("lets no write begin before the one before has ended", async (t) => {
    const store = await open(t);
    const record = runRecord();
    await store.write((writer) => writer.insertRun(record));
    const bump = () =>
      store.write(async (writer) => {
        const stored = await writer.run(record.run.id);
        assert.ok(stored);
        await new Promise((resolve) => setImmediate(resolve));
        await writer.updateRun(nextVersion(stored));
      });
    await Promise.all(Array.from({ length: 20 }, bump));
    assert.equal((await store.read((reader) => reader.run(record.run.id)))?.run.version, 21);
  });

  it("refuses a writer that outlived its transaction", async (t) => {
    const store = await open(t);
    let kept: Writer | undefined;
    await store.write(async (writer) => {
      kept = writer;
    });
    await assert.rejects(async () => kept?.insertModel(modelRecord()), /after its transaction/);
    assert.deepEqual((await store.read((reader) => reader.models({ limit: 1 }))).rows, []);
  });
}

function endContract(open: OpenStore): void {
  it("says that it can serve, until it is closed", async (t) => {
    const store = await open(t);
    await store.check();
    await store[Symbol.asyncDispose]();
    await assert.rejects(store.check(), refusal("shutting_down"));
    await assert.rejects(
      store.read((reader) => reader.run("run")),
      refusal("shutting_down"),
    );
    await assert.rejects(
      store.write(async () => undefined),
      refusal("shutting_down"),
    );
    await store[Symbol.asyncDispose]();
  });

  it("finishes the writes that wait when it is closed", async (t) => {
    const store = await open(t);
    const models = [modelRecord(), modelRecord(), modelRecord()];
    const writes = models.map((model) => store.write((writer) => writer.insertModel(model)));
    const closed = store[Symbol.asyncDispose]();
    await Promise.all(writes);
    await closed;
  });

  it("tells a read that was under way when it closed", async (t) => {
    const store = await open(t);
    const read = store.read(async (reader) => {
      await store[Symbol.asyncDispose]();
      return reader.run("run");
    });
    await assert.rejects(read, refusal("shutting_down"));
  });
}
