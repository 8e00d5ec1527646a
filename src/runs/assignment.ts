/** Claims a queued run for a trainer, and gathers everything that the attempt needs to know. */
import assert from "node:assert/strict";
import { sourceOf } from "#catalog/source.ts";
import type { Assignment } from "#src/channel.ts";
import type { Reader, RunRecord } from "#storage/store.ts";
import { stepRun, storedRun } from "./apply.ts";
import type { RunContext } from "./context.ts";
import { checkpointsOf } from "./retention.ts";
import { settingsOf } from "./settings.ts";

/** What this machine gives to a trainer. */
export interface Means {
  readonly artifactsDir: string;
  readonly threads: number;
  readonly memoryBytesMax: number;
  /** Which of several GPUs, for a run that names none; the first unless given. */
  readonly gpu?: number;
}

export interface Claim {
  readonly record: RunRecord;
  readonly assignment: Assignment;
}

/** Takes the run for a new attempt; Failure `conflict` when it is not queued any more. */
export async function claimRun(context: RunContext, id: string, means: Means): Promise<Claim> {
  const claim = await context.store.write(async (writer) => {
    const queued = await storedRun(writer, id);
    const step = { input: { type: "claimed" }, nowMs: context.now() } as const;
    const record = await stepRun(writer, queued, step);
    return { record, assignment: await assignmentFor(writer, record, means) };
  });
  const { run } = claim.record;
  context.sights?.moved("queued", run.status);
  if (run.attempt === 1) {
    context.sights?.waited((context.now() - Date.parse(run.created_at)) / 1000);
  }
  context.wakeups.wake(id);
  return claim;
}

/**
 * A linearisation on the log at the last step names the rate of the phase that it begins: steering
 * that came later takes effect after it.
 */
async function stepsLogged(reader: Reader, { run, metricsThrough }: RunRecord): Promise<number> {
  const steps = { from: metricsThrough, to: metricsThrough };
  const range = { after: 0, kinds: ["anchor"], steps, limit: 1 } as const;
  return metricsThrough + (await reader.events(run.id, range)).length;
}

async function assignmentFor(reader: Reader, record: RunRecord, means: Means): Promise<Assignment> {
  const { run, steering, secondsUsed } = record;
  const model = await reader.model(run.model);
  const dataset = await reader.dataset(run.dataset);
  assert(model && dataset, "a run that may start keeps its model and its data set");
  const checkpoints = await checkpointsOf(reader, run.id);
  return {
    run: run.id,
    attempt: run.attempt,
    settings: settingsOf(run),
    model: sourceOf(model),
    dataset: dataset.digest,
    checkpoints: checkpoints.map(({ id, step, digest }) => ({ id, step, digest })),
    isFork: run.forked_from !== null,
    steering,
    secondsUsed,
    stepsLogged: await stepsLogged(reader, record),
    ...means,
  };
}
