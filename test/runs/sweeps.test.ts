/** Whole sweeps with fake trainers: parallel, paused, cancelled, restarted, deleted. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { usualCatalogLimits } from "#catalog/context.ts";
import { deleteModel } from "#catalog/models.ts";
import { cancelRun } from "#runs/commands.ts";
import {
  cancelSweep,
  deleteSweep,
  pauseSweep,
  readSweep,
  resumeSweep,
  submitSweep,
} from "#runs/sweeps/commands.ts";
import { SweepFeeder } from "#runs/sweeps/feeder.ts";
import type { SweepContext } from "#runs/sweeps/plan.ts";
import { sweepResults } from "#runs/sweeps/results.ts";
import type { Run } from "#schemas/run.ts";
import type { Sweep, SweepRequest } from "#schemas/sweep.ts";
import { memoryArtifacts } from "#test/learning/training.ts";
import { dataset, model } from "./records.ts";
import { scenarios } from "./scenarios.ts";
import { openWorkshop, silent, type Workshop } from "./workshop.ts";

const patienceMs = 60_000;

interface SweepShop {
  readonly shop: Workshop;
  readonly context: SweepContext;
  /** Makes cells into runs until the test ends. */
  feed(ahead?: number): SweepFeeder;
  untilSweep(id: string, is: (sweep: Sweep) => boolean): Promise<Sweep>;
  /** Its runs in the order of cells. */
  runs(sweep: string): Promise<readonly Run[]>;
}

async function openSweepShop(t: TestContext): Promise<SweepShop> {
  const shop = await openWorkshop(t);
  const { store, wakeups, now } = shop.context;
  const catalog = { store, artifacts: memoryArtifacts(), limits: usualCatalogLimits, now };
  return {
    shop,
    context: { ...shop.context, catalog, check: () => [] },
    feed: (ahead = 8) => {
      const feeder = new SweepFeeder({ context: shop.context, log: silent, ahead, pollMs: 50 });
      t.after(() => feeder.close());
      feeder.start();
      return feeder;
    },
    untilSweep: async (id, is) => {
      const signal = AbortSignal.timeout(patienceMs);
      for (;;) {
        const sweep = await store.read((reader) => readSweep(reader, id));
        if (is(sweep)) return sweep;
        assert.ok(!signal.aborted, `still ${JSON.stringify(sweep)}`);
        await wakeups.wait(id, { timeoutMs: 20, signal });
      }
    },
    runs: async (sweep) => {
      const { rows } = await store.read((reader) => reader.runs({ sweep, limit: 1000 }));
      return rows.map(({ run }) => run).reverse();
    },
  };
}

const base = {
  model: model.id,
  dataset: dataset.id,
  optimizer: { type: "sgd", learning_rate: 0.1 },
  steps: 20,
};

function rates(count: number, changes: Partial<SweepRequest> = {}): SweepRequest {
  const values = Array.from({ length: count }, (_, i) => (i + 1) / 100);
  return { base, vary: { "/optimizer/learning_rate": values }, ...changes };
}

test("every cell of a sweep becomes a run that trains to its end", async (t) => {
  const { shop, context, feed, untilSweep, runs } = await openSweepShop(t);
  const { id, status, total } = await submitSweep(context, rates(10, { name: "rates" }));
  assert.deepEqual([status, total], ["running", 10]);
  shop.dispatch();
  feed(3);
  const { counts } = await untilSweep(id, (sweep) => sweep.status === "completed");
  assert.equal(counts.succeeded, 10);
  const all = await runs(id);
  assert.deepEqual(
    all.map(({ sweep, optimizer, name }) => [sweep?.cell, optimizer.learning_rate, name]),
    Array.from({ length: 10 }, (_, cell) => [cell, (cell + 1) / 100, "rates"]),
  );
  const results = await context.store.read((reader) => sweepResults(reader, id, 0.02));
  assert.deepEqual(
    results.rows.map(({ cell, run, status: is }) => [cell, run, is]),
    all.map(({ id: run }, cell) => [cell, run, "succeeded"]),
  );
  assert.equal(results.rows[0]?.figures.network_test_loss, 1 / 20);
  assert.equal(results.rows[0]?.figures.linearisations, 20);
  assert.equal(results.groups.length, 10);
});

test("no more runs than the sweep allows are under way at any time", async (t) => {
  const { shop, context, feed, untilSweep, runs } = await openSweepShop(t);
  const { id } = await submitSweep(context, rates(6, { parallel: 2 }));
  feed();
  await untilSweep(id, ({ counts }) => counts.queued === 2);
  assert.equal((await runs(id)).length, 2);
  shop.dispatch({ trainersMax: 4 });
  let most = 0;
  await untilSweep(id, ({ counts, status }) => {
    most = Math.max(most, counts.queued + counts.starting + counts.running);
    return status === "completed";
  });
  assert.ok(most <= 2, `${most} at once`);
});

test("groups join seeds, and say how many diverged", async (t) => {
  const { shop, context, feed, untilSweep } = await openSweepShop(t);
  const { diverging, usual } = scenarios;
  const seeds = [usual.seed, 20, diverging.seed];
  const { id } = await submitSweep(context, rates(2, { seeds }));
  shop.dispatch();
  feed();
  await untilSweep(id, (sweep) => sweep.status === "completed");
  const { groups, summary } = await context.store.read((reader) => sweepResults(reader, id, 0.02));
  assert.deepEqual(
    groups.map(({ values, cells, succeeded, diverged }) => [values, cells, succeeded, diverged]),
    [0.01, 0.02].map((rate) => [{ "/optimizer/learning_rate": rate }, 3, 2, 1]),
  );
  const loss = groups[0]?.figures.network_test_loss;
  assert.deepEqual([loss?.n, loss?.mean, loss?.low], [2, 1 / 20, 1 / 20]);
  assert.equal(summary.stability_frontier[0]?.smallest_diverged_rate, 0.01);
});

test("a sweep goes on where it was when its service begins anew", async (t) => {
  const { shop, context, feed, untilSweep, runs } = await openSweepShop(t);
  const slow = { base: { ...base, seed: scenarios.slow.seed, steps: 200 } };
  const { id } = await submitSweep(context, rates(6, { ...slow, parallel: 2 }));
  const first = { feeder: feed(), dispatcher: shop.dispatch() };
  await untilSweep(id, ({ counts }) => counts.succeeded >= 1 && counts.running >= 1);
  await first.feeder.close();
  await first.dispatcher.drain(10_000);
  const between = await context.store.read((reader) => readSweep(reader, id));
  assert.equal(between.status, "running");
  assert.ok(between.counts.waiting >= 2);
  feed();
  shop.dispatch();
  await untilSweep(id, ({ status }) => status === "completed");
  assert.deepEqual(
    (await runs(id)).map(({ sweep, status }) => [sweep?.cell, status]),
    Array.from({ length: 6 }, (_, cell) => [cell, "succeeded"]),
  );
});

test("a paused sweep makes no run and trains none, until it is resumed", async (t) => {
  const { shop, context, feed, untilSweep } = await openSweepShop(t);
  const slow = { base: { ...base, seed: scenarios.slow.seed, steps: 400 } };
  const { id } = await submitSweep(context, rates(4, { ...slow, parallel: 2 }));
  feed();
  shop.dispatch();
  await untilSweep(id, ({ counts }) => counts.running === 2);
  assert.equal((await pauseSweep(context, id)).status, "pausing");
  const paused = await untilSweep(id, ({ status }) => status === "paused");
  assert.deepEqual([paused.counts.paused, paused.counts.waiting], [2, 2]);
  assert.deepEqual(await pauseSweep(context, id), paused);
  assert.equal((await resumeSweep(context, id)).status, "running");
  const { counts } = await untilSweep(id, ({ status }) => status === "completed");
  assert.equal(counts.succeeded, 4);
  await assert.rejects(pauseSweep(context, id), { code: "conflict" });
});

test("a cancelled sweep ends with its runs, and its other cells never run", async (t) => {
  const { shop, context, feed, untilSweep } = await openSweepShop(t);
  const slow = { base: { ...base, seed: scenarios.slow.seed, steps: 100_000 } };
  const { id } = await submitSweep(context, rates(5, { ...slow, parallel: 2 }));
  feed();
  shop.dispatch();
  await untilSweep(id, ({ counts }) => counts.running === 2);
  await assert.rejects(deleteSweep(context, id), { code: "in_use" });
  await cancelSweep(context, id);
  const { counts } = await untilSweep(id, ({ status }) => status === "cancelled");
  assert.deepEqual([counts.cancelled, counts.waiting], [2, 3]);
  await assert.rejects(resumeSweep(context, id), { code: "conflict" });
  await deleteSweep(context, id);
  const left = await context.store.read((reader) => reader.runs({ sweep: id, limit: 10 }));
  assert.deepEqual(left.rows, []);
  await assert.rejects(cancelSweep(context, id), { code: "not_found" });
});

test("a run that is cancelled by itself leaves the rest of its sweep alone", async (t) => {
  const { shop, context, feed, untilSweep, runs } = await openSweepShop(t);
  const { id } = await submitSweep(context, rates(3));
  feed();
  await untilSweep(id, ({ counts }) => counts.queued === 3);
  await cancelRun(context, (await runs(id))[1]?.id ?? "");
  shop.dispatch();
  const { counts } = await untilSweep(id, ({ status }) => status === "completed");
  assert.deepEqual([counts.succeeded, counts.cancelled], [2, 1]);
});

const definition = {
  input: { shape: [20] },
  layers: [
    { type: "dense", units: 8, activation: "relu" },
    { type: "dense", units: 4 },
  ],
};

test("each different definition becomes a model once", async (t) => {
  const { context, feed, untilSweep, runs } = await openSweepShop(t);
  const vary = { "/model/layers/0/units": [8, 16], "/optimizer/learning_rate": [0.1, 0.2] };
  const { id } = await submitSweep(context, {
    base: { ...base, model: definition },
    vary,
    seeds: 2,
  });
  feed();
  await untilSweep(id, ({ counts }) => counts.queued === 8);
  const models = (await runs(id)).map((run) => run.model);
  assert.equal(new Set(models).size, 2);
  const parameters = [];
  for (const each of [models[0], models[7]]) {
    const stored = await context.store.read((reader) => reader.model(each ?? ""));
    parameters.push(stored?.parameters);
  }
  assert.deepEqual(parameters, [21 * 8 + 9 * 4, 21 * 16 + 17 * 4]);
});

test("a model that a sweep is going to need cannot be deleted", async (t) => {
  const { context } = await openSweepShop(t);
  const { id } = await submitSweep(context, rates(2));
  await assert.rejects(deleteModel(context.catalog, model.id), { code: "in_use" });
  await cancelSweep(context, id);
  await deleteModel(context.catalog, model.id);
});

test("one bad cell refuses the sweep, and nothing is made", async (t) => {
  const { context } = await openSweepShop(t);
  const vary = { "/model/layers/1/units": [4, 5], "/batch_size": [64, 100_000] };
  const bad = submitSweep(context, { base: { ...base, model: definition }, vary });
  await assert.rejects(bad, (error: { code: string; errors: { pointer: string }[] }) => {
    assert.equal(error.code, "incompatible");
    const pointers = error.errors.map(({ pointer }) => pointer);
    assert.ok(pointers.includes("/vary/~1batch_size/1"), pointers.join());
    assert.ok(pointers.includes("/vary/~1model~1layers~11~1units/1"), pointers.join());
    return true;
  });
  const found = await context.store.read(async (reader) => ({
    sweeps: (await reader.sweeps({ limit: 1 })).rows,
    models: (await reader.models({ limit: 10 })).rows.length,
  }));
  assert.deepEqual(found, { sweeps: [], models: 1 });
});

test("a sweep larger than the queue waits for room in it", async (t) => {
  const { shop, context, untilSweep } = await openSweepShop(t);
  const small = { ...shop.context, limits: { ...shop.context.limits, runsQueuedMax: 3 } };
  const { id } = await submitSweep(context, rates(7));
  const feeder = new SweepFeeder({ context: small, log: silent, ahead: 100, pollMs: 20 });
  t.after(() => feeder.close());
  feeder.start();
  const { counts } = await untilSweep(id, (sweep) => sweep.counts.queued === 3);
  assert.equal(counts.waiting, 4);
  shop.dispatch();
  await untilSweep(id, ({ status }) => status === "completed");
});
