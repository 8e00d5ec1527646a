/**
 * How many events a second a small cluster bears: `node bench/cluster/events.ts postgres://… [FILE]`
 * on an empty database. Two workers record the events of a hundred runs, three replicas show them
 * to 500 readers, at rates that grow. At the end every reader's frames are compared with the log.
 */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { crc32 } from "node:zlib";
import pg from "pg";
import { queueTopic } from "#runs/context.ts";
import { openPostgresStore } from "#storage/store/postgres.ts";
import { openPostgresWakeups } from "#storage/wakeups/postgres.ts";
import { dataset, model } from "#test/runs/records.ts";
import { holdingsOf } from "../campaign/processes.ts";
import { type Server, startServer } from "../campaign/server.ts";
import type { Read, ReaderCount, ReaderTask } from "./events-reader.ts";
import type { WriterCount, WriterOrder, WriterTask } from "./events-writer.ts";
import { inOrder, machineOf, reportTo } from "./figures.ts";
import { Processor } from "./processor.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "100" },
    readers: { type: "string", default: "500" },
    rates: { type: "string", default: "500,1000,2000,3500,5000" },
    seconds: { type: "string", default: "15" },
    /** Processes that hear wake-ups as workers do, and do nothing else. */
    workers: { type: "string", default: "0" },
  },
});
const [url, file] = positionals;
assert(url !== undefined, "name the database: postgres://…");
const runs = Number(flags.runs);
const readers = Number(flags.readers);
const workers = Number(flags.workers);
const rates = flags.rates.split(",").map(Number);
const windowMs = 1000 * Number(flags.seconds);
const writers = 2;
const readerProcesses = 2;
const replicas = 3;
const connections = 10;
/** Time for a new rate to settle. */
const warmMs = 3000;
const endMsMax = 60_000;
const page = 1000;

function child(name: string, task: object): ChildProcess {
  const started = fork(join(import.meta.dirname, name), { stdio: "inherit" });
  started.send(task);
  return started;
}

async function answer<T>(of: ChildProcess, question?: object | string): Promise<T> {
  const told = once(of, "message");
  if (question !== undefined) of.send(question);
  const [message] = (await told) as [T];
  return message;
}

function startReplica(dataDir: string): Promise<Server> {
  return startServer({
    dataDir,
    port: 0,
    environment: {
      LINNET_ROLE: "api",
      LINNET_DATABASE_URL: url ?? "",
      LINNET_DATABASE_CONNECTIONS: String(connections),
      LINNET_CONNECTIONS_PER_ADDRESS_MAX: "2000",
      LINNET_TENANT_STREAMS_MAX: "2000",
    },
  });
}

const client = new pg.Client({ connectionString: url });

/** Bytes that the database has written ahead so far, and transactions that it has committed. */
async function databaseCounts() {
  const { rows } = await client.query(
    `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal,
      (select sum(xact_commit)::float8 from pg_stat_database) as commits`,
  );
  return rows[0] as { readonly wal: number; readonly commits: number };
}

async function backendPid(): Promise<number> {
  const { rows } = await client.query("select pg_backend_pid() as pid");
  return Number((rows as readonly { readonly pid: number }[])[0]?.pid);
}

interface Crew {
  readonly writing: readonly ChildProcess[];
  readonly reading: readonly ChildProcess[];
  readonly processor: Processor;
}

async function countOf({ writing, reading, processor }: Crew) {
  const [wrote, read, database, seconds] = await Promise.all([
    Promise.all(writing.map((one) => answer<WriterCount>(one, "count"))),
    Promise.all(reading.map((one) => answer<ReaderCount>(one, "count"))),
    databaseCounts(),
    processor.seconds(),
  ]);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return {
    atMs: performance.now(),
    events: sum(wrote.map(({ events }) => events)),
    batches: sum(wrote.map(({ batches }) => batches)),
    delivered: sum(read.map(({ events }) => events)),
    committedMs: wrote.flatMap(({ committedMs }) => committedMs),
    latenciesMs: read.flatMap(({ latenciesMs }) => latenciesMs),
    ...database,
    seconds,
  };
}

/** What happens in one stretch of time at one rate, per second. */
async function measure(crew: Crew, rate: number) {
  for (const one of crew.writing) one.send({ rate: rate / runs } satisfies WriterOrder);
  await pause(warmMs);
  const before = await countOf(crew);
  await pause(windowMs);
  const after = await countOf(crew);
  const seconds = (after.atMs - before.atMs) / 1000;
  const each = (name: "events" | "batches" | "delivered" | "wal" | "commits"): number =>
    after[name] - before[name];
  const share = Object.fromEntries(
    Object.entries(after.seconds).map(([name, used]) => {
      const cores = (used - (before.seconds[name] ?? 0)) / seconds;
      return [name, Math.round(100 * cores) / 100];
    }),
  );
  const figures = {
    offered_per_second: rate,
    events_per_second: Math.round(each("events") / seconds),
    delivered_per_second: Math.round(each("delivered") / seconds),
    events_per_commit: Math.round((10 * each("events")) / Math.max(1, each("batches"))) / 10,
    commits_per_second: Math.round(each("commits") / seconds),
    wal_bytes_per_event: Math.round(each("wal") / Math.max(1, each("events"))),
    commit_ms: inOrder(after.committedMs),
    recorded_to_read_ms: inOrder(after.latenciesMs),
    cores: share,
  };
  process.stderr.write(`${JSON.stringify(figures)}\n`);
  return figures;
}

/** What an event takes on the database's disk, indexes included. */
async function storedBytesOfEvent(): Promise<number> {
  const { rows } = await client.query(
    "select pg_total_relation_size('events')::float8 / greatest(1, count(*)) as bytes from events",
  );
  return Math.round(Number((rows as readonly { readonly bytes: number }[])[0]?.bytes));
}

const mebibytesOf = (pids: readonly number[]): Promise<readonly number[]> =>
  Promise.all(pids.map(async (pid) => Math.round((await holdingsOf(pid)).residentBytes / 2 ** 20)));

/** The checksum of a log as its readers are sent it, and where it ends. */
async function logOf(run: string): Promise<{ readonly last: number; readonly checksum: number }> {
  let [last, checksum] = [0, 0];
  for (;;) {
    const events = await store.read((reader) => reader.events(run, { after: last, limit: page }));
    for (const event of events) {
      last = event.seq;
      checksum = crc32(JSON.stringify({ frame: "event", run, ...event }), checksum);
    }
    if (events.length < page) return { last, checksum };
  }
}

/** Every reader's word against the log. */
async function judge(seen: readonly Read[]) {
  const faults = seen.flatMap((read) => read.faults.map((fault) => `${read.run}: ${fault}`));
  const logs = new Map<string, Awaited<ReturnType<typeof logOf>>>();
  for (const { run, last, checksum, conflated } of seen) {
    const log = logs.get(run) ?? (await logOf(run));
    logs.set(run, log);
    const isSame = conflated > 0 || checksum === log.checksum;
    if (last !== log.last || !isSame) faults.push(`${run}: a reader saw another log`);
  }
  return {
    readers: seen.length,
    readers_equal_to_log: seen.filter(({ conflated }) => conflated === 0).length - faults.length,
    events_conflated: seen.reduce((sum, { conflated }) => sum + conflated, 0),
    faults: faults.slice(0, 20),
  };
}

await using store = await openPostgresStore({ url, connectionsMax: 4 });
await client.connect();
const machine = machineOf();
await store.write(async (writer) => {
  await writer.insertModel(model);
  await writer.insertDataset(dataset);
});
const folder = await mkdtemp(join(tmpdir(), "linnet-events-"));
const servers = await Promise.all(
  Array.from({ length: replicas }, (_, at) => startReplica(join(folder, String(at)))),
);
const pids = servers.map(({ pid }) => pid);
const replicaMebibytesIdle = await mebibytesOf(pids);
const listening = await Promise.all(
  Array.from({ length: workers }, async () => {
    const wakeups = await openPostgresWakeups({ url });
    wakeups.subscribe(queueTopic, () => undefined);
    return wakeups;
  }),
);
const writing = Array.from({ length: writers }, (_, at) =>
  child("events-writer.ts", {
    url,
    owner: `writer ${at}`,
    runs: runs / writers,
    connections,
  } satisfies WriterTask),
);
const begun = await Promise.all(writing.map((one) => answer<{ runs: string[] }>(one)));
const ids = begun.flatMap((one) => one.runs);
const streams = Array.from({ length: readers }, (_, at) => {
  const run = ids[at % ids.length] ?? "";
  const address = servers[Math.floor(at / ids.length + at) % replicas]?.address ?? "";
  return { run, url: `${address.replace("http", "ws")}/v1/runs/${run}/stream` };
});
const reading = Array.from({ length: readerProcesses }, (_, at) =>
  child("events-reader.ts", {
    streams: streams.filter((_stream, of) => of % readerProcesses === at),
  } satisfies ReaderTask),
);
await Promise.all(reading.map((one) => answer(one)));
const processor = new Processor({
  backend: await backendPid(),
  replicas: pids,
  writers: writing.map(({ pid }) => pid ?? 0),
  readers: reading.map(({ pid }) => pid ?? 0),
});
const crew = { writing, reading, processor };
const stages = [];
for (const rate of rates) stages.push(await measure(crew, rate));
const replicaMebibytes = await mebibytesOf(pids);
const told = Promise.all(reading.map((one) => answer<{ read: readonly Read[] }>(one)));
for (const one of writing) one.send({ rate: null } satisfies WriterOrder);
const all = await Promise.race([told, pause(endMsMax)]);
const seen = (all ?? []).flatMap(({ read }) => read);
const verdict = await judge(seen);
await reportTo(file, {
  ...machine,
  ...{ runs, writers, replicas, connections, workers, stages },
  stored_bytes_per_event: await storedBytesOfEvent(),
  replica_mebibytes: { idle: replicaMebibytesIdle, with_readers: replicaMebibytes },
  ...verdict,
});
await Promise.all(listening.map((wakeups) => wakeups[Symbol.asyncDispose]()));
await Promise.all(servers.map((server) => server.drain()));
await client.end();
await rm(folder, { recursive: true, force: true });
process.exitCode = seen.length === readers && verdict.faults.length === 0 ? 0 : 1;
for (const one of [...writing, ...reading]) if (one.connected) one.kill();
