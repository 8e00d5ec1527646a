/**
 * How long a claim takes in a long queue: `node bench/cluster/claims.ts postgres://…`, on an empty
 * database. Four workers claim from 10 000 queued runs of eight tenants at the same time, each as
 * the service does it: the run whose turn it is, its event, its lease, and what a trainer needs.
 */
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { claimNext } from "#runs/assignment.ts";
import { usualRunLimits } from "#runs/context.ts";
import { openPostgresStore } from "#storage/store/postgres.ts";
import { localWakeups } from "#storage/wakeups/local.ts";
import { anything } from "#test/contracts/queueing.ts";
import { dataset, draft, model } from "#test/runs/records.ts";
import { inOrder, machineOf, reportTo } from "./figures.ts";

const runs = 10_000;
const runsAtOnce = 500;
const tenants = 8;
const workers = 4;
const claimsOfWorker = 250;

const [, , url, file] = process.argv;
assert(url !== undefined, "name the database: postgres://…");
await using store = await openPostgresStore({ url, connectionsMax: 2 * workers });
await using wakeups = localWakeups();
const context = { store, wakeups, limits: usualRunLimits, now: Date.now };
await store.write(async (writer) => {
  await writer.insertModel(model);
  await writer.insertDataset(dataset);
});
for (let at = 0; at < runs; at += runsAtOnce) {
  await store.of(`t${(at / runsAtOnce) % tenants}`).write(async (writer) => {
    for (let i = 0; i < runsAtOnce; i += 1) await writer.insertRun(draft());
  });
}

async function claim(owner: string): Promise<number> {
  const beganMs = performance.now();
  const means = { artifactsDir: "", threads: 1, memoryBytesMax: 2 ** 30 };
  const claiming = { means, fits: anything, owner, leaseMs: 60_000, except: [] };
  assert((await claimNext(context, claiming)) !== undefined, "the queue is long enough");
  return performance.now() - beganMs;
}

const tookMs: number[] = [];
const beganMs = performance.now();
await Promise.all(
  Array.from({ length: workers }, async (_, worker) => {
    for (let i = 0; i < claimsOfWorker; i += 1) tookMs.push(await claim(`worker ${worker}`));
  }),
);
const seconds = (performance.now() - beganMs) / 1000;
const { p50, p99 } = inOrder(tookMs);
await reportTo(file, {
  ...machineOf(),
  queued: runs,
  workers,
  claims: tookMs.length,
  claims_per_second: Math.round(tookMs.length / seconds),
  p50_ms: p50,
  p99_ms: p99,
});
