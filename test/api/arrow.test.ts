/** Metrics and results of sweeps as Arrow streams, read back by another implementation's reader. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Table, tableFromIPC } from "apache-arrow";
import { arrowRowsMax, arrowStream, arrowStreamType } from "#api/arrow.ts";
import { feedSweep } from "#runs/sweeps/feeder.ts";
import { nextVersion } from "#test/contracts/records.ts";
import { addMaterials, metrics, shareStage } from "./stage.ts";

const stage = shareStage();

async function tableAt(url: string): Promise<Table> {
  const answer = await stage().app.inject({ url, headers: { accept: arrowStreamType } });
  assert.equal(answer.statusCode, 200, answer.body);
  assert.equal(answer.headers["content-type"], arrowStreamType);
  return tableFromIPC(answer.rawPayload);
}

const typesOf = ({ schema }: Table) =>
  Object.fromEntries(schema.fields.map(({ name, type }) => [name, String(type)]));
const columnOf = (table: Table, name: string) => [...(table.getChild(name) ?? [])];

/** Loss at a step: every seventh is no number, every eleventh without end. */
const lossAt = (step: number): number => {
  if (step % 7 === 0) return Number.NaN;
  return step % 11 === 0 ? Number.NEGATIVE_INFINITY : 1 / step;
};

describe("metrics as Arrow", () => {
  it("are typed columns in which NaN and infinities are floats", async () => {
    const { id } = await stage().addRun({}, { metricsThrough: 50 });
    await stage().append(id, [metrics(1, 30, lossAt), metrics(31, 50, lossAt)]);
    const table = await tableAt(`/v1/runs/${id}/metrics?from=3`);
    assert.deepEqual(typesOf(table), { step: "Int32", loss: "Float64", learning_rate: "Float64" });
    const steps = Array.from({ length: 48 }, (_, i) => 3 + i);
    assert.deepEqual(columnOf(table, "step"), steps);
    assert.deepEqual(columnOf(table, "loss"), steps.map(lossAt));
  });

  it("have an empty cell where a step has no value, and as many rows as points", async () => {
    const { id } = await stage().addRun({}, { metricsThrough: 6 });
    const sparse = metrics(4, 6);
    assert.ok(sparse.type === "metrics");
    const { loss: _loss, ...rest } = sparse.data.columns;
    await stage().append(id, [
      metrics(1, 3),
      { ...sparse, data: { ...sparse.data, columns: rest } },
    ]);
    const table = await tableAt(`/v1/runs/${id}/metrics?names=loss`);
    assert.deepEqual(columnOf(table, "loss"), [1, 1 / 2, 1 / 3, null, null, null]);
    const few = await tableAt(`/v1/runs/${id}/metrics?names=learning_rate&points=2`);
    assert.deepEqual(columnOf(few, "step"), [1, 6]);
  });

  it("are an empty table before the first step", async () => {
    const { id } = await stage().addRun();
    const table = await tableAt(`/v1/runs/${id}/metrics`);
    assert.deepEqual([table.numRows, typesOf(table)], [0, { step: "Int32" }]);
  });
});

describe("results of a sweep as Arrow", () => {
  it("are a row for each cell or each group, by the columns of the csv", async () => {
    const { app, backing } = stage();
    const base = {
      ...(await addMaterials(backing)),
      optimizer: { type: "sgd", learning_rate: 0.1 },
      algorithm: { type: "linearised", period: 1 },
      batch_size: 1,
      steps: 10,
    };
    const vary = { "/algorithm/period": [1, "never"], "/optimizer/learning_rate": [0.1, 0.2] };
    const made = await app.inject({ method: "POST", url: "/v1/sweeps", payload: { base, vary } });
    const { id } = made.json();
    await feedSweep(backing.runs, id, 1);
    await backing.store.write(async (writer) => {
      const [record] = (await writer.runs({ sweep: id, limit: 1 })).rows;
      assert.ok(record !== undefined);
      const score = { loss: "Infinity" as const, accuracy: 0.25 };
      const scores = { train: score, test: score };
      const result = { linearised: scores, network: scores };
      await writer.updateRun(nextVersion(record, { status: "succeeded", result }));
    });
    const cells = await tableAt(`/v1/sweeps/${id}`);
    assert.deepEqual(columnOf(cells, "/algorithm/period"), ["1", "1", "never", "never"]);
    assert.deepEqual(columnOf(cells, "/optimizer/learning_rate"), [0.1, 0.2, 0.1, 0.2]);
    assert.deepEqual(columnOf(cells, "linearised_test_loss"), [Infinity, null, null, null]);
    assert.deepEqual(columnOf(cells, "status").slice(1), Array(3).fill("waiting"));
    assert.deepEqual([typesOf(cells)["cell"], typesOf(cells)["run"]], ["Int32", "Utf8"]);
    const groups = await tableAt(`/v1/sweeps/${id}?table=groups`);
    assert.deepEqual(columnOf(groups, "linearised_test_accuracy_mean").length, 4);
    assert.equal(typesOf(groups)["linearised_test_accuracy_n"], "Int32");
    const csv = await app.inject({ url: `/v1/sweeps/${id}`, headers: { accept: "text/csv" } });
    const titles = csv.body.split("\r\n")[0]?.split(",");
    assert.deepEqual(Object.keys(typesOf(cells)), titles);
  });
});

describe("an Arrow stream", () => {
  it("goes out in batches of bounded size, and is whole when read back", async () => {
    const count = 2 * arrowRowsMax + 5;
    let asked = 0;
    function* rows() {
      for (let i = 0; i < count; i += 1) {
        asked += 1;
        yield [i, i % 3 === 0 ? null : `row ${i}`];
      }
    }
    const columns = [
      { name: "i", kind: "int32", nullable: false },
      { name: "text", kind: "utf8", nullable: true },
    ] as const;
    const parts: Buffer[] = [];
    const askedAt: number[] = [];
    for await (const part of arrowStream(columns, rows())) {
      parts.push(part);
      askedAt.push(asked);
    }
    assert.deepEqual(askedAt, [arrowRowsMax, 2 * arrowRowsMax, count]);
    const table = tableFromIPC(Buffer.concat(parts));
    assert.equal(table.numRows, count);
    assert.deepEqual(table.get(count - 1)?.toJSON(), { i: count - 1, text: `row ${count - 1}` });
    assert.deepEqual(table.get(0)?.toJSON(), { i: 0, text: null });
  });

  it("costs nothing at the start: no source loads the library before it is needed", () => {
    const src = join(import.meta.dirname, "../../src");
    const files = readdirSync(src, { recursive: true, encoding: "utf8" });
    const sources = files.filter((file) => file.endsWith(".ts"));
    const early = /^import (?!type)[^;]*"apache-arrow"/m;
    const found = sources.filter((file) => early.test(readFileSync(join(src, file), "utf8")));
    assert.deepEqual(found, []);
    assert.ok(
      sources.some((file) =>
        /import\("apache-arrow"\)/.test(readFileSync(join(src, file), "utf8")),
      ),
    );
  });
});
