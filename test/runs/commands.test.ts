/** Commands on stored runs, and answers that are given once. */
import assert from "node:assert/strict";
import test from "node:test";
import { deleteRun, pauseRun, steerRun, submitRun } from "#runs/commands.ts";
import { forkRun } from "#runs/fork.ts";
import { answeringMsMax, answerLifeMs, answerOnce, type StoredAnswer } from "#runs/idempotency.ts";
import { Failure } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import { request } from "./records.ts";
import { scenarios } from "./scenarios.ts";
import { openWorkshop } from "./workshop.ts";

test("a submitted run is stored with its first event; a refused one leaves nothing", async (t) => {
  const { context } = await openWorkshop(t);
  const run = await submitRun(context, request());
  assert.equal(run.status, "queued");
  assert.equal(run.last_seq, 1);
  const stored = await context.store.read((reader) => reader.run(run.id));
  assert.deepEqual(stored?.run, run);
  await assert.rejects(submitRun(context, request({ model: newId("mdl") })), {
    code: "incompatible",
  });
  assert.equal(await context.store.read((reader) => reader.countRuns(["queued"])), 1);
});

test("a full queue refuses and says when to try again", async (t) => {
  const { context } = await openWorkshop(t);
  const small = { ...context, limits: { ...context.limits, runsQueuedMax: 1 } };
  await submitRun(small, request());
  await assert.rejects(
    submitRun(small, request()),
    (error) => error instanceof Failure && error.code === "queue_full" && !!error.retryAfterSeconds,
  );
});

test("steering is refused where it has no meaning, and for another version", async (t) => {
  const { context } = await openWorkshop(t);
  const { id, version } = await submitRun(context, request());
  const steer = (changes: object, ifVersion?: number) =>
    steerRun(context, id, { changes, ...(ifVersion === undefined ? {} : { ifVersion }) });
  await assert.rejects(steer({ period: 3 }), { code: "incompatible" });
  await assert.rejects(steer({ relinearise: true }), { code: "incompatible" });
  await assert.rejects(steer({ snapshots_every: 3 }), { code: "incompatible" });
  await assert.rejects(steer({ learning_rate: 1 }, version + 1), { code: "precondition_failed" });
  const steered = await steer({ learning_rate: 1 }, version);
  assert.equal(steered.version, version + 1);
  await assert.rejects(steerRun(context, newId("run"), { changes: {} }), { code: "not_found" });
});

test("only a run that no trainer holds can be deleted", async (t) => {
  const shop = await openWorkshop(t);
  const queued = await shop.submit(scenarios.usual);
  await deleteRun(shop.context, queued);
  await assert.rejects(deleteRun(shop.context, queued), { code: "not_found" });
  shop.dispatch();
  const live = await shop.submit(scenarios.slow, { steps: 100_000 });
  await shop.untilStatus(live, "running");
  await assert.rejects(deleteRun(shop.context, live), { code: "in_use" });
  await pauseRun(shop.context, live);
  await shop.untilStatus(live, "paused");
  await deleteRun(shop.context, live);
});

test("a run without checkpoints cannot be forked", async (t) => {
  const { context } = await openWorkshop(t);
  const { id } = await submitRun(context, request());
  await assert.rejects(forkRun(context, id, { request: {} }), { code: "no_checkpoint" });
  const checkpoint = newId("chk");
  await assert.rejects(forkRun(context, id, { request: { checkpoint } }), {
    code: "no_checkpoint",
  });
});

test("a fork may change the optimiser, and keeps what the parent was steered to", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch();
  const id = await shop.submit(scenarios.slow, { steps: 200 });
  await shop.until(id, ({ run }) => run.progress.step >= 20);
  await steerRun(shop.context, id, { changes: { learning_rate: 0.5 } });
  await shop.untilStatus(id, "succeeded");
  const kept = await forkRun(shop.context, id, { request: { steps: 300 } });
  assert.equal(kept.optimizer.learning_rate, 0.5);
  const optimizer = { type: "adam" } as const;
  const other = await forkRun(shop.context, id, { request: { steps: 300, optimizer } });
  assert.equal(other.optimizer.type, "adam");
  assert.equal(other.optimizer.momentum, undefined);
  assert.equal(other.optimizer.beta1, 0.9);
});

test("a key is answered once: replay, other payload, in flight, malformed", async (t) => {
  const { context } = await openWorkshop(t);
  let nowMs = 1_000_000;
  const clocked = { ...context, now: () => nowMs };
  let produced = 0;
  const answer: StoredAnswer = { status: 202, location: "/v1/runs/x", body: "{}" };
  const produce = async () => {
    produced += 1;
    return answer;
  };
  const once = (payload: string, make = produce) =>
    answerOnce(clocked, { key: "k", payload }, make);
  assert.deepEqual(await once("a"), { answer, replayed: false });
  assert.deepEqual(await once("a"), { answer, replayed: true });
  assert.equal(produced, 1);
  await assert.rejects(once("b"), { code: "idempotency_key_reused" });
  await assert.rejects(answerOnce(clocked, { key: "ü", payload: "a" }, produce), {
    code: "idempotency_key_malformed",
  });
  nowMs += answerLifeMs + 1;
  assert.equal((await once("b")).replayed, false);
  const during = await answerOnce(clocked, { key: "slow", payload: "a" }, async () => {
    await assert.rejects(answerOnce(clocked, { key: "slow", payload: "a" }, produce), {
      code: "idempotency_in_flight",
    });
    nowMs += answeringMsMax;
    return (await answerOnce(clocked, { key: "slow", payload: "a" }, produce)).answer;
  });
  assert.deepEqual(during, { answer, replayed: false });
});

test("a refused request frees its key, and an answer is stored with the work itself", async (t) => {
  const { context } = await openWorkshop(t);
  const key = { key: "k", payload: "a" };
  const submit = (change: object) =>
    answerOnce(context, key, async (complete) => {
      let stored: StoredAnswer | undefined;
      await submitRun(context, request(change), {
        alongside: async (writer, run) => {
          stored = { status: 202, location: run.id, body: JSON.stringify(run) };
          await complete(writer, stored);
        },
      });
      return stored ?? assert.fail();
    });
  await assert.rejects(submit({ batch_size: 5000 }), { code: "incompatible" });
  const first = await submit({});
  const again = await submit({});
  assert.deepEqual(again, { ...first, replayed: true });
  assert.equal(await context.store.read((reader) => reader.countRuns(["queued"])), 1);
});
