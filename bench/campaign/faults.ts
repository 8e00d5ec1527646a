/**
 * Faults of the machine, made for real: a disk that fills up, a folder that becomes read-only, a
 * process without file handles. Runs must wait with a reason, go on when it is over, and lose
 * nothing. Mounting needs root on Linux; without it this campaign says why it cannot be run.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { isTerminal } from "#runs/change.ts";
import { chanceOf } from "./chance.ts";
import { checkLog } from "./check-log.ts";
import { KillClient } from "./kill-client.ts";
import { childrenOf } from "./processes.ts";
import { atLeast, type FigureRow, none, type Report } from "./report.ts";
import { type Server, startServer } from "./server.ts";
import { definition, generator, smallRun } from "./settings.ts";
import { compareUndisturbed } from "./undisturbed.ts";

const run = promisify(execFile);
const runsEach = 3;
const steps = 8000;
const waitMsMax = 300_000;
const faultMsMax = 25_000;
const pollMs = 200;
const chunkBytes = 256 * 1024;
const megabyte = 2 ** 20;

async function until(isSo: () => Promise<boolean>, msMax = waitMsMax): Promise<boolean> {
  const deadlineMs = performance.now() + msMax;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) return false;
    await pause(pollMs);
  }
  return true;
}

interface Scene {
  readonly name: string;
  readonly prepare: (dataDir: string) => Promise<void>;
  /** Breaks something; called again and again until it shows, or the time is over. */
  readonly fault: (dataDir: string, server: Server) => Promise<void>;
  readonly mend: (dataDir: string, server: Server) => Promise<void>;
  readonly leave: (dataDir: string) => Promise<void>;
  /** Whether runs must be seen paused for want of room. */
  readonly pauses: boolean;
}

const artifactsOf = (dataDir: string): string => join(dataDir, "artifacts");
const filler = (dataDir: string): string => join(dataDir, "filler");
const nothing = async (): Promise<void> => undefined;

/** Writes until there is no room. */
async function fillDisk(dataDir: string): Promise<void> {
  const file = await open(filler(dataDir), "a");
  try {
    for (const size of [chunkBytes, 4096, 1]) {
      for (let isFull = false; !isFull; ) {
        isFull = await file.write(new Uint8Array(size)).then(
          () => false,
          () => true,
        );
      }
    }
  } finally {
    await file.close();
  }
}

/** No process of these may open anything more: the limit is on numbers, and these are taken. */
async function closeHandles(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    const taken = new Set((await readdir(`/proc/${pid}/fd`).catch(() => [])).map(Number));
    let free = 0;
    while (taken.has(free)) free += 1;
    if (free > 0) await run("prlimit", ["--pid", `${pid}`, `--nofile=${free}:`]).catch(nothing);
  }
}

const unmount = (path: string) => run("umount", ["-l", path]).catch(nothing);

const scenes: readonly Scene[] = [
  {
    name: "disk full, the database's too",
    prepare: async (dataDir) => {
      await run("mount", ["-t", "tmpfs", "-o", "size=48m", "tmpfs", dataDir]);
    },
    fault: fillDisk,
    mend: (dataDir) => rm(filler(dataDir)),
    leave: async (dataDir) => void (await unmount(dataDir)),
    // Nor can it be stored that a run is paused: trainers wait for their events to be stored.
    pauses: false,
  },
  {
    name: "disk of artifacts full",
    prepare: async (dataDir) => {
      await mkdir(artifactsOf(dataDir), { recursive: true });
      await run("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", artifactsOf(dataDir)]);
    },
    fault: (dataDir) => fillDisk(artifactsOf(dataDir)),
    mend: (dataDir) => rm(filler(artifactsOf(dataDir))),
    leave: async (dataDir) => void (await unmount(artifactsOf(dataDir))),
    pauses: true,
  },
  {
    name: "artifacts read-only",
    prepare: async (dataDir) => {
      const folder = artifactsOf(dataDir);
      await mkdir(folder, { recursive: true });
      await run("mount", ["--bind", folder, folder]);
    },
    fault: async (dataDir) => {
      // Refused while a file is being written: then the next call does it.
      await run("mount", ["-o", "remount,bind,ro", artifactsOf(dataDir)]).catch(nothing);
    },
    mend: async (dataDir) => {
      await run("mount", ["-o", "remount,bind,rw", artifactsOf(dataDir)]);
    },
    leave: async (dataDir) => void (await unmount(artifactsOf(dataDir))),
    pauses: true,
  },
  {
    name: "no file handles in trainers",
    prepare: nothing,
    fault: async (_dataDir, server) =>
      closeHandles((await childrenOf(server.pid)).map(({ pid }) => pid)),
    mend: nothing,
    leave: nothing,
    pauses: true,
  },
  {
    name: "no file handles in the service",
    prepare: nothing,
    fault: async (_dataDir, server) => closeHandles([server.pid]),
    mend: async (_dataDir, server) => {
      await run("prlimit", ["--pid", `${server.pid}`, "--nofile=1024:"]);
    },
    leave: nothing,
    pauses: false,
  },
];

interface Tally {
  readonly findings: string[];
  paused: number;
  runs: number;
  refused: number;
}

export interface FaultsOptions {
  readonly seed: number;
  readonly onLine: (text: string) => void;
}

const environment = {
  LINNET_TRAINERS_MAX: "2",
  LINNET_THREADS_PER_TRAINER: "1",
  LINNET_DISK_BYTES_FREE_MIN: String(megabyte),
};

async function play(scene: Scene, { seed, onLine }: FaultsOptions): Promise<Tally> {
  const tally: Tally = { findings: [], paused: 0, runs: 0, refused: 0 };
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-faults-"));
  const chance = chanceOf(seed, scene.name);
  const client = new KillClient(chance);
  let server: Server | undefined;
  const fault = (text: string) => tally.findings.push(`${scene.name}: ${text}`);
  try {
    await scene.prepare(dataDir);
    server = await startServer({ dataDir, port: 0, environment });
    client.address = server.address;
    const model = await client.ask("POST", "/v1/models", { body: { definition } });
    const dataset = await client.ask("POST", "/v1/datasets", { body: { generator } });
    const ids = { model: String(model?.body["id"]), dataset: String(dataset?.body["id"]) };
    const request = () => ({
      ...smallRun(chance, ids),
      steps,
      checkpoints: { every: 25, keep: 3 },
    });
    for (let count = 0; count < runsEach; count += 1) await client.submit(request());
    const trains = async () => (await client.all()).some(({ progress }) => progress.step > 100);
    if (!(await until(trains))) fault("no run began");
    onLine(`${scene.name}: runs train`);
    const shows = async (): Promise<boolean> => {
      if (server !== undefined) await scene.fault(dataDir, server);
      const runs = await client.all().catch(() => []);
      const held = runs.filter(({ pause_reason }) => pause_reason === "disk_full").length;
      tally.paused = Math.max(tally.paused, held);
      return held > 0;
    };
    await until(shows, scene.pauses ? faultMsMax : 4000);
    if (scene.pauses && tally.paused === 0) fault("no run was paused with a reason");
    const refusal = await client.ask("POST", "/v1/datasets", { body: { generator } });
    if (refusal !== undefined && refusal.status >= 400) tally.refused += 1;
    if (refusal?.status === 500) fault(`a request failed: ${JSON.stringify(refusal.body)}`);
    onLine(`${scene.name}: ${tally.paused} runs wait`);
    await scene.mend(dataDir, server);
    const live = await until(
      async () => (await client.ask("GET", "/livez"))?.status === 200,
      10_000,
    );
    if (!live) fault("the service does not answer afterwards");
    const isOver = async () => (await client.all()).every(({ status }) => isTerminal(status));
    if (!(await until(isOver))) fault("the runs did not end");
    onLine(`${scene.name}: the runs have ended`);
    const artifactsDir = artifactsOf(dataDir);
    const materials = { definition, dataset: String(dataset?.body["digest"]), artifactsDir };
    for (const one of await client.all()) {
      tally.runs += 1;
      const log = await client.log(one.id);
      const wrong = [...checkLog(one, log), ...(await compareUndisturbed(one, log, materials))];
      for (const { detail } of wrong) fault(`${one.id} ${detail}`);
    }
    if (tally.runs !== runsEach) fault(`${tally.runs} of ${runsEach} runs are there`);
    client.close();
    const code = await server.drain();
    if (code !== 0) fault(`drained with exit code ${code}`);
    return tally;
  } finally {
    client.close();
    await server?.kill();
    await scene.leave(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Why these faults cannot be made here; undefined when they can. */
function obstacle(): string | undefined {
  if (process.platform !== "linux") return "it needs Linux";
  if (process.getuid?.() !== 0) return "mounting needs root";
  return undefined;
}

export async function faultsCampaign(options: FaultsOptions): Promise<Report> {
  const why = obstacle();
  if (why !== undefined) {
    return { campaign: "faults", figures: [{ name: "not run", value: why }], findings: [] };
  }
  const figures: FigureRow[] = [];
  const findings: string[] = [];
  for (const scene of scenes) {
    const tally = await play(scene, options);
    if (scene.pauses) figures.push(atLeast(`${scene.name}: runs paused`, tally.paused, 1));
    figures.push(
      { name: `${scene.name}: runs that ended as undisturbed ones`, value: tally.runs },
      { name: `${scene.name}: requests refused meanwhile`, value: tally.refused },
      none(`${scene.name}: … faults`, tally.findings.length),
    );
    findings.push(...tally.findings);
  }
  return { campaign: "faults", figures, findings };
}
