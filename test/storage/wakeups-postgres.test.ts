/** Wake-ups over PostgreSQL: the contract, and what happens between processes and after a cut. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import pg from "pg";
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

  it("tells a process nothing of kinds that nobody in it waits for", async (t) => {
    const [sender, replica] = [await open(t), await open(t)];
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    t.after(() => client.end());
    const worker: string[] = [];
    client.on("notification", ({ payload = "" }) => worker.push(payload));
    await client.query("listen linnet");
    const { signal } = new AbortController();
    const own = `run_${process.pid}_log`;
    const last = `last of ${process.pid}`;
    const told = replica.wait(last, { timeoutMs: patienceMs, signal });
    const log = replica.wait(own, { timeoutMs: patienceMs, signal });
    sender.wake(own);
    sender.wake(last);
    await Promise.all([told, log]);
    while (!worker.includes(last)) await client.query("select 1");
    assert.ok(!worker.includes(own), "logs have a channel of their own");
  });

  it("hears nothing of others where it is told not to listen, and still tells them", async (t) => {
    const listener = await open(t);
    const sender = await openPostgresWakeups({ url: databaseUrl ?? "", listens: false });
    t.after(() => sender[Symbol.asyncDispose]());
    const name = `deaf ${process.pid}`;
    const heard: string[] = [];
    sender.subscribe(name, () => heard.push("another's or its own"));
    const { signal } = new AbortController();
    const last = listener.wait("after it", { timeoutMs: patienceMs, signal });
    listener.wake(name);
    const startedMs = performance.now();
    sender.wake("after it");
    await last;
    assert.ok(performance.now() - startedMs < patienceMs, "others hear of it");
    const echo = listener.wait(name, { timeoutMs: patienceMs, signal });
    sender.wake(name);
    await echo;
    assert.equal(heard.length, 1, "only what this process has sent");
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
