/** Comparisons at the edge: what differs, curves on the same steps, distances, refusals. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import Value from "typebox/value";
import type { Workshop } from "#catalog/workshop.ts";
import { differencesOf } from "#runs/comparison/differences.ts";
import { Comparison } from "#schemas/comparison.ts";
import type { Errand, ErrandRunner } from "#src/channel.ts";
import { checkpointRecord, digestOf, runRecord, snapshotRecord } from "#test/contracts/records.ts";
import { addMaterials, metrics, shareStage } from "./stage.ts";

let materials: { readonly model: string; readonly dataset: string };
const asked: Errand[] = [];
const errands: ErrandRunner = {
  perform: async (errand) => {
    asked.push(errand);
    assert.ok(errand.kind === "compare");
    const kernels = errand.kernels.map(({ step }) => ({
      distance: step / 100,
      cka: 1,
      relative_change: 2,
    }));
    const weights = errand.weights.map(() => null);
    return { kind: "compare", kernels, weights } as never;
  },
};
const workshop: Workshop = { artifactsDir: "there", memoryBytesMax: 1e9, threads: 1, errands };
const stage = shareStage({ backing: { workshop } }, async ({ backing }) => {
  materials = await addMaterials(backing);
});

const compared = async (query: string): Promise<Comparison> => {
  const answer = await stage().app.inject(`/v1/compare?${query}`);
  assert.equal(answer.statusCode, 200, answer.body);
  assert.ok(Value.Check(Comparison, answer.json()));
  return answer.json();
};

async function twoRuns() {
  const { addRun } = stage();
  const first = await addRun({ ...materials, seed: 1 }, { metricsThrough: 8 });
  const other = await addRun({ ...materials, seed: 2 }, { metricsThrough: 20 });
  return { first: first.id, other: other.id, both: `runs=${first.id},${other.id}` };
}

describe("a comparison", () => {
  it("names every setting that is not the same in all, and no other", async () => {
    const { first, other, both } = await twoRuns();
    const { runs, differences } = await compared(both);
    assert.deepEqual(
      runs.map(({ id }) => id),
      [first, other],
    );
    assert.deepEqual(differences, [{ pointer: "/seed", values: [1, 2] }]);
    const standard = runRecord({}).run;
    const { run: lazy } = runRecord({ algorithm: { type: "linearised", period: { at: [0, 5] } } });
    const { run: named } = runRecord({ name: "another", metadata: { "a/b": "c" } });
    assert.deepEqual(differencesOf([standard, named]), []);
    assert.deepEqual(
      differencesOf([standard, lazy]),
      [
        { pointer: "/algorithm/type", values: [standard.algorithm.type, "linearised"] },
        { pointer: "/algorithm/period/at", values: [null, [0, 5]] },
      ].filter(({ values: [a, b] }) => a !== b),
    );
  });

  it("puts metrics on the same steps, each value one that was reported up to there", async () => {
    const { first, other, both } = await twoRuns();
    await stage().append(first, [metrics(1, 5, (step) => step), metrics(6, 8, (step) => step)]);
    await stage().append(other, [metrics(1, 20, (step) => 100 + step)]);
    const { metrics: all } = await compared(both);
    assert.equal(all.steps.length, 20);
    assert.deepEqual(all.columns["loss"]?.[0]?.slice(0, 10), [1, 2, 3, 4, 5, 6, 7, 8, null, null]);
    const { metrics: few } = await compared(`${both}&points=4&names=loss`);
    assert.deepEqual(few.steps, [5, 10, 15, 20]);
    assert.deepEqual(few.columns, {
      loss: [
        [5, 8, null, null],
        [105, 110, 115, 120],
      ],
    });
    const none = await compared(`${both}&names=nothing`);
    assert.deepEqual(none.metrics.columns, {});
  });

  it("puts evaluations on the steps of all", async () => {
    const { first, other, both } = await twoRuns();
    const score = (accuracy: number) => ({ loss: 1, accuracy });
    const scores = (a: number) => ({ train: score(a), test: score(a / 2) });
    const evaluation = (step: number, a: number) => {
      const data = { step, linearised: scores(a), network: scores(a) };
      return { type: "evaluation" as const, key: `evaluation:${step}`, data };
    };
    await stage().append(first, [evaluation(0, 0.2), evaluation(10, 0.4)]);
    await stage().append(other, [evaluation(0, 0.6), evaluation(5, 0.8)]);
    const { evaluations } = await compared(both);
    assert.deepEqual(evaluations.steps, [0, 5, 10]);
    assert.deepEqual(evaluations.columns["network.test.accuracy"], [
      [0.1, null, 0.2],
      [0.3, 0.4, null],
    ]);
  });

  it("has kernels of equal steps and probes compared by a child, and says why not", async () => {
    const { first, other, both } = await twoRuns();
    const strange = await stage().addRun({ ...materials, seed: 1 });
    const { store } = stage().backing;
    await store.write(async (writer) => {
      for (const step of [0, 10, 20]) {
        await writer.insertSnapshot(first, snapshotRecord({ step, digest: digestOf("a") }));
        await writer.insertSnapshot(
          other,
          snapshotRecord({ step: step * 2, digest: digestOf("b") }),
        );
      }
      await writer.insertSnapshot(strange.id, snapshotRecord({ examples: 9, split: "train" }));
      await writer.insertCheckpoint(checkpointRecord({ run: first, step: 7 }));
      await writer.insertCheckpoint(
        checkpointRecord({ run: other, step: 7, digest: digestOf("f") }),
      );
    });
    asked.length = 0;
    const { kernels, parameters } = await compared(`${both},${strange.id}`);
    assert.deepEqual(kernels[0]?.points, [
      { step: 0, distance: 0, cka: 1, relative_change: 2 },
      { step: 20, distance: 0.2, cka: 1, relative_change: 2 },
    ]);
    assert.match(kernels[1]?.reason ?? "", /2 test examples.*9 train examples/);
    assert.equal(parameters[0]?.reason, "The networks are not the same.");
    assert.match(parameters[1]?.reason ?? "", /no checkpoints of equal steps/);
    const [errand] = asked;
    assert.ok(errand?.kind === "compare" && asked.length === 1);
    assert.deepEqual(errand.weights, [{ step: 7, first: digestOf("d"), other: digestOf("f") }]);
    assert.deepEqual(
      [errand.kernels[1]?.first, errand.kernels[1]?.other],
      [digestOf("a"), digestOf("b")],
    );
    const without = await compared(`${both}&distances=false`);
    assert.deepEqual([without.kernels, without.parameters, asked.length], [[], [], 1]);
  });

  it("is of two to ten runs that are there", async () => {
    const { first, both } = await twoRuns();
    const refused = async (query: string) =>
      (await stage().app.inject(`/v1/compare?${query}`)).json();
    assert.equal((await refused(`runs=${first}`)).code, "invalid_request");
    assert.equal((await refused(`runs=${first},${first}`)).code, "invalid_request");
    assert.equal((await refused("")).code, "invalid_request");
    assert.equal((await refused(`${both},run_00000000000000000zzz`)).code, "not_found");
    const many = Array.from({ length: 11 }, (_, i) => `run_0000000000000000${1000 + i}`);
    assert.equal((await refused(`runs=${many.join(",")}`)).code, "invalid_request");
  });
});
