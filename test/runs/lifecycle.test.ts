/** The life cycle of a run: the table of what follows what, and laws over random inputs. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { isHeld, isTerminal } from "#runs/change.ts";
import {
  type LifecycleInput,
  type LostCause,
  type Recorded,
  usualRetry,
} from "#runs/happenings.ts";
import { transition } from "#runs/lifecycle.ts";
import type { RunStatus } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import type { RunRecord } from "#storage/store.ts";
import { draft, time } from "./records.ts";

const plan = {
  solver: "standard",
  reason: "asked for",
  engine: "reference",
  device: "cpu",
  flops: 1,
  memory_bytes: 1,
  primals: null,
  alternatives: [],
};
const score = { loss: 1, accuracy: 0.5 };
const scores = { train: score, test: score };
const result = { linearised: scores, network: scores };
const nothingNew: Recorded = {
  step: 0,
  metricsThrough: 0,
  etaSeconds: null,
  secondsUsed: 0,
  checkpointed: false,
  evaluation: null,
  applied: [],
};

const submit: LifecycleInput = { type: "submitted" };
const claim: LifecycleInput = { type: "claimed" };
const pause: LifecycleInput = { type: "wish", wish: "pause" };
const resume: LifecycleInput = { type: "wish", wish: "run" };
const cancel: LifecycleInput = { type: "wish", wish: "cancel" };
const started = (attempt: number, step = 0): LifecycleInput => ({
  type: "started",
  attempt,
  plan,
  step,
});
const paused = (attempt: number): LifecycleInput => ({
  type: "ended",
  attempt,
  outcome: { type: "paused" },
  secondsUsed: 1,
});
const lost = (attempt: number, cause: LostCause = "crashed") =>
  ({
    type: "lost",
    attempt,
    cause,
    detail: "gone",
    secondsUsed: 1,
    retry: usualRetry,
  }) satisfies LifecycleInput;

function follow(inputs: readonly LifecycleInput[], from: RunRecord = draft()): RunRecord {
  return inputs.reduce((record, input) => {
    const next = transition(record, input, time);
    if (next instanceof Failure) throw next;
    return next.record;
  }, from);
}

const after = (...inputs: readonly LifecycleInput[]): RunStatus => follow(inputs).run.status;

test("a run that could not reach its storage waits a moment, and it counts as no failure", () => {
  const error = { code: "storage_unavailable", message: "away", retryable: true } as const;
  const outcome = { type: "failed", error } as const;
  const away: LifecycleInput = { type: "ended", attempt: 1, outcome, secondsUsed: 1 };
  const held = [submit, claim, started(1)];
  const waiting = follow([...held, away]);
  assert.equal(waiting.run.status, "queued");
  assert.deepEqual([waiting.failuresInRow, waiting.run.error], [0, null]);
  assert.ok(waiting.notBeforeMs > Date.parse(time));
  assert.equal(after(...held, pause, away), "paused");
  assert.equal(after(...held, cancel, away), "cancelled");
});

test("a run goes from queued over starting and running to its end", () => {
  assert.equal(after(submit), "queued");
  assert.equal(after(submit, claim), "starting");
  assert.equal(after(submit, claim, started(1)), "running");
  const done = follow([
    submit,
    claim,
    started(1),
    { type: "ended", attempt: 1, outcome: { type: "succeeded", result }, secondsUsed: 3 },
  ]);
  assert.equal(done.run.status, "succeeded");
  assert.deepEqual(done.run.result, result);
  assert.equal(done.run.finished_at, time);
  assert.equal(done.secondsUsed, 3);
});

test("wishes take effect at once, or wait for the trainer where one has the run", () => {
  assert.equal(after(submit, pause), "paused");
  assert.equal(after(submit, pause, resume), "queued");
  assert.equal(after(submit, cancel), "cancelled");
  assert.equal(after(submit, pause, cancel), "cancelled");
  assert.equal(after(submit, claim, started(1), pause), "pausing");
  assert.equal(after(submit, claim, started(1), pause, paused(1)), "paused");
  assert.equal(after(submit, claim, started(1), pause, resume, paused(1)), "queued");
  assert.equal(after(submit, claim, started(1), pause, cancel), "cancelling");
  assert.equal(after(submit, claim, pause, started(1)), "pausing");
  assert.equal(after(submit, claim, started(1), cancel, paused(1)), "cancelled");
});

test("a lost attempt becomes what was wished, and is tried again when nothing was", () => {
  assert.equal(after(submit, claim, started(1), cancel, lost(1)), "cancelled");
  assert.equal(after(submit, claim, started(1), pause, lost(1)), "paused");
  const again = follow([submit, claim, started(1), lost(1)]);
  assert.equal(again.run.status, "queued");
  assert.equal(again.notBeforeMs, Date.parse(time) + usualRetry.firstMs);
  const twice = follow([claim, started(2), lost(2)], again);
  assert.equal(twice.notBeforeMs, Date.parse(time) + 2 * usualRetry.firstMs);
});

test("five attempts in a row without progress fail the run; progress counts anew", () => {
  const attempts = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => from + i).flatMap((attempt) => [
      claim,
      started(attempt),
      lost(attempt),
    ]);
  const four = follow([submit, ...attempts(1, 4)]);
  assert.equal(four.run.status, "queued");
  const five = follow(attempts(5, 5), four);
  assert.equal(five.run.status, "failed");
  assert.equal(five.run.error?.code, "trainer_crashed");
  const progress: LifecycleInput = {
    ...nothingNew,
    type: "recorded",
    attempt: 5,
    step: 10,
    metricsThrough: 10,
  };
  const moved = follow([claim, started(5), progress, lost(5)], four);
  assert.equal(moved.run.status, "queued");
  assert.equal(moved.failuresInRow, 1);
});

test("a run whose workers are lost one after the other fails, and says so", () => {
  const lives = [1, 2, 3, 4, 5].map((attempt) => [claim, lost(attempt, "worker")]);
  assert.equal(follow([submit, ...lives.slice(0, 4).flat()]).run.status, "queued");
  const failed = follow([submit, ...lives.flat()]);
  assert.equal(failed.run.status, "failed");
  assert.match(failed.run.error?.message ?? "", /^5 attempts in a row made no progress/);
});

test("giving way is no failure, and is remembered until the run gets further", () => {
  const begun = follow([submit, claim, started(1)]);
  const ended = { type: "ended", attempt: 1, outcome: { type: "paused" }, secondsUsed: 1 } as const;
  const gave = follow([{ ...ended, yielded: true }], begun);
  const killed = follow([{ ...lost(1, "server"), yielded: true } as LifecycleInput], begun);
  for (const { run, failuresInRow, notBeforeMs, yieldedAt } of [gave, killed]) {
    assert.equal(run.status, "queued");
    assert.deepEqual([failuresInRow, notBeforeMs, yieldedAt], [0, 0, 0]);
  }
  assert.equal(follow([ended], begun).yieldedAt, undefined);
});

test("running out of memory fails at once; a server that stops costs the run nothing", () => {
  const full = follow([submit, claim, started(1), lost(1, "out_of_memory")]);
  assert.equal(full.run.error?.code, "out_of_memory");
  const restarted = follow([submit, claim, started(1), lost(1, "server")]);
  assert.equal(restarted.run.status, "queued");
  assert.equal(restarted.failuresInRow, 0);
  assert.equal(restarted.notBeforeMs, 0);
});

test("labels change at once with an event, live settings wait for the trainer", () => {
  const changes = { name: "b", learning_rate: 0.5 };
  const next = transition(follow([submit]), { type: "steered", changes }, time);
  assert.ok(!(next instanceof Failure));
  assert.equal(next.record.run.name, "b");
  assert.deepEqual(next.record.steering, [
    { request: 1, changes: { name: "b" }, step: 0 },
    { request: 2, changes: { learning_rate: 0.5 }, step: null },
  ]);
  assert.deepEqual(
    next.events.map((event) => event.key),
    ["steered:1"],
  );
});

const attempt = fc.integer({ min: 1, max: 6 });
const anyInput: fc.Arbitrary<LifecycleInput> = fc.oneof(
  fc.constant<LifecycleInput>(submit),
  fc.constant<LifecycleInput>(claim),
  fc.constantFrom<LifecycleInput>(pause, resume, cancel),
  fc.constant<LifecycleInput>({ type: "steered", changes: { learning_rate: 1 } }),
  fc.tuple(attempt, fc.nat(100)).map(([a, step]) => started(a, step)),
  fc.tuple(attempt, fc.nat(120), fc.boolean()).map(
    ([a, step, checkpointed]): LifecycleInput => ({
      ...nothingNew,
      type: "recorded",
      attempt: a,
      step,
      metricsThrough: step,
      checkpointed,
    }),
  ),
  fc
    .tuple(
      attempt,
      fc.constantFrom(
        { type: "succeeded", result } as const,
        { type: "paused" } as const,
        { type: "cancelled", result: null } as const,
        {
          type: "failed",
          error: { code: "diverged", message: "NaN", retryable: false },
        } as const,
      ),
    )
    .map(
      ([a, outcome]): LifecycleInput => ({ type: "ended", attempt: a, outcome, secondsUsed: 1 }),
    ),
  fc
    .tuple(attempt, fc.constantFrom("crashed", "server", "worker", "out_of_memory"))
    .map(([a, cause]) => lost(a, cause as "crashed")),
);

const legal: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  queued: ["queued", "starting", "paused", "cancelled"],
  starting: [
    "starting",
    "running",
    "pausing",
    "cancelling",
    "queued",
    "succeeded",
    "failed",
    "cancelled",
  ],
  running: ["running", "pausing", "cancelling", "queued", "succeeded", "failed", "cancelled"],
  pausing: ["pausing", "cancelling", "paused", "queued", "succeeded", "failed", "cancelled"],
  paused: ["paused", "queued", "cancelled"],
  cancelling: ["cancelling", "succeeded", "failed", "cancelled"],
  cancelled: [],
  succeeded: [],
  failed: [],
};

test("no sequence of inputs leads to an illegal transition, a lost version or empty event", () => {
  fc.assert(
    fc.property(fc.array(anyInput, { maxLength: 60 }), (inputs) => {
      let record = follow([submit]);
      for (const input of inputs) {
        const before = record;
        const next = transition(record, input, time);
        if (next instanceof Failure) {
          assert.equal(next.code, "conflict");
          continue;
        }
        record = next.record;
        if (record === before) {
          assert.equal(next.events.length, 0);
          continue;
        }
        assert.equal(record.run.version, before.run.version + 1);
        assert.ok(legal[before.run.status].includes(record.run.status));
        if (record.run.status !== before.run.status) assert.equal(next.events[0]?.type, "status");
        if (isTerminal(record.run.status)) assert.notEqual(record.run.finished_at, null);
        if (!isHeld(record.run.status)) assert.equal(record.run.progress.eta_seconds, null);
        assert.ok(record.run.progress.step >= before.run.progress.step);
        assert.ok(record.run.attempt >= before.run.attempt);
      }
    }),
    { numRuns: 2000 },
  );
});
