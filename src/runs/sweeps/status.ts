/** What a sweep is, from what is wished of it and what its runs are. Pure. */
import { isHeld, isTerminal } from "#runs/change.ts";
import { type RunStatus, runStatuses } from "#schemas/run.ts";
import type { Sweep, SweepCounts, SweepStatus } from "#schemas/sweep.ts";
import type { SweepRecord } from "#storage/store.ts";

export type CellCounts = Readonly<Partial<Record<RunStatus, number>>>;

const sumOf = (counts: CellCounts, is: (status: RunStatus) => boolean): number =>
  runStatuses.filter(is).reduce((sum, status) => sum + (counts[status] ?? 0), 0);

/** Runs that have not ended. */
export function unendedIn(counts: CellCounts): number {
  return sumOf(counts, (status) => !isTerminal(status));
}

/** Runs that wait in the queue or train: paused ones take nobody's place. */
export function underWayIn(counts: CellCounts): number {
  return sumOf(counts, (status) => !isTerminal(status) && status !== "paused");
}

/** Cells may still become runs, now or once the sweep is resumed. */
export function isOpen({ fed, total, wanted, error }: SweepRecord): boolean {
  return fed < total && wanted !== "cancel" && error === null;
}

export function statusOf(record: SweepRecord, counts: CellCounts): SweepStatus {
  const held = sumOf(counts, isHeld);
  if (record.wanted === "cancel") return unendedIn(counts) > 0 ? "cancelling" : "cancelled";
  if (!isOpen(record) && unendedIn(counts) === 0) {
    return record.error === null ? "completed" : "failed";
  }
  if (record.wanted === "pause") return held > 0 ? "pausing" : "paused";
  return "running";
}

export function isEnded(status: SweepStatus): boolean {
  return status === "completed" || status === "cancelled" || status === "failed";
}

function countsOf({ total, fed }: SweepRecord, counts: CellCounts): SweepCounts {
  const runs = runStatuses.map((status) => [status, counts[status] ?? 0] as const);
  return { waiting: total - fed, ...Object.fromEntries(runs) } as SweepCounts;
}

/** The sweep as it is shown. */
export function shownSweep(record: SweepRecord, counts: CellCounts): Sweep {
  const { id, request, wanted, total, error, version, createdAt } = record;
  return {
    id,
    name: request.name ?? null,
    metadata: request.metadata ?? {},
    base: request.base,
    vary: request.vary ?? null,
    seeds: request.seeds ?? null,
    parallel: request.parallel ?? null,
    status: statusOf(record, counts),
    wanted,
    total,
    counts: countsOf(record, counts),
    error,
    version,
    created_at: createdAt,
  };
}
