/** Retention: old runs go with all that is theirs, younger ones and live ones stay. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { newId } from "#src/ids.ts";
import { forgetOldRuns } from "#src/upkeep.ts";
import { openStage } from "#test/api/stage.ts";

it("forgets runs that ended before the cutoff, and no others", async (t) => {
  const stage = await openStage(t);
  const cutoffMs = Date.parse("2026-01-10T00:00:00Z");
  const id = (day: number) => newId("run", Date.parse(`2126-01-${day}T00:00:00Z`));
  const at = (day: number) => `2026-01-${String(day).padStart(2, "0")}T00:00:00.000Z`;
  // Ids hold the time of creation; newId never goes back, so these are made by hand.
  const early = (name: string) => `run_${(Date.parse(at(1)).toString(36)).padStart(9, "0")}${name}`;
  const old = await stage.addRun({
    id: early("aaaaaaaaaaa"),
    status: "succeeded",
    finished_at: at(2),
  });
  const long = await stage.addRun({
    id: early("bbbbbbbbbbb"),
    status: "failed",
    finished_at: at(11),
  });
  const live = await stage.addRun({ id: early("ccccccccccc"), status: "running" });
  const cell = await stage.addRun({
    id: early("ddddddddddd"),
    status: "succeeded",
    finished_at: at(2),
    sweep: { id: newId("swp"), cell: 0 },
  });
  const young = await stage.addRun({ id: id(20), status: "succeeded", finished_at: at(20) });
  const { store } = stage.backing;
  const { signal } = new AbortController();
  assert.equal(await forgetOldRuns({ store, signal }, cutoffMs), 1);
  const left = await store.read(async (reader) => {
    const kept: string[] = [];
    for (const { id: run } of [old, long, live, cell, young]) {
      if ((await reader.run(run)) !== undefined) kept.push(run);
    }
    return kept;
  });
  assert.deepEqual(left, [long.id, live.id, cell.id, young.id]);
});
