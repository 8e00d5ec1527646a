/** One input to the life of a stored run: read, step, write and announce, in one transaction. */
import assert from "node:assert/strict";
import type { Run } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import type { Lease } from "#storage/leases.ts";
import type { RunRecord, Writer } from "#storage/store.ts";
import { isHeld } from "./change.ts";
import { type Alongside, queueTopic, type RunContext, timeOf } from "./context.ts";
import type { LifecycleInput } from "./happenings.ts";
import { transition } from "./lifecycle.ts";

/** The stored run; Failure `not_found`. */
export async function storedRun(
  reader: { run(id: string): Promise<RunRecord | undefined> },
  id: string,
): Promise<RunRecord> {
  const record = await reader.run(id);
  if (record === undefined) throw new Failure("not_found", `There is no run ${id}.`);
  return record;
}

/** Steps a run inside a transaction; throws the refusal. Returns the record as stored. */
export async function stepRun(
  writer: Writer,
  record: RunRecord,
  step: { readonly input: LifecycleInput; readonly nowMs: number },
): Promise<RunRecord> {
  const time = timeOf(step.nowMs);
  const next = transition(record, step.input, time);
  if (next instanceof Failure) throw next;
  if (next.record === record) return record;
  const isQueued = next.record.run.status === "queued" && record.run.status !== "queued";
  const stepped = isQueued ? { ...next.record, queuedMs: step.nowMs } : next.record;
  const after = await writer.advance(record, { time, events: next.events, next: () => stepped });
  if (isHeld(record.run.status) && !isHeld(after.run.status)) {
    await writer.leases.release(record.run.id);
  }
  return after;
}

/** A run once `count` events more are on its log. */
export function runAfter(run: Run, count: number): Run {
  return { ...run, last_seq: run.last_seq + count };
}

/** Steps a stored run by one input; `check` may refuse before. Wakes its readers and the queue. */
export async function applyInput(
  context: RunContext,
  id: string,
  options: Alongside & {
    readonly input: LifecycleInput;
    /** Of the worker whose word it is; Failure `lease_lost` when it is not in force. */
    readonly lease?: Lease;
    readonly check?: (record: RunRecord) => void;
  },
): Promise<RunRecord> {
  const { store, wakeups, now, sights } = context;
  let before: RunRecord | undefined;
  const stored = await store.write(async (writer) => {
    const { lease } = options;
    assert(lease === undefined || lease.id === id, "a lease speaks for its own run");
    const record = await (lease === undefined ? storedRun(writer, id) : writer.heldRun(lease));
    before = record;
    options.check?.(record);
    const next = await stepRun(writer, record, { input: options.input, nowMs: now() });
    await options.alongside?.(writer, next.run);
    return next;
  });
  const { status } = stored.run;
  if (before !== undefined && before.run.status !== status)
    sights?.moved(before.run.status, status);
  wakeups.wake(id);
  wakeups.wake(queueTopic);
  return stored;
}
