/** What every Wakeups adapter does: hints arrive, coalesced, and nobody hurts anybody. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Wakeups } from "#storage/wakeups.ts";

/** A new one that is disposed of when the test ends. */
export type OpenWakeups = (t: TestContext) => Promise<Wakeups>;

const longMs = 60_000;

/** Resolves when the listener of `topic` was called again. */
function next(wakeups: Wakeups, topic: string): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = wakeups.subscribe(topic, () => {
      unsubscribe();
      resolve();
    });
  });
}

/** Resolves when all wake-ups so far were passed on. */
async function settled(wakeups: Wakeups): Promise<void> {
  const last = next(wakeups, "settled");
  wakeups.wake("settled");
  await last;
}

export function wakeupsContract(name: string, open: OpenWakeups): void {
  describe(`${name} as wake-ups`, () => {
    describe("listeners", () => listenContract(open));
    describe("waits", () => waitContract(open));
  });
}

function listenContract(open: OpenWakeups): void {
  it("calls every listener of a topic, and no other's", async (t) => {
    const wakeups = await open(t);
    const called: string[] = [];
    wakeups.subscribe("a", () => called.push("first"));
    wakeups.subscribe("a", () => called.push("second"));
    wakeups.subscribe("b", () => called.push("other"));
    wakeups.wake("a");
    wakeups.wake("nobody");
    assert.deepEqual(called, [], "never inside the call that wakes");
    await settled(wakeups);
    assert.deepEqual(called, ["first", "second"]);
  });

  it("calls once for several wake-ups before it ran, and again for later ones", async (t) => {
    const wakeups = await open(t);
    let calls = 0;
    wakeups.subscribe("a", () => {
      calls += 1;
    });
    for (let i = 0; i < 100; i += 1) wakeups.wake("a");
    await settled(wakeups);
    assert.equal(calls, 1);
    wakeups.wake("a");
    await settled(wakeups);
    assert.equal(calls, 2);
  });

  it("calls a function as often as it was subscribed, until each is taken back", async (t) => {
    const wakeups = await open(t);
    let calls = 0;
    const listener = () => {
      calls += 1;
    };
    const unsubscribe = wakeups.subscribe("a", listener);
    wakeups.subscribe("a", listener);
    wakeups.wake("a");
    await settled(wakeups);
    assert.equal(calls, 2);
    unsubscribe();
    unsubscribe();
    wakeups.wake("a");
    await settled(wakeups);
    assert.equal(calls, 3);
  });

  it("calls nobody who unsubscribed after the wake-up", async (t) => {
    const wakeups = await open(t);
    const called: string[] = [];
    wakeups.subscribe("a", () => {
      called.push("first");
      unsubscribe();
    });
    const unsubscribe = wakeups.subscribe("a", () => called.push("second"));
    wakeups.wake("a");
    await settled(wakeups);
    assert.deepEqual(called, ["first"]);
  });

  it("goes on when a listener throws", async (t) => {
    const wakeups = await open(t);
    let calls = 0;
    wakeups.subscribe("a", () => {
      throw new Error("not well");
    });
    wakeups.subscribe("a", () => {
      calls += 1;
    });
    wakeups.subscribe("b", () => {
      calls += 1;
    });
    wakeups.wake("a");
    wakeups.wake("b");
    await settled(wakeups);
    assert.equal(calls, 2);
  });

  it("lets a listener wake its own topic without starving others", async (t) => {
    const wakeups = await open(t);
    let calls = 0;
    wakeups.subscribe("a", () => {
      calls += 1;
      wakeups.wake("a");
    });
    wakeups.wake("a");
    await settled(wakeups);
    await settled(wakeups);
    assert.ok(calls >= 2);
  });
}

function waitContract(open: OpenWakeups): void {
  it("ends a wait at the next wake-up of its topic", async (t) => {
    const wakeups = await open(t);
    const { signal } = new AbortController();
    const waits = [1, 2].map(() => wakeups.wait("a", { timeoutMs: longMs, signal }));
    wakeups.wake("a");
    await Promise.all(waits);
  });

  it("ends a wait after its time", async (t) => {
    const wakeups = await open(t);
    const { signal } = new AbortController();
    wakeups.wake("a");
    await wakeups.wait("b", { timeoutMs: 1, signal });
  });

  it("ends a wait when its signal aborts, before or meanwhile", async (t) => {
    const wakeups = await open(t);
    const controller = new AbortController();
    const { signal } = controller;
    const wait = wakeups.wait("a", { timeoutMs: longMs, signal });
    controller.abort();
    await wait;
    await wakeups.wait("a", { timeoutMs: longMs, signal });
  });

  it("ends every wait when it is disposed of, and calls nobody any more", async (t) => {
    const wakeups = await open(t);
    let calls = 0;
    wakeups.subscribe("a", () => {
      calls += 1;
    });
    const { signal } = new AbortController();
    const wait = wakeups.wait("a", { timeoutMs: longMs, signal });
    wakeups.wake("a");
    await wakeups[Symbol.asyncDispose]();
    await wait;
    await wakeups.wait("a", { timeoutMs: longMs, signal });
    wakeups.subscribe("a", () => undefined)();
    wakeups.wake("a");
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(calls, 0);
  });
}
