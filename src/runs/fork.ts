/** Starts a new run from a checkpoint of another, with changes. */
import type { Optimizer } from "#schemas/algorithm.ts";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { ForkRequest, Run, RunRequest } from "#schemas/run.ts";
import { Failure, failAt } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import type { Reader, RunRecord, Writer } from "#storage/store.ts";
import { admit } from "./admission.ts";
import { runAfter, storedRun } from "./apply.ts";
import { insertQueued, materials } from "./commands.ts";
import { type Alongside, queueTopic, type RunContext, timeOf } from "./context.ts";
import { latestCheckpoint } from "./retention.ts";
import { settingsAt, settingsFrom, settingsOf } from "./settings.ts";

/**
 * A new queued run whose first attempt goes on from the checkpoint: weights, optimiser state and
 * step. It holds its own row of that checkpoint, so that the parent may forget it. Failures:
 * `not_found`, `no_checkpoint`, and those of submitting a run.
 */
export async function forkRun(
  context: RunContext,
  id: string,
  fork: { readonly request: ForkRequest } & Alongside,
): Promise<Run> {
  const run = await context.store.write(async (writer) => {
    const parent = await storedRun(writer, id);
    const checkpoint = await checkpointOf(writer, id, fork.request.checkpoint);
    const request = forkedRequest(parent, checkpoint, fork.request);
    const { model, dataset } = await materials(writer, parent.run);
    const settings = settingsFrom(request, dataset.task);
    if (settings.steps <= checkpoint.step) {
      const text = `steps counts from the parent's start: it must be above the checkpoint's step ${checkpoint.step}.`;
      throw failAt("invalid_request", "/steps", text);
    }
    const needsBytes = admit({ model, dataset, settings }, context.limits);
    const forkedFrom = { run: id, checkpoint: checkpoint.id, step: checkpoint.step };
    const queued = await insertQueued(writer, context, {
      request,
      settings,
      needsBytes,
      forkedFrom,
    });
    const own = await carryCheckpoint(writer, checkpoint, { run: queued, nowMs: context.now() });
    await fork.alongside?.(writer, own);
    return own;
  });
  context.wakeups.wake(queueTopic);
  return run;
}

async function checkpointOf(
  reader: Reader,
  run: string,
  id: string | undefined,
): Promise<Checkpoint> {
  if (id === undefined) {
    const latest = await latestCheckpoint(reader, run);
    if (latest !== undefined) return latest;
    throw new Failure("no_checkpoint", `Run ${run} has no checkpoint to fork from yet.`);
  }
  const named = await reader.checkpoint(run, id);
  if (named !== undefined) return named;
  throw failAt("no_checkpoint", "/checkpoint", `Run ${run} has no checkpoint ${id}.`);
}

/** The parent's request as it stood at the checkpoint, with the changes asked for. */
function forkedRequest(
  parent: RunRecord,
  checkpoint: Checkpoint,
  changes: ForkRequest,
): RunRequest {
  const { run } = parent;
  const settings = settingsAt(settingsOf(run), parent.steering, checkpoint.step);
  const { algorithm, optimizer, steps, evaluate, snapshots } = changes;
  return {
    ...settings,
    model: run.model,
    dataset: run.dataset,
    ...((changes.name ?? run.name) === null ? {} : { name: changes.name ?? run.name ?? "" }),
    metadata: changes.metadata ?? run.metadata,
    priority: changes.priority ?? run.priority,
    optimizer: mergedOptimizer(settings.optimizer, optimizer),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(steps === undefined ? {} : { steps }),
    ...(evaluate === undefined ? {} : { evaluate }),
    ...(snapshots === undefined ? {} : { snapshots }),
  };
}

/** Another type of optimiser keeps the rate, decay, clipping and schedule, not the moments. */
function mergedOptimizer(old: Optimizer, changes: Partial<Optimizer> = {}): Optimizer {
  if (changes.type === undefined || changes.type === old.type) return { ...old, ...changes };
  const { momentum, nesterov, beta1, beta2, epsilon, ...shared } = old;
  return { ...shared, ...changes };
}

async function carryCheckpoint(
  writer: Writer,
  from: Checkpoint,
  to: { readonly run: Run; readonly nowMs: number },
): Promise<Run> {
  const time = timeOf(to.nowMs);
  const id = newId("chk", to.nowMs);
  const { step, digest, weights, bytes } = from;
  const data = { id, step, digest, weights, bytes, final: false };
  await writer.insertCheckpoint({ ...data, run: to.run.id, created_at: time });
  const stored = await writer.append(to.run.id, time, [
    { type: "checkpoint", key: `checkpoint:${step}`, data },
  ]);
  return runAfter(to.run, stored.length);
}
