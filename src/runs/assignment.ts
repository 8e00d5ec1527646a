/** Claims a queued run for a trainer, and gathers everything that the attempt needs to know. */
import assert from "node:assert/strict";
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
  context.wakeups.wake(id);
  return claim;
}

async function assignmentFor(reader: Reader, record: RunRecord, means: Means): Promise<Assignment> {
  const { run, steering, secondsUsed, metricsThrough } = record;
  const model = await reader.model(run.model);
  const dataset = await reader.dataset(run.dataset);
  assert(model?.definition && dataset, "a run that may start keeps its model and its data set");
  const checkpoints = await checkpointsOf(reader, run.id);
  return {
    run: run.id,
    attempt: run.attempt,
    settings: settingsOf(run),
    model: { kind: "definition", definition: model.definition },
    dataset: dataset.digest,
    checkpoints: checkpoints.map(({ id, step, digest }) => ({ id, step, digest })),
    steering,
    secondsUsed,
    stepsLogged: metricsThrough,
    ...means,
  };
}
