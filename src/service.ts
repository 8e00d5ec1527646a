/**
 * The composition root of the server side: a Config in, a closable service out. The only place
 * that names adapters; doors and tests alike start here.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Backing } from "#api/backing.ts";
import { thisMachine } from "#api/devices/machine.ts";
import { DeviceSurvey } from "#api/devices.ts";
import { createApp } from "#api/http/app.ts";
import type { App } from "#api/http/instance.ts";
import { listen } from "#api/http/listen.ts";
import { usualCatalogLimits } from "#catalog/context.ts";
import { type RunContext, usualRunLimits } from "#runs/context.ts";
import { planRun } from "#runs/plan.ts";
import { predictRun } from "#runs/predict.ts";
import { harmless, type RunSights } from "#runs/sights.ts";
import { openArtifacts } from "#storage/artifacts/open.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import type { Store } from "#storage/store.ts";
import { openUploads } from "#storage/uploads/open.ts";
import { localWakeups } from "#storage/wakeups/local.ts";
import type { Wakeups } from "#storage/wakeups.ts";
import { Access } from "./access/access.ts";
import { bootstrapKey } from "./access/keys.ts";
import type { Config } from "./config.ts";
import { type Crew, openCrew } from "./crew.ts";
import { createLog, type Log } from "./log.ts";
import { type MetricsListener, serveMetrics } from "./metrics/listener.ts";
import { Metrics } from "./metrics/metrics.ts";
import { openUpkeep } from "./upkeep.ts";

const trainerEntry = fileURLToPath(new URL("./trainer.ts", import.meta.url));
const storeFile = "linnet.sqlite";
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

type StoreOptions = Pick<Config, "dataDir" | "database" | "failpoint"> & { readonly log?: Log };

/** The store of a configuration, for whoever may reach it: also beside a running service. */
export async function openStoreOf(options: StoreOptions): Promise<Store> {
  const { dataDir, database, ...rest } = options;
  if (database === null) return openSqliteStore({ path: join(dataDir, storeFile), ...rest });
  // A service with a store of its own does not wait for a client that it never uses.
  const { openPostgresStore } = await import("#storage/store/postgres.ts");
  return openPostgresStore({ ...database, ...rest });
}

async function openWakeupsOf({ database }: Config, log: Log): Promise<Wakeups> {
  if (database === null) return localWakeups({ log });
  const { openPostgresWakeups } = await import("#storage/wakeups/postgres.ts");
  return openPostgresWakeups({ ...database, log });
}

async function openPorts(config: Config, log: Log) {
  const artifactsDir = join(config.dataDir, "artifacts");
  const { failpoint } = config;
  if (failpoint !== undefined) log.warn("this process is going to be killed at failpoints");
  const { artifacts: address, dataDir, database } = config;
  const artifacts = await openArtifacts(artifactsDir, { address, log, failpoint });
  const store = await openStoreOf({ dataDir, database, failpoint, log });
  const uploads = await openUploads(join(config.dataDir, "uploads"), address);
  const wakeups = await openWakeupsOf(config, log);
  // Of several workers each has its own, and a run waits for one that fits.
  const gpus = database === null ? await thisMachine.gpus() : [];
  return { artifactsDir, artifacts, uploads, store, wakeups, gpus, now: Date.now };
}

type Ports = Awaited<ReturnType<typeof openPorts>>;

function runContext(
  config: Config,
  { store, wakeups, gpus, now }: Ports,
  sights: RunSights,
): RunContext {
  const limits = {
    ...usualRunLimits,
    runsQueuedMax: config.queueMax,
    tenantQueuedMax: config.quota.queuedMax,
    tenantRunsMax: config.quota.runsMax,
    tenantBytesMax: config.quota.bytesMax,
    memoryBytesMax: Math.floor(config.memoryBytesMax / config.trainersMax),
    gpus,
  };
  return { store, wakeups, limits, now, sights };
}

function backingOf(
  {
    config,
    log,
    version,
    closing,
    metrics,
  }: Pick<Backing, "config" | "log" | "version" | "closing" | "metrics">,
  {
    ports,
    runs,
    crew: { errands, files, probes },
  }: { readonly ports: Ports; readonly runs: RunContext; readonly crew: Crew },
): Backing {
  const { artifacts, artifactsDir, now, store, uploads, wakeups } = ports;
  const uploadBytesMax = config.uploadBytesMax;
  const datasetBytesMax = Math.max(usualCatalogLimits.datasetBytesMax, uploadBytesMax);
  const tenantBytesMax = config.quota.bytesMax;
  const limits = { ...usualCatalogLimits, uploadBytesMax, datasetBytesMax, tenantBytesMax };
  const workshop = {
    artifactsDir,
    errands: files,
    memoryBytesMax: runs.limits.memoryBytesMax,
    threads: config.threadsPerTrainer,
  };
  return {
    config,
    version,
    log,
    store,
    artifacts,
    uploads,
    wakeups,
    runs,
    catalog: { store, artifacts, limits, now, workshop },
    workshop,
    plan: (request, signal, seen = runs) => {
      const { memoryBytesMax } = runs.limits;
      const means = { artifactsDir, threads: config.threadsPerTrainer, memoryBytesMax };
      return planRun({ ...seen, errands, means }, request, signal);
    },
    predict: (run, request, signal) =>
      predictRun({ ...runs, errands, artifactsDir }, run, { request, signal }),
    devices: new DeviceSurvey({ errands: probes, artifactsDir, now }),
    checks: async () => ({}),
    isDraining: () => closing.aborted,
    closing,
    access: new Access(config, { store, now, wakeups }),
    metrics,
  };
}

/** Makes the first key, and says so when nobody could come in. */
async function openDoor(config: Config, log: Log, { store, now }: Ports): Promise<void> {
  if (config.auth === "none") return;
  if (config.bootstrapKey !== null) await bootstrapKey({ store, now }, config.bootstrapKey);
  const { rows } = await store.read((reader) => reader.apiKeys({ limit: 1 }));
  if (rows.length > 0 || config.oidc !== null) return;
  log.warn("there is no key yet: `linnet keys create --name first --scopes admin` makes one");
}

/** Serves metrics where that is asked for. */
async function exportMetrics(
  metrics: Metrics,
  ports: Ports,
  { config, log }: { readonly config: Config; readonly log: Log },
): Promise<MetricsListener | undefined> {
  const { metricsHost: host, metricsPort: port } = config;
  if (port === null) return undefined;
  metrics.watchProcess();
  metrics.watchStorage(ports);
  const listener = await serveMetrics(metrics, { host, port, log });
  log.info({ address: listener.address }, "metrics are served");
  return listener;
}

/**
 * Opens the store, starts the dispatcher and listens. Rejects when the data folder cannot be used
 * or the address is taken.
 */
export async function startService(config: Config, log?: Log): Promise<Service> {
  const serviceLog = log ?? createLog(config.logLevel);
  const closing = new AbortController();
  const ports = await openPorts(config, serviceLog);
  await openDoor(config, serviceLog, ports);
  const metrics = new Metrics();
  const runs = runContext(config, ports, harmless(metrics.runs, serviceLog));
  const { retentionDays } = config;
  const { signal } = closing;
  const upkeep = openUpkeep({ ...ports, log: serviceLog, signal, retentionDays });
  const version = await versionOfPackage();
  const { artifacts, artifactsDir } = ports;
  const made = { artifacts, artifactsDir, entry: trainerEntry };
  const crew = await openCrew({ config, log: serviceLog, version, runs, upkeep, ...made });
  const about = { config, log: serviceLog, version, closing: closing.signal, metrics };
  const app = await createApp(backingOf(about, { ports, runs, crew }));
  let exported: MetricsListener | undefined;
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    closing.abort();
    await crew.close();
    await app.close();
    await exported?.close();
    await ports.wakeups[Symbol.asyncDispose]();
    await ports.store[Symbol.asyncDispose]();
  };
  const close = (): Promise<void> => {
    closed ??= closeAll();
    return closed;
  };
  try {
    const address = await listen(app, config);
    exported = await exportMetrics(metrics, ports, { config, log: serviceLog });
    crew.start();
    upkeep.start();
    return { address, app, close };
  } catch (error) {
    await close();
    throw error;
  }
}
