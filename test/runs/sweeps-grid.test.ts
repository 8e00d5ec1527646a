/** Cells of a sweep, and what is computed from their results: pure parts. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { cellRequest, gridOf, sourceOf, valuesOf } from "#runs/sweeps/grid.ts";
import { escaped, placed, tokensOf } from "#runs/sweeps/pointer.ts";
import { estimate, studentQuantile } from "#runs/sweeps/statistics.ts";
import { type Cell, summaryOf } from "#runs/sweeps/summary.ts";
import { resultNames, type SweepRequest, type SweepRow } from "#schemas/sweep.ts";
import { Failure } from "#src/failure.ts";

test("a pointer puts its value in place and leaves the rest as it was", () => {
  const key = fc.string({ maxLength: 5 }).filter((text) => text !== "__proto__");
  const json = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(
      fc.dictionary(key, json, { noNullPrototype: true }),
      key,
      json,
      (base, name, value) => {
        const before = structuredClone(base);
        const tokens = tokensOf(`/${escaped(name)}`);
        assert.deepEqual(tokens, [name]);
        const changed = placed(base, tokens ?? [], value);
        assert.deepEqual(base, before);
        assert.deepEqual(changed, { ...base, [name]: value });
      },
    ),
  );
});

test("a pointer reaches into lists, makes what is missing, and never a prototype", () => {
  const base = { model: { layers: [{ units: 1 }, { units: 2 }] }, steps: 3 };
  const put = (pointer: string, value: unknown) =>
    placed(base, tokensOf(pointer) ?? assert.fail(), value);
  const layers = [{ units: 1 }, { units: 9 }];
  assert.deepEqual(put("/model/layers/1/units", 9), { model: { layers }, steps: 3 });
  assert.deepEqual(put("/stop/loss", 0.1), { ...base, stop: { loss: 0.1 } });
  for (const nowhere of ["/model/layers/2/units", "/model/layers/-/units", "/steps/more"]) {
    assert.equal(put(nowhere, 1), undefined, nowhere);
  }
  for (const none of ["", "steps", "/a~2", "/__proto__/x"]) {
    assert.equal(tokensOf(none), undefined, none);
  }
});

const request: SweepRequest = {
  base: { steps: 10, optimizer: { type: "sgd" } },
  cells: [{ "/algorithm": 1 }, { "/algorithm": 2, "/batch_size": 5 }],
  vary: { "/optimizer/learning_rate": [0.1, 0.2, 0.3] },
  seeds: 2,
};

test("a grid has every pair of list, varied field and seed once, the last moving fastest", () => {
  const grid = gridOf(request);
  assert.equal(grid.total, 12);
  const cells = Array.from({ length: 12 }, (_, at) => valuesOf(grid.changesAt(at)));
  assert.equal(new Set(cells.map((cell) => JSON.stringify(cell))).size, 12);
  assert.deepEqual(cells[0], { "/algorithm": 1, "/optimizer/learning_rate": 0.1, "/seed": 0 });
  assert.deepEqual(cells[1], { "/algorithm": 1, "/optimizer/learning_rate": 0.1, "/seed": 1 });
  assert.equal(cells[11]?.["/batch_size"], 5);
  assert.deepEqual(cellRequest(request.base, grid.changesAt(11)), {
    steps: 10,
    algorithm: 2,
    batch_size: 5,
    optimizer: { type: "sgd", learning_rate: 0.3 },
    seed: 1,
  });
  assert.equal(gridOf({ base: {} }).total, 1);
});

test("a fault is named where the sweep request says the value", () => {
  const changes = gridOf(request).changesAt(11);
  assert.equal(sourceOf("/optimizer/learning_rate", changes), "/vary/~1optimizer~1learning_rate/2");
  assert.equal(sourceOf("/optimizer", changes), "/vary/~1optimizer~1learning_rate/2");
  assert.equal(sourceOf("/algorithm/period", changes), "/cells/1/~1algorithm/period");
  assert.equal(sourceOf("/seed", changes), "/seeds");
  assert.equal(sourceOf("/steps", changes), "/base/steps");
});

test("a grid refuses too many cells, a field varied twice, and what is no pointer", () => {
  const many = Array.from({ length: 101 }, (_, i) => i);
  const wrong: readonly (readonly [Partial<SweepRequest>, string])[] = [
    [{ vary: { "/a": many, "/b": many } }, ""],
    [{ vary: { "/seed": [1] }, seeds: [1, 2] }, "/seeds"],
    [{ vary: { "/a": [1], "/a/b": [2] } }, "/vary/~1a~1b"],
    [{ vary: { a: [1] } }, "/vary/a/0"],
    [{ vary: { "/__proto__/x": [1] } }, "/vary/~1__proto__~1x/0"],
  ];
  for (const [some, pointer] of wrong) {
    assert.throws(
      () => gridOf({ base: {}, ...some }),
      (error) => error instanceof Failure && error.errors[0]?.pointer === pointer,
    );
  }
});

test("the interval is that of Student's t", () => {
  assert.ok(Math.abs(studentQuantile(1) - Math.tan(Math.PI * 0.475)) < 1e-9);
  // From the table's last entry to the series, and towards the normal distribution.
  assert.ok(Math.abs(studentQuantile(31) - 2.0395134464) < 1e-6);
  assert.ok(Math.abs(studentQuantile(120) - 1.9799304051) < 1e-8);
  const { n, mean, deviation, low, high } = estimate([1, 2, 3, Number.NaN]);
  assert.deepEqual([n, mean, deviation], [3, 2, 1]);
  assert.ok(Math.abs((high ?? 0) - 2 - 4.3026527297 / Math.sqrt(3)) < 1e-9);
  assert.ok(Math.abs((low ?? 0) + (high ?? 0) - 4) < 1e-12);
  assert.deepEqual(estimate([5]), { n: 1, mean: 5, deviation: null, low: null, high: null });
  assert.equal(estimate([]).mean, null);
});

interface Point {
  readonly period: number | "never" | "standard";
  readonly rate: number;
  readonly seed: number;
  readonly accuracy?: number;
  readonly linearisations?: number;
}

const none = Object.fromEntries(resultNames.map((name) => [name, null])) as SweepRow["figures"];

/** A cell that ended; without an accuracy it diverged. */
function ended({ period, rate, seed, accuracy, linearisations = 1 }: Point): Cell {
  const standard = period === "standard";
  const values = { "/algorithm/period": period, "/optimizer/learning_rate": rate, "/seed": seed };
  const figures = { ...none, linearised_test_accuracy: accuracy ?? null, linearisations };
  const status = accuracy === undefined ? "failed" : "succeeded";
  const row = { cell: 0, values, run: null, status, error: null, step: 1, figures } as const;
  const algorithm = standard ? { type: "standard" } : { type: "linearised", period };
  return {
    row,
    request: { algorithm, optimizer: { type: "sgd", learning_rate: rate } },
    diverged: accuracy === undefined,
  };
}

test("the fewest linearisations within δ of K = 1 are found over seeds", () => {
  const cells = [
    { period: 1, accuracy: 0.9, linearisations: 100 },
    { period: 10, accuracy: 0.89, linearisations: 10 },
    { period: 50, accuracy: 0.87, linearisations: 2 },
    { period: "never", accuracy: 0.5, linearisations: 1 },
  ] as const;
  const all = [0, 1].flatMap((seed) =>
    cells.map((cell) => ended({ ...cell, rate: 0.1, seed, accuracy: cell.accuracy + seed / 100 })),
  );
  const found = (delta: number) => summaryOf(all, delta).fewest_linearisations[0];
  assert.deepEqual(found(0.02)?.values, { "/optimizer/learning_rate": 0.1 });
  assert.equal(found(0.02)?.fewest.period, 10);
  assert.equal(found(0.04)?.fewest.linearisations, 2);
  assert.equal(found(0.001)?.fewest.period, 1);
  assert.equal(found(1)?.fewest.period, "never");
  assert.deepEqual(summaryOf(all.slice(1, 4), 0.02).fewest_linearisations, []);
});

test("standard training stands for K = 1, and a diverged seed spoils its period", () => {
  const cells = [
    ended({ period: "standard", rate: 0.1, seed: 0, accuracy: 0.9, linearisations: 100 }),
    ended({ period: 10, rate: 0.1, seed: 0, accuracy: 0.9, linearisations: 10 }),
    ended({ period: 10, rate: 0.1, seed: 1 }),
  ];
  const [found] = summaryOf(cells, 0.02).fewest_linearisations;
  assert.equal(found?.reference.linearisations, 100);
  assert.equal(found?.fewest.period, 1);
});

test("the frontier has the largest rate at which no seed diverged", () => {
  const cells = [
    ended({ period: 1, rate: 0.1, seed: 0, accuracy: 0.5 }),
    ended({ period: 1, rate: 1, seed: 0, accuracy: 0.5 }),
    ended({ period: 1, rate: 1, seed: 1 }),
    ended({ period: "never", rate: 0.1, seed: 0 }),
    ended({ period: 8, rate: 4, seed: 0, accuracy: 0.5 }),
  ];
  const frontier = summaryOf(cells, 0.02).stability_frontier;
  const rates = frontier.map((each) => [
    each.period,
    each.largest_stable_rate,
    each.smallest_diverged_rate,
  ]);
  assert.deepEqual(rates, [
    [1, 0.1, 1],
    ["never", null, 0.1],
    [8, 4, null],
  ]);
});
