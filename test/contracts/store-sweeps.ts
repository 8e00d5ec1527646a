/** What every Store does with sweeps and one-off kernels: part of the store contract. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type { Ntk } from "#schemas/ntk.ts";
import { newId } from "#src/ids.ts";
import { type NtkRecord, type PageRequest, type SweepRecord, usualTenant } from "#storage/store.ts";
import { walk } from "./listing.ts";
import type { OpenStore } from "./opening.ts";
import { digestOf, runRecord, time } from "./records.ts";
import { refusal } from "./refusal.ts";

export function sweepRecord(changes: Partial<SweepRecord> = {}): SweepRecord {
  return {
    id: newId("swp"),
    request: { name: "é", base: { steps: 10 }, vary: { "/seed": [0, 1, 2] }, parallel: 2 },
    wanted: "run",
    total: 3,
    fed: 0,
    models: {},
    needs: { models: ["mdl_00000000000000000001"], datasets: [] },
    error: null,
    createdAt: time,
    version: 1,
    ...changes,
  };
}

export function ntkRecord(changes: Partial<Ntk> = {}, rest: Partial<NtkRecord> = {}): NtkRecord {
  const examples = { dataset: null, split: null, indices: null, examples: 2 };
  return {
    ntk: {
      id: newId("ntk"),
      name: null,
      metadata: {},
      status: "queued",
      model: "mdl_00000000000000000001",
      seed: 0,
      run: null,
      checkpoint: null,
      step: null,
      first: { source: "inputs", ...examples },
      second: null,
      kernel: "full",
      method: "structured",
      dtype: "float64",
      eigenvalues: 3,
      figures: null,
      shape: [2, 1, 2, 1],
      digest: null,
      error: null,
      created_at: time,
      started_at: null,
      finished_at: null,
      ...changes,
    },
    first: { source: "inputs", digest: digestOf("1"), count: 2 },
    second: null,
    weights: null,
    attempts: 0,
    ...rest,
  };
}

/** Sweeps, and the runs that are their cells. */
export function sweepContract(open: OpenStore): void {
  it("keeps sweeps: one, pages, deletion", async (t) => {
    const store = await open(t);
    const sweeps = [sweepRecord(), sweepRecord(), sweepRecord()];
    for (const sweep of sweeps) await store.write((writer) => writer.insertSweep(sweep));
    const [first] = sweeps;
    assert.ok(first);
    assert.deepEqual(await store.read((reader) => reader.sweep(first.id)), first);
    const list = (page: PageRequest) => store.read((reader) => reader.sweeps(page));
    assert.deepEqual(await walk(list, 2), sweeps.map(({ id }) => id).reverse());
    await store.write((writer) => writer.deleteSweep(first.id));
    assert.equal(await store.read((reader) => reader.sweep(first.id)), undefined);
  });

  it("changes a sweep by one version at a time", async (t) => {
    const store = await open(t);
    const sweep = sweepRecord();
    await store.write((writer) => writer.insertSweep(sweep));
    const next = { ...sweep, fed: 1, version: 2 };
    await store.write((writer) => writer.updateSweep(next));
    assert.deepEqual(await store.read((reader) => reader.sweep(sweep.id)), next);
    const again = store.write((writer) => writer.updateSweep(next));
    await assert.rejects(again, refusal("conflict"));
    const unknown = store.write((writer) => writer.updateSweep(sweepRecord({ version: 2 })));
    await assert.rejects(unknown, refusal("not_found"));
  });

  it("finds the sweeps whose cells may still become runs, oldest first", async (t) => {
    const store = await open(t);
    const whole = sweepRecord({ fed: 3 });
    const waiting = sweepRecord({ fed: 2 });
    const paused = sweepRecord({ wanted: "pause" });
    const cancelled = sweepRecord({ wanted: "cancel" });
    const error = { code: "incompatible", message: "no", retryable: false } as const;
    const broken = sweepRecord({ error });
    for (const sweep of [whole, waiting, paused, cancelled, broken]) {
      await store.write((writer) => writer.insertSweep(sweep));
    }
    const found = await store.read((reader) => reader.openSweeps(10));
    const ours = { tenant: usualTenant };
    assert.deepEqual(found, [
      { ...waiting, ...ours },
      { ...paused, ...ours },
    ]);
    assert.deepEqual(await store.read((reader) => reader.openSweeps(1)), [{ ...waiting, ...ours }]);
    await store.write((writer) => writer.updateSweep({ ...waiting, fed: 3, version: 2 }));
    assert.deepEqual(await store.read((reader) => reader.openSweeps(10)), [{ ...paused, ...ours }]);
  });

  it("lists and counts the runs of a sweep, and makes no cell two runs", async (t) => {
    const store = await open(t);
    const [mine, other] = [newId("swp"), newId("swp")];
    const cells = [0, 1, 2].map((cell) => runRecord({ sweep: { id: mine, cell } }));
    await store.write(async (writer) => {
      for (const record of cells) await writer.insertRun(record);
      await writer.insertRun(runRecord({ sweep: { id: other, cell: 0 }, status: "failed" }));
      await writer.insertRun(runRecord());
      await writer.insertRun(runRecord());
    });
    const list = async (page: PageRequest) => {
      const { rows, more } = await store.read((reader) => reader.runs({ ...page, sweep: mine }));
      return { rows: rows.map(({ run }) => run), more };
    };
    assert.deepEqual(await walk(list, 2), cells.map(({ run }) => run.id).reverse());
    assert.deepEqual(await store.read((reader) => reader.countCells(mine)), { queued: 3 });
    assert.deepEqual(await store.read((reader) => reader.countCells(other)), { failed: 1 });
    assert.deepEqual(await store.read((reader) => reader.countCells(newId("swp"))), {});
    const twice = runRecord({ sweep: { id: mine, cell: 1 } });
    await assert.rejects(store.write((writer) => writer.insertRun(twice)));
  });
}

/** One-off kernels. */
export function ntkContract(open: OpenStore): void {
  it("keeps one-off kernels: one, pages, change, deletion", async (t) => {
    const store = await open(t);
    const records = [ntkRecord(), ntkRecord(), ntkRecord()];
    for (const record of records) await store.write((writer) => writer.insertNtk(record));
    const [first] = records;
    assert.ok(first);
    assert.deepEqual(await store.read((reader) => reader.ntk(first.ntk.id)), first);
    const list = async (page: PageRequest) => {
      const { rows, more } = await store.read((reader) => reader.ntks(page));
      return { rows: rows.map(({ ntk }) => ntk), more };
    };
    assert.deepEqual(await walk(list, 2), records.map(({ ntk }) => ntk.id).reverse());
    const next = { ...first, ntk: { ...first.ntk, status: "running" as const }, attempts: 1 };
    await store.write((writer) => writer.updateNtk(next));
    assert.deepEqual(await store.read((reader) => reader.ntk(first.ntk.id)), next);
    await store.write((writer) => writer.deleteNtk(first.ntk.id));
    await store.write((writer) => writer.updateNtk(next));
    assert.equal(await store.read((reader) => reader.ntk(first.ntk.id)), undefined);
  });

  it("finds kernels that wait or are under way, oldest first", async (t) => {
    const store = await open(t);
    const statuses = ["succeeded", "running", "queued", "failed"] as const;
    const records = statuses.map((status) => ntkRecord({ status }));
    for (const record of records) await store.write((writer) => writer.insertNtk(record));
    const found = await store.read((reader) => reader.openNtks(10));
    assert.deepEqual(found, [records[1], records[2]]);
  });

  it("keeps the bytes that a kernel points at", async (t) => {
    const store = await open(t);
    const second = { source: "inputs", digest: digestOf("2"), count: 1 } as const;
    const record = ntkRecord({ digest: digestOf("3") }, { second });
    await store.write((writer) => writer.insertNtk(record));
    const digests = await store.read((reader) => reader.digests());
    assert.deepEqual([...digests].sort(), [..."123"].map(digestOf));
    await store.write((writer) => writer.deleteNtk(record.ntk.id));
    assert.equal((await store.read((reader) => reader.digests())).size, 0);
  });
}
