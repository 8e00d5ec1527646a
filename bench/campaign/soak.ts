/**
 * A long time of mixed load on one service: runs of every kind, steering, forks, predictions,
 * kernels, readers that come and go, deletion. Its memory and handles must not grow: the medians
 * of the middle and of the last third of the time are compared, once it is warm.
 */
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isTerminal } from "#runs/change.ts";
import type { Run } from "#schemas/run.ts";
import { chanceOf } from "./chance.ts";
import { KillClient } from "./kill-client.ts";
import { holdingsOf } from "./processes.ts";
import { atMost, none, type Report, worst } from "./report.ts";
import { type Server, startServer } from "./server.ts";
import { definition, generator, smallRun } from "./settings.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly onLine: (text: string) => void;
}

/** Growth of the service from the middle to the last third, beside what a collector leaves. */
const bounds = { megabytes: 32, handles: 8 };
const runsAtOnce = 4;
const runsKept = 40;
const sampleMs = 5000;
const mebibyte = 2 ** 20;

interface Sample {
  readonly megabytes: number;
  readonly handles: number;
}

class Soak {
  readonly samples: Sample[] = [];
  readonly counts: Record<string, number> = {};
  readonly faults: string[] = [];
  readonly #client: KillClient;
  readonly #chance;
  #ids = { model: "", dataset: "" };

  constructor(server: Server, seed: number) {
    this.#chance = chanceOf(seed, "soak");
    this.#client = new KillClient(chanceOf(seed, "soak client"));
    this.#client.address = server.address;
  }

  async #ask(method: string, path: string, body?: unknown) {
    const answer = await this.#client.ask(method, path, body === undefined ? {} : { body });
    const name = `${method} ${path.replace(/[a-z]{3}_[0-9a-z]{20}/g, "…").split("?")[0]}`;
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    const status = answer?.status ?? 0;
    // Deleting has no body, which this client cannot read. What is refused as a conflict is
    // refused; a request that the contract does not know is a fault of this campaign.
    if (status >= 500 || status === 400)
      this.faults.push(`${name}: ${status} ${JSON.stringify(answer?.body)}`);
    return answer?.body;
  }

  async prepare(): Promise<void> {
    const model = await this.#ask("POST", "/v1/models", { definition });
    const dataset = await this.#ask("POST", "/v1/datasets", { generator });
    this.#ids = { model: String(model?.["id"]), dataset: String(dataset?.["id"]) };
  }

  /** One turn: enough runs are under way, something is asked of them, old ones go. */
  async turn(): Promise<void> {
    const runs = await this.#client.all();
    const open = runs.filter(({ status }) => !isTerminal(status));
    for (let more = open.length; more < runsAtOnce; more += 1) {
      await this.#client.submit(smallRun(this.#chance, this.#ids));
    }
    for (const { id, wanted } of open) {
      if (wanted === "pause") await this.#ask("POST", `/v1/runs/${id}/resume`);
    }
    await this.#client.meddle();
    const ended = runs.filter(({ status }) => status === "succeeded");
    if (ended.length > 0) await this.#look(this.#chance.of(ended));
    const failed = runs.find(({ status }) => status === "failed");
    if (failed !== undefined) this.faults.push(`${failed.id}: ${failed.error?.message}`);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - runsKept))) {
      await this.#ask("DELETE", `/v1/runs/${id}`);
      this.#client.runs.delete(id);
    }
  }

  async #look({ id, forked_from }: Run): Promise<void> {
    const { happens } = this.#chance;
    await this.#ask("GET", `/v1/runs/${id}/metrics?points=100`);
    await this.#ask("GET", `/v1/runs/${id}/snapshots`);
    if (happens(0.3)) {
      await this.#ask("POST", `/v1/runs/${id}/predict`, { inputs: [Array(20).fill(0.5)] });
    }
    // Of runs that are no forks: those end before the steps that are asked for here.
    if (happens(0.2) && forked_from === null) {
      await this.#ask("POST", `/v1/runs/${id}/fork`, { steps: 900 });
    }
    if (happens(0.1)) {
      const first = { dataset: this.#ids.dataset, split: "test", examples: 16 };
      await this.#ask("POST", "/v1/ntk", {
        model: this.#ids.model,
        first,
        kernel: "trace",
      });
    }
  }

  close(): void {
    this.#client.close();
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** How much a series grew from the middle to the last third. */
function growth(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const third = Math.floor(samples.length / 3);
  const part = (from: number, to: number) => median(samples.slice(from, to).map(of));
  return part(2 * third, samples.length) - part(third, 2 * third);
}

export async function soakCampaign({ minutes, seed, onLine }: SoakOptions): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-soak-"));
  const environment = { LINNET_TRAINERS_MAX: "2", LINNET_THREADS_PER_TRAINER: "1" };
  const log = join(dataDir, "service.log");
  const server = await startServer({
    dataDir,
    port: 0,
    environment,
    onLine: (line) => void appendFile(log, `${line}\n`).catch(() => undefined),
  });
  const soak = new Soak(server, seed);
  try {
    await soak.prepare();
    const endMs = performance.now() + minutes * 60_000;
    let nextMs = 0;
    while (performance.now() < endMs && server.isRunning()) {
      await soak.turn();
      await pause(200);
      if (performance.now() < nextMs) continue;
      nextMs = performance.now() + sampleMs;
      const { residentBytes, handles } = await holdingsOf(server.pid);
      soak.samples.push({ megabytes: residentBytes / mebibyte, handles });
      const left = Math.round((endMs - performance.now()) / 1000);
      onLine(`${left} s left, ${Math.round(residentBytes / mebibyte)} MiB, ${handles} handles`);
    }
    soak.close();
    const code = await server.drain();
    return reportOf(soak, { minutes, code });
  } finally {
    soak.close();
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function reportOf(soak: Soak, { minutes, code }: { minutes: number; code: number | null }): Report {
  const { samples, counts, faults } = soak;
  const first = samples[Math.floor(samples.length / 3)];
  const last = samples.at(-1);
  return {
    campaign: "soak",
    figures: [
      { name: "minutes", value: minutes },
      { name: "requests", value: Object.values(counts).reduce((a, b) => a + b, 0) },
      worst("memory when warm, MiB", first?.megabytes ?? 0),
      worst("memory at the end, MiB", last?.megabytes ?? 0),
      atMost(
        "memory grown, MiB",
        growth(samples, (one) => one.megabytes),
        bounds.megabytes,
      ),
      worst("handles at the end", last?.handles ?? 0),
      atMost(
        "handles grown",
        growth(samples, (one) => one.handles),
        bounds.handles,
      ),
      none("server errors and failed runs", faults.length),
      none("exit code on SIGTERM", code ?? 1),
    ],
    findings: faults,
  };
}
