/** What becomes of runs whose worker is gone. */
import assert from "node:assert/strict";
import test from "node:test";
import { applyInput } from "#runs/apply.ts";
import { reclaimRuns } from "#runs/reclaim.ts";
import { scenarios } from "./scenarios.ts";
import { columnIn, openWorkshop } from "./workshop.ts";

test("a run that loses its worker again and again fails with a reason", async (t) => {
  const shop = await openWorkshop(t);
  const id = await shop.submit(scenarios.usual);
  const reclaiming = {
    owner: "observer",
    isLive: () => false,
    liveCount: 0,
    retry: { attemptsMax: 5, firstMs: 0, longestMs: 0 },
  };
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await applyInput(shop.context, id, { input: { type: "claimed" } });
    const lease = { id, owner: `worker ${attempt}`, epoch: attempt };
    await shop.context.store.write((writer) => writer.leases.grant(lease, -1));
    assert.equal(await reclaimRuns(shop.context, reclaiming), 1);
  }
  const { run } = await shop.untilStatus(id, "failed");
  assert.equal(run.error?.code, "trainer_crashed");
  assert.match(run.error?.message ?? "", /no progress; the last: its worker was lost/);
});

test("a run whose worker is silent goes on elsewhere, and the first worker stops", async (t) => {
  const shop = await openWorkshop(t);
  const first = shop.dispatch({ owner: "first" });
  const id = await shop.submit(scenarios.patient);
  await shop.until(id, ({ run }) => run.progress.step >= 20);
  shop.dispatch({ owner: "second", trainersMax: 1, pollMs: 20 });
  await shop.context.store.write(async (writer) => {
    const lease = await writer.leases.of(id);
    assert.ok(lease);
    await writer.leases.grant(lease, -1);
  });
  const { run } = await shop.until(id, ({ run: { attempt } }) => attempt === 2);
  assert.equal(run.attempt, 2);
  await shop.untilStatus(id, "succeeded");
  const events = await shop.events(id);
  assert.equal(columnIn(events, "loss").length, 200);
  const reasons = events.flatMap(({ type, data }) => (type === "status" ? [data.reason] : []));
  assert.ok(reasons.includes("its worker was lost"));
  await first.drain(0);
});
