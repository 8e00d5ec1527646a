/**
 * The kill loop: a real service with real trainers is killed, again and again, at random and at
 * named places, while runs are submitted, steered and streamed. Afterwards every log is checked
 * and every run compared with one that nobody disturbed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTerminal } from "#runs/change.ts";
import type { Run, RunRequest } from "#schemas/run.ts";
import { failpointNames } from "#src/failpoints.ts";
import { type Chance, chanceOf } from "./chance.ts";
import { checkLog, checkSeen, type Fault } from "./check-log.ts";
import { KillClient } from "./kill-client.ts";
import { childrenOf, isAlive, kill, type Process } from "./processes.ts";
import { atLeast, none, type Report, worst } from "./report.ts";
import { type Server, ServerEnded, startServer } from "./server.ts";
import { definition, generator, smallRun } from "./settings.ts";
import { compareUndisturbed, type Materials } from "./undisturbed.ts";

export interface KillOptions {
  readonly cycles: number;
  readonly seed: number;
  /** Told after each cycle. */
  readonly onCycle?: (text: string) => void;
}

/** Runs that are not over at the same time. */
const runsAtOnce = 4;
const trainersMax = 2;
/** How long a trainer may outlive the server that started it. */
const orphanMsMax = 10_000;
const settleMsMax = 240_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Means = "server" | "trainer" | "failpoint";

class KillLoop {
  readonly faults: Fault[] = [];
  readonly kills: Record<Means, number> = { server: 0, trainer: 0, failpoint: 0 };
  readonly places: Record<string, number> = {};
  orphanMsWorst = 0;
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
        this.kills.failpoint += 1;
        const [place = ""] = failpoints.split(":");
        this.places[place] = (this.places[place] ?? 0) + 1;
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
    const means = this.#chance.of<Means>(["server", "server", "trainer", "failpoint"]);
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
      const died = await Promise.race([server.ended.then(() => true), pause(3000)]);
      if (died === true) {
        this.kills.failpoint += 1;
        this.places[place] = (this.places[place] ?? 0) + 1;
        return;
      }
    }
    this.kills.server += 1;
    await this.#killServer();
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
    for (const orphan of orphans) {
      while (await isAlive(orphan)) {
        const ms = performance.now() - beganMs;
        this.orphanMsWorst = Math.max(this.orphanMsWorst, ms);
        if (ms > orphanMsMax) {
          const detail = `trainer ${orphan.pid} lives ${Math.round(ms)} ms after its server`;
          this.faults.push({ run: "", rule: "orphan", detail });
          return kill(orphan.pid);
        }
        await pause(20);
      }
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

const isOver = (event: { readonly type: string; readonly data: object } | undefined): boolean =>
  event?.type === "status" && isTerminal((event.data as { status: Run["status"] }).status);

/** Every log against the rules, its readers, and the numbers of an undisturbed run. */
async function judge(loop: KillLoop, materials: Materials) {
  const { client, faults } = loop;
  const runs = await client.all();
  const stored = new Set(runs.map(({ id }) => id));
  for (const id of client.runs.keys()) {
    if (!stored.has(id)) faults.push({ run: id, rule: "lost", detail: "answered 202 and gone" });
  }
  const extra = runs.filter(({ id }) => !client.runs.has(id));
  for (const { id } of extra) {
    faults.push({ run: id, rule: "lost", detail: "it is there though no 202 named it" });
  }
  const tally = { events: 0, seen: 0, compared: 0, cancelled: 0, attempts: 0 };
  for (const run of runs) {
    const log = await client.log(run.id);
    const seen = client.runs.get(run.id)?.seen ?? [];
    faults.push(...checkLog(run, log), ...checkSeen(run.id, seen, log));
    tally.events += log.length;
    tally.seen += seen.length;
    tally.attempts += run.attempt;
    if (run.status === "cancelled") tally.cancelled += 1;
    if (run.status !== "succeeded") continue;
    faults.push(...(await compareUndisturbed(run, log, materials)));
    tally.compared += 1;
  }
  return { runs: runs.length, ...tally };
}

const rules = [
  ["202 lost, or a run twice", ["lost"]],
  ["illegal transitions", ["transition", "end"]],
  ["gaps in a log", ["gap", "metrics"]],
  ["repeats in a log", ["repeat"]],
  ["double owners", ["owner", "orphan"]],
  ["streams that differ from the log", ["stream"]],
  ["runs whose numbers differ from an undisturbed run", ["numbers"]],
] as const satisfies readonly (readonly [string, readonly Fault["rule"][]])[];

function reportOf(
  loop: KillLoop,
  tally: Awaited<ReturnType<typeof judge>>,
  options: KillOptions,
): Report {
  const { faults, kills, places, client } = loop;
  const count = (of: readonly string[]) => faults.filter(({ rule }) => of.includes(rule)).length;
  const total = kills.server + kills.trainer + kills.failpoint;
  return {
    campaign: "kill",
    figures: [
      atLeast("kills", total, options.cycles),
      { name: "… of the server, at random", value: kills.server },
      { name: "… of a trainer, at random", value: kills.trainer },
      { name: "… at failpoints", value: kills.failpoint },
      ...failpointNames.map((name) => ({ name: `… … ${name}`, value: places[name] ?? 0 })),
      { name: "trainers lost while the service lived", value: loop.trainersLost },
      { name: "starts of the service", value: loop.restarts },
      { name: "runs answered with 202", value: client.runs.size },
      { name: "attempts", value: tally.attempts },
      { name: "requests without an answer, sent again", value: client.counts.unanswered },
      { name: "steered", value: client.counts.steered },
      { name: "paused, resumed or cancelled", value: client.counts.wished },
      { name: "events on the logs", value: tally.events },
      { name: "streams cut by their readers", value: client.counts.cuts },
      { name: "runs compared with an undisturbed one", value: tally.compared },
      worst("longest life of an orphan, ms", loop.orphanMsWorst),
      ...rules.map(([name, of]) => none(name, count(of))),
    ],
    findings: faults.map(({ run, rule, detail }) => `${rule}: ${run} ${detail}`),
  };
}

export async function killCampaign(options: KillOptions): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-kill-"));
  const loop = new KillLoop(dataDir, options.seed);
  const total = () => loop.kills.server + loop.kills.trainer + loop.kills.failpoint;
  try {
    const materials = await loop.prepare();
    while (total() < options.cycles) {
      await loop.cycle();
      options.onCycle?.(`${total()} of ${options.cycles} kills, ${loop.client.runs.size} runs`);
    }
    await loop.settle();
    const tally = await judge(loop, materials);
    const code = await loop.close();
    const fault = `the service drained with exit code ${code}`;
    if (code !== 0) loop.faults.push({ run: "", rule: "end", detail: fault });
    if (loop.faults.length === 0) await rm(dataDir, { recursive: true, force: true });
    else options.onCycle?.(`the data are kept in ${dataDir}`);
    return reportOf(loop, tally, options);
  } catch (error) {
    await loop.abandon();
    throw error;
  }
}
