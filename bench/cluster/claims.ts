/**
 * How long a claim takes in a long queue: `node bench/cluster/claims.ts postgres://…`, on an empty
 * database. Four workers claim from 10 000 queued runs of eight tenants at the same time.
 */
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { openPostgresStore } from "#storage/store/postgres.ts";
import { anything } from "#test/contracts/queueing.ts";
import { nextVersion, runRecord } from "#test/contracts/records.ts";

const runs = 10_000;
const runsAtOnce = 500;
const tenants = 8;
const workers = 4;
const claimsOfWorker = 250;

const [, , url] = process.argv;
assert(url !== undefined, "name the database: postgres://…");
await using store = await openPostgresStore({ url, connectionsMax: 2 * workers });
for (let at = 0; at < runs; at += runsAtOnce) {
  await store.of(`t${(at / runsAtOnce) % tenants}`).write(async (writer) => {
    for (let i = 0; i < runsAtOnce; i += 1) await writer.insertRun(runRecord());
  });
}

async function claim(owner: string): Promise<number> {
  const beganMs = performance.now();
  await store.write(async (writer) => {
    const next = await writer.nextQueued({ nowMs: Date.now(), fits: anything });
    assert(next !== undefined, "the queue is long enough");
    await writer.updateRun(nextVersion(next, { status: "starting", attempt: 1 }));
    await writer.leases.grant({ id: next.run.id, owner, epoch: 1 }, 60_000);
  });
  return performance.now() - beganMs;
}

const tookMs: number[] = [];
await Promise.all(
  Array.from({ length: workers }, async (_, worker) => {
    for (let i = 0; i < claimsOfWorker; i += 1) tookMs.push(await claim(`worker ${worker}`));
  }),
);
tookMs.sort((a, b) => a - b);
const at = (share: number): string =>
  (tookMs[Math.floor(share * (tookMs.length - 1))] ?? 0).toFixed(1);
process.stdout.write(
  `${tookMs.length} claims by ${workers} workers: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms\n`,
);
