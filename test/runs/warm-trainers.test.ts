/** Children between two runs: which are kept, for how long, and which are not. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { WarmTrainers } from "#runs/warm-trainers.ts";
import { scenarios } from "./scenarios.ts";
import { fakeTrainer, openWorkshop } from "./workshop.ts";

function openTrainers(t: TestContext, idleMs?: number): WarmTrainers {
  const trainers = new WarmTrainers({
    trainer: { entry: fakeTrainer, environment: {}, heapBytesMax: 2 ** 28, hangMs: 60_000 },
    idleMax: 1,
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  t.after(() => trainers.close());
  return trainers;
}

test("a child that is handed back is the next one's, and ready", async (t) => {
  const trainers = openTrainers(t);
  const first = trainers.take();
  assert.equal(first.isReady, false);
  assert.deepEqual(await first.trainer.take(), [{ type: "ready" }]);
  first.giveBack();
  const second = trainers.take();
  assert.equal(second.isReady, true);
  assert.equal(second.trainer.pid, first.trainer.pid);
  second.trainer.kill();
  await second.trainer.exited;
});

test("a child that ended, or that is one too many, is not kept", async (t) => {
  const trainers = openTrainers(t);
  const leases = [trainers.take(), trainers.take()];
  for (const { trainer } of leases) await trainer.take();
  for (const lease of leases) lease.giveBack();
  assert.equal((await leases[1]?.trainer.exited)?.cause, "killed");
  leases[0]?.trainer.kill();
  await leases[0]?.trainer.exited;
  const next = trainers.take();
  assert.equal(next.isReady, false);
  next.trainer.kill();
  await next.trainer.exited;
});

test("a child without work is ended after a while, and all are when they close", async (t) => {
  const brief = openTrainers(t, 1);
  const idle = brief.take();
  await idle.trainer.take();
  idle.giveBack();
  assert.equal((await idle.trainer.exited).cause, "killed");
  const trainers = openTrainers(t);
  const late = trainers.take();
  await trainers.close();
  late.giveBack();
  assert.equal((await late.trainer.exited).cause, "killed");
});

test("runs one after another share a child, until one of them crashes", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch({ trainersMax: 1 });
  const ids = [];
  const { usual, diverging, crashing } = scenarios;
  for (const scenario of [usual, diverging, crashing, usual]) ids.push(await shop.submit(scenario));
  await shop.untilStatus(ids[0] ?? "", "succeeded");
  await shop.untilStatus(ids[1] ?? "", "failed");
  assert.equal((await shop.untilStatus(ids[2] ?? "", "failed")).run.attempt, 5);
  const { run } = await shop.untilStatus(ids[3] ?? "", "succeeded");
  assert.equal(run.attempt, 1, "a crash costs the crashing run alone");
});
