/**
 * What workers without work ask of a database: `node bench/cluster/idle.ts postgres://… [FILE]`,
 * on an empty one. Real workers look for runs and say that they are there; nothing else happens.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { holdingsOf } from "../campaign/processes.ts";
import { startServer } from "../campaign/server.ts";
import { machineOf, reportTo } from "./figures.ts";
import { Processor } from "./processor.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    workers: { type: "string", default: "4" },
    seconds: { type: "string", default: "30" },
  },
});
const [url, file] = positionals;
assert(url !== undefined, "name the database: postgres://…");
const workers = Number(flags.workers);
/** Time for what happens only at the start. */
const warmMs = 15_000;

const client = new pg.Client({ connectionString: url });
await client.connect();
const machine = machineOf();

interface Counts {
  readonly commits: number;
  readonly pid: number;
  readonly connections: number;
}

/** This bench's own question is one of the commits. */
async function countsNow(): Promise<Counts> {
  const { rows } = await client.query<Counts>(
    `select (select sum(xact_commit)::float8 from pg_stat_database) as commits,
      pg_backend_pid() as pid,
      (select count(*)::float8 from pg_stat_activity where application_name = 'linnet')
        as connections`,
  );
  assert(rows[0] !== undefined);
  return rows[0];
}

const folder = await mkdtemp(join(tmpdir(), "linnet-idle-"));
const servers = await Promise.all(
  Array.from({ length: workers }, (_, at) =>
    startServer({
      dataDir: join(folder, String(at)),
      port: 0,
      environment: { LINNET_ROLE: "worker", LINNET_DATABASE_URL: url },
    }),
  ),
);
const pids = servers.map(({ pid }) => pid);
const first = await countsNow();
const processor = new Processor({ backend: first.pid, replicas: [], writers: pids, readers: [] });
await pause(warmMs);
const before = { ...(await countsNow()), used: await processor.seconds(), atMs: performance.now() };
await pause(1000 * Number(flags.seconds));
const after = { ...(await countsNow()), used: await processor.seconds(), atMs: performance.now() };
const seconds = (after.atMs - before.atMs) / 1000;
const perWorker = (from: number, to: number): number =>
  Math.round((10_000 * (to - from)) / seconds / workers) / 10_000;
const resident = await Promise.all(pids.map(async (pid) => (await holdingsOf(pid)).residentBytes));
await reportTo(file, {
  ...machine,
  workers,
  seconds: Math.round(seconds),
  of_each_worker: {
    transactions_per_second: perWorker(before.commits, after.commits),
    connections: after.connections / workers,
    database_cores: perWorker(before.used["database"] ?? 0, after.used["database"] ?? 0),
    own_cores: perWorker(before.used["writers"] ?? 0, after.used["writers"] ?? 0),
    resident_mebibytes: Math.round(Math.max(...resident) / 2 ** 20),
  },
});
await Promise.all(servers.map((server) => server.drain()));
await client.end();
await rm(folder, { recursive: true, force: true });
