/**
 * The pieces that every transition of a run is made of: a changed record, the status event that
 * announces it, a refusal. Which transition is legal stands in lifecycle.ts and wishes.ts.
 */
import type { EventData } from "#schemas/event.ts";
import type { RunStatus } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import type { NewEvent, RunRecord } from "#storage/store.ts";

/** `record` is the one given when nothing changed; otherwise its version is one more. */
export interface Transition {
  readonly record: RunRecord;
  readonly events: readonly NewEvent[];
}

export const terminalStatuses = ["cancelled", "succeeded", "failed"] as const;
/** Statuses in which a trainer has the run. */
export const heldStatuses = ["starting", "running", "pausing", "cancelling"] as const;

export function isTerminal(status: RunStatus): boolean {
  return (terminalStatuses as readonly RunStatus[]).includes(status);
}

export function isHeld(status: RunStatus): boolean {
  return (heldStatuses as readonly RunStatus[]).includes(status);
}

/** The next record with a version that is one more. */
export function changed(
  record: RunRecord,
  run: Partial<RunRecord["run"]>,
  rest: Partial<Omit<RunRecord, "run">> = {},
): RunRecord {
  const version = record.run.version + 1;
  // Whatever moves a run ends the reason for which it was paused.
  const isOver = run.status !== undefined && (record.run.pause_reason ?? null) !== null;
  const over = isOver ? { pause_reason: null } : {};
  return { ...record, ...rest, run: { ...record.run, ...over, ...run, version } };
}

/** What a status event may say beside the status itself. */
export type Said = Omit<EventData<"status">, "status" | "attempt">;

/** A record that changed, with the status event that says so. */
export function announced(record: RunRecord, said: Said = {}): Transition {
  const { status, attempt } = record.run;
  return { record, events: [{ type: "status", key: null, data: { status, attempt, ...said } }] };
}

/** A run at its end: no time is left, and when it ended. */
export function finished(
  record: RunRecord,
  run: Partial<RunRecord["run"]>,
  nowIso: string,
): RunRecord {
  const progress = { ...record.run.progress, ...run.progress, eta_seconds: null };
  return changed(record, { ...run, progress, finished_at: nowIso });
}

/** Why a run cannot do what was asked of it. */
export function refused(record: RunRecord, text: string): Failure {
  return new Failure("conflict", `Run ${record.run.id} is ${record.run.status}: ${text}`);
}
