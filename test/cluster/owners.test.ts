/** The watch over leases sees what must not be, or its silence would mean nothing. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { OwnerWatch } from "../../bench/campaign/owners.ts";

it("tells two owners under one epoch, and an epoch that goes back", () => {
  const watch = new OwnerWatch("postgres://none");
  watch.take({ id: "run_1", owner: "a", epoch: "1" });
  watch.take({ id: "run_1", owner: "a", epoch: "1" });
  watch.take({ id: "run_1", owner: "b", epoch: "2" });
  watch.take({ id: "run_2", owner: "a", epoch: "1" });
  assert.deepEqual([watch.faults, watch.seen], [[], 3]);
  watch.take({ id: "run_1", owner: "c", epoch: "2" });
  assert.equal(watch.faults.length, 1);
  watch.take({ id: "run_1", owner: "a", epoch: "1" });
  assert.equal(watch.faults.length, 2);
});
