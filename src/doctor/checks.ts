/**
 * What can be wrong with a machine before the service starts there: each check looks, and says what
 * it saw and what mends it. Engines are looked at elsewhere (api/devices.ts).
 */
import { access, constants, mkdtemp, readdir, rm, stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Config } from "#src/config.ts";

/** `fault` is what makes the command fail; `note` is worth knowing. */
export interface Finding {
  readonly what: string;
  readonly level: "ok" | "note" | "fault";
  readonly detail: string;
  readonly remedy: string | null;
}

type Settings = Pick<
  Config,
  | "dataDir"
  | "diskBytesFreeMin"
  | "host"
  | "memoryBytesMax"
  | "port"
  | "threadsPerTrainer"
  | "trainersMax"
>;

const gibibyte = 2 ** 30;
/** How far the clock may be behind a file that this machine wrote. */
const clockSlackMs = 60_000;
const filesLookedAtMax = 1000;
const answerMsMax = 2000;

const gigabytes = (bytes: number): string => `${(bytes / gibibyte).toFixed(1)} GiB`;

const fine = (what: string, detail: string): Finding => ({
  what,
  level: "ok",
  detail,
  remedy: null,
});
const note = (what: string, detail: string, remedy: string | null = null): Finding => ({
  what,
  level: "note",
  detail,
  remedy,
});
const fault = (what: string, detail: string, remedy: string): Finding => ({
  what,
  level: "fault",
  detail,
  remedy,
});

/** True when `version` is at least `least`, both such as 24.21.0. */
function isAtLeast(version: string, least: string): boolean {
  const wanted = least.split(".").map(Number);
  const parts = version.split(".").map(Number);
  for (const [at, number] of wanted.entries()) {
    if ((parts[at] ?? 0) !== number) return (parts[at] ?? 0) > number;
  }
  return true;
}

/** `range` as in package.json, such as `>=24.21.0`. */
export function checkNode(version: string, range: string): Finding {
  const least = range.replace(/^\D+/, "");
  if (isAtLeast(version, least)) return fine("Node", version);
  const remedy = `install Node ${least} or newer, or run through npm, which brings its own`;
  return fault("Node", `${version} is older than ${least}`, remedy);
}

/** The folder itself, or the nearest above it that is there. */
async function nearest(folder: string): Promise<string> {
  let path = resolve(folder);
  for (;;) {
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    if (isThere || path === dirname(path)) return path;
    path = dirname(path);
  }
}

export async function checkDataFolder({ dataDir }: Settings): Promise<Finding> {
  const folder = resolve(dataDir);
  const there = await nearest(folder);
  const remedy = `chown ${there} to the user that runs Linnet, or set LINNET_DATA_DIR`;
  try {
    await access(there, constants.W_OK | constants.X_OK);
    if (there !== folder) return note("data folder", `${folder} will be made at the first start`);
    // Rights may allow what a read-only file system does not.
    await rm(await mkdtemp(join(folder, ".doctor-")), { recursive: true });
    return fine("data folder", folder);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fault("data folder", `${there} cannot be written: ${why}`, remedy);
  }
}

export async function checkDisk({ dataDir, diskBytesFreeMin }: Settings): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearest(dataDir));
  const free = bavail * bsize;
  if (free >= diskBytesFreeMin) return fine("disk", `${gigabytes(free)} are free`);
  const detail = `${gigabytes(free)} are free, and ${gigabytes(diskBytesFreeMin)} are needed`;
  return fault("disk", detail, "make room, or set LINNET_DATA_DIR or LINNET_DISK_BYTES_FREE_MIN");
}

/** A clock that is behind what was written before gives times that go backwards. */
export async function checkClock({ dataDir }: Settings, nowMs: number): Promise<Finding> {
  const folder = resolve(dataDir);
  const names = await readdir(folder).catch(() => []);
  const times = await Promise.all(
    names.slice(0, filesLookedAtMax).map((name) =>
      stat(join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  const newest = Math.max(0, ...times);
  const said = new Date(nowMs).toISOString();
  if (newest <= nowMs + clockSlackMs) return fine("clock", said);
  const detail = `it says ${said}, and the data folder has files of ${new Date(newest).toISOString()}`;
  return fault("clock", detail, "timedatectl set-ntp true, or set the clock by hand");
}

export function checkShares(
  { memoryBytesMax, threadsPerTrainer, trainersMax }: Settings,
  machine = { cores: availableParallelism(), memoryBytes: totalmem() },
): readonly Finding[] {
  const threads = trainersMax * threadsPerTrainer;
  const shares = `${trainersMax} trainers of ${threadsPerTrainer} threads on ${machine.cores} cores`;
  const crowded = "lower LINNET_TRAINERS_MAX or LINNET_THREADS_PER_TRAINER: they will share cores";
  const memory = `trainers may take ${gigabytes(memoryBytesMax)} of ${gigabytes(machine.memoryBytes)}`;
  return [
    threads > machine.cores ? note("threads", shares, crowded) : fine("threads", shares),
    memoryBytesMax > machine.memoryBytes
      ? fault("memory", memory, "lower LINNET_MEMORY_BYTES_MAX, or leave it out")
      : fine("memory", memory),
  ];
}

/** Why an address cannot be listened on; null when it can. */
async function refusalOf(host: string, port: number): Promise<string | null> {
  const server = createServer();
  const answer = await new Promise<string | null>((done) => {
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => done(null));
  });
  if (answer === null) await new Promise((done) => server.close(done));
  return answer;
}

async function isLinnet(host: string, port: number): Promise<boolean> {
  const name = host.includes(":") ? `[${host}]` : host === "0.0.0.0" ? "127.0.0.1" : host;
  try {
    const signal = AbortSignal.timeout(answerMsMax);
    const answer = await fetch(`http://${name}:${port}/livez`, { signal });
    const health: unknown = await answer.json();
    return typeof health === "object" && health !== null && "uptime_seconds" in health;
  } catch {
    return false;
  }
}

export async function checkPort({ host, port }: Settings): Promise<Finding> {
  const where = `${host}:${port}`;
  const code = await refusalOf(host, port);
  if (code === null) return fine("port", `${where} is free`);
  if (code === "EADDRINUSE" && (await isLinnet(host, port))) {
    return note("port", `a Linnet listens on ${where} already`);
  }
  const remedy = "stop what listens there, or set LINNET_PORT (and LINNET_HOST)";
  return fault("port", `${where} cannot be listened on (${code})`, remedy);
}
