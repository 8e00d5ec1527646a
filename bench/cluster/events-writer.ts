/**
 * Workers' recorders without trainers: told which runs are its own and how many events a second
 * they have, records them as an attempt does, in batches of all that has come meanwhile.
 */
import { setTimeout as pause } from "node:timers/promises";
import { applyInput } from "#runs/apply.ts";
import { usualRunLimits } from "#runs/context.ts";
import { openRate } from "#runs/rate.ts";
import { recordEvents } from "#runs/recorder.ts";
import { eventsUnackedMax, type TrainerEvent } from "#src/channel.ts";
import { openPostgresStore } from "#storage/store/postgres.ts";
import { openPostgresWakeups } from "#storage/wakeups/postgres.ts";
import { dataset, draft, model } from "#test/runs/records.ts";

export interface WriterTask {
  readonly url: string;
  readonly owner: string;
  readonly runs: number;
  readonly connections: number;
}

/** `rate`: events a second of each run from now on; null ends the runs. */
export interface WriterOrder {
  readonly rate: number | null;
}

export interface WriterCount {
  readonly events: number;
  readonly batches: number;
  /** Milliseconds that a batch took to be committed, since the last count. */
  readonly committedMs: readonly number[];
}

const stepsOfEvent = 10;
const stepsMax = 10_000_000;
const lookMs = 5;
const leaseMs = 600_000;
const result = { train: { loss: 0.5, accuracy: 0.5 }, test: { loss: 0.5, accuracy: 0.5 } };

let rate: number | null = 0;
let events = 0;
let batches = 0;
let committedMs: number[] = [];

/** What a trainer says of ten steps: two columns, as of an ordinary run. */
function metricsAfter(step: number): TrainerEvent {
  const [from, to] = [step + 1, step + stepsOfEvent];
  const steps = Array.from({ length: stepsOfEvent }, (_, at) => from + at);
  const columns = {
    loss: steps.map((at) => Math.sin(at) / at),
    learning_rate: steps.map(() => 0.1),
  };
  return { kind: "metrics", key: `metrics:${from}`, data: { from, to, columns } };
}

async function openContext({ url, connections }: WriterTask) {
  const store = await openPostgresStore({ url, connectionsMax: connections });
  const wakeups = await openPostgresWakeups({ url });
  return { store, wakeups, limits: usualRunLimits, now: Date.now };
}

type Context = Awaited<ReturnType<typeof openContext>>;

async function begin(context: Context, owner: string): Promise<string> {
  const record = draft({ steps: stepsMax });
  const run = { ...record.run, model: model.id, dataset: dataset.id };
  await context.store.write(async (writer) => {
    await writer.insertRun({
      ...record,
      run: { ...run, status: "running", attempt: 1, version: 1 },
    });
    await writer.leases.grant({ id: run.id, owner, epoch: 1 }, leaseMs);
  });
  return run.id;
}

/** One run's events, at the rate that is in force; ends the run when there is none. */
async function record(context: Context, run: string, owner: string): Promise<void> {
  const lease = { id: run, owner, epoch: 1 };
  const attempt = { run, attempt: 1, lease, rate: openRate(0, 0), secondsUsed: () => 1 };
  let step = 0;
  let due = Math.random();
  let atMs = performance.now();
  while (rate !== null) {
    await pause(lookMs);
    const nowMs = performance.now();
    // A trainer waits when so much of what it said is not on the log yet.
    due = Math.min(eventsUnackedMax, due + ((rate ?? 0) * (nowMs - atMs)) / 1000);
    atMs = nowMs;
    const count = Math.floor(due);
    if (count === 0) continue;
    due -= count;
    const batch = Array.from({ length: count }, (_, at) => metricsAfter(step + at * stepsOfEvent));
    step += count * stepsOfEvent;
    await recordEvents(context, attempt, batch);
    committedMs.push(performance.now() - nowMs);
    events += count;
    batches += 1;
  }
  const outcome = { type: "succeeded", result: { linearised: result, network: result } } as const;
  const input = { type: "ended", attempt: 1, outcome, secondsUsed: 1 } as const;
  await applyInput(context, run, { input, lease });
}

async function write(task: WriterTask): Promise<void> {
  const context = await openContext(task);
  const runs: string[] = [];
  for (let at = 0; at < task.runs; at += 1) runs.push(await begin(context, task.owner));
  process.send?.({ runs });
  await Promise.all(runs.map((run) => record(context, run, task.owner)));
  await context.wakeups[Symbol.asyncDispose]();
  await context.store[Symbol.asyncDispose]();
  process.disconnect();
}

process.once("message", (task: WriterTask) => {
  process.on("message", (order: WriterOrder | "count") => {
    if (order !== "count") {
      rate = order.rate;
      return;
    }
    process.send?.({ events, batches, committedMs } satisfies WriterCount);
    committedMs = [];
  });
  void write(task);
});
