/**
 * A run in a real service beside the bare engine, taking turns: steps a second, how soon the first
 * comes, what readers wait while it trains, and how late events reach many followers. Service,
 * trainer, bare engine and readers are processes of their own.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Api } from "#cli/api.ts";
import { remoteApi } from "#cli/remote.ts";
import { sizeOf } from "#engine/tensor.ts";
import { reportsGradientNorm } from "#learning/descent/step.ts";
import { optimizerSettings } from "#learning/optimizer.ts";
import type { RunEvent } from "#schemas/event.ts";
import { type Server, startServer } from "../campaign/server.ts";
import { Child } from "./child.ts";
import { median } from "./compare.ts";
import { writeQuestion } from "./exchange.ts";
import { definitions, networkOf } from "./models.ts";
import type { Workload } from "./workloads.ts";

const workload: Workload = {
  ...{ model: "mlp", task: "standard", examples: 4096, batch: 256, steps: 400, phase: 400 },
  ...{ rate: 0.01, damping: 0.1 },
};
/** Steps of a run in the service. */
const steps = 1500;
/** Events at the beginning that are not counted: calls grow, and evaluation comes first. */
const eventsSkipped = 6;
const followers = 50;
const readsMax = 300;
/** Between two looks at whether a run has ended, seldom enough to cost nothing. */
const lookMs = 500;

export interface ServiceFigures {
  /** Of the same program, in one call. */
  readonly bareStepsPerSecond: number;
  readonly serviceStepsPerSecond: number;
  /** Of the service to the bare engine: median, least and most of the rounds' own ratios. */
  readonly ratio: { readonly median: number; readonly least: number; readonly most: number };
  /** From the start of the process to its first answer: in an empty folder, and again. */
  readonly startMs: { readonly first: number; readonly again: number };
  /** From the request for a run to its first metrics: with a new trainer, and with a kept one. */
  readonly firstStepMs: { readonly cold: number; readonly warm: number };
  /** Resident while training; null where the system does not say. */
  readonly bytes: { readonly server: number | null; readonly trainer: number | null };
  /** Of GET /v1/runs/{id} while the run trains. */
  readonly read: Percentiles;
  /** From an event's time to its arrival, over all followers, once all of them are there. */
  readonly followed: Percentiles & { readonly followers: number };
}

export interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function submit(api: Api, count: number): Promise<string> {
  const model = await api.createModel({ definition: definitions.mlp });
  const dataset = await api.createDataset({
    generator: { type: "clusters", train: 4096, test: 256, dimension: 784, classes: 10 },
  });
  const { id } = await api.createRun({
    ...{ model: model.id, dataset: dataset.id, algorithm: { type: "standard" } },
    optimizer: { type: "sgd", learning_rate: workload.rate },
    ...{ batch_size: workload.batch, steps: count, evaluate: { every: count } },
  });
  return id;
}

/** Steps a second between the first counted metrics event and the last. */
function rateOf(events: readonly RunEvent[]): number {
  const metrics = events.filter((event) => event.type === "metrics").slice(eventsSkipped);
  const [first, last] = [metrics[0], metrics.at(-1)];
  if (first === undefined || last === undefined) return Number.NaN;
  const seconds = (Date.parse(last.time) - Date.parse(first.time)) / 1000;
  return (last.data.to - first.data.to) / seconds;
}

/** The log of a run once it has ended, which nobody follows before. */
async function eventsOf(api: Api, id: string): Promise<readonly RunEvent[]> {
  while (!["succeeded", "failed", "cancelled"].includes((await api.run(id)).status)) {
    await delay(lookMs);
  }
  const events: RunEvent[] = [];
  for await (const event of api.follow(id, {})) events.push(event);
  return events;
}

/** Reads a run until it has ended; milliseconds of each answer. */
async function readWhile(api: Api, id: string, ended: Promise<unknown>): Promise<number[]> {
  const state = { isOver: false };
  const over = ended.finally(() => {
    state.isOver = true;
  });
  const took: number[] = [];
  while (!state.isOver && took.length < readsMax) {
    const beganMs = performance.now();
    await api.run(id);
    took.push(performance.now() - beganMs);
  }
  await over;
  return took;
}

interface Arrival {
  readonly timeMs: number;
  readonly lateMs: number;
}

/** How late events arrive that happen when every follower has had one: before, they catch up. */
async function lags(api: Api, id: string): Promise<number[]> {
  const follow = async (): Promise<readonly Arrival[]> => {
    const arrivals: Arrival[] = [];
    for await (const { time } of api.follow(id, {})) {
      const timeMs = Date.parse(time);
      arrivals.push({ timeMs, lateMs: Date.now() - timeMs });
    }
    return arrivals;
  };
  const all = await Promise.all(Array.from({ length: followers }, follow));
  const allThereMs = Math.max(
    ...all.map(([first]) => (first === undefined ? 0 : first.timeMs + first.lateMs)),
  );
  return all.flat().flatMap(({ timeMs, lateMs }) => (timeMs >= allThereMs ? [lateMs] : []));
}

/** Resident bytes of a process; null where /proc is not there. */
function residentBytes(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
  } catch {
    return null;
  }
}

/** The largest of a process's children, which is the one that trains. */
function trainerBytes(pid: number): number | null {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return Math.max(...children.map((child) => residentBytes(Number(child)) ?? 0));
  } catch {
    return null;
  }
}

interface Started {
  readonly server: Server;
  readonly api: Api;
  readonly tookMs: number;
}

async function start(dataDir: string, threads: number): Promise<Started> {
  const beganMs = performance.now();
  const environment = {
    LINNET_TRAINERS_MAX: "1",
    LINNET_THREADS_PER_TRAINER: String(threads),
  };
  const server = await startServer({ dataDir, port: 0, environment });
  const api = remoteApi(server.address);
  await api.runs({ limit: 1 });
  return { server, api, tookMs: performance.now() - beganMs };
}

/** The bare engine at work on the program that a run of the service gets. */
async function openBare(folder: string, threads: number): Promise<Child> {
  const script = fileURLToPath(new URL("./linnet.ts", import.meta.url));
  const child = new Child([process.execPath, script], {});
  const optimizer = optimizerSettings({ type: "sgd", learning_rate: workload.rate });
  const parameters = networkOf("mlp").parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const norm = reportsGradientNorm(optimizer, { parameters, batch: workload.batch });
  await child.begin({ ...workload, folder, threads, norm });
  return child;
}

const rateIn = async (child: Child): Promise<number> => 1 / (await child.round()).seconds;

/** Alternates `rounds` times. */
async function alternate({ api }: Started, folder: string, how: Rounds) {
  await using bare = await openBare(folder, how.threads);
  const rows: { bare: number; service: number; firstMs: number }[] = [];
  for (let round = 0; round < how.rounds; round += 1) {
    const bareRate = await rateIn(bare);
    const askedMs = Date.now();
    const events = await eventsOf(api, await submit(api, steps));
    const first = events.find((event) => event.type === "metrics");
    const firstMs = Date.parse(first?.time ?? "") - askedMs;
    rows.push({ bare: bareRate, service: rateOf(events), firstMs });
  }
  return rows;
}

interface Rounds {
  readonly rounds: number;
  readonly threads: number;
}

/** Alternates `rounds` times; readers and followers come in a run of their own. */
export async function measureService(rounds: number, threads: number): Promise<ServiceFigures> {
  const folder = mkdtempSync(join(tmpdir(), "linnet-peers-"));
  const dataDir = join(folder, "data");
  writeQuestion(folder, workload);
  const fresh = await start(dataDir, threads);
  await fresh.server.drain();
  const started = await start(dataDir, threads);
  const { api, server } = started;
  try {
    const rows = await alternate(started, folder, { rounds, threads });
    const watched = await submit(api, steps);
    const read = await readWhile(api, watched, eventsOf(api, watched));
    const late = await lags(api, await submit(api, steps));
    const bytes = { server: residentBytes(server.pid), trainer: trainerBytes(server.pid) };
    const ratios = rows.map(({ service, bare }) => service / bare);
    const [cold, ...warm] = rows.map(({ firstMs }) => firstMs);
    return {
      bareStepsPerSecond: median(rows.map(({ bare }) => bare)),
      serviceStepsPerSecond: median(rows.map(({ service }) => service)),
      ratio: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
      startMs: { first: fresh.tookMs, again: started.tookMs },
      firstStepMs: { cold: cold ?? Number.NaN, warm: median(warm) },
      bytes,
      read: percentiles(read),
      followed: { ...percentiles(late), followers },
    };
  } finally {
    await server.drain();
    rmSync(folder, { recursive: true });
  }
}
