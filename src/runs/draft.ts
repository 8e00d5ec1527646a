/** A run before it is submitted: version 0, not on any log yet. */
import { randomBytes } from "node:crypto";
import type { Run } from "#schemas/run.ts";
import type { RunSettings } from "#src/channel.ts";
import type { RunRecord } from "#storage/store.ts";

export interface DraftOptions {
  readonly id: string;
  readonly request: Pick<Run, "model" | "dataset"> & {
    readonly name?: string | null;
    readonly metadata?: Run["metadata"];
    readonly priority?: Run["priority"];
  };
  readonly settings: RunSettings;
  /** Bytes that a trainer is going to need, estimated. */
  readonly needsBytes: number;
  readonly nowIso: string;
  /** The checkpoint of another run from whose step this one goes on. */
  readonly forkedFrom?: Run["forked_from"];
  /** The sweep of which the run is a cell. */
  readonly sweep?: NonNullable<Run["sweep"]>;
}

/** The record of a run that begins at step 0, or at the step that it is forked from. */
export function draftRecord(options: DraftOptions): RunRecord {
  const { id, request, settings, nowIso, forkedFrom = null, sweep } = options;
  const step = forkedFrom?.step ?? 0;
  const percent = Math.round((1000 * 100 * step) / settings.steps) / 1000;
  const run: Run = {
    id,
    model: request.model,
    dataset: request.dataset,
    name: request.name ?? null,
    metadata: request.metadata ?? {},
    priority: request.priority ?? "normal",
    ...settings,
    status: "queued",
    wanted: "run",
    attempt: 0,
    progress: { step, steps: settings.steps, percent, eta_seconds: null },
    plan: null,
    result: null,
    error: null,
    forked_from: forkedFrom,
    ...(sweep === undefined ? {} : { sweep }),
    epoch: randomBytes(8).toString("hex"),
    last_seq: 0,
    version: 0,
    created_at: nowIso,
    started_at: null,
    finished_at: null,
  };
  return {
    run,
    steering: [],
    metricsThrough: step,
    secondsUsed: 0,
    failuresInRow: 0,
    notBeforeMs: 0,
    needsBytes: options.needsBytes,
  };
}
