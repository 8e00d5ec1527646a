/** The whole edge over a real store in a temporary folder, with no trainers: for one test. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Backing } from "#api/backing.ts";
import { createApp } from "#api/http/app.ts";
import type { App } from "#api/http/instance.ts";
import { usualCatalogLimits } from "#catalog/context.ts";
import { usualRunLimits } from "#runs/context.ts";
import type { Devices } from "#schemas/device.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Run, RunStatus } from "#schemas/run.ts";
import { toFigure } from "#schemas/values.ts";
import { Access } from "#src/access/access.ts";
import { type Environment, readConfig } from "#src/config.ts";
import { createLog } from "#src/log.ts";
import { Metrics } from "#src/metrics/metrics.ts";
import { openArtifactFolder } from "#storage/artifacts/folder.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import type { NewEvent, RunRecord } from "#storage/store.ts";
import { openUploadFolder } from "#storage/uploads/folder.ts";
import { localWakeups } from "#storage/wakeups/local.ts";
import {
  datasetRecord,
  modelRecord,
  nextVersion,
  runRecord,
  time,
} from "#test/contracts/records.ts";

export interface Stage {
  readonly app: App;
  readonly backing: Backing;
  /** Stores a run as it is, running unless told. */
  addRun(run?: Partial<Run>, rest?: Partial<Omit<RunRecord, "run">>): Promise<Run>;
  /** Appends to a run's log, as a recorder would. */
  append(run: string, events: readonly NewEvent[]): Promise<readonly RunEvent[]>;
  /** Ends a run with a status event. */
  end(run: string, status?: RunStatus): Promise<void>;
  /** Begins the drain, without closing anything yet. */
  drain(): void;
}

export interface StageOptions {
  readonly environment?: Environment;
  readonly backing?: Partial<Backing>;
}

/** No device is tried for tests of the edge. */
const deviceAnswer: Devices = {
  checked_at: "2026-01-01T00:00:00.000Z",
  host: { cpu: "any", cores: 1, memory_bytes: 1 },
  gpus: [],
  engines: [],
};

/** Where to say what is done when a test, or a whole file of them, has ended. */
export interface Ending {
  after(close: () => Promise<void>): void;
}

/**
 * One stage for all tests of a file or suite: opened and prepared before the first, closed after
 * the last.
 */
export function shareStage(
  options: StageOptions = {},
  prepare: (stage: Stage) => Promise<void> = async () => {},
): () => Stage {
  const closes: (() => Promise<void>)[] = [];
  let stage: Stage | undefined;
  before(async () => {
    stage = await openStage({ after: (close) => closes.push(close) }, options);
    await prepare(stage);
  });
  after(async () => {
    for (const close of closes) await close();
  });
  return () => {
    assert.ok(stage !== undefined, "the stage is open");
    return stage;
  };
}

export async function openStage(t: Ending, options: StageOptions = {}): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-api-"));
  const config = readConfig({ LINNET_DATA_DIR: dir, ...options.environment });
  const store = await openSqliteStore({ path: join(dir, "linnet.sqlite") });
  const artifacts = await openArtifactFolder(join(dir, "artifacts"));
  const wakeups = localWakeups();
  const draining = new AbortController();
  const uploadBytesMax = config.uploadBytesMax;
  const backing: Backing = {
    config,
    devices: { find: async () => deviceAnswer },
    version: "0.0.0",
    log: createLog("silent"),
    store,
    artifacts,
    wakeups,
    runs: {
      store,
      wakeups,
      limits: {
        ...usualRunLimits,
        runsQueuedMax: config.queueMax,
        tenantQueuedMax: config.quota.queuedMax,
        tenantBytesMax: config.quota.bytesMax,
      },
      now: Date.now,
    },
    catalog: {
      store,
      artifacts,
      limits: {
        ...usualCatalogLimits,
        uploadBytesMax,
        tenantBytesMax: config.quota.bytesMax,
      },
      now: Date.now,
    },
    plan: () => assert.fail("no test plans without saying how"),
    workshop: {
      artifactsDir: join(dir, "artifacts"),
      memoryBytesMax: 2 ** 30,
      threads: 1,
      errands: { perform: () => assert.fail("no test has errands without saying how") },
    },
    predict: () => assert.fail("no test predicts without saying how"),
    checks: async () => ({}),
    isDraining: () => draining.signal.aborted,
    closing: draining.signal,
    uploads: await openUploadFolder(join(dir, "uploads")),
    metrics: new Metrics(),
    access: new Access(config, { store, wakeups, now: Date.now }),
    ...options.backing,
  };
  const app = await createApp(backing);
  t.after(async () => {
    draining.abort();
    await app.close();
    await wakeups[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });
  return { app, backing, drain: () => draining.abort(), ...actors(backing) };
}

function actors({ store, wakeups }: Backing): Pick<Stage, "addRun" | "append" | "end"> {
  const append: Stage["append"] = async (run, events) => {
    const stored = await store.write((writer) => writer.append(run, time, events));
    wakeups.wake(run);
    return stored;
  };
  const addRun: Stage["addRun"] = async (run, rest) => {
    const record = runRecord({ status: "running", attempt: 1, ...run }, rest);
    await store.write((writer) => writer.insertRun(record));
    return record.run;
  };
  const end: Stage["end"] = async (run, status = "succeeded") => {
    const data = { status, attempt: 1 };
    await store.write(async (writer) => {
      await writer.append(run, time, [{ type: "status", key: null, data }]);
      const record = await writer.run(run);
      assert.ok(record !== undefined);
      await writer.updateRun(nextVersion(record, { status }));
    });
    wakeups.wake(run);
  };
  return { addRun, append, end };
}

/** Metrics of the steps `from` … `to`, with the loss that `lossAt` gives. */
export function metrics(from: number, to: number, lossAt = (step: number) => 1 / step): NewEvent {
  const steps = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const columns = {
    loss: steps.map((step) => toFigure(lossAt(step))),
    learning_rate: steps.map(() => 0.1),
  };
  return { type: "metrics", key: null, data: { from, to, columns } };
}

export function logged(step: number): NewEvent {
  return { type: "log", key: null, data: { step, level: "info", message: `at ${step}` } };
}

/** A model and a data set that fit each other. */
export async function addMaterials({ store }: Backing) {
  const model = modelRecord();
  const dataset = datasetRecord();
  await store.write(async (writer) => {
    await writer.insertModel(model);
    await writer.insertDataset(dataset);
  });
  return { model: model.id, dataset: dataset.id };
}
