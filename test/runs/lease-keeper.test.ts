/** Keeping leases: renewed in time, given up before their time is over, told when they pass on. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LeaseKeeper } from "#runs/lease-keeper.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import type { Store } from "#storage/store.ts";
import { silent } from "./workshop.ts";

const lease = { id: "run_0000000000000000000a", owner: "a", epoch: 1 };

async function openStore(t: TestContext): Promise<Store> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-leases-"));
  const store = await openSqliteStore({ path: join(dir, "linnet.db") });
  t.after(async () => {
    await store[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });
  return store;
}

test("a lease that cannot be renewed is given up before it is over", async (t) => {
  const leaseMs = 2000;
  const store = await openStore(t);
  const away = { ...store, write: () => Promise.reject(new Error("away")) } as unknown as Store;
  const keeper = new LeaseKeeper({ store: away, log: silent, leaseMs });
  const sinceMs = performance.now();
  const lost = Promise.withResolvers<string>();
  keeper.keep({ lease, sinceMs }, lost.resolve);
  assert.match(await lost.promise, /could not be renewed/);
  const tookMs = performance.now() - sinceMs;
  assert.ok(tookMs < leaseMs, `after ${tookMs} ms`);
});

test("a lease is renewed until it is let go", async (t) => {
  const leaseMs = 500;
  const store = await openStore(t);
  await store.write((writer) => writer.leases.grant(lease, -1));
  const keeper = new LeaseKeeper({ store, log: silent, leaseMs });
  const letGo = keeper.keep({ lease, sinceMs: performance.now() }, assert.fail);
  // Only a renewal makes one that was over last again.
  while ((await store.write((writer) => writer.leases.of(lease.id)))?.isOver) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  letGo();
});

test("a lease that passed to another worker is lost at the next renewal", async (t) => {
  const leaseMs = 500;
  const store = await openStore(t);
  await store.write((writer) => writer.leases.grant({ ...lease, owner: "b", epoch: 2 }, 60_000));
  const keeper = new LeaseKeeper({ store, log: silent, leaseMs });
  const lost = Promise.withResolvers<string>();
  keeper.keep({ lease, sinceMs: performance.now() + 60_000 }, lost.resolve);
  assert.match(await lost.promise, /passed to another/);
});
