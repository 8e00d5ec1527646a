/**
 * The cluster under attack: replicas and workers over a real PostgreSQL and a real S3 server, any
 * of them killed, any link cut or silenced, the database stopped, while runs are submitted, steered
 * and streamed from every replica. Afterwards every log and every reader is checked, and every run
 * compared with one that nobody disturbed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isTerminal } from "#runs/change.ts";
import { openStand, type Stand } from "#test/cluster/stand.ts";
import { type Chance, chanceOf } from "./chance.ts";
import type { Fault } from "./check-log.ts";
import { Fleet } from "./fleet.ts";
import { findingsOf, isOver, judge, type Tally, verdicts } from "./judge.ts";
import { KillClient } from "./kill-client.ts";
import { OwnerWatch } from "./owners.ts";
import { isAlive, kill, type Process } from "./processes.ts";
import { atLeast, atMost, none, type Report, worst } from "./report.ts";
import { definition, generator, smallRun } from "./settings.ts";
import { type Trouble, Troublemaker, troubles } from "./trouble.ts";
import type { Materials } from "./undisturbed.ts";

export interface ClusterOptions {
  /** Disturbances. */
  readonly cycles: number;
  /** None begins later. */
  readonly minutes: number;
  readonly seed: number;
  /** The longest that the database is away. */
  readonly outageMsMax: number;
  readonly onCycle?: (text: string) => void;
}

const replicas = 3;
const workers = 4;
/** Runs that are not over at the same time. */
const runsAtOnce = 8;
/** How long a trainer may outlive the worker that started it. */
const orphanMsMax = 10_000;
const settleMsMax = 300_000;
const toldMsMax = 60_000;
/** Disturbances at the same time, each as often as it stands here. */
const howMany = [1, 1, 1, 2, 2, 3] as const;
const linesKeptMax = 2000;

class ClusterLoop {
  readonly faults: Fault[] = [];
  readonly client: KillClient;
  readonly trouble: Troublemaker;
  readonly owners: OwnerWatch;
  readonly #chance: Chance;
  readonly #fleet: Fleet;
  readonly #pending = new Set<Promise<void>>();
  #materials = { model: "", dataset: "" };
  orphanMsWorst = 0;

  constructor(fleet: Fleet, stand: Stand, options: ClusterOptions) {
    const { seed, outageMsMax } = options;
    this.#chance = chanceOf(seed, "cluster");
    this.#fleet = fleet;
    this.client = new KillClient(chanceOf(seed, "cluster client"));
    this.client.addresses = fleet.of("api").map(({ address }) => address);
    this.owners = new OwnerWatch(stand.postgres.url);
    this.trouble = new Troublemaker({
      fleet,
      stand,
      outageMsMax,
      chance: this.#chance,
      onOrphans: (orphans) => void this.#awaitOrphans(orphans),
    });
  }

  /** A model and a data set: what every run is made from. */
  async prepare(): Promise<string> {
    const model = await this.client.ask("POST", "/v1/models", { body: { definition } });
    const dataset = await this.client.ask("POST", "/v1/datasets", { body: { generator } });
    const [modelId, datasetId] = [String(model?.body["id"]), String(dataset?.body["id"])];
    this.#materials = { model: modelId, dataset: datasetId };
    return String(dataset?.body["digest"]);
  }

  /** One disturbance or a few at once, with life around them; what they were. */
  async cycle(): Promise<readonly Trouble[]> {
    const open = [...this.client.runs.values()].filter(({ seen }) => !isOver(seen.at(-1))).length;
    for (let more = open + this.#pending.size; more < runsAtOnce; more += 1) this.#submit();
    const meddling = this.#meddle(1 + this.#chance.whole(4));
    await pause(this.#chance.number() * 1500);
    const atOnce = this.#chance.of(howMany);
    const made = await Promise.all(Array.from({ length: atOnce }, () => this.trouble.make()));
    await meddling;
    return made;
  }

  #submit(): void {
    const submitting = this.#submitSoon();
    this.#pending.add(submitting);
    void submitting.finally(() => this.#pending.delete(submitting));
  }

  async #submitSoon(): Promise<void> {
    await pause(this.#chance.number() * 2000);
    await this.client.submit(smallRun(this.#chance, this.#materials));
  }

  async #meddle(times: number): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      await pause(this.#chance.number() * 500);
      await this.client.meddle();
    }
  }

  async #awaitOrphans(orphans: readonly Process[]): Promise<void> {
    const beganMs = performance.now();
    for (const orphan of orphans) {
      while (await isAlive(orphan)) {
        const ms = performance.now() - beganMs;
        this.orphanMsWorst = Math.max(this.orphanMsWorst, ms);
        if (ms > orphanMsMax) {
          const detail = `trainer ${orphan.pid} lives ${Math.round(ms)} ms after its worker`;
          this.faults.push({ run: "", rule: "orphan", detail });
          kill(orphan.pid);
          break;
        }
        await pause(20);
      }
    }
  }

  /** Lets every run end, in a cluster that nobody disturbs. */
  async settle(): Promise<void> {
    await this.#fleet.heal();
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
    await Promise.race([Promise.all(told), pause(toldMsMax)]);
  }

  /** All of them end in order when they are asked to. */
  async drain(): Promise<void> {
    const codes = await Promise.all(
      this.#fleet.members.map(async (member) => [member.name, await member.drain()] as const),
    );
    for (const [name, code] of codes) {
      const detail = `${name} drained with exit code ${code}`;
      if (code !== 0) this.faults.push({ run: "", rule: "end", detail });
    }
  }
}

function gaveWay(client: KillClient): number {
  const events = [...client.runs.values()].flatMap(({ seen }) => seen);
  return events.filter(
    ({ type, data }) => type === "status" && data.reason?.startsWith("gave way") === true,
  ).length;
}

function reportOf(loop: ClusterLoop, tally: Tally, made: number): Report {
  const { client, faults, trouble, owners } = loop;
  return {
    campaign: "cluster",
    figures: [
      atLeast("cycles", made, 1),
      ...troubles.map((name) => ({ name: `… ${name}`, value: trouble.counts[name] })),
      worst("longest time without a database, s", trouble.outageMsWorst / 1000),
      { name: "runs answered with 202", value: client.runs.size },
      { name: "attempts", value: tally.attempts },
      { name: "… that gave way to a higher priority", value: gaveWay(client) },
      { name: "leases seen", value: owners.seen },
      { name: "requests without an answer, sent again", value: client.counts.unanswered },
      { name: "steered", value: client.counts.steered },
      { name: "paused, resumed or cancelled", value: client.counts.wished },
      { name: "events on the logs", value: tally.events },
      { name: "events seen by readers at three replicas", value: tally.seen },
      { name: "streams cut by their readers", value: client.counts.cuts },
      { name: "streams refused for the moment", value: client.counts.refused },
      { name: "runs compared with an undisturbed one", value: tally.compared },
      {
        ...atMost("longest life of an orphan, ms", loop.orphanMsWorst, orphanMsMax),
        isWorst: true,
      },
      none("leases that went back, or had two owners", owners.faults.length),
      ...verdicts(faults),
    ],
    findings: [...owners.faults, ...findingsOf(faults)],
  };
}

export async function clusterCampaign(options: ClusterOptions): Promise<Report> {
  const lines: string[] = [];
  const onLine = (name: string, line: string): void => {
    lines.push(`${name} ${line}`);
    if (lines.length > linesKeptMax) lines.shift();
  };
  await using stand = await openStand();
  await using fleet = await Fleet.open({ stand, replicas, workers, onLine });
  const loop = new ClusterLoop(fleet, stand, options);
  const copies = await mkdtemp(join(tmpdir(), "linnet-cluster-copies-"));
  try {
    const dataset = await loop.prepare();
    await using _watching = loop.owners.begin();
    const endMs = performance.now() + options.minutes * 60_000;
    let made = 0;
    while (made < options.cycles && performance.now() < endMs) {
      const what = await loop.cycle();
      made += what.length;
      options.onCycle?.(
        `${made} of ${options.cycles}: ${what.join(" and ")}; ${loop.client.runs.size} runs`,
      );
    }
    await loop.settle();
    Object.assign(process.env, stand.storage.credentials);
    const materials: Materials = {
      definition,
      dataset,
      artifactsDir: copies,
      address: `s3://${stand.bucket}/fleet?endpoint=${stand.storage.endpoint}`,
    };
    const tally = await judge(loop.client, loop.faults, materials);
    await loop.drain();
    if (loop.faults.length > 0) options.onCycle?.(lines.join("\n"));
    return reportOf(loop, tally, made);
  } finally {
    loop.client.close();
    await rm(copies, { recursive: true, force: true });
  }
}
