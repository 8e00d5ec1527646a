/** How runs are spread over GPUs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GpuShares } from "#runs/gpus.ts";

test("each GPU has a trainer before one has two", async () => {
  const gpus = new GpuShares(async () => 3);
  const given: number[] = [];
  for (const run of ["a", "b", "c", "d"]) {
    const gpu = await gpus.next();
    gpus.take(run, "auto", gpu);
    given.push(gpu);
  }
  assert.deepEqual(given, [0, 1, 2, 0]);
  gpus.release("b");
  assert.equal(await gpus.next(), 1);
});

test("a run that names its GPU counts there, and one on the processor nowhere", async () => {
  const gpus = new GpuShares(async () => 2);
  gpus.take("a", "cuda:0", 1);
  assert.equal(await gpus.next(), 1);
  gpus.take("b", "cpu", 1);
  assert.equal(await gpus.next(), 1);
  gpus.take("c", "cuda", 1);
  assert.equal(await gpus.next(), 0);
});

test("without GPUs runs are given the first, and the machine is asked now and then", async () => {
  let asked = 0;
  let nowMs = 0;
  const gpus = new GpuShares(
    async () => {
      asked += 1;
      return 0;
    },
    () => nowMs,
  );
  assert.equal(await gpus.next(), 0);
  assert.equal(await gpus.next(), 0);
  assert.equal(asked, 1);
  nowMs = 3_600_000;
  await gpus.next();
  assert.equal(asked, 2);
});
