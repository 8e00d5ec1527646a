/**
 * What requests do to runs: submit, steer, wish, delete. Each is one transaction and returns the
 * run as it then is. HTTP is the edge's, trainers are the dispatcher's.
 */

import type { Run, RunRequest, Steering, Wish } from "#schemas/run.ts";
import { refuseFullStorage, refuseLongQueue } from "#src/access/quota.ts";
import type { RunSettings } from "#src/channel.ts";
import { Failure, failAt } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import type { Reader, RunRecord, Writer } from "#storage/store.ts";
import { admit } from "./admission.ts";
import { applyInput, runAfter, storedRun } from "./apply.ts";
import { isHeld } from "./change.ts";
import { type Alongside, queueTopic, type RunContext, timeOf } from "./context.ts";
import { periodFaults } from "./contradictions.ts";
import { type DraftOptions, draftRecord } from "./draft.ts";
import { transition } from "./lifecycle.ts";
import { settingsFrom } from "./settings.ts";

/**
 * A new run, queued. Failures: `invalid_request` and `incompatible` with pointers, `not_found`
 * model or data set as `incompatible` at its field, `too_large`, `engine_unavailable`,
 * `queue_full`.
 */
export async function submitRun(
  context: RunContext,
  request: RunRequest,
  options: Alongside = {},
): Promise<Run> {
  const run = await context.store.write(async (writer) => {
    const { model, dataset } = await materials(writer, request);
    const settings = settingsFrom(request, dataset.task);
    const needsBytes = admit({ model, dataset, settings }, context.limits);
    const inserted = await insertQueued(writer, context, { request, settings, needsBytes });
    await options.alongside?.(writer, inserted);
    return inserted;
  });
  context.wakeups.wake(queueTopic);
  return run;
}

/** The model and the data set that a request names. */
export async function materials(reader: Reader, request: Pick<Run, "model" | "dataset">) {
  const model = await reader.model(request.model);
  if (model === undefined) {
    throw failAt("incompatible", "/model", `There is no model ${request.model}.`);
  }
  const dataset = await reader.dataset(request.dataset);
  if (dataset === undefined) {
    throw failAt("incompatible", "/dataset", `There is no data set ${request.dataset}.`);
  }
  return { model, dataset };
}

/** Inserts a queued run with its first event; Failure `queue_full`. */
export async function insertQueued(
  writer: Writer,
  context: RunContext,
  draft: Omit<DraftOptions, "id" | "nowIso"> & { readonly settings: RunSettings },
): Promise<Run> {
  const { limits, now } = context;
  // Counted and inserted by one at a time, or two would take the last place.
  await writer.alone("queue");
  await refuseLongQueue(writer, limits);
  await refuseFullStorage(writer, limits);
  if ((await writer.countRuns(["queued"], "everyone")) >= limits.runsQueuedMax) {
    const text = `${limits.runsQueuedMax} runs are queued already; try again later.`;
    throw new Failure("queue_full", text, { retryAfterSeconds: 30 });
  }
  const nowIso = timeOf(now());
  const { traceparent } = context;
  const record = {
    ...draftRecord({ ...draft, id: newId("run", now()), nowIso }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  const first = transition(record, { type: "submitted" }, nowIso);
  if (first instanceof Failure) throw first;
  await writer.insertRun(first.record);
  const stored = await writer.append(first.record.run.id, nowIso, first.events);
  context.sights?.moved(null, "queued");
  return runAfter(first.record.run, stored.length);
}

async function wish(context: RunContext, id: string, asked: { wish: Wish } & Alongside) {
  const { alongside } = asked;
  const input = { type: "wish", wish: asked.wish } as const;
  const options = alongside === undefined ? { input } : { input, alongside };
  return (await applyInput(context, id, options)).run;
}

/** Asks a run to stop for now, with a checkpoint. Failures `not_found`, `conflict`. */
export function pauseRun(context: RunContext, id: string, also: Alongside = {}): Promise<Run> {
  return wish(context, id, { ...also, wish: "pause" });
}

/** Lets a paused run go on. Failures `not_found`, `conflict`. */
export function resumeRun(context: RunContext, id: string, also: Alongside = {}): Promise<Run> {
  return wish(context, id, { ...also, wish: "run" });
}

/** Asks a run to end, with a checkpoint. Failures `not_found`, `conflict`. */
export function cancelRun(context: RunContext, id: string, also: Alongside = {}): Promise<Run> {
  return wish(context, id, { ...also, wish: "cancel" });
}

/**
 * Changes a live run: labels at once, the rest when the trainer gets to it. `ifVersion`: refuse
 * with `precondition_failed` when the run has another one. Failures `not_found`, `conflict`,
 * `incompatible`, `invalid_request`.
 */
export async function steerRun(
  context: RunContext,
  id: string,
  steering: { readonly changes: Steering; readonly ifVersion?: number },
): Promise<Run> {
  const { changes, ifVersion } = steering;
  const check = (record: RunRecord): void => {
    if (ifVersion !== undefined && record.run.version !== ifVersion) {
      const text = `The run is at version ${record.run.version}, not ${ifVersion}.`;
      throw new Failure("precondition_failed", text);
    }
    checkSteering(record, changes, context.limits.steeringMax);
  };
  return (await applyInput(context, id, { input: { type: "steered", changes }, check })).run;
}

function checkSteering(record: RunRecord, changes: Steering, steeringMax: number): void {
  const { run } = record;
  if (record.steering.length >= steeringMax) {
    throw new Failure("conflict", `Run ${run.id} was steered ${steeringMax} times, the most.`);
  }
  for (const field of ["period", "relinearise"] as const) {
    if (changes[field] !== undefined && run.algorithm.type !== "linearised") {
      const text = `${field} is for linearised runs, and the algorithm of this one is ${run.algorithm.type}.`;
      throw failAt("incompatible", `/${field}`, text);
    }
  }
  const [fault] = changes.period === undefined ? [] : periodFaults(changes.period, run.steps);
  if (fault !== undefined) {
    const pointer = fault.pointer.replace("/algorithm", "");
    throw failAt("invalid_request", pointer, fault.detail);
  }
  if (typeof changes.snapshots_every === "number" && run.snapshots === null) {
    const text = "This run was submitted without snapshots; fork it to have some.";
    throw failAt("incompatible", "/snapshots_every", text);
  }
}

/** Deletes a run that no trainer holds, and all its events. Failures `not_found`, `in_use`. */
export async function deleteRun(context: RunContext, id: string): Promise<void> {
  await context.store.write(async (writer) => {
    const { run } = await storedRun(writer, id);
    if (isHeld(run.status)) {
      throw new Failure("in_use", `Run ${id} is ${run.status}: cancel it before deleting it.`);
    }
    await writer.deleteRun(id);
  });
  context.wakeups.wake(id);
}
