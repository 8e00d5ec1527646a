/**
 * What requests do to sweeps: submit, pause, resume, cancel, delete. How cells become runs is the
 * feeder's business, how runs train the dispatcher's.
 */
import { storeDraft } from "#catalog/models.ts";
import { stepRun } from "#runs/apply.ts";
import { isTerminal } from "#runs/change.ts";
import { queueTopic, type RunContext, timeOf } from "#runs/context.ts";
import { type RunStatus, runStatuses, type Wish } from "#schemas/run.ts";
import type { Sweep, SweepRequest } from "#schemas/sweep.ts";
import { Failure } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import type { Reader, RunRecord, SweepRecord, Writer } from "#storage/store.ts";
import { planSweep, type SweepContext, type SweepPlan } from "./plan.ts";
import { isEnded, shownSweep, statusOf } from "./status.ts";

/** Sweeps with cells that are no run yet. */
export const sweepsOpenMax = 100;
/** Runs of a sweep that are deleted in one transaction. */
const runsDeletedAtOnce = 100;
const pageLimit = 1000;

/** What a command may be asked to do in its own transaction, such as storing its answer. */
export interface AlongsideSweep {
  readonly alongside?: (writer: Writer, sweep: Sweep) => Promise<void>;
}

/**
 * A new sweep; its cells become runs as there is room. Failures: those of submitting any of its
 * runs, at the fields of the sweep request, and `queue_full`. Nothing is made before all cells
 * are found good.
 */
export async function submitSweep(
  context: SweepContext,
  request: SweepRequest,
  { alongside }: AlongsideSweep = {},
): Promise<Sweep> {
  const plan = await planSweep(context, request);
  const models = new Map<string, Awaited<ReturnType<typeof storeDraft>>>();
  const id = newId("swp", context.now());
  for (const [digest, { model, canonical }] of plan.drafts) {
    const named = { ...model, name: request.name ?? null, metadata: { sweep: id } };
    models.set(digest, await storeDraft(context.catalog, { model: named, canonical }));
  }
  const sweep = await context.store.write(async (writer) => {
    await writer.alone("sweeps");
    if ((await writer.openSweeps(sweepsOpenMax)).length >= sweepsOpenMax) {
      const text = `${sweepsOpenMax} sweeps are under way already; try again later.`;
      throw new Failure("queue_full", text, { retryAfterSeconds: 60 });
    }
    for (const model of models.values()) await writer.insertModel(model);
    const made = Object.fromEntries([...models].map(([digest, model]) => [digest, model.id]));
    const record = recordOf({ id, request, plan, models: made, createdAt: timeOf(context.now()) });
    await writer.insertSweep(record);
    const shown = shownSweep(record, {});
    await alongside?.(writer, shown);
    return shown;
  });
  context.wakeups.wake(queueTopic);
  return sweep;
}

function recordOf(
  parts: Pick<SweepRecord, "id" | "request" | "models" | "createdAt"> & {
    readonly plan: SweepPlan;
  },
): SweepRecord {
  const { plan, ...rest } = parts;
  return {
    ...rest,
    wanted: "run",
    total: plan.grid.total,
    fed: 0,
    needs: {
      models: [...plan.models, ...Object.values(parts.models)],
      datasets: [...plan.datasets],
    },
    error: null,
    version: 1,
  };
}

/** The sweep as stored; Failure `not_found`. */
export async function storedSweep(reader: Reader, id: string): Promise<SweepRecord> {
  const record = await reader.sweep(id);
  if (record === undefined) throw new Failure("not_found", `There is no sweep ${id}.`);
  return record;
}

/** The sweep as it is; Failure `not_found`. */
export async function readSweep(reader: Reader, id: string): Promise<Sweep> {
  const record = await storedSweep(reader, id);
  return shownSweep(record, await reader.countCells(id));
}

const unended: readonly RunStatus[] = runStatuses.filter((status) => !isTerminal(status));

/** All runs of a sweep with any of `statuses`, the last cell first. */
export async function runsOf(
  reader: Reader,
  sweep: string,
  statuses?: readonly RunStatus[],
): Promise<readonly RunRecord[]> {
  const all: RunRecord[] = [];
  const filter = { sweep, limit: pageLimit, ...(statuses === undefined ? {} : { statuses }) };
  for (;;) {
    const last = all.at(-1)?.run.id;
    const page = await reader.runs(last === undefined ? filter : { ...filter, after: last });
    all.push(...page.rows);
    if (!page.more) return all;
  }
}

/** Wishes something of the sweep and of each of its runs that has not ended, all at once. */
async function wish(context: RunContext, id: string, wanted: Wish): Promise<Sweep> {
  const touched: string[] = [];
  const sweep = await context.store.write(async (writer) => {
    touched.length = 0;
    const record = await storedSweep(writer, id);
    const before = await writer.countCells(id);
    if (record.wanted === wanted) return shownSweep(record, before);
    const status = statusOf(record, before);
    if (isEnded(status) || record.wanted === "cancel") {
      throw new Failure("conflict", `Sweep ${id} is ${status}: nothing more can be asked of it.`);
    }
    const next = { ...record, wanted, version: record.version + 1 };
    await writer.updateSweep(next);
    for (const { run } of await runsOf(writer, id, unended)) {
      // Read again: between the listing and now its trainer may have reported.
      const present = await writer.run(run.id);
      if (present === undefined) continue;
      if (await wishRun(writer, present, { wanted, nowMs: context.now() })) touched.push(run.id);
    }
    return shownSweep(next, await writer.countCells(id));
  });
  for (const topic of [...touched, id, queueTopic]) context.wakeups.wake(topic);
  return sweep;
}

/** False when the run's own state does not allow it: then it stays as it is. */
async function wishRun(
  writer: Writer,
  record: RunRecord,
  asked: { readonly wanted: Wish; readonly nowMs: number },
): Promise<boolean> {
  const input = { type: "wish", wish: asked.wanted } as const;
  try {
    await stepRun(writer, record, { input, nowMs: asked.nowMs });
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code === "conflict") return false;
    throw error;
  }
}

/** Makes no further run, and pauses those that have not ended. `not_found`, `conflict`. */
export function pauseSweep(context: RunContext, id: string): Promise<Sweep> {
  return wish(context, id, "pause");
}

/** Lets a paused sweep and its paused runs go on. `not_found`, `conflict`. */
export function resumeSweep(context: RunContext, id: string): Promise<Sweep> {
  return wish(context, id, "run");
}

/** Makes no further run, and cancels those that have not ended. `not_found`, `conflict`. */
export function cancelSweep(context: RunContext, id: string): Promise<Sweep> {
  return wish(context, id, "cancel");
}

/**
 * Deletes a sweep that has ended, with its runs and their logs; models that it made stay. Failures
 * `not_found`, `in_use`. A deletion that is cut short leaves a smaller sweep, to be deleted again.
 */
export async function deleteSweep(context: RunContext, id: string): Promise<void> {
  for (;;) {
    const left = await context.store.write(async (writer) => {
      const { status } = await readSweep(writer, id);
      if (!isEnded(status)) {
        throw new Failure("in_use", `Sweep ${id} is ${status}: cancel it before deleting it.`);
      }
      const { rows, more } = await writer.runs({ sweep: id, limit: runsDeletedAtOnce });
      for (const { run } of rows) await writer.deleteRun(run.id);
      if (!more) await writer.deleteSweep(id);
      return more;
    });
    if (!left) break;
  }
  context.wakeups.wake(id);
}
