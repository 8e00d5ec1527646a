/** Takes back runs whose worker is gone, so that another attempt goes on from their checkpoints. */
import type { Writer } from "#storage/store.ts";
import { stepRun } from "./apply.ts";
import { isHeld } from "./change.ts";
import { queueTopic, type RunContext } from "./context.ts";
import type { RetryPolicy } from "./happenings.ts";

export interface Reclaiming {
  readonly owner: string;
  /** Runs that this worker does train. */
  readonly isLive: (run: string) => boolean;
  readonly liveCount: number;
  readonly retry: RetryPolicy;
}

/** Runs that are taken back in one pass; the rest have their turn in the next. */
const reclaimedPerPassMax = 100;

/**
 * Queues runs again whose leases are over, and those that a former process of this worker left.
 * Returns how many.
 */
export async function reclaimRuns(context: RunContext, reclaiming: Reclaiming): Promise<number> {
  const { store, wakeups } = context;
  const { owner, isLive, liveCount } = reclaiming;
  const limit = reclaimedPerPassMax + liveCount;
  const ids = await store.read((reader) => reader.untended(owner, limit));
  let taken = 0;
  for (const id of ids) {
    if (!id.startsWith("run_") || isLive(id)) continue;
    if (!(await store.write((writer) => reclaim(writer, context, { ...reclaiming, id })))) continue;
    taken += 1;
    context.sights?.lost("worker");
    wakeups.wake(id);
  }
  if (taken > 0) wakeups.wake(queueTopic);
  return taken;
}

/** Whether the run was still nobody's. Looked at again: another worker may have been faster. */
async function reclaim(
  writer: Writer,
  context: RunContext,
  { id, owner, retry }: Reclaiming & { readonly id: string },
): Promise<boolean> {
  const record = await writer.run(id);
  const lease = await writer.leases.of(id);
  if (lease !== undefined && lease.owner !== owner && !lease.isOver) return false;
  if (record === undefined || !isHeld(record.run.status)) {
    await writer.leases.release(id);
    return false;
  }
  const { attempt, status } = record.run;
  const isOwn = lease?.owner === owner;
  const detail = isOwn ? "server restarted" : "its worker was lost";
  // A server that ends while it starts trainers says nothing about a run that had not begun.
  const cause = isOwn && status === "starting" ? "server" : "worker";
  const { secondsUsed } = record;
  const input = { type: "lost", cause, detail, attempt, secondsUsed, retry } as const;
  await stepRun(writer, record, { input, nowMs: context.now() });
  return true;
}
