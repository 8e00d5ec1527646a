/**
 * A thousand readers of one run at fifty events a second: how late events come, whether any is
 * left out, and what it costs training; then a thousand that never read, and what that costs in
 * memory.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isTerminal } from "#runs/change.ts";
import type { Definition } from "#schemas/model.ts";
import type { RunRequest } from "#schemas/run.ts";
import { chanceOf } from "./chance.ts";
import { KillClient } from "./kill-client.ts";
import { holdingsOf, processorSecondsOf } from "./processes.ts";
import type { ReadersSeen, ReadersTask } from "./readers-client.ts";
import { atLeast, atMost, none, type Report, worst } from "./report.ts";
import { type Server, startServer } from "./server.ts";

export interface ReadersOptions {
  readonly count: number;
  readonly isShort: boolean;
}

const bounds = { p99Ms: 100, slowdown: 0.05, slowBytes: 1.5 * 2 ** 30 };
const eventsPerSecond = 50;
/** Metrics and an evaluation come at each boundary. */
const eventsPerBoundary = 2;
const client = join(import.meta.dirname, "readers-client.ts");

/** Enough work a step that the rate of events is that of a usual run. */
const definition: Definition = {
  input: { shape: [20] },
  layers: [
    { type: "dense", units: 256, activation: "relu" },
    { type: "dense", units: 256, activation: "relu" },
    { type: "dense", units: 4 },
  ],
};
const generator = { type: "wedge", train: 1000, test: 64, dimension: 20, seed: 1 } as const;

class Stage {
  readonly #client = new KillClient(chanceOf(1, "readers"));
  readonly #server: Server;
  #ids = { model: "", dataset: "" };

  constructor(server: Server) {
    this.#server = server;
    this.#client.address = server.address;
  }

  async prepare(): Promise<void> {
    const model = await this.#client.ask("POST", "/v1/models", { body: { definition } });
    const dataset = await this.#client.ask("POST", "/v1/datasets", { body: { generator } });
    this.#ids = { model: String(model?.body["id"]), dataset: String(dataset?.body["id"]) };
  }

  /** Submits a run; its id. */
  async submit(steps: number, every: number): Promise<string> {
    const body: RunRequest = {
      ...this.#ids,
      optimizer: { type: "sgd", learning_rate: 0.01 },
      batch_size: 64,
      steps,
      engine: "onnxruntime",
      evaluate: { every },
      checkpoints: { every: steps },
    };
    const answer = await this.#client.ask("POST", "/v1/runs", { body });
    return String(answer?.body["id"]);
  }

  /** Waits for the end; seconds of training by the log, and events a second. */
  async trained(id: string): Promise<{ readonly seconds: number; readonly rate: number }> {
    for (;;) {
      const answer = await this.#client.ask("GET", `/v1/runs/${id}`);
      if (isTerminal(answer?.body["status"] as never)) break;
      await pause(250);
    }
    const log = await this.#client.log(id);
    const told = log.filter(({ type }) => type === "metrics" || type === "evaluation");
    const timeOf = (event: { readonly time: string } | undefined) => Date.parse(event?.time ?? "");
    const seconds = (timeOf(told.at(-1)) - timeOf(told[0])) / 1000;
    return { seconds, rate: told.length / seconds };
  }

  /** The same run while readers follow it. */
  async read(id: string, of: Pick<ReadersTask, "count" | "isSlow" | "stayMs">) {
    const child = fork(client, { serialization: "advanced" });
    const url = `${this.#server.address.replace("http", "ws")}/v1/runs/${id}/stream?after=0`;
    child.send({ url, ...of });
    await once(child, "message");
    const seen = once(child, "message").then(([message]) => message.seen as ReadersSeen);
    return { seen, pid: child.pid ?? 0 };
  }

  /** Steps between evaluations at which events come at the wanted rate, and steps a second. */
  async calibrate(): Promise<{ readonly every: number; readonly perSecond: number }> {
    const steps = 4000;
    const { seconds } = await this.trained(await this.submit(steps, 100));
    const perSecond = steps / seconds;
    return { every: Math.round((perSecond * eventsPerBoundary) / eventsPerSecond), perSecond };
  }
}

const at = ({ latenciesMs }: ReadersSeen, quantile: number): number =>
  latenciesMs[Math.round(quantile * 1000)] ?? Number.NaN;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Readers come before the run begins, so that all of it is live. */
async function quick(stage: Stage, server: Server, { count, isShort }: ReadersOptions) {
  const { every, perSecond } = await stage.calibrate();
  const steps = Math.round(perSecond * (isShort ? 8 : 20));
  const alone: number[] = [];
  const together: number[] = [];
  const all: ReadersSeen[] = [];
  const rates: number[] = [];
  let cpuSeconds = 0;
  for (let round = 0; round < (isShort ? 1 : 3); round += 1) {
    alone.push((await stage.trained(await stage.submit(steps, every))).seconds);
    const id = await stage.submit(steps, every);
    const before = await processorSecondsOf(server.pid);
    const { seen } = await stage.read(id, { count, isSlow: false, stayMs: 600_000 });
    const { seconds, rate } = await stage.trained(id);
    cpuSeconds += (await processorSecondsOf(server.pid)) - before;
    together.push(seconds);
    rates.push(rate);
    all.push(await seen);
  }
  const slowdown = median(together) / median(alone) - 1;
  return {
    all,
    slowdown,
    rate: median(rates),
    cpuShare: cpuSeconds / together.reduce((a, b) => a + b),
  };
}

/** The most memory that the server holds while nobody reads what it sends. */
async function slow(stage: Stage, server: Server, { count, isShort }: ReadersOptions) {
  const before = (await holdingsOf(server.pid)).residentBytes;
  const id = await stage.submit(isShort ? 4000 : 20_000, 5);
  const stayMs = isShort ? 15_000 : 40_000;
  const { seen } = await stage.read(id, { count, isSlow: true, stayMs });
  let most = 0;
  let isOver = false;
  const over = seen.then((value) => {
    isOver = true;
    return value;
  });
  while (!isOver) {
    most = Math.max(most, (await holdingsOf(server.pid)).residentBytes);
    await pause(100);
  }
  return { grown: most - before, most, seen: await over };
}

export async function readersCampaign(options: ReadersOptions): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-readers-"));
  const server = await startServer({
    dataDir,
    port: 0,
    environment: { LINNET_CONNECTIONS_MAX: "5000", LINNET_THREADS_PER_TRAINER: "1" },
  });
  try {
    const stage = new Stage(server);
    await stage.prepare();
    const { all, slowdown, rate, cpuShare } = await quick(stage, server, options);
    const lazy = await slow(stage, server, options);
    const sum = (of: (seen: ReadersSeen) => number) =>
      all.reduce((total, one) => total + of(one), 0);
    const slowestAt = (quantile: number) => Math.max(...all.map((seen) => at(seen, quantile)));
    return {
      campaign: "readers",
      figures: [
        { name: "readers of one run", value: options.count },
        worst("events a second", rate),
        { name: "frames sent", value: sum(({ events }) => events) },
        worst("latency p50, ms", slowestAt(0.5)),
        atMost("latency p99, ms", slowestAt(0.99), bounds.p99Ms),
        worst("latency, longest, ms", slowestAt(1)),
        none(
          "events left out",
          sum(({ missing }) => missing),
        ),
        none(
          "events repeated or out of order",
          sum(({ disordered }) => disordered),
        ),
        atLeast(
          "readers that saw the end",
          sum(({ completed }) => completed),
          options.count * all.length,
        ),
        // One pair of short runs differs by more than that for no reason at all.
        options.isShort
          ? worst("training slowed by, share", slowdown)
          : atMost("training slowed by, share", slowdown, bounds.slowdown),
        worst("processor time of the server, cores", cpuShare),
        { name: "readers that never read", value: lazy.seen.opened },
        worst("memory that they cost, MiB", lazy.grown / 2 ** 20),
        atMost(
          "memory of the server at most, MiB",
          lazy.most / 2 ** 20,
          bounds.slowBytes / 2 ** 20,
        ),
      ],
      findings: [],
    };
  } finally {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}
