/**
 * Replicas and workers of one cluster as processes, each behind links of its own to the database,
 * to the artifacts and, where it serves, to its clients: any of them can be killed or cut off.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Link } from "#test/cluster/link.ts";
import { freePort } from "#test/cluster/ports.ts";
import type { Stand } from "#test/cluster/stand.ts";
import { type Server, ServerEnded, startServer } from "./server.ts";

export type Role = "api" | "worker";
export type Way = "database" | "storage" | "front";

/** How often a process may end before it listens, as it does while its database is away. */
const startsMax = 60;
const startAgainMs = 500;
/** Leases are short here, so that a silence of seconds is longer than one. */
const common = {
  LINNET_HEARTBEAT_MS: "1000",
  LINNET_TRAINERS_MAX: "1",
  LINNET_THREADS_PER_TRAINER: "1",
  LINNET_DRAIN_MS: "10000",
  LINNET_LEASE_MS: "4000",
  LINNET_PREEMPT_AFTER_MS: "1500",
} as const;

export interface MemberOptions {
  readonly name: string;
  readonly role: Role;
  readonly stand: Stand;
  /** Objects are stored under it. */
  readonly prefix: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly onLine?: (name: string, line: string) => void;
}

export class Member implements AsyncDisposable {
  readonly name: string;
  readonly role: Role;
  readonly links: Readonly<Record<Way, Link>>;
  readonly #options: MemberOptions;
  readonly #dir: string;
  readonly #port: number;
  #server: Server | undefined;
  #starting: Promise<void> | undefined;
  #closing = false;
  starts = 0;

  private constructor(
    options: MemberOptions,
    links: Readonly<Record<Way, Link>>,
    place: { readonly dir: string; readonly port: number },
  ) {
    this.name = options.name;
    this.role = options.role;
    this.links = links;
    this.#options = options;
    this.#dir = place.dir;
    this.#port = place.port;
  }

  static async open(options: MemberOptions): Promise<Member> {
    const { postgres, storage } = options.stand;
    const dir = await mkdtemp(join(tmpdir(), `linnet-${options.name}-`));
    const port = await freePort();
    const links = {
      database: await Link.open(postgres.port),
      storage: await Link.open(storage.port),
      front: await Link.open(port),
    };
    return new Member(options, links, { dir, port });
  }

  /** Where clients reach it, over its link. */
  get address(): string {
    return `http://127.0.0.1:${this.links.front.port}`;
  }

  get pid(): number | undefined {
    return this.#server?.isRunning() === true ? this.#server.pid : undefined;
  }

  #environment(): Record<string, string> {
    const { stand, prefix, role, environment } = this.#options;
    const { bucket, postgres, storage } = stand;
    const database = new URL(postgres.url);
    database.port = String(this.links.database.port);
    const endpoint = `http://127.0.0.1:${this.links.storage.port}`;
    return {
      ...common,
      ...storage.credentials,
      LINNET_ROLE: role,
      LINNET_DATABASE_URL: database.href,
      LINNET_ARTIFACTS: `s3://${bucket}/${prefix}?endpoint=${endpoint}`,
      ...environment,
    };
  }

  /** Runs until it is killed; started again as a supervisor would when it ends before it serves. */
  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    for (let tries = 1; !this.#closing; tries += 1) {
      if (this.#server?.isRunning() === true) return;
      try {
        this.#server = await startServer({
          dataDir: this.#dir,
          port: this.#port,
          environment: this.#environment(),
          onLine: (line) => this.#options.onLine?.(this.name, line),
        });
        this.starts += 1;
      } catch (error) {
        if (!(error instanceof ServerEnded) || tries >= startsMax) throw error;
        await pause(startAgainMs);
      }
    }
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#starting;
    await this.#server?.kill();
  }

  /** SIGTERM; the exit code. */
  async drain(): Promise<number | null> {
    await this.#starting;
    if (this.#server?.isRunning() !== true) return null;
    return await this.#server.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    await this.#starting?.catch(() => undefined);
    await this.#server?.kill();
    for (const link of Object.values(this.links)) await link[Symbol.asyncDispose]();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

export interface FleetOptions {
  readonly stand: Stand;
  readonly replicas: number;
  readonly workers: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly onLine?: (name: string, line: string) => void;
}

export class Fleet implements AsyncDisposable {
  readonly members: readonly Member[];

  private constructor(members: readonly Member[]) {
    this.members = members;
  }

  /** All of them serve when this resolves. */
  static async open(options: FleetOptions): Promise<Fleet> {
    const { replicas, workers, ...rest } = options;
    const prefix = "fleet";
    const names = (role: Role, count: number) =>
      Array.from({ length: count }, (_, at) => ({ role, name: `${role}-${at + 1}` }));
    const members: Member[] = [];
    for (const each of [...names("api", replicas), ...names("worker", workers)]) {
      // Every other process comes back under its old name, the others as somebody new.
      const name = members.length % 2 === 0 ? { LINNET_WORKER_ID: each.name } : {};
      const environment = { ...rest.environment, ...name };
      members.push(await Member.open({ ...rest, ...each, prefix, environment }));
    }
    const fleet = new Fleet(members);
    try {
      // One after the other would take as long as all of them.
      await Promise.all(members.map((member) => member.start()));
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  of(role: Role): readonly Member[] {
    return this.members.filter((member) => member.role === role);
  }

  /** Every link is whole and every process runs. */
  async heal(): Promise<void> {
    for (const { links } of this.members) {
      for (const link of Object.values(links)) if (!link.isWhole) link.heal();
    }
    await Promise.all(this.members.map((member) => member.start()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member[Symbol.asyncDispose]()));
  }
}
