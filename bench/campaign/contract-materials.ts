/** What the contract campaign tells schemathesis: things that exist, and bodies that fit them. */
import { setTimeout as pause } from "node:timers/promises";
import { isTerminal } from "#runs/change.ts";
import type { RunStatus } from "#schemas/run.ts";
import { chanceOf } from "./chance.ts";
import { KillClient } from "./kill-client.ts";
import type { Server } from "./server.ts";
import { definition, generator } from "./settings.ts";

interface Named {
  readonly id: string;
  /** Snapshots and checkpoints of a run. */
  readonly sid?: readonly string[];
  readonly cid?: readonly string[];
}

export interface Materials {
  readonly models: readonly Named[];
  readonly datasets: readonly Named[];
  readonly runs: readonly Named[];
  readonly sweeps: readonly Named[];
  readonly ntk: readonly Named[];
  readonly bodies: Readonly<Record<string, readonly unknown[]>>;
}

const endedRuns = 3;

function bodiesFor(model: string, dataset: string, run: Readonly<Record<string, unknown>>) {
  const first = { dataset, split: "test", examples: 8 };
  const vary = { "/seed": [1, 2] };
  return {
    "post /v1/models": [{ definition }, { definition, name: "small", metadata: { made: "here" } }],
    "post /v1/datasets": [{ generator }, { generator: { ...generator, seed: 2 }, name: "wedge" }],
    "post /v1/runs": [run, { ...run, optimizer: { type: "adam", learning_rate: 0.01 } }],
    "post /v1/plans": [run],
    "post /v1/ntk": [{ model, first, kernel: "trace" }],
    "post /v1/sweeps": [{ base: run, vary }],
    "patch /v1/runs/{id}": [{ learning_rate: 0.02 }, { evaluate_every: 30 }],
    "post /v1/runs/{id}/fork": [{}, { steps: 60 }, { seed: 9 }],
    "post /v1/runs/{id}/predict": [{ inputs: [Array(20).fill(0.5)] }],
    "post /v1/stream-tickets": [undefined],
  };
}

/** Makes a model, a data set, ended runs, one that trains, a paused one, a sweep and a kernel. */
export async function prepareMaterials(server: Server, key: string): Promise<Materials> {
  const client = new KillClient(chanceOf(1, "materials"), key);
  client.address = server.address;
  const make = async (path: string, body: unknown): Promise<string> => {
    const answer = await client.ask("POST", path, { body });
    if (answer === undefined || answer.status >= 400) {
      throw new Error(`${path}: ${JSON.stringify(answer)}`);
    }
    return String(answer.body["id"]);
  };
  const model = await make("/v1/models", { definition });
  const dataset = await make("/v1/datasets", { generator });
  const run = {
    model,
    dataset,
    optimizer: { type: "sgd", learning_rate: 0.05 },
    steps: 40,
    snapshots: { every: 20, examples: 8, kernel: "trace" },
    checkpoints: { every: 10 },
  };
  const ended: string[] = [];
  for (let count = 0; count < endedRuns; count += 1) ended.push(await make("/v1/runs", run));
  const long = { ...run, steps: 100_000_000, snapshots: null, checkpoints: { every: 100_000 } };
  const [live, paused] = [await make("/v1/runs", long), await make("/v1/runs", long)];
  await client.ask("POST", `/v1/runs/${paused}/pause`);
  const bodies = bodiesFor(model, dataset, run);
  const sweep = await make("/v1/sweeps", bodies["post /v1/sweeps"][0]);
  const kernel = await make("/v1/ntk", bodies["post /v1/ntk"][0]);
  const idsOf = async (path: string): Promise<readonly string[]> => {
    const page = (await client.ask("GET", path))?.body as { data: readonly Named[] } | undefined;
    return (page?.data ?? []).map(({ id }) => id);
  };
  const runs: Named[] = [{ id: live }, { id: paused }];
  for (const id of ended) {
    for (;;) {
      const answer = await client.ask("GET", `/v1/runs/${id}`);
      if (isTerminal(answer?.body["status"] as RunStatus)) break;
      await pause(200);
    }
    const sid = await idsOf(`/v1/runs/${id}/snapshots`);
    runs.push({ id, sid, cid: await idsOf(`/v1/runs/${id}/checkpoints`) });
  }
  return {
    models: [{ id: model }],
    datasets: [{ id: dataset }],
    runs,
    sweeps: [{ id: sweep }],
    ntk: [{ id: kernel }],
    bodies,
  };
}
