/**
 * A PostgreSQL of one's own for tests and campaigns: made in a temporary folder, on a port of its
 * own, that can be frozen, killed and started again. Debian's packages bring the programs.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { end, freePort, untilListening } from "./ports.ts";

export interface Postgres extends AsyncDisposable {
  /** Of an empty database. */
  readonly url: string;
  readonly port: number;
  /** SIGSTOP: connections stay open, and nothing answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Ends it as a crash would; what was committed is on the disk. */
  kill(): Promise<void>;
  /** Resolves when it answers. */
  start(): Promise<void>;
}

const versionsDir = "/usr/lib/postgresql";
const settings: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "300",
  log_min_messages: "panic",
};
const recoveryMsMax = 60_000;
const lookEveryMs = 100;

/** The folder of the newest version's programs; undefined where there is none. */
async function programs(): Promise<string | undefined> {
  const versions = await readdir(versionsDir).catch(() => []);
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(versionsDir, newest, "bin");
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to be root's: root's is run as the user that its package has made. */
async function ownerOf(): Promise<Owner> {
  if (process.getuid?.() !== 0) return {};
  const users = await readFile("/etc/passwd", "utf8");
  const line = users.match(/^postgres:[^:]*:(\d+):(\d+):/m);
  if (line === null) throw new Error("there is no user postgres; install the package postgresql");
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

interface Place {
  readonly bin: string;
  readonly dir: string;
  readonly port: number;
  readonly owner: Owner;
}

class OwnPostgres implements Postgres {
  readonly url: string;
  readonly #place: Place;
  #child: ChildProcess | undefined;

  constructor(place: Place) {
    this.#place = place;
    this.url = `postgres://linnet@127.0.0.1:${place.port}/postgres`;
  }

  get port(): number {
    return this.#place.port;
  }

  #spawn(program: string, flags: readonly string[]): ChildProcess {
    const { bin, dir, owner } = this.#place;
    const stdio = ["ignore", "ignore", "inherit"] as const;
    return spawn(join(bin, program), ["-D", dir, ...flags], {
      ...owner,
      cwd: dir,
      stdio: [...stdio],
    });
  }

  async make(): Promise<void> {
    const flags = ["-U", "linnet", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    const [code] = await once(this.#spawn("initdb", flags), "exit");
    if (code !== 0) throw new Error("initdb failed");
  }

  async start(): Promise<void> {
    const all = { ...settings, port: String(this.port) };
    const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    this.#child = this.#spawn("postgres", flags);
    await untilListening(this.port, this.#child);
    await this.#untilRecovered();
  }

  async #untilRecovered(): Promise<void> {
    const deadlineMs = performance.now() + recoveryMsMax;
    for (;;) {
      const client = new pg.Client({ connectionString: this.url });
      try {
        await client.connect();
        await client.query("select 1");
        return;
      } catch (error) {
        if (performance.now() > deadlineMs) throw error;
        await pause(lookEveryMs);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  async freeze(): Promise<void> {
    await this.#signal("SIGSTOP");
  }

  async thaw(): Promise<void> {
    await this.#signal("SIGCONT");
  }

  /** To the server and to the process of every connection. */
  async #signal(signal: NodeJS.Signals): Promise<void> {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    this.#child?.kill(signal);
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    for (const each of children.split(" ").filter((text) => text !== "")) {
      try {
        process.kill(Number(each), signal);
      } catch {
        // Its connection was closed meanwhile.
      }
    }
  }

  async kill(): Promise<void> {
    if (this.#child === undefined) return;
    await this.thaw();
    await end(this.#child, "SIGQUIT");
    this.#child = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#place.dir, { recursive: true, force: true });
  }
}

/** Undefined where no PostgreSQL is installed. */
export async function openPostgres(): Promise<Postgres | undefined> {
  const bin = await programs();
  if (bin === undefined) return undefined;
  const dir = await mkdtemp(join(tmpdir(), "linnet-postgres-"));
  const owner = await ownerOf();
  if (owner.uid !== undefined && owner.gid !== undefined) await chown(dir, owner.uid, owner.gid);
  const postgres = new OwnPostgres({ bin, dir, port: await freePort(), owner });
  await postgres.make();
  await postgres.start();
  return postgres;
}
