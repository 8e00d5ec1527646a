/** Rounds of work: at once while there is some, at a wake-up, after a fault, none once closed. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Rounds } from "#runs/rounds.ts";
import { localWakeups } from "#storage/wakeups/local.ts";

/** Longer than any test: nothing but a wake-up makes the next round. */
const neverMs = 3_600_000;

/** Rounds that end as listed, then find nothing; `made(n)` resolves with the nth. */
function listed(ends: readonly (boolean | Error)[]) {
  const wakeups = localWakeups();
  const faults: unknown[] = [];
  const waiting = new Map<number, () => void>();
  let count = 0;
  const rounds = new Rounds({
    wakeups,
    topic: "work",
    pollMs: neverMs,
    round: async () => {
      const end = ends[count] ?? false;
      count += 1;
      waiting.get(count)?.();
      if (end instanceof Error) throw end;
      return end;
    },
    onFault: (error) => faults.push(error),
  });
  const made = (nth: number): Promise<void> =>
    count >= nth ? Promise.resolve() : new Promise((resolve) => waiting.set(nth, resolve));
  return { rounds, wakeups, faults, made, count: () => count };
}

describe("rounds", () => {
  it("follow each other at once while there is work", async () => {
    const { rounds, made, count } = listed([true, true, true]);
    const fourth = made(4);
    rounds.start();
    await fourth;
    await rounds.close();
    assert.equal(count(), 4);
  });

  it("go on at a wake-up of their topic, after a fault too", async () => {
    const fault = new Error("away");
    const { rounds, made, wakeups, faults } = listed([fault]);
    const first = made(1);
    rounds.start();
    await first;
    const second = made(2);
    wakeups.wake("work");
    await second;
    await rounds.close();
    assert.deepEqual(faults, [fault]);
  });

  it("wait for what is under way when they close, and begin none after", async () => {
    const { rounds, made, wakeups, count } = listed([]);
    const first = made(1);
    rounds.start();
    await first;
    let ended = 0;
    await rounds.close(async () => {
      ended += 1;
    });
    wakeups.wake("work");
    rounds.start();
    assert.deepEqual([rounds.isClosed, ended, count()], [true, 1, 1]);
  });
});
