/** Errands: one warm child, its crashes and limits; predictions on top of it. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { Errands, type ErrandsOptions } from "#runs/errands.ts";
import { predictRun } from "#runs/predict.ts";
import { draft, model } from "./records.ts";
import { scenarios } from "./scenarios.ts";
import { fakeTrainer, openWorkshop, silent } from "./workshop.ts";

const digest = `sha256:${"0".repeat(64)}`;

function open(t: TestContext, options: Partial<ErrandsOptions> = {}): Errands {
  const errands = new Errands({
    log: silent,
    entry: fakeTrainer,
    environment: {},
    memoryBytesMax: 2 ** 30,
    ...options,
  });
  t.after(() => errands.close());
  return errands;
}

function predict(errands: Errands, first: number, signal?: AbortSignal) {
  const { definition } = model;
  assert.ok(definition);
  const errand = {
    kind: "predict",
    model: { kind: "definition", definition },
    artifactsDir: "/nowhere",
    checkpoint: digest,
    function: "network",
    inputs: Float64Array.of(first, 10),
    examples: 1,
  } as const;
  return errands.perform(errand, signal);
}

test("one child does errands one after the other", async (t) => {
  const errands = open(t);
  const [a, b] = await Promise.all([predict(errands, 5), predict(errands, 6)]);
  assert.deepEqual([a.outputs[0], b.outputs[0]], [15, 16]);
  assert.equal(a.outputs[1], b.outputs[1]);
});

test("a crash refuses its errand only; the next has a new child", async (t) => {
  const errands = open(t);
  const results = await Promise.allSettled([
    predict(errands, 5),
    predict(errands, 1),
    predict(errands, 6),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  await assert.rejects(predict(errands, 1), { code: "trainer_crashed" });
});

test("an errand that takes too long is stopped; what the child refuses is passed on", async (t) => {
  const errands = open(t, { timeoutMs: 1500 });
  await assert.rejects(predict(errands, 2), /longer than 1.5 s/);
  await assert.rejects(predict(errands, 3), { code: "storage_corrupt" });
  assert.equal((await predict(errands, 5)).outputs[0], 15);
});

test("errands wait up to a limit, and not at all once their client is gone", async (t) => {
  const errands = open(t, { waitingMax: 2 });
  const gone = new AbortController();
  const first = predict(errands, 5);
  const second = predict(errands, 6, gone.signal);
  const third = predict(errands, 7);
  assert.throws(() => predict(errands, 8), { code: "queue_full" });
  gone.abort();
  await assert.rejects(second, { name: "AbortError" });
  assert.equal((await first).outputs[0], 15);
  assert.equal((await third).outputs[0], 17);
});

test("a prediction is checked, flattened and comes back in the output shape", async (t) => {
  const shop = await openWorkshop(t);
  shop.dispatch();
  const id = await shop.submit(scenarios.usual);
  await shop.untilStatus(id, "succeeded");
  const context = { ...shop.context, errands: open(t), artifactsDir: "/nowhere" };
  const example = Array.from({ length: 20 }, () => 0.5);
  const predicted = await predictRun(context, id, { request: { inputs: [example, example] } });
  assert.equal(predicted.step, 7);
  assert.equal(predicted.outputs.length, 2);
  assert.deepEqual(predicted.classes, [1, 1]);
  const bad = predictRun(context, id, { request: { inputs: [example, example.slice(1)] } });
  await assert.rejects(bad, (error) => {
    assert.ok(error instanceof Error && "errors" in error && Array.isArray(error.errors));
    return error.errors[0].pointer === "/inputs/1";
  });
});

test("a run without a checkpoint cannot predict", async (t) => {
  const shop = await openWorkshop(t);
  const record = draft();
  await shop.context.store.write((writer) =>
    writer.insertRun({ ...record, run: { ...record.run, version: 1 } }),
  );
  const context = { ...shop.context, errands: open(t), artifactsDir: "/nowhere" };
  await assert.rejects(predictRun(context, record.run.id, { request: { inputs: [[1]] } }), {
    code: "no_checkpoint",
  });
});
