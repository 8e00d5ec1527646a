/** Whole runs with fake trainers: the log is exact whatever becomes of the processes. */
import assert from "node:assert/strict";
import test from "node:test";
import { applyInput } from "#runs/apply.ts";
import { cancelRun, pauseRun, resumeRun, steerRun } from "#runs/commands.ts";
import { forkRun } from "#runs/fork.ts";
import { lossAt, scenarios } from "./scenarios.ts";
import { columnIn, openWorkshop, statusesIn } from "./workshop.ts";

const losses = (steps: number) => Array.from({ length: steps }, (_, i) => lossAt(i + 1));

test("a submitted run is trained to its end, and its log tells all of it", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch();
  const id = await shop.submit(scenarios.usual);
  const { run, metricsThrough } = await shop.untilStatus(id, "succeeded");
  const events = await shop.events(id);
  assert.deepEqual(statusesIn(events), ["queued", "starting", "running", "succeeded"]);
  assert.deepEqual(columnIn(events, "loss"), losses(200));
  assert.equal(metricsThrough, 200);
  assert.equal(run.last_seq, events.length);
  assert.deepEqual(run.progress, { step: 200, steps: 200, percent: 100, eta_seconds: null });
  assert.equal(run.result?.network.test.loss, lossAt(200));
  assert.equal(run.plan?.solver, "standard");
  const { rows } = await shop.context.store.read((reader) => reader.snapshots(id, { limit: 10 }));
  assert.deepEqual(rows.map(({ step, shape }) => [step, shape]).toSorted(), [
    [100, [4, 4]],
    [150, [4, 4]],
    [200, [4, 4]],
    [50, [4, 4]],
  ]);
});

test("killing the trainer thirty times leaves a log without gap or repetition", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch({ retry: { attemptsMax: 100, firstMs: 1, longestMs: 1 }, trainersMax: 1 });
  const id = await shop.submit(scenarios.killed, { steps: 2000 });
  const { run } = await shop.untilStatus(id, "succeeded");
  const events = await shop.events(id);
  assert.equal(run.attempt, 31);
  assert.deepEqual(columnIn(events, "loss"), losses(2000));
  const keys = events.flatMap(({ type, data }) =>
    type === "evaluation" || type === "checkpoint" || type === "snapshot"
      ? [`${type}:${data.step}`]
      : [],
  );
  assert.equal(new Set(keys).size, keys.length);
});

test("a paused run gives its trainer back and goes on where it was", async (t) => {
  const shop = await openWorkshop(t);
  const dispatcher = shop.dispatch({ trainersMax: 1 });
  const id = await shop.submit(scenarios.patient, { steps: 400 });
  await shop.until(id, ({ run }) => run.progress.step >= 50);
  assert.equal((await pauseRun(shop.context, id)).status, "pausing");
  const paused = await shop.untilStatus(id, "paused");
  assert.ok(paused.run.progress.step < 400);
  // The slot is free: another run may use it meanwhile.
  await shop.untilStatus(await shop.submit(scenarios.usual), "succeeded");
  assert.equal((await resumeRun(shop.context, id)).status, "queued");
  await shop.untilStatus(id, "succeeded");
  assert.deepEqual(columnIn(await shop.events(id), "loss"), losses(400));
  assert.equal(dispatcher.live <= 1, true);
});

test("a run can be cancelled in every state", async (t) => {
  const shop = await openWorkshop(t);
  const queued = await shop.submit(scenarios.slow);
  assert.equal((await cancelRun(shop.context, queued)).status, "cancelled");
  const paused = await shop.submit(scenarios.slow);
  await pauseRun(shop.context, paused);
  assert.equal((await cancelRun(shop.context, paused)).status, "cancelled");
  shop.dispatch();
  const live = await shop.submit(scenarios.slow, { steps: 100_000, evaluate: { every: 10 } });
  await shop.until(live, ({ run }) => run.progress.step >= 20);
  assert.equal((await cancelRun(shop.context, live)).status, "cancelling");
  assert.equal((await cancelRun(shop.context, live)).status, "cancelling");
  const { run } = await shop.untilStatus(live, "cancelled");
  assert.notEqual(run.result, null);
  assert.equal((await shop.checkpoints(live))[0]?.step, run.progress.step);
  assert.equal((await cancelRun(shop.context, live)).status, "cancelled");
  await assert.rejects(resumeRun(shop.context, live), { code: "conflict" });
});

test("a trainer that does not stop when it is asked to is killed", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch({ wishMs: 20 });
  const id = await shop.submit(scenarios.deaf, { steps: 100_000 });
  await shop.until(id, ({ run }) => run.progress.step >= 20);
  await cancelRun(shop.context, id);
  await shop.untilStatus(id, "cancelled");
  const last = (await shop.events(id)).at(-1);
  assert.match(JSON.stringify(last), /did not cancel within/);
});

test("steering takes effect at one step, recorded once, kept by later attempts", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch();
  const id = await shop.submit(scenarios.patient, { steps: 400 });
  await shop.until(id, ({ run }) => run.progress.step >= 50);
  await steerRun(shop.context, id, { changes: { learning_rate: 0.5, name: "faster" } });
  const steered = await shop.until(id, ({ steering }) => steering.at(-1)?.step != null);
  await pauseRun(shop.context, id);
  await shop.untilStatus(id, "paused");
  await resumeRun(shop.context, id);
  const { run } = await shop.untilStatus(id, "succeeded");
  assert.equal(run.name, "faster");
  const events = await shop.events(id);
  const requests = events.flatMap(({ type, data }) => (type === "steered" ? [data.request] : []));
  assert.deepEqual(requests, [1, 2]);
  const step = steered.steering.at(-1)?.step ?? 0;
  const rates = columnIn(events, "learning_rate");
  assert.deepEqual(rates, [
    ...Array.from({ length: step }, () => 0.1),
    ...Array.from({ length: 400 - step }, () => 0.5),
  ]);
});

test("a new server takes up what a former one left, as it was last wished", async (t) => {
  const shop = await openWorkshop(t);
  const plan = (await planOf(t)) ?? assert.fail();
  const leave = async (wish?: "pause" | "cancel") => {
    const id = await shop.submit(scenarios.usual);
    await applyInput(shop.context, id, { input: { type: "claimed" } });
    const lease = { id, owner: "workshop", epoch: 1 };
    await shop.context.store.write((writer) => writer.leases.grant(lease, 60_000));
    await applyInput(shop.context, id, { input: { type: "started", attempt: 1, plan, step: 0 } });
    if (wish) await applyInput(shop.context, id, { input: { type: "wish", wish } });
    return id;
  };
  const running = await leave();
  const pausing = await leave("pause");
  const cancelling = await leave("cancel");
  shop.dispatch();
  await shop.untilStatus(pausing, "paused");
  await shop.untilStatus(cancelling, "cancelled");
  const { run } = await shop.untilStatus(running, "succeeded");
  assert.equal(run.attempt, 2);
  assert.match(JSON.stringify(await shop.events(running)), /server restarted/);
});

async function planOf(t: Parameters<typeof openWorkshop>[0]) {
  const shop = await openWorkshop(t);
  shop.dispatch();
  return (await shop.untilStatus(await shop.submit(scenarios.usual), "succeeded")).run.plan;
}

test("a draining server saves its runs for the next one", async (t) => {
  const shop = await openWorkshop(t);
  const first = shop.dispatch();
  const id = await shop.submit(scenarios.patient, { steps: 400 });
  const deaf = await shop.submit(scenarios.deaf, { steps: 100_000 });
  await shop.until(id, ({ run }) => run.progress.step >= 50);
  await shop.until(deaf, ({ run }) => run.progress.step >= 20);
  await first.drain(300);
  const { run } = await shop.untilStatus(id, "queued");
  assert.equal(run.wanted, "run");
  assert.ok((await shop.checkpoints(id)).length > 0);
  const left = await shop.untilStatus(deaf, "queued");
  assert.equal(left.failuresInRow, 0);
  await cancelRun(shop.context, deaf);
  shop.dispatch();
  await shop.untilStatus(id, "succeeded");
  const events = await shop.events(id);
  assert.deepEqual(columnIn(events, "loss"), losses(400));
  assert.match(JSON.stringify(events), /server draining/);
});

test("a hung trainer is killed and the run goes on with another", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch({ hangMs: 2000 });
  const id = await shop.submit(scenarios.hanging);
  const { run } = await shop.untilStatus(id, "succeeded");
  assert.ok(run.attempt >= 2);
  assert.deepEqual(columnIn(await shop.events(id), "loss"), losses(200));
});

const failing = [
  ["crashing", "trainer_crashed", 5],
  ["mute", "trainer_crashed", 0],
  ["talkingNonsense", "trainer_crashed", 5],
  ["leavingOut", "trainer_crashed", 5],
  ["diverging", "diverged", 1],
  ["exhausted", "out_of_memory", 1],
] as const;

for (const [name, code, attempts] of failing) {
  test(`a run whose trainer is ${name} fails with ${code}`, async (t) => {
    const shop = await openWorkshop(t);
    shop.dispatch();
    const id = await shop.submit(scenarios[name]);
    const { run } = await shop.untilStatus(id, "failed");
    assert.equal(run.error?.code, code);
    if (attempts > 0) assert.equal(run.attempt, attempts);
  });
}

test("only the newest checkpoints are kept, and the final one", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch();
  const id = await shop.submit(scenarios.usual, { checkpoints: { keep: 2 } });
  await shop.untilStatus(id, "succeeded");
  const kept = await shop.checkpoints(id);
  assert.deepEqual(
    kept.map(({ step }) => step),
    [200, 180],
  );
});

test("a fork goes on from a checkpoint of its parent, which may be deleted", async (t) => {
  const shop = await openWorkshop(t);
  const dispatcher = shop.dispatch();
  const parent = await shop.submit(scenarios.usual, { steps: 100 });
  await shop.untilStatus(parent, "succeeded");
  await dispatcher.drain(1000);
  const changes = { steps: 160, optimizer: { learning_rate: 0.7 } };
  const fork = await forkRun(shop.context, parent, { request: changes });
  assert.equal(fork.forked_from?.step, 100);
  assert.equal(fork.progress.step, 100);
  await shop.context.store.write((writer) => writer.deleteRun(parent));
  shop.dispatch();
  await shop.untilStatus(fork.id, "succeeded");
  const metrics = (await shop.events(fork.id)).filter(({ type }) => type === "metrics");
  assert.equal(metrics[0]?.type === "metrics" && metrics[0].data.from, 101);
  await assert.rejects(forkRun(shop.context, fork.id, { request: { steps: 160 } }), {
    code: "invalid_request",
  });
});

test("a run that goes on while its last trainer ends has one attempt at a time", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch({ trainersMax: 2, roomPollMs: 2 ** 30, pollMs: 1 });
  const id = await shop.submit(scenarios.cramped);
  for (let times = 0; times < 2; times += 1) {
    await shop.untilStatus(id, "paused");
    await resumeRun(shop.context, id);
  }
  const { run } = await shop.untilStatus(id, "succeeded");
  assert.equal(run.attempt, 3);
  assert.doesNotMatch(JSON.stringify(await shop.events(id)), /server restarted/);
});
