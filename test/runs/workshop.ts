/** A store, artifacts and a dispatcher with fake trainers in a temporary folder, for one test. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { submitRun } from "#runs/commands.ts";
import { type Log, type RunContext, usualRunLimits } from "#runs/context.ts";
import { Dispatcher, type DispatcherOptions } from "#runs/dispatcher.ts";
import { checkpointsOf } from "#runs/retention.ts";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { RunRequest, RunStatus } from "#schemas/run.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import type { RunRecord } from "#storage/store.ts";
import { localWakeups } from "#storage/wakeups/local.ts";
import { dataset, model, request } from "./records.ts";
import type { Scenario } from "./scenarios.ts";

export const fakeTrainer = fileURLToPath(new URL("fake-trainer.ts", import.meta.url));
export const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

const patienceMs = 60_000;

export interface Workshop {
  readonly context: RunContext;
  /** A dispatcher over the store, drained when the test ends. */
  dispatch(options?: Partial<DispatcherOptions>): Dispatcher;
  submit(scenario: Scenario, changes?: Partial<RunRequest>): Promise<string>;
  /** The record once it satisfies `is`. */
  until(run: string, is: (record: RunRecord) => boolean): Promise<RunRecord>;
  untilStatus(run: string, status: RunStatus): Promise<RunRecord>;
  events(run: string): Promise<readonly RunEvent[]>;
  checkpoints(run: string): Promise<readonly Checkpoint[]>;
}

export async function openWorkshop(
  t: TestContext,
  changes: Partial<RunContext> = {},
): Promise<Workshop> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-runs-"));
  const store = await openSqliteStore({ path: join(dir, "linnet.db") });
  const wakeups = localWakeups();
  const usual: RunContext = { store, wakeups, limits: usualRunLimits, now: Date.now };
  const context = { ...usual, ...changes };
  const dispatchers: Dispatcher[] = [];
  t.after(async () => {
    for (const dispatcher of dispatchers) await dispatcher.drain(0);
    await wakeups[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });
  await store.write(async (writer) => {
    await writer.insertModel(model);
    await writer.insertDataset(dataset);
  });
  const until: Workshop["until"] = async (run, is) => {
    const signal = AbortSignal.timeout(patienceMs);
    for (;;) {
      const record = await store.read((reader) => reader.run(run));
      assert.ok(record !== undefined);
      if (is(record)) return record;
      assert.ok(!signal.aborted, `still ${JSON.stringify(record.run)}`);
      await wakeups.wait(run, { timeoutMs: 50, signal });
    }
  };
  return {
    context,
    dispatch: (options = {}) => {
      const dispatcher = new Dispatcher({
        context,
        log: silent,
        entry: fakeTrainer,
        environment: {},
        artifactsDir: dir,
        owner: "workshop",
        leaseMs: 60_000,
        devices: ["auto", "cpu"],
        trainersMax: 2,
        threadsPerTrainer: 1,
        retry: { attemptsMax: 5, firstMs: 1, longestMs: 5 },
        ...options,
      });
      dispatchers.push(dispatcher);
      dispatcher.start();
      return dispatcher;
    },
    submit: async ({ seed }, changes) =>
      (await submitRun(context, request({ steps: 200, ...changes, seed }))).id,
    until,
    untilStatus: (run, status) => until(run, (record) => record.run.status === status),
    events: (run) => store.read((reader) => reader.events(run, { after: 0, limit: 10_000 })),
    checkpoints: (run) => store.read((reader) => checkpointsOf(reader, run)),
  };
}

/** The statuses that a log tells of, each once in a row. */
export function statusesIn(events: readonly RunEvent[]): readonly RunStatus[] {
  return events.flatMap(({ type, data }) => (type === "status" ? [data.status] : []));
}

/** One value of a metrics column for each step from 1, with the log checked on the way. */
export function columnIn(events: readonly RunEvent[], name: string): readonly unknown[] {
  let through = 0;
  const values: unknown[] = [];
  for (const [i, { seq, type, data }] of events.entries()) {
    assert.equal(seq, i + 1, "the log has no gap");
    if (type !== "metrics") continue;
    assert.equal(data.from, through + 1, "no step is missing or told twice");
    through = data.to;
    values.push(...(data.columns[name] ?? []));
  }
  assert.equal(values.length, through);
  return values;
}
