/**
 * Turns what a trainer reports into the run's log: events, rows of snapshots and checkpoints, and
 * progress, in one transaction a batch. What was reported by an earlier attempt is not repeated.
 */
import assert from "node:assert/strict";
import type { EventData, RunEvent } from "#schemas/event.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import type { TrainerEvent } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { Lease } from "#storage/leases.ts";
import type { NewEvent, RunRecord, Writer } from "#storage/store.ts";
import { type RunContext, timeOf } from "./context.ts";
import type { LifecycleInput, Recorded } from "./happenings.ts";
import { transition } from "./lifecycle.ts";
import type { Rate } from "./rate.ts";
import { keepCheckpoints } from "./retention.ts";

/** Events that one transaction stores; more wait for the next. */
export const eventsPerBatchMax = 256;

export interface RecordedAttempt {
  readonly run: string;
  readonly attempt: number;
  readonly lease: Lease;
  readonly rate: Rate;
  /** Seconds of training so far, over all attempts. */
  readonly secondsUsed: () => number;
}

/**
 * Stores a batch of at most `eventsPerBatchMax` events and wakes the run's readers. Throws an
 * AssertionError when the trainer left out steps, Failure `lease_lost` when another worker has the
 * run, `conflict` when the attempt is over.
 */
export async function recordEvents(
  context: RunContext,
  attempt: RecordedAttempt,
  events: readonly TrainerEvent[],
): Promise<void> {
  assert(events.length <= eventsPerBatchMax, "a batch has its limit");
  assert(attempt.lease.id === attempt.run, "a lease speaks for its own run");
  const { store, wakeups, now } = context;
  const time = timeOf(now());
  const batch = await store.write(async (writer) => {
    const record = await writer.heldRun(attempt.lease);
    const fresh = newEvents(record, events);
    const { metricsThrough } = fresh;
    let stored: readonly RunEvent[] = [];
    const next = async (storedNow: readonly RunEvent[]): Promise<RunRecord> => {
      stored = storedNow;
      const checkpointed = await insertRows(writer, record, stored);
      const told = {
        ...summary(record, { events, stored, attempt }),
        metricsThrough,
        checkpointed,
      };
      const input = { type: "recorded", attempt: attempt.attempt, ...told } as const;
      return recordAfter(record, input, time);
    };
    await writer.advance(record, { time, events: fresh.events, next });
    return { steps: metricsThrough - record.metricsThrough, stored };
  });
  context.sights?.recorded(seenIn(batch.stored, batch.steps));
  wakeups.wake(attempt.run);
}

/** What a batch makes of the record; a status is not changed by it. Throws the refusal. */
function recordAfter(record: RunRecord, input: LifecycleInput, time: string): RunRecord {
  const next = transition(record, input, time);
  if (next instanceof Failure) throw next;
  assert(next.events.length === 0, "what a trainer tells is on the log already");
  return next.record;
}

function seenIn(stored: readonly RunEvent[], steps: number) {
  return {
    steps,
    checkpointBytes: stored.flatMap(({ type, data }) => (type === "checkpoint" ? data.bytes : [])),
    snapshotSeconds: stored.flatMap(({ type, data }) => (type === "snapshot" ? data.seconds : [])),
  };
}

/** The events as they may enter the log: metrics cut to steps that it does not have. */
function newEvents(record: RunRecord, events: readonly TrainerEvent[]) {
  let { metricsThrough } = record;
  const fresh: NewEvent[] = [];
  for (const event of events) {
    if (event.kind !== "metrics") {
      const { kind, key, data } = event;
      fresh.push({ type: kind, key, data } as NewEvent);
      continue;
    }
    const data = metricsAfter(metricsThrough, event.data);
    if (data === undefined) continue;
    metricsThrough = data.to;
    // No key: another attempt's chunk may begin at the same step and end at a later one.
    fresh.push({ type: "metrics", key: null, data });
  }
  return { events: fresh, metricsThrough };
}

/** Metrics of the steps after `through`, undefined when there are none. */
export function metricsAfter(
  through: number,
  data: EventData<"metrics">,
): EventData<"metrics"> | undefined {
  const { from, to, columns, every = 1 } = data;
  const steps = Math.ceil((to - from + 1) / every);
  assert(steps >= 1, `metrics from step ${from} to ${to} have no step`);
  assert(from <= through + every, `metrics begin at step ${from}, and ${through + 1} is missing`);
  for (const [name, column] of Object.entries(columns)) {
    assert(
      column.length === steps,
      `column ${name} has ${column.length} values for ${steps} steps`,
    );
  }
  if (to <= through) return undefined;
  const known = Math.max(0, Math.ceil((through + 1 - from) / every));
  if (known === 0) return data;
  if (known >= steps) return undefined;
  const rest = Object.entries(columns).map(([name, column]) => [name, column.slice(known)]);
  return { ...data, from: from + known * every, columns: Object.fromEntries(rest) };
}

/** Rows for what is new on the log; true when a checkpoint was among it. */
async function insertRows(
  writer: Writer,
  { run }: RunRecord,
  stored: readonly RunEvent[],
): Promise<boolean> {
  let checkpointed = false;
  for (const { type, data, time } of stored) {
    if (type === "snapshot") await writer.insertSnapshot(run.id, snapshotRow(data, time));
    if (type !== "checkpoint") continue;
    await writer.insertCheckpoint({ ...data, run: run.id, created_at: time });
    checkpointed = true;
  }
  if (checkpointed) await keepCheckpoints(writer, run.id, run.checkpoints.keep ?? 1);
  return checkpointed;
}

function snapshotRow(data: EventData<"snapshot">, time: string): Snapshot {
  const { examples: n, outputs: o, kernel } = data;
  const shapes = {
    full: [n, o, n, o],
    diagonal: [o, n, n],
    trace: [n, n],
    pseudo: [n, n],
  } as const;
  return { ...data, shape: [...shapes[kernel]], created_at: time };
}

interface Batch {
  readonly events: readonly TrainerEvent[];
  readonly stored: readonly RunEvent[];
  readonly attempt: RecordedAttempt;
}

function summary(
  record: RunRecord,
  { events, stored, attempt }: Batch,
): Omit<Recorded, "metricsThrough" | "checkpointed"> {
  const step = Math.max(0, ...events.map(stepOf));
  const applied = events.flatMap(({ kind, data }) =>
    kind === "steered" ? [{ request: data.request, step: data.step }] : [],
  );
  const evaluation = stored.findLast((event) => event.type === "evaluation")?.data;
  const kernelDistance = stored.findLast((event) => event.type === "snapshot")?.data
    .distance_to_first;
  return {
    step,
    etaSeconds: attempt.rate.secondsTo(record.run.steps),
    secondsUsed: attempt.secondsUsed(),
    applied,
    ...(evaluation?.linearisations === undefined
      ? {}
      : { linearisations: evaluation.linearisations }),
    ...(kernelDistance === undefined ? {} : { kernelDistance }),
    evaluation:
      evaluation === undefined
        ? null
        : {
            linearised: evaluation.linearised,
            network: evaluation.network,
            ...(evaluation.averaged === undefined ? {} : { averaged: evaluation.averaged }),
          },
  };
}

/** Steps done when an event was seen. */
export function stepOf({ kind, data }: TrainerEvent): number {
  return kind === "metrics" ? data.to : data.step;
}
