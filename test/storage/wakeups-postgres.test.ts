/** Wake-ups over PostgreSQL: the contract, and what happens between processes and after a cut. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { openPostgresWakeups } from "#storage/wakeups/postgres.ts";
import { wakeupsContract } from "#test/contracts/wakeups.ts";
import { administer, databaseUrl, skipWithout } from "./schemas.ts";

const patienceMs = 20_000;

async function open(t: TestContext, name = "linnet") {
  const url = new URL(databaseUrl ?? "");
  url.searchParams.set("application_name", name);
  const wakeups = await openPostgresWakeups({ url: url.href });
  t.after(() => wakeups[Symbol.asyncDispose]());
  return wakeups;
}

describe("PostgreSQL", { skip: skipWithout }, () => {
  wakeupsContract("PostgreSQL", (t) => open(t));

  it("passes wake-ups on to other processes", async (t) => {
    const [one, other] = [await open(t), await open(t)];
    const topic = `run_${process.pid}_between`;
    const { signal } = new AbortController();
    const woken = other.wait(topic, { timeoutMs: patienceMs, signal });
    const startedMs = performance.now();
    one.wake(topic);
    await woken;
    assert.ok(performance.now() - startedMs < patienceMs, "it was woken, not out of patience");
  });

  it("wakes everybody once it listens again after a cut", async (t) => {
    const name = `cut-wakeups-${process.pid}`;
    const wakeups = await open(t, name);
    // The first look of a new connection has passed when this one arrives.
    const { signal } = new AbortController();
    await wakeups.wait("first", { timeoutMs: 50, signal });
    const woken = wakeups.wait("never sent", { timeoutMs: patienceMs, signal });
    const startedMs = performance.now();
    await administer(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${name}'`,
    );
    await woken;
    assert.ok(performance.now() - startedMs < patienceMs, "it was woken, not out of patience");
    const other = await open(t);
    const again = wakeups.wait("later", { timeoutMs: patienceMs, signal });
    const sentMs = performance.now();
    other.wake("later");
    await again;
    assert.ok(performance.now() - sentMs < patienceMs, "hints arrive again");
  });
});
