/**
 * The life cycle of a run as one pure function: a record and an input give the next record and its
 * status event, or a refusal. Reads no clock, no store and no trainer.
 */
import type { RunError } from "#schemas/run.ts";
import type { Failure } from "#src/failure.ts";
import type { RunRecord } from "#storage/store.ts";
import {
  announced,
  changed,
  finished,
  isHeld,
  refused,
  type Said,
  type Transition,
} from "./change.ts";
import type { LifecycleInput } from "./happenings.ts";
import { steered, wished } from "./wishes.ts";

/** How long a run waits that could not reach its storage. */
const awayMs = 5000;

/** What follows from `input` at `nowIso` (RFC 3339); a Failure `conflict` when it cannot be. */
export function transition(
  record: RunRecord,
  input: LifecycleInput,
  nowIso: string,
): Transition | Failure {
  switch (input.type) {
    case "submitted":
      return submitted(record);
    case "claimed":
      return claimed(record);
    case "wish":
      return wished(record, input.wish, nowIso);
    case "room":
      return roomMade(record);
    case "steered":
      return steered(record, input.changes);
    case "started":
    case "recorded":
    case "ended":
    case "lost":
      return fenced(record, input.attempt) ?? byTrainer(record, input, nowIso);
    default:
      return input satisfies never;
  }
}

type TrainerInput = Extract<LifecycleInput, { readonly attempt: number }>;

function byTrainer(record: RunRecord, input: TrainerInput, nowIso: string): Transition | Failure {
  switch (input.type) {
    case "started":
      return started(record, input, nowIso);
    case "recorded":
      return recorded(record, input);
    case "ended":
      return ended(record, input, nowIso);
    case "lost":
      return lost(record, input, nowIso);
    default:
      return input satisfies never;
  }
}

function fenced(record: RunRecord, attempt: number): Failure | undefined {
  if (!isHeld(record.run.status)) return refused(record, "no trainer holds it.");
  if (attempt === record.run.attempt) return undefined;
  return refused(record, `attempt ${attempt} is over, ${record.run.attempt} is under way.`);
}

function submitted(record: RunRecord): Transition | Failure {
  if (record.run.version !== 0) return refused(record, "it was submitted before.");
  return announced(changed(record, { status: "queued", wanted: "run" }));
}

function claimed(record: RunRecord): Transition | Failure {
  if (record.run.status !== "queued") return refused(record, "only a queued run can be started.");
  return announced(changed(record, { status: "starting", attempt: record.run.attempt + 1 }));
}

/** `pausing` and `cancelling` stay: the wish came before the trainer was ready. */
function started(
  record: RunRecord,
  input: Extract<TrainerInput, { readonly type: "started" }>,
  nowIso: string,
): Transition {
  const { run } = record;
  const status = run.status === "starting" ? "running" : run.status;
  const next = changed(record, {
    status,
    plan: input.plan,
    started_at: run.started_at ?? nowIso,
    progress: progressAt(record, input.step, null),
  });
  const reason = input.step > 0 ? `goes on from step ${input.step}` : undefined;
  return announced(next, { plan: input.plan, ...(reason === undefined ? {} : { reason }) });
}

/** Steps that an earlier attempt had reached stay reached: their metrics are on the log. */
function progressAt(record: RunRecord, step: number, etaSeconds: number | null) {
  const { steps } = record.run;
  const reached = Math.min(Math.max(record.run.progress.step, step), steps);
  const percent = Math.round((1000 * 100 * reached) / steps) / 1000;
  return { ...record.run.progress, step: reached, steps, percent, eta_seconds: etaSeconds };
}

function recorded(
  record: RunRecord,
  input: Extract<TrainerInput, { readonly type: "recorded" }>,
): Transition {
  const moved = input.metricsThrough > record.metricsThrough || input.checkpointed;
  const steps = new Map(input.applied.map(({ request, step }) => [request, step]));
  const steering =
    steps.size === 0
      ? record.steering
      : record.steering.map((entry) => ({
          ...entry,
          step: entry.step ?? steps.get(entry.request) ?? null,
        }));
  const { linearisations = record.run.progress.linearisations, kernelDistance } = input;
  const progress = progressAt(record, input.step, input.etaSeconds);
  const run = {
    progress: linearisations === undefined ? progress : { ...progress, linearisations },
    ...(input.evaluation === null ? {} : { result: input.evaluation }),
  };
  const rest = {
    steering,
    metricsThrough: Math.max(record.metricsThrough, input.metricsThrough),
    secondsUsed: Math.max(record.secondsUsed, input.secondsUsed),
    failuresInRow: moved ? 0 : record.failuresInRow,
    ...(kernelDistance === undefined ? {} : { kernelDistance }),
  };
  return { record: changed(record, run, rest), events: [] };
}

/** The trainer's word is final: a wish that came too late for it changes nothing. */
function ended(
  record: RunRecord,
  input: Extract<TrainerInput, { readonly type: "ended" }>,
  nowIso: string,
): Transition {
  const { outcome } = input;
  const said = input.reason === undefined ? {} : { reason: input.reason };
  const spent = { ...record, secondsUsed: Math.max(record.secondsUsed, input.secondsUsed) };
  switch (outcome.type) {
    case "succeeded": {
      const progress = { ...spent.run.progress, percent: 100, eta_seconds: null };
      const { result } = outcome;
      return announced(finished(spent, { status: "succeeded", result, progress }, nowIso), said);
    }
    case "cancelled": {
      const result = outcome.result ?? spent.run.result;
      return announced(finished(spent, { status: "cancelled", result }, nowIso), said);
    }
    case "failed":
      if (outcome.error.code === "storage_full") return heldUp(spent, nowIso);
      if (outcome.error.code === "storage_unavailable")
        return putBack(spent, outcome.error, nowIso);
      return failed(spent, outcome.error, nowIso);
    case "paused":
      return released(yieldedAt(spent, input), nowIso, said);
    default:
      return outcome satisfies never;
  }
}

function failed(record: RunRecord, error: RunError, nowIso: string): Transition {
  return announced(finished(record, { status: "failed", error }, nowIso), {
    reason: error.message,
    error,
  });
}

/** Nothing can be stored: what was wished is waited for, from the newest checkpoint there is. */
function heldUp(record: RunRecord, nowIso: string): Transition {
  if (record.run.wanted !== "run") return released(record, nowIso, { reason: "disk_full" });
  const progress = { ...record.run.progress, eta_seconds: null };
  const paused = { status: "paused", pause_reason: "disk_full", progress } as const;
  return announced(changed(record, paused), { reason: "disk_full" });
}

/** Storage is away, which is no fault of the run: it waits in the queue for a moment. */
function putBack(record: RunRecord, { message }: RunError, nowIso: string): Transition {
  const notBeforeMs = Date.parse(nowIso) + awayMs;
  return released({ ...record, notBeforeMs }, nowIso, { reason: message });
}

function roomMade(record: RunRecord): Transition {
  const { status, wanted, pause_reason: reason } = record.run;
  if (status !== "paused" || wanted !== "run" || reason !== "disk_full") {
    return { record, events: [] };
  }
  return announced(changed(record, { status: "queued" }), { reason: "there is room again" });
}

/** Where the run was when it gave way: it is not asked again before it has got further. */
function yieldedAt(record: RunRecord, { yielded }: { readonly yielded?: boolean }): RunRecord {
  return yielded === true ? { ...record, yieldedAt: record.metricsThrough } : record;
}

/** Back from a trainer without an end: what comes next is what was last wished. */
function released(record: RunRecord, nowIso: string, said: Said): Transition {
  const progress = { ...record.run.progress, eta_seconds: null };
  switch (record.run.wanted) {
    case "run":
      return announced(changed(record, { status: "queued", progress }), said);
    case "pause":
      return announced(changed(record, { status: "paused", progress }), said);
    case "cancel":
      return announced(finished(record, { status: "cancelled" }, nowIso), said);
    default:
      return record.run.wanted satisfies never;
  }
}

function lost(
  record: RunRecord,
  input: Extract<TrainerInput, { readonly type: "lost" }>,
  nowIso: string,
): Transition {
  const { cause, detail, retry } = input;
  const spent = { ...record, secondsUsed: Math.max(record.secondsUsed, input.secondsUsed) };
  const said = { reason: detail };
  const isInOrder = record.run.wanted !== "run" || cause === "server";
  if (isInOrder) return released(yieldedAt(spent, input), nowIso, said);
  if (cause === "out_of_memory") {
    return failed(spent, { code: "out_of_memory", message: detail, retryable: false }, nowIso);
  }
  const failuresInRow = record.failuresInRow + 1;
  if (failuresInRow >= retry.attemptsMax) {
    const message = `${failuresInRow} attempts in a row made no progress; the last: ${detail}`;
    const error: RunError = { code: "trainer_crashed", message, retryable: true };
    return failed({ ...spent, failuresInRow }, error, nowIso);
  }
  const waitMs = Math.min(retry.longestMs, retry.firstMs * 2 ** (failuresInRow - 1));
  const notBeforeMs = Date.parse(nowIso) + waitMs;
  return released({ ...spent, failuresInRow, notBeforeMs }, nowIso, said);
}
