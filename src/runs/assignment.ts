/** Claims a queued run for a trainer, and gathers everything that the attempt needs to know. */
import assert from "node:assert/strict";
import { sourceOf } from "#catalog/source.ts";
import type { Assignment } from "#src/channel.ts";
import type { Reader, RunRecord, Turn } from "#storage/store.ts";
import { stepRun } from "./apply.ts";
import type { RunContext } from "./context.ts";
import type { Granted } from "./lease-keeper.ts";
import { checkpointsOf } from "./retention.ts";
import { settingsOf } from "./settings.ts";

/** What this machine gives to a trainer. */
export interface Means {
  readonly artifactsDir: string;
  readonly threads: number;
  readonly memoryBytesMax: number;
}

export interface Claim extends Granted {
  readonly record: RunRecord;
  readonly assignment: Assignment;
}

/** Who claims, for how long, and what for. */
export interface Claiming {
  readonly means: Means;
  readonly fits: Turn["fits"];
  readonly owner: string;
  readonly leaseMs: number;
  /** Runs that have to wait. */
  readonly except: readonly string[];
}

/** Takes the run whose turn it is for a new attempt, if there is one that fits. */
export async function claimNext(
  context: RunContext,
  { means, fits, owner, leaseMs, except }: Claiming,
): Promise<Claim | undefined> {
  const sinceMs = performance.now();
  const nowMs = context.now();
  const heldMax = context.limits.tenantRunsMax ?? undefined;
  const claim = await context.store.write(async (writer) => {
    const queued = await writer.nextQueued({ nowMs, heldMax, fits, except });
    if (queued === undefined) return undefined;
    const record = await stepRun(writer, queued, { input: { type: "claimed" }, nowMs });
    const { id, attempt } = record.run;
    const lease = { id, owner, epoch: attempt };
    await writer.leases.grant(lease, leaseMs);
    return { record, lease, sinceMs };
  });
  if (claim === undefined) return undefined;
  const { run } = claim.record;
  context.sights?.moved("queued", run.status);
  if (run.attempt === 1) {
    context.sights?.waited((context.now() - Date.parse(run.created_at)) / 1000);
  }
  context.wakeups.wake(run.id);
  // Outside of the transaction, which holds rows that others wait for: nobody else has the run now.
  const assignment = await context.store.read((reader) =>
    assignmentFor(reader, claim.record, means),
  );
  return { ...claim, assignment };
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
  const [model, dataset, checkpoints, logged] = await Promise.all([
    reader.model(run.model),
    reader.dataset(run.dataset),
    checkpointsOf(reader, run.id),
    stepsLogged(reader, record),
  ]);
  assert(model && dataset, "a run that may start keeps its model and its data set");
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
    stepsLogged: logged,
    ...means,
  };
}
