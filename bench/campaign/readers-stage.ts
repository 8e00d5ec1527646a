/** The service, its runs and its trainers, as the campaign of readers sees them. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isTerminal } from "#runs/change.ts";
import type { Definition } from "#schemas/model.ts";
import type { RunRequest } from "#schemas/run.ts";
import { chanceOf } from "./chance.ts";
import { KillClient } from "./kill-client.ts";
import { childrenOf, type Fared, threadsOf } from "./processes.ts";
import type { ReadersSeen, ReadersTask } from "./readers-client.ts";
import type { Server } from "./server.ts";

const eventsPerSecond = 50;
/** Metrics and an evaluation come at each boundary. */
const eventsPerBoundary = 2;
const warmingSteps = 4000;
const calibrationSeconds = 3;
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

/** How a run went. */
export interface Trained {
  /** Of training, by the log. */
  readonly seconds: number;
  readonly stepMs: number;
  /** Events a second. */
  readonly rate: number;
}

export class Stage {
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

  /** Keeps a run from training until it is let go. */
  async hold(id: string): Promise<void> {
    await this.#client.ask("POST", `/v1/runs/${id}/pause`);
    while ((await this.#client.ask("GET", `/v1/runs/${id}`))?.body["status"] !== "paused") {
      await pause(50);
    }
  }

  async letGo(id: string): Promise<void> {
    await this.#client.ask("POST", `/v1/runs/${id}/resume`);
  }

  /** Waits for the end; what training took by the log, since it last began. */
  async trained(id: string): Promise<Trained> {
    for (;;) {
      const answer = await this.#client.ask("GET", `/v1/runs/${id}`);
      if (isTerminal(answer?.body["status"] as never)) break;
      await pause(250);
    }
    const log = await this.#client.log(id);
    // A run that was held trained for a moment before, and waited until it was let go.
    const begins = log.findLastIndex(
      ({ type, data }) => type === "status" && data.status === "running",
    );
    const rest = log.slice(begins);
    const told = rest.filter(({ type }) => type === "metrics" || type === "evaluation");
    const metrics = rest.filter((event) => event.type === "metrics");
    const [first, last] = [metrics[0], metrics.at(-1)];
    assert(first !== undefined && last !== undefined, "a run of a campaign takes steps");
    const seconds = (Date.parse(last.time) - Date.parse(first.time)) / 1000;
    const steps = last.data.to - first.data.to;
    return { seconds, stepMs: (1000 * seconds) / steps, rate: told.length / seconds };
  }

  /** How the threads of all trainers fared so far. Trainers stay for the next run. */
  async trainers(): Promise<Fared> {
    const children = await childrenOf(this.#server.pid);
    // What has ended since it was listed was a probe of devices and no trainer.
    const none: Fared = { workedMs: 0, waitedMs: 0 };
    const all = await Promise.all(children.map(({ pid }) => threadsOf(pid).catch(() => none)));
    return {
      workedMs: all.reduce((total, { workedMs }) => total + workedMs, 0),
      waitedMs: all.reduce((total, { waitedMs }) => total + waitedMs, 0),
    };
  }

  /** Starts readers of a run. */
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
    // Compilers take their time with the first steps, which tell nothing of those that follow.
    const first = await this.trained(await this.submit(warmingSteps, 100));
    const steps = Math.round((calibrationSeconds * 1000) / first.stepMs);
    const { stepMs } = await this.trained(await this.submit(steps, 100));
    const perSecond = 1000 / stepMs;
    return { every: Math.round((perSecond * eventsPerBoundary) / eventsPerSecond), perSecond };
  }
}
