/**
 * What a cluster is put through: one disturbance at a time or several at once, each with its end.
 * Chosen by chance from a seed; nothing here knows whether the cluster bore it.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Stand } from "#test/cluster/stand.ts";
import type { Chance } from "./chance.ts";
import type { Fleet, Member, Way } from "./fleet.ts";
import { childrenOf, kill, type Process } from "./processes.ts";

export const troubles = [
  "replica killed",
  "worker killed",
  "trainer killed",
  "link cut",
  "link silent",
  "database killed",
  "database frozen",
  "storage frozen",
] as const;
export type Trouble = (typeof troubles)[number];

/** How often each is chosen, in parts. */
const weights: Readonly<Record<Trouble, number>> = {
  "replica killed": 4,
  "worker killed": 5,
  "trainer killed": 3,
  "link cut": 4,
  "link silent": 4,
  "database killed": 1,
  "database frozen": 2,
  "storage frozen": 1,
};
const urn: readonly Trouble[] = troubles.flatMap((name) =>
  Array<Trouble>(weights[name]).fill(name),
);

export interface TroubleOptions {
  readonly fleet: Fleet;
  readonly stand: Stand;
  readonly chance: Chance;
  /** The longest that the database is away. */
  readonly outageMsMax: number;
  /** Told of trainers whose parent was killed, who have to end by themselves. */
  readonly onOrphans: (orphans: readonly Process[]) => void;
}

/** One in so many outages of the database takes as long as it may. */
const longOutage = 0.12;
const outageMsUsual = 5000;
const silenceMsMax = 9000;
const restMsMax = 800;

export class Troublemaker {
  readonly counts: Record<Trouble, number>;
  /** Milliseconds of the longest time without a database. */
  outageMsWorst = 0;
  readonly #options: TroubleOptions;
  #standing: Promise<void> = Promise.resolve();

  constructor(options: TroubleOptions) {
    this.#options = options;
    this.counts = Object.fromEntries(troubles.map((name) => [name, 0])) as Record<Trouble, number>;
  }

  /** Resolves once what was disturbed is whole again. */
  async make(): Promise<Trouble> {
    const { chance } = this.#options;
    const trouble = chance.of(urn);
    this.counts[trouble] += 1;
    await this.#does[trouble]();
    return trouble;
  }

  readonly #does: Readonly<Record<Trouble, () => Promise<void>>> = {
    "replica killed": () => this.#kill(this.#any("api")),
    "worker killed": () => this.#kill(this.#any("worker")),
    "trainer killed": () => this.#killTrainer(),
    "link cut": () => this.#cut(false),
    "link silent": () => this.#cut(true),
    "database killed": () =>
      this.#alone(async ({ postgres }) => {
        await postgres.kill();
        await this.#outage();
        await postgres.start();
      }),
    "database frozen": () =>
      this.#alone(async ({ postgres }) => {
        await postgres.freeze();
        await this.#outage();
        await postgres.thaw();
      }),
    "storage frozen": () =>
      this.#alone(async ({ storage }) => {
        storage.freeze();
        await pause(this.#options.chance.number() * outageMsUsual);
        storage.thaw();
      }),
  };

  /** One after another: what stands still cannot be stopped. */
  #alone(act: (stand: Stand) => Promise<void>): Promise<void> {
    this.#standing = this.#standing.then(() => act(this.#options.stand));
    return this.#standing;
  }

  #any(role: "api" | "worker"): Member {
    return this.#options.chance.of(this.#options.fleet.of(role));
  }

  async #kill(member: Member): Promise<void> {
    const { chance, onOrphans } = this.#options;
    const orphans = member.pid === undefined ? [] : await childrenOf(member.pid);
    await member.kill();
    onOrphans(orphans);
    await pause(chance.number() * restMsMax);
    await member.start();
  }

  async #killTrainer(): Promise<void> {
    const { pid } = this.#any("worker");
    const trainers = pid === undefined ? [] : await childrenOf(pid);
    const trainer = trainers.length > 0 ? this.#options.chance.of(trainers) : undefined;
    if (trainer !== undefined) kill(trainer.pid);
  }

  async #cut(isSilent: boolean): Promise<void> {
    const { chance, fleet } = this.#options;
    const member = chance.of(fleet.members);
    const ways: readonly Way[] =
      member.role === "api" ? ["database", "storage", "front"] : ["database", "storage"];
    const link = member.links[chance.of(ways)];
    if (isSilent) link.silence();
    else link.cut();
    await pause(chance.number() * silenceMsMax);
    link.heal(chance.happens(0.5));
  }

  async #outage(): Promise<void> {
    const { chance, outageMsMax } = this.#options;
    const isLong = chance.happens(longOutage);
    const longest = isLong ? outageMsMax : Math.min(outageMsUsual, outageMsMax);
    const ms = isLong ? longest : chance.number() * longest;
    this.outageMsWorst = Math.max(this.outageMsWorst, ms);
    await pause(ms);
  }
}
