/**
 * Damage as a user meets it: paused runs of a real service whose newest checkpoint is hurt while
 * the service is down, and store files that the service's door must refuse.
 */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isTerminal } from "#runs/change.ts";
import { latestCheckpoint } from "#runs/retention.ts";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import type { Chance } from "./chance.ts";
import { checkLog } from "./check-log.ts";
import { type Blow, bytesOf, damaged, damages, overwrite } from "./damage.ts";
import { KillClient } from "./kill-client.ts";
import { ServerEnded, startServer } from "./server.ts";
import { definition, generator, smallRun } from "./settings.ts";
import { compareUndisturbed } from "./undisturbed.ts";

export interface ServiceTally {
  runs: number;
  doors: number;
  readonly findings: string[];
}

const checkpointsBefore = 3;
const waitMsMax = 120_000;
const pollMs = 150;

/** Polls until `body` says true; false when that takes too long. */
async function until(body: () => Promise<boolean>): Promise<boolean> {
  const deadlineMs = performance.now() + waitMsMax;
  while (!(await body())) {
    if (performance.now() > deadlineMs) return false;
    await pause(pollMs);
  }
  return true;
}

const environment = { LINNET_TRAINERS_MAX: "2", LINNET_THREADS_PER_TRAINER: "1" };

/** Pauses each run once it has a few checkpoints. */
async function pausedRuns(client: KillClient): Promise<boolean> {
  return until(async () => {
    const runs = await client.all();
    for (const { id, status } of runs) {
      if (status !== "running") continue;
      const page = await client.ask("GET", `/v1/runs/${id}/checkpoints`);
      if (page === undefined) continue;
      const { data } = page.body as { data: readonly Checkpoint[] };
      if (data.length >= checkpointsBefore) await client.ask("POST", `/v1/runs/${id}/pause`);
    }
    return runs.every(({ status }) => status === "paused" || isTerminal(status));
  });
}

const pathOf = (dataDir: string, digest: string): string => {
  const hex = digest.slice("sha256:".length);
  return join(dataDir, "artifacts", hex.slice(0, 2), hex.slice(2));
};

/** Hurts one file of the newest checkpoint of each paused run; run → checkpoint. */
async function hurtNewest(dataDir: string): Promise<ReadonlyMap<string, Checkpoint>> {
  await using store = await openSqliteStore({ path: join(dataDir, "linnet.sqlite") });
  const hurt = new Map<string, Checkpoint>();
  const { rows } = await store.read((reader) => reader.runs({ limit: 200 }));
  for (const [at, { run }] of rows.filter(({ run: { status } }) => status === "paused").entries()) {
    const newest = await store.read((reader) => latestCheckpoint(reader, run.id));
    if (newest === undefined) continue;
    const path = pathOf(dataDir, at % 2 === 0 ? newest.weights : newest.digest);
    const damage = damages[Math.floor(at / 2) % damages.length] ?? "flipped";
    const blow: Blow = { damage, at: 0 };
    await overwrite(path, damaged(await bytesOf(path), blow));
    hurt.set(run.id, newest);
  }
  return hurt;
}

/** Damages checkpoints between two lives of a service, and sees how it goes on. */
export async function corruptService(chance: Chance, runs: number): Promise<ServiceTally> {
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-corrupt-"));
  const tally: ServiceTally = { runs: 0, doors: 0, findings: [] };
  const client = new KillClient(chance);
  try {
    const first = await startServer({ dataDir, port: 0, environment });
    client.address = first.address;
    const model = await client.ask("POST", "/v1/models", { body: { definition } });
    const dataset = await client.ask("POST", "/v1/datasets", { body: { generator } });
    const ids = { model: String(model?.body["id"]), dataset: String(dataset?.body["id"]) };
    for (let count = 0; count < runs; count += 1) {
      const asked = smallRun(chance, ids);
      await client.submit({ ...asked, steps: 3000, checkpoints: { every: 50, keep: 3 } });
    }
    if (!(await pausedRuns(client))) tally.findings.push("the runs did not pause");
    await first.drain();
    const hurt = await hurtNewest(dataDir);
    const second = await startServer({ dataDir, port: first.port, environment });
    client.address = second.address;
    for (const id of hurt.keys()) await client.ask("POST", `/v1/runs/${id}/resume`);
    const isOver = async () => (await client.all()).every(({ status }) => isTerminal(status));
    if (!(await until(isOver))) tally.findings.push("the runs did not end");
    const artifactsDir = join(dataDir, "artifacts");
    const materials = { definition, dataset: String(dataset?.body["digest"]), artifactsDir };
    for (const run of await client.all()) {
      const victim = hurt.get(run.id);
      if (victim === undefined) continue;
      tally.runs += 1;
      const log = await client.log(run.id);
      const said = log.some(({ data }) => "message" in data && data.message.includes(victim.id));
      const wrong = [...checkLog(run, log), ...(await compareUndisturbed(run, log, materials))];
      tally.findings.push(...wrong.map(({ detail }) => `${run.id}: ${detail}`));
      if (!said) tally.findings.push(`${run.id}: no event names ${victim.id}`);
    }
    client.close();
    await second.drain();
    await knock(dataDir, tally);
    return tally;
  } finally {
    client.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Each kind of damage to the store, met at the door of the service. */
async function knock(dataDir: string, tally: ServiceTally): Promise<void> {
  const name = "linnet.sqlite";
  const whole = await bytesOf(join(dataDir, name));
  const middle = Math.floor(whole.length / 8192) * 4096;
  for (const blow of damages.flatMap((damage) => [0, middle].map((at) => ({ damage, at })))) {
    const copy = `${dataDir}-hurt`;
    await cp(dataDir, copy, { recursive: true });
    await overwrite(join(copy, name), damaged(whole, blow));
    tally.doors += 1;
    try {
      const server = await startServer({ dataDir: copy, port: 0, environment });
      await server.kill();
      tally.findings.push(`the service began with a store ${blow.damage} at ${blow.at}`);
    } catch (error) {
      const isTold = error instanceof ServerEnded && error.message.includes("backup");
      if (!isTold) tally.findings.push(`${blow.damage} at ${blow.at}: ${String(error)}`);
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  }
}
