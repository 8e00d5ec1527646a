/**
 * The composition root of the server side: a Config in, a closable service out. The only place
 * that names adapters; doors and tests alike start here.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Backing } from "#api/backing.ts";
import { createApp } from "#api/http/app.ts";
import type { App } from "#api/http/instance.ts";
import { usualCatalogLimits } from "#catalog/context.ts";
import { type RunContext, usualRunLimits } from "#runs/context.ts";
import { Dispatcher } from "#runs/dispatcher.ts";
import { Errands } from "#runs/errands.ts";
import { KernelWorker } from "#runs/kernels/worker.ts";
import { predictRun } from "#runs/predict.ts";
import { SweepFeeder } from "#runs/sweeps/feeder.ts";
import { openArtifactFolder } from "#storage/artifacts/folder.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import { sweepArtifacts } from "#storage/sweep.ts";
import { localWakeups } from "#storage/wakeups/local.ts";
import type { Config } from "./config.ts";
import { createLog, type Log } from "./log.ts";

const trainerEntry = fileURLToPath(new URL("./trainer.ts", import.meta.url));
/** How long one kernel may take. */
const kernelMsMax = 30 * 60_000;
/** Runs of one sweep that wait or train at the same time, unless it asks for fewer. */
const runsAheadMin = 16;
const packageFile = new URL("../package.json", import.meta.url);

export interface Service {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly address: string;
  readonly app: App;
  /** Drains: refuses new work, has trainers save and end, closes streams with 1012. Idempotent. */
  close(): Promise<void>;
}

async function versionOfPackage(): Promise<string> {
  const { version } = JSON.parse(await readFile(packageFile, "utf8")) as { version: string };
  return version;
}

async function openPorts(config: Config, log: Log) {
  const artifactsDir = join(config.dataDir, "artifacts");
  const artifacts = await openArtifactFolder(artifactsDir, { log });
  const store = await openSqliteStore({ path: join(config.dataDir, "linnet.sqlite"), log });
  const wakeups = localWakeups({ log });
  return { artifactsDir, artifacts, store, wakeups, now: Date.now };
}

type Ports = Awaited<ReturnType<typeof openPorts>>;

function runContext(config: Config, { store, wakeups, now }: Ports): RunContext {
  const limits = {
    ...usualRunLimits,
    runsQueuedMax: config.queueMax,
    memoryBytesMax: Math.floor(config.memoryBytesMax / config.trainersMax),
  };
  return { store, wakeups, limits, now };
}

function workshop(config: Config, log: Log, { ports, runs }: { ports: Ports; runs: RunContext }) {
  const shared = { log, entry: trainerEntry, environment: config.environment };
  const { memoryBytesMax } = runs.limits;
  const errands = new Errands({ ...shared, memoryBytesMax });
  const dispatcher = new Dispatcher({
    ...shared,
    context: runs,
    artifactsDir: ports.artifactsDir,
    trainersMax: config.trainersMax,
    threadsPerTrainer: config.threadsPerTrainer,
  });
  return { errands, dispatcher, ...backgroundWork(config, log, { ports, runs }) };
}

/** Kernels have a child of their own: a long one keeps no prediction waiting. */
function backgroundWork(
  config: Config,
  log: Log,
  { ports, runs }: { ports: Ports; runs: RunContext },
) {
  const kernelErrands = new Errands({
    log,
    entry: trainerEntry,
    environment: config.environment,
    memoryBytesMax: runs.limits.memoryBytesMax,
    timeoutMs: kernelMsMax,
  });
  const kernels = new KernelWorker({
    context: runs,
    log,
    errands: kernelErrands,
    artifactsDir: ports.artifactsDir,
    threads: config.threadsPerTrainer,
  });
  const ahead = Math.max(runsAheadMin, 2 * config.trainersMax);
  const feeder = new SweepFeeder({ context: runs, log, ahead });
  return { feeder, kernels };
}

function backingOf(
  { config, log, version, closing }: Pick<Backing, "config" | "log" | "version" | "closing">,
  {
    ports,
    runs,
    errands,
  }: {
    readonly ports: Ports;
    readonly runs: RunContext;
    readonly errands: Errands;
  },
): Backing {
  const { artifacts, artifactsDir, now, store, wakeups } = ports;
  const uploadBytesMax = config.uploadBytesMax;
  const datasetBytesMax = Math.max(usualCatalogLimits.datasetBytesMax, uploadBytesMax);
  const limits = { ...usualCatalogLimits, uploadBytesMax, datasetBytesMax };
  return {
    config,
    version,
    log,
    store,
    artifacts,
    wakeups,
    runs,
    catalog: { store, artifacts, limits, now },
    predict: (run, request, signal) =>
      predictRun({ ...runs, errands, artifactsDir }, run, { request, signal }),
    checks: async () => ({}),
    isDraining: () => closing.aborted,
    closing,
  };
}

/** How often artifacts that nothing points at are looked for, and how old they must be to go. */
const sweepEveryMs = 60 * 60 * 1000;

/** Frees the room of deleted runs and refused requests until the signal aborts. */
function sweepNowAndThen({ store, artifacts }: Ports, log: Log, signal: AbortSignal): void {
  const timer = setInterval(() => {
    sweepArtifacts({ store, artifacts, olderThanMs: sweepEveryMs, signal }).then(
      (swept) => log.info(swept, "artifacts swept"),
      (err: unknown) => {
        if (!signal.aborted) log.error({ err }, "artifacts could not be swept");
      },
    );
  }, sweepEveryMs);
  timer.unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

/**
 * Opens the store, starts the dispatcher and listens. Rejects when the data folder cannot be used
 * or the address is taken.
 */
export async function startService(config: Config, log?: Log): Promise<Service> {
  const serviceLog = log ?? createLog(config.logLevel);
  const closing = new AbortController();
  const ports = await openPorts(config, serviceLog);
  const runs = runContext(config, ports);
  const work = workshop(config, serviceLog, { ports, runs });
  const { errands, dispatcher } = work;
  const about = {
    config,
    log: serviceLog,
    version: await versionOfPackage(),
    closing: closing.signal,
  };
  const app = await createApp(backingOf(about, { ports, runs, errands }));
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    closing.abort();
    await work.feeder.close();
    await dispatcher.drain(config.drainMs);
    await errands.close();
    await work.kernels.close();
    await app.close();
    await ports.wakeups[Symbol.asyncDispose]();
    await ports.store[Symbol.asyncDispose]();
  };
  const close = (): Promise<void> => {
    closed ??= closeAll();
    return closed;
  };
  try {
    const address = await app.listen({ host: config.host, port: config.port });
    dispatcher.start();
    work.feeder.start();
    work.kernels.start();
    sweepNowAndThen(ports, serviceLog, closing.signal);
    return { address, app, close };
  } catch (error) {
    await close();
    throw error;
  }
}
