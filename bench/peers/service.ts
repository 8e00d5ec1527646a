/**
 * A run in a real service beside the bare engine, taking turns: steps a second, how soon the first
 * comes, what readers wait while it trains, and how late events reach many followers.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Api } from "#cli/api.ts";
import type { RunEvent } from "#schemas/event.ts";
import { openService } from "#test/journeys/service.ts";
import { Child } from "./child.ts";
import { median } from "./compare.ts";
import { writeQuestion } from "./exchange.ts";
import { definitions } from "./models.ts";
import type { Workload } from "./workloads.ts";

const workload: Workload = {
  ...{ model: "mlp", task: "standard", examples: 4096, batch: 256, steps: 400 },
  ...{ rate: 0.01, damping: 0.1 },
};
/** Steps of a run in the service. */
const steps = 1500;
/** Events at the beginning that are not counted: calls grow, and evaluation comes first. */
const eventsSkipped = 6;
const followers = 50;
const readsMax = 300;

export interface ServiceFigures {
  readonly bareStepsPerSecond: number;
  readonly serviceStepsPerSecond: number;
  /** Of the service to the bare engine. */
  readonly ratio: number;
  /** From the start of the service to its first answer. */
  readonly startMs: number;
  /** From the request for a run to its first metrics. */
  readonly firstStepMs: number;
  /** Of GET /v1/runs/{id} while the run trains. */
  readonly read: Percentiles;
  /** From an event's time to its arrival, over all followers. */
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

async function eventsOf(api: Api, id: string): Promise<readonly RunEvent[]> {
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

async function lags(api: Api, id: string): Promise<number[]> {
  const late: number[] = [];
  const follow = async (): Promise<void> => {
    for await (const event of api.follow(id, {})) late.push(Date.now() - Date.parse(event.time));
  };
  await Promise.all(Array.from({ length: followers }, follow));
  return late;
}

/** Alternates `rounds` times; readers and followers come in a run of their own. */
export async function measureService(rounds: number, threads: number): Promise<ServiceFigures> {
  const folder = mkdtempSync(join(tmpdir(), "linnet-peers-"));
  writeQuestion(folder, workload);
  const script = fileURLToPath(new URL("./linnet.ts", import.meta.url));
  await using bare = new Child([process.execPath, script], {});
  await bare.begin({ ...workload, folder, threads });
  const beganMs = performance.now();
  await using served = await openService({ trainersMax: 1, threadsPerTrainer: threads });
  const { api } = served;
  await api.runs({ limit: 1 });
  const startMs = performance.now() - beganMs;
  const [bareRates, serviceRates, firsts]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    bareRates.push(1 / (await bare.round()).seconds);
    const askedMs = Date.now();
    const events = await eventsOf(api, await submit(api, steps));
    serviceRates.push(rateOf(events));
    const first = events.find((event) => event.type === "metrics");
    firsts.push(Date.parse(first?.time ?? "") - askedMs);
  }
  const watched = await submit(api, steps);
  const read = await readWhile(api, watched, eventsOf(api, watched));
  const late = await lags(api, await submit(api, steps));
  rmSync(folder, { recursive: true });
  const [bareRate, serviceRate] = [median(bareRates), median(serviceRates)];
  return {
    bareStepsPerSecond: bareRate,
    serviceStepsPerSecond: serviceRate,
    ratio: serviceRate / bareRate,
    startMs,
    firstStepMs: median(firsts),
    read: percentiles(read),
    followed: { ...percentiles(late), followers },
  };
}
