/** Runs that find no room: they wait with a reason, and go on, whoever made room. */
import assert from "node:assert/strict";
import test from "node:test";
import { cancelRun, pauseRun, resumeRun } from "#runs/commands.ts";
import { checkpointsLogged } from "#runs/retention.ts";
import { lossAt, scenarios } from "./scenarios.ts";
import { columnIn, openWorkshop, silent } from "./workshop.ts";

const losses = (steps: number) => Array.from({ length: steps }, (_, i) => lossAt(i + 1));

test("a run that finds the disk full pauses, and goes on when there is room", async (t) => {
  const shop = await openWorkshop(t);
  let room = true;
  shop.dispatch({ hasRoom: async () => room, roomPollMs: 1, pollMs: 5 });
  const id = await shop.submit(scenarios.cramped);
  const { run } = await shop.untilStatus(id, "succeeded");
  assert.equal(run.attempt, 3);
  assert.equal(run.pause_reason ?? null, null);
  const events = await shop.events(id);
  assert.deepEqual(columnIn(events, "loss"), losses(200));
  const reasons = events.flatMap(({ type, data }) => (type === "status" ? [data.reason] : []));
  assert.equal(reasons.filter((reason) => reason === "disk_full").length, 2);
  room = false;
  const waiting = await shop.submit(scenarios.usual);
  await shop.context.wakeups.wait(waiting, { timeoutMs: 50, signal: t.signal });
  const stored = await shop.context.store.read((reader) => reader.run(waiting));
  assert.equal(stored?.run.status, "queued", "nothing is started without room");
  room = true;
  await shop.untilStatus(waiting, "succeeded");
});

test("a run that waits for room can be paused, cancelled, and told to try at once", async (t) => {
  const shop = await openWorkshop(t);
  let room = true;
  shop.dispatch({ hasRoom: async () => room, roomPollMs: 60_000, pollMs: 5 });
  // The first look comes before anything waits.
  const held = async () => {
    const id = await shop.submit(scenarios.cramped);
    await shop.until(id, ({ run: { pause_reason } }) => pause_reason === "disk_full");
    return id;
  };
  const [paused, cancelled, resumed] = [await held(), await held(), await held()];
  assert.equal((await pauseRun(shop.context, paused)).pause_reason, null);
  assert.equal((await cancelRun(shop.context, cancelled)).status, "cancelled");
  room = false;
  assert.equal((await resumeRun(shop.context, resumed)).status, "queued");
});

test("a run that finds no room while another goes on is not forgotten", async (t) => {
  const shop = await openWorkshop(t);
  const { store } = shop.context;
  const heldUp = new Set<unknown>();
  const { promise: bothWait, resolve } = Promise.withResolvers<void>();
  const warn = (fields: object) => {
    if ("run" in fields) heldUp.add(fields.run);
    if (heldUp.size === 2) resolve();
  };
  // One finds no room after the look at which only the other waited was begun.
  const read: typeof store.read = async (look) => {
    const seen = await store.read(look);
    const rows = typeof seen === "object" && seen !== null && "rows" in seen ? seen.rows : [];
    const isFirst = Array.isArray(rows) && rows.length === 1 && rows[0].run?.status === "paused";
    if (isFirst && heldUp.size < 2) await bothWait;
    return seen;
  };
  const watched: typeof store = {
    read,
    of: (tenant) => store.of(tenant),
    write: (work) => store.write(work),
    check: () => store.check(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
  const context = { ...shop.context, store: watched };
  const ids = [];
  for (let i = 0; i < 2; i += 1) ids.push(await shop.submit(scenarios.crampedOnce));
  shop.dispatch({ context, log: { ...silent, warn }, roomPollMs: 1, pollMs: 1 });
  for (const id of ids) await shop.untilStatus(id, "succeeded");
});

test("room is asked for when there is too little, and when a run finds none", async (t) => {
  const shop = await openWorkshop(t);
  let asked = 0;
  const makeRoom = () => {
    asked += 1;
  };
  shop.dispatch({ makeRoom, roomPollMs: 1, pollMs: 5 });
  await shop.untilStatus(await shop.submit(scenarios.usual), "succeeded");
  assert.equal(asked, 0);
  await shop.untilStatus(await shop.submit(scenarios.cramped), "succeeded");
  assert.equal(asked, 2);
});

test("the log tells which checkpoints a run let go", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch();
  const id = await shop.submit(scenarios.usual, { checkpoints: { keep: 2 } });
  await shop.untilStatus(id, "succeeded");
  const { store } = shop.context;
  const logged = await checkpointsLogged({ store, signal: t.signal });
  assert.equal(logged.size, 200 / 20);
  for (const { digest } of await shop.checkpoints(id)) assert.ok(logged.has(digest));
});
