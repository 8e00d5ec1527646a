/**
 * The kill loop: a real service with real trainers is killed, again and again, at random and at
 * named places, while runs are submitted, steered and streamed. Afterwards every log is checked
 * and every run compared with one that nobody disturbed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isTerminal } from "#runs/change.ts";
import type { RunRequest } from "#schemas/run.ts";
import { failpointNames } from "#src/failpoints.ts";
import { type Chance, chanceOf } from "./chance.ts";
import type { Fault } from "./check-log.ts";
import { isOver, judge } from "./judge.ts";
import { KillClient } from "./kill-client.ts";
import { type Means, reportOf } from "./kill-verdict.ts";
import { childrenOf, isAlive, kill, type Process, processorSecondsOf } from "./processes.ts";
import type { Report } from "./report.ts";
import { type Server, ServerEnded, startServer } from "./server.ts";
import { definition, generator, smallRun } from "./settings.ts";
import type { Materials } from "./undisturbed.ts";

export interface KillOptions {
  readonly cycles: number;
  readonly seed: number;
  /** Ends earlier, with as many as there are by then. */
  readonly minutes: number;
  /** Told after each cycle. */
  readonly onCycle?: (text: string) => void;
}

/** Runs that are not over at the same time. */
const runsAtOnce = 4;
const trainersMax = 2;
/**
 * How long a trainer may outlive the server that started it, of its own processor time where the
 * machine is busy, and at all.
 */
const orphanSecondsMax = 3;
const orphanMsMax = 60_000;
/** How long a service is left to reach its failpoint. */
const failpointMsMax = 5000;
const settleMsMax = 240_000;

class KillLoop {
  readonly faults: Fault[] = [];
  readonly kills: Record<Means, number> = { server: 0, trainer: 0, failpoint: 0 };
  readonly places: Record<string, number> = {};
  orphanMsWorst = 0;
  orphanSecondsWorst = 0;
  restarts = 0;
  /** Trainers that the service saw ended by a signal, at random or at a failpoint. */
  trainersLost = 0;
  readonly client: KillClient;
  readonly #chance: Chance;
  readonly #dataDir: string;
  readonly #pending = new Set<Promise<void>>();
  #materials = { model: "", dataset: "" };
  #server: Server | undefined;
  #port = 0;
  /** Trainers lost before the service was given a failpoint. */
  #lostBefore = 0;

  constructor(dataDir: string, seed: number) {
    this.#dataDir = dataDir;
    this.#chance = chanceOf(seed, "kill");
    this.client = new KillClient(chanceOf(seed, "client"));
  }

  /** Starts the service unless it runs; a failpoint may end it before it listens. */
  async #up(failpoints = ""): Promise<Server> {
    for (;;) {
      if (this.#server?.isRunning() === true) return this.#server;
      try {
        this.#server = await startServer({
          dataDir: this.#dataDir,
          port: this.#port,
          environment: {
            LINNET_TRAINERS_MAX: String(trainersMax),
            LINNET_THREADS_PER_TRAINER: "1",
            ...(failpoints === "" ? {} : { LINNET_FAILPOINTS: failpoints }),
          },
          onLine: (line) => {
            if (/"cause":"crashed".*attempt lost/.test(line)) this.trainersLost += 1;
          },
        });
        this.#port = this.#server.port;
        this.client.address = this.#server.address;
        this.restarts += 1;
        return this.#server;
      } catch (error) {
        if (failpoints === "" || !(error instanceof ServerEnded)) throw error;
        this.#killedAt(failpoints.split(":")[0] ?? "", 1);
      }
    }
  }

  async prepare(): Promise<Materials> {
    await this.#up();
    const model = await this.client.ask("POST", "/v1/models", { body: { definition } });
    const dataset = await this.client.ask("POST", "/v1/datasets", { body: { generator } });
    const [modelId, datasetId] = [String(model?.body["id"]), String(dataset?.body["id"])];
    this.#materials = { model: modelId, dataset: datasetId };
    return {
      definition,
      dataset: String(dataset?.body["digest"]),
      artifactsDir: join(this.#dataDir, "artifacts"),
    };
  }

  #submit(): void {
    const submitting = this.#submitSoon(smallRun(this.#chance, this.#materials));
    this.#pending.add(submitting);
    void submitting.finally(() => this.#pending.delete(submitting));
  }

  /** At a moment that may be before, at or after the next kill. */
  async #submitSoon(request: RunRequest): Promise<void> {
    await pause(this.#chance.number() * 2000);
    await this.client.submit(request);
  }

  /** One kill, with life before it. */
  async cycle(): Promise<void> {
    const means = this.#chance.of<Means>(["server", "trainer", "failpoint", "failpoint"]);
    const place = this.#chance.of(failpointNames);
    if (means === "failpoint") await this.#arm(place);
    else await this.#up();
    const open = [...this.client.runs.values()].filter(({ seen }) => !isOver(seen.at(-1))).length;
    for (let more = open + this.#pending.size; more < runsAtOnce; more += 1) this.#submit();
    const meddling = this.#meddle(2 + this.#chance.whole(5));
    await pause(this.#chance.number() * (means === "trainer" ? 1200 : 2500));
    await this.#strike(means, place);
    await meddling;
  }

  /** A service that will be killed at a place: the one that runs now makes room for it. */
  async #arm(place: string): Promise<void> {
    if (this.#server?.isRunning() === true) {
      this.kills.server += 1;
      await this.#killServer();
    }
    this.#lostBefore = this.trainersLost;
    await this.#up(`${place}:${this.#chance.of(["0.03", "0.1", "0.3"])}`);
  }

  async #meddle(times: number): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      await pause(this.#chance.number() * 500);
      await this.client.meddle();
    }
  }

  async #strike(means: Means, place: string): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    if (means === "trainer") {
      const trainers = await childrenOf(server.pid);
      if (trainers.length > 0) kill(this.#chance.of(trainers).pid);
      this.kills.trainer += trainers.length > 0 ? 1 : 0;
      if (trainers.length > 0) return;
    }
    if (means === "failpoint") {
      const died = await Promise.race([server.ended.then(() => true), pause(failpointMsMax)]);
      const trainersLost = this.trainersLost - this.#lostBefore;
      if (trainersLost > 0) this.#killedAt(place, trainersLost);
      if (died === true) return this.#killedAt(place, 1);
    }
    this.kills.server += 1;
    await this.#killServer();
  }

  /** Of the service, or of trainers: both name the same places. */
  #killedAt(place: string, times: number): void {
    this.kills.failpoint += times;
    this.places[place] = (this.places[place] ?? 0) + times;
  }

  /** SIGKILL; the trainers must see that they are orphans and end by themselves. */
  async #killServer(): Promise<void> {
    if (this.#server === undefined) return;
    const orphans = await childrenOf(this.#server.pid);
    await this.#server.kill();
    const beganMs = performance.now();
    // The next life begins meanwhile: an orphan that still computes must do no harm.
    void this.#awaitOrphans(orphans, beganMs);
  }

  async #awaitOrphans(orphans: readonly Process[], beganMs: number): Promise<void> {
    await Promise.all(orphans.map((orphan) => this.#awaitOrphan(orphan, beganMs)));
  }

  async #awaitOrphan(orphan: Process, beganMs: number): Promise<void> {
    const usedBefore = await processorSecondsOf(orphan.pid).catch(() => 0);
    while (await isAlive(orphan)) {
      const ms = performance.now() - beganMs;
      const used = await processorSecondsOf(orphan.pid).catch(() => usedBefore);
      this.orphanMsWorst = Math.max(this.orphanMsWorst, ms);
      this.orphanSecondsWorst = Math.max(this.orphanSecondsWorst, used - usedBefore);
      if (used - usedBefore > orphanSecondsMax || ms > orphanMsMax) {
        const lived = `lives ${Math.round(ms)} ms after its server`;
        const detail = `trainer ${orphan.pid} ${lived}, ${used - usedBefore} s of them at work`;
        this.faults.push({ run: "", rule: "orphan", detail });
        return kill(orphan.pid);
      }
      await pause(20);
    }
  }

  /** Lets every run end, on a service that nobody kills. */
  async settle(): Promise<void> {
    if (this.#server?.isRunning() === true) await this.#killServer();
    await this.#up();
    await Promise.all(this.#pending);
    const deadlineMs = performance.now() + settleMsMax;
    for (;;) {
      const open = (await this.client.all()).filter(({ status }) => !isTerminal(status));
      if (open.length === 0 || performance.now() > deadlineMs) break;
      for (const { id, wanted } of open) {
        if (wanted === "pause") await this.client.ask("POST", `/v1/runs/${id}/resume`);
      }
      await pause(500);
    }
    const told = [...this.client.runs.values()].map((followed) => followed.told);
    await Promise.race([Promise.all(told), pause(30_000)]);
  }

  async close(): Promise<number | null> {
    this.client.close();
    const code = this.#server?.isRunning() === true ? await this.#server.drain() : null;
    return code;
  }

  async abandon(): Promise<void> {
    this.client.close();
    await this.#server?.kill();
  }
}

export async function killCampaign(options: KillOptions): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-kill-"));
  const loop = new KillLoop(dataDir, options.seed);
  const total = () => loop.kills.server + loop.kills.trainer + loop.kills.failpoint;
  try {
    const materials = await loop.prepare();
    const endMs = performance.now() + options.minutes * 60_000;
    while (total() < options.cycles && performance.now() < endMs) {
      await loop.cycle();
      options.onCycle?.(`${total()} of ${options.cycles} kills, ${loop.client.runs.size} runs`);
    }
    await loop.settle();
    const tally = await judge(loop.client, loop.faults, materials);
    const code = await loop.close();
    const fault = `the service drained with exit code ${code}`;
    if (code !== 0) loop.faults.push({ run: "", rule: "end", detail: fault });
    if (loop.faults.length === 0) await rm(dataDir, { recursive: true, force: true });
    else options.onCycle?.(`the data are kept in ${dataDir}`);
    return reportOf(loop, tally, Math.min(total(), options.cycles));
  } catch (error) {
    await loop.abandon();
    throw error;
  }
}
