/** Who gives way to whom: decided from records alone, and seen in whole runs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Places } from "#runs/places.ts";
import { mayYield, needOf, preempt, rankOf, yieldingTo } from "#runs/preemption.ts";
import type { Priority, Run } from "#schemas/run.ts";
import type { RunRecord } from "#storage/store.ts";
import { nextVersion } from "../contracts/records.ts";
import { draft } from "./records.ts";
import { scenarios } from "./scenarios.ts";
import { columnIn, openWorkshop, statusesIn } from "./workshop.ts";

function recordOf(run: Partial<Run>, rest: Partial<RunRecord> = {}): RunRecord {
  const record = draft();
  return { ...record, ...rest, run: { ...record.run, ...run } };
}

const live = (priority: Priority, rest: Partial<RunRecord> = {}, run: Partial<Run> = {}) =>
  recordOf({ status: "running", priority, ...run }, { metricsThrough: 10, ...rest });

function placesOf(records: readonly RunRecord[], gpus: readonly number[] = []): Places {
  const places = new Places({
    trainersMax: records.length,
    memoryBytesMax: 2 ** 40,
    processor: gpus.length === 0 ? ["auto", "cpu"] : ["cpu"],
    gpus,
    trainersPerGpu: 2,
  });
  for (const record of records) places.take(record.run.id, needOf(record));
  return places;
}

const chosen = (waiting: RunRecord, records: readonly RunRecord[], gpus?: readonly number[]) =>
  yieldingTo(waiting, { live: records, places: placesOf(records, gpus) })?.map(({ run }) => run.id);

test("the lowest gives way, of equals the one that began last, and nobody to his like", () => {
  const [low, older, later] = [live("low"), live("normal"), live("normal")];
  assert.deepEqual(chosen(recordOf({ priority: "high" }), [older, low, later]), [low.run.id]);
  assert.deepEqual(chosen(recordOf({ priority: "high" }), [older, later]), [later.run.id]);
  assert.equal(chosen(recordOf({ priority: "normal" }), [older, later]), undefined);
});

test("who gave way is not asked again before it has got further", () => {
  assert.equal(mayYield(live("low", { yieldedAt: 10 })), false);
  assert.equal(mayYield(live("low", { yieldedAt: 9 })), true);
  assert.equal(mayYield(live("low", {}, { wanted: "pause", status: "pausing" })), false);
  assert.equal(mayYield(live("low", {}, { status: "starting" })), false);
});

test("for a whole GPU all that share it give way, or nobody does", () => {
  const sharing = [1, 2].map(() => live("low", { needsBytes: 5 }));
  const large = recordOf({ priority: "normal" }, { needsBytes: 9 });
  const ids = sharing.map(({ run }) => run.id);
  assert.deepEqual(new Set(chosen(large, sharing, [10])), new Set(ids));
  const mixed = [sharing[0] ?? assert.fail(), live("normal", { needsBytes: 5 })];
  assert.equal(chosen(large, mixed, [10]), undefined);
  const small = recordOf({ priority: "normal" }, { needsBytes: 5 });
  assert.equal(chosen(small, sharing, [10])?.length, 1);
});

test("those who give way are all lower, may all be asked, and leave room enough", () => {
  const record = fc
    .record({
      priority: fc.constantFrom<Priority>("low", "normal", "high"),
      device: fc.constantFrom<Run["device"]>("cpu", "auto", "cuda:0"),
      bytes: fc.integer({ min: 1, max: 12 }),
      yieldedAt: fc.constantFrom(undefined, 9, 10),
    })
    .map(({ priority, device, bytes: needsBytes, yieldedAt }) =>
      live(priority, { needsBytes, ...(yieldedAt === undefined ? {} : { yieldedAt }) }, { device }),
    );
  fc.assert(
    fc.property(fc.array(record, { maxLength: 6 }), record, (all, waiting) => {
      const full = new Places({
        trainersMax: 4,
        memoryBytesMax: 100,
        processor: ["cpu"],
        gpus: [12, 12],
        trainersPerGpu: 2,
      });
      const begun = all.filter((one) => {
        if (!full.takes(needOf(one))) return false;
        full.take(one.run.id, needOf(one));
        return true;
      });
      const yielding = yieldingTo(waiting, { live: begun, places: full });
      if (yielding === undefined) return;
      assert.ok(yielding.every((one) => rankOf(one.run) < rankOf(waiting.run) && mayYield(one)));
      for (const { run } of yielding) full.release(run.id);
      assert.ok(full.takes(needOf(waiting)));
    }),
  );
});

test("of several workers one preempts, and none for a run that has not waited long", async (t) => {
  const shop = await openWorkshop(t);
  const { context } = shop;
  const urgent = await shop.submit(scenarios.usual, { priority: "high" });
  const workers = [1, 2, 3].map(() => [live("low")]);
  const look = (records: readonly RunRecord[], afterMs: number) =>
    preempt(context, { places: placesOf(records), live: records, afterMs, wishMs: 60_000 });
  for (const records of workers) {
    assert.deepEqual((await look(records, 3_600_000)).yielding, []);
  }
  await context.store.write(async (writer) => {
    const record = await writer.run(urgent);
    assert.ok(record);
    await writer.updateRun({ ...nextVersion(record), queuedMs: context.now() - 10_000 });
  });
  const looks = await Promise.all(workers.map((records) => look(records, 1000)));
  assert.equal(looks.filter(({ yielding }) => yielding.length === 1).length, 1);
  assert.equal(looks.find(({ forRun }) => forRun !== null)?.forRun, urgent);
});

test("a run that has waited long begins, and the one that gave way goes on after it", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch({ trainersMax: 1, preemptAfterMs: 1, pollMs: 10 });
  const long = { priority: "low", steps: 400 } as const;
  const first = await shop.submit(scenarios.slow, long);
  await shop.until(first, ({ run }) => run.progress.step >= 50);
  const urgent = await shop.submit(scenarios.slow, { priority: "high" });
  const { run } = await shop.untilStatus(urgent, "succeeded");
  assert.equal(run.attempt, 1);
  const after = await shop.untilStatus(first, "succeeded");
  assert.equal(after.failuresInRow, 0);
  assert.equal(after.run.attempt, 2);
  const events = await shop.events(first);
  assert.equal(columnIn(events, "loss").length, 400);
  assert.deepEqual(statusesIn(events), [
    ...["queued", "starting", "running"],
    ...["queued", "starting", "running", "succeeded"],
  ]);
  const [, again] = events.filter(
    ({ type, data }) => type === "status" && data.status === "queued",
  );
  assert.match(JSON.stringify(again), /gave way to a run of higher priority/);
  assert.doesNotMatch(JSON.stringify(events), new RegExp(urgent), "of others it tells nothing");
});

test("a run whose trainer does not save in time gives way too, without a failure", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch({ trainersMax: 1, preemptAfterMs: 1, pollMs: 10, wishMs: 20 });
  const deaf = await shop.submit(scenarios.deaf, { steps: 100_000 });
  await shop.until(deaf, ({ run }) => run.progress.step >= 20);
  const urgent = await shop.submit(scenarios.usual, { priority: "high" });
  await shop.untilStatus(urgent, "succeeded");
  const record = await shop.until(deaf, ({ run }) => run.attempt === 2);
  assert.equal(record.failuresInRow, 0);
});

test("runs of equal priority wait for each other", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch({ trainersMax: 1, preemptAfterMs: 1, pollMs: 10 });
  const ids = [await shop.submit(scenarios.slow), await shop.submit(scenarios.usual)];
  for (const id of ids) assert.equal((await shop.untilStatus(id, "succeeded")).run.attempt, 1);
});
