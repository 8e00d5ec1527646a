/** Wake-ups inside one process: the contract, and the limit on listeners. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { localWakeups, subscribersMax } from "#storage/wakeups/local.ts";
import { refusal } from "#test/contracts/refusal.ts";
import { wakeupsContract } from "#test/contracts/wakeups.ts";

wakeupsContract("One process", async (t) => {
  const wakeups = localWakeups();
  t.after(() => wakeups[Symbol.asyncDispose]());
  return wakeups;
});

describe("local wake-ups", () => {
  it("tells the log which topic's listener threw", async () => {
    const said: object[] = [];
    await using wakeups = localWakeups({
      log: { info: () => undefined, warn: (detail) => said.push(detail) },
    });
    const err = new Error("not well");
    wakeups.subscribe("a", () => {
      throw err;
    });
    const wait = wakeups.wait("a", { timeoutMs: 60_000, signal: new AbortController().signal });
    wakeups.wake("a");
    await wait;
    assert.deepEqual(said, [{ topic: "a", err }]);
  });

  it("refuses more listeners than its limit, waits among them, until some leave", async () => {
    await using wakeups = localWakeups();
    const { signal } = new AbortController();
    const wait = wakeups.wait("a", { timeoutMs: 60_000, signal });
    for (let i = 1; i < subscribersMax; i += 1) wakeups.subscribe(`t${i}`, () => undefined);
    assert.throws(() => wakeups.subscribe("b", () => undefined), refusal("stream_limit"));
    await assert.rejects(wakeups.wait("b", { timeoutMs: 1, signal }), refusal("stream_limit"));
    wakeups.wake("a");
    await wait;
    wakeups.subscribe("b", () => undefined);
  });
});
