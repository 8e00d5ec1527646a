/** Sweeps at the edge: submission, refusals, reading as JSON and csv, actions, the one stream. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import Value from "typebox/value";
import { resolveNamed } from "#api/http/schemas.ts";
import { feedSweep } from "#runs/sweeps/feeder.ts";
import { ServerFrame } from "#schemas/stream.ts";
import { Sweep, SweepResults } from "#schemas/sweep.ts";
import { nextVersion } from "#test/contracts/records.ts";
import { Listener } from "./listener.ts";
import { addMaterials, shareStage } from "./stage.ts";

let address: string;
let base: Record<string, unknown>;
const stage = shareStage({}, async ({ app, backing }) => {
  address = await app.listen({ host: "127.0.0.1", port: 0 });
  base = {
    ...(await addMaterials(backing)),
    algorithm: { type: "linearised", period: 1 },
    optimizer: { type: "sgd", learning_rate: 0.1 },
    batch_size: 1,
    steps: 10,
  };
});
const open: Listener[] = [];
after(() => {
  for (const { socket } of open) socket.terminate();
});

const post = (url: string, payload?: object, headers: Record<string, string> = {}) =>
  stage().app.inject({ method: "POST", url, headers, ...(payload ? { payload } : {}) });
const get = (url: string, headers: Record<string, string> = {}) =>
  stage().app.inject({ url, headers });

const periods = { "/algorithm/period": [1, 4, "never"] };

async function submit(changes: object = {}): Promise<Sweep> {
  const answer = await post("/v1/sweeps", { base, vary: periods, ...changes });
  assert.equal(answer.statusCode, 202, answer.body);
  return answer.json();
}

/** Has some cells become runs, as the feeder would. */
const feed = (id: string, ahead: number) => feedSweep(stage().backing.runs, id, ahead);

async function cellsOf(id: string) {
  const page = await stage().backing.store.read((r) => r.runs({ sweep: id, limit: 100 }));
  return page.rows.toReversed();
}

/** Ends the run of a cell with a test accuracy of both functions, or diverged without one. */
async function endCell(id: string, cell: number, accuracy?: number): Promise<string> {
  const { store, wakeups } = stage().backing;
  const record = (await cellsOf(id))[cell];
  assert.ok(record !== undefined);
  const score = { loss: 0.5, accuracy: accuracy ?? 0 };
  const scores = { train: score, test: score };
  const error = { code: "diverged", message: "no", retryable: false } as const;
  const end =
    accuracy === undefined
      ? { status: "failed" as const, error }
      : { status: "succeeded" as const, result: { linearised: scores, network: scores } };
  const progress = { ...record.run.progress, step: 10, linearisations: 10 - cell };
  await store.write((writer) => writer.updateRun(nextVersion(record, { ...end, progress })));
  wakeups.wake(record.run.id);
  return record.run.id;
}

describe("submitting a sweep", () => {
  it("answers with the sweep and its place, and lists it", async () => {
    const answer = await post("/v1/sweeps", { name: "K", base, vary: periods, seeds: 2 });
    const sweep: Sweep = answer.json();
    assert.equal(answer.headers.location, `/v1/sweeps/${sweep.id}`);
    assert.ok(Value.Check(Sweep, sweep));
    assert.deepEqual([sweep.total, sweep.counts.waiting, sweep.status], [6, 6, "running"]);
    const { data } = (await get("/v1/sweeps?limit=1")).json();
    assert.deepEqual(data, [sweep]);
  });

  it("does the same request once when it carries a key", async () => {
    const headers = { "idempotency-key": "sweep-1" };
    const first = await post("/v1/sweeps", { base, vary: periods }, headers);
    const second = await post("/v1/sweeps", { base, vary: periods }, headers);
    assert.equal(second.headers["idempotency-replayed"], "true");
    assert.equal(second.body, first.body);
  });

  it("points at the field of the cell that is at fault", async () => {
    const wrong: readonly (readonly [object, string, number])[] = [
      [
        { vary: { "/optimizer/learning_rate": [0.1, -1] } },
        "/vary/~1optimizer~1learning_rate/1",
        400,
      ],
      [{ vary: { "/optimiser/learning_rate": [0.1] } }, "/vary/~1optimiser~1learning_rate/0", 400],
      [{ base: { ...base, steps: 0 } }, "/base/steps", 400],
      [{ cells: [{ "/batch_size": 1 }, { "/batch_size": 9 }] }, "/cells/1/~1batch_size", 422],
      [{ cells: [{ "/steps/x": 1 }] }, "/cells/0/~1steps~1x", 400],
      [{ base: { ...base, dataset: "dst_00000000000000000000" } }, "/base/dataset", 422],
      [
        { base: { ...base, model: { input: { shape: [2] }, layers: [] } } },
        "/base/model/layers",
        422,
      ],
      [{ vary: { "/seed": [] } }, "/vary/~1seed", 400],
      [{ parallel: 0 }, "/parallel", 400],
      [{ seeds: 4000 }, "", 400],
    ];
    for (const [changes, pointer, status] of wrong) {
      const answer = await post("/v1/sweeps", { base, vary: periods, ...changes });
      const problem = answer.json();
      assert.equal(answer.statusCode, status, answer.body);
      const pointers = problem.errors.map((error: { pointer: string }) => error.pointer);
      assert.ok(pointers.includes(pointer), `${pointer} in ${pointers.join()}`);
    }
  });
});

describe("reading a sweep", () => {
  it("tells every cell, groups of seeds, and what the periods reach", async () => {
    const { id } = await submit({ seeds: 2 });
    assert.equal(await feed(id, 5), 5);
    for (const [cell, accuracy] of [0.9, 0.8, 0.85, 0.84].entries()) {
      await endCell(id, cell, accuracy);
    }
    await endCell(id, 4);
    const answer = await get(`/v1/sweeps/${id}?delta=0.05`);
    const results: SweepResults = answer.json();
    assert.ok(Value.Check(SweepResults, results));
    assert.deepEqual(
      results.rows.map(({ status, error }) => [status, error]),
      [
        ...Array.from({ length: 4 }, () => ["succeeded", null]),
        ["failed", "diverged"],
        ["waiting", null],
      ],
    );
    assert.deepEqual(results.rows[1]?.values, { "/algorithm/period": 1, "/seed": 1 });
    const [first, second, third] = results.groups;
    const accuracy = first?.figures.linearised_test_accuracy;
    assert.deepEqual([accuracy?.n, accuracy?.mean?.toFixed(6)], [2, "0.850000"]);
    assert.ok((accuracy?.low ?? 1) < 0.8 && (accuracy?.high ?? 0) > 0.9);
    assert.equal(second?.figures.linearisations.mean, 7.5);
    assert.deepEqual([third?.diverged, third?.succeeded], [1, 0]);
    const [fewest] = results.summary.fewest_linearisations;
    assert.equal(fewest?.fewest.period, 4);
    assert.equal(results.summary.stability_frontier.length, 3);
  });

  it("is a csv of cells or of groups for who asks", async () => {
    const { id } = await submit({ vary: { "/stop/loss": [0.1, 0.2] }, name: "a,b" });
    await feed(id, 2);
    await endCell(id, 0, 0.75);
    const cells = await get(`/v1/sweeps/${id}`, { accept: "text/csv" });
    assert.match(String(cells.headers["content-type"]), /^text\/csv/);
    const [title, first, second] = cells.body.split("\r\n").map((line) => line.split(","));
    assert.deepEqual(title?.slice(0, 6), ["cell", "/stop/loss", "run", "status", "error", "step"]);
    assert.equal(first?.[title?.indexOf("linearised_test_accuracy") ?? -1], "0.75");
    assert.deepEqual([second?.[0], second?.[3]], ["1", "queued"]);
    const groups = await get(`/v1/sweeps/${id}?table=groups`, { accept: "text/csv" });
    assert.match(groups.body, /^\/stop\/loss,cells,succeeded,diverged,linearised_train_loss_n,/);
    assert.equal((await get(`/v1/sweeps/${id}`, { accept: "image/png" })).statusCode, 406);
  });

  it("finds the runs of a sweep among all runs", async () => {
    const { id } = await submit();
    await feed(id, 2);
    const { data } = (await get(`/v1/runs?sweep=${id}`)).json();
    assert.deepEqual(
      data.map((run: { sweep: unknown }) => run.sweep),
      [
        { id, cell: 1 },
        { id, cell: 0 },
      ],
    );
  });

  it("knows no sweep that is not there", async () => {
    const missing = "/v1/sweeps/swp_00000000000000000000";
    assert.equal((await get(missing)).statusCode, 404);
    for (const action of ["pause", "resume", "cancel"]) {
      assert.equal((await post(`${missing}/${action}`)).statusCode, 404);
    }
    assert.equal((await stage().app.inject({ method: "DELETE", url: missing })).statusCode, 404);
  });
});

describe("acting on a sweep", () => {
  it("pauses, resumes, cancels and deletes", async () => {
    const { id } = await submit();
    await feed(id, 2);
    const pause = await post(`/v1/sweeps/${id}/pause`);
    assert.equal(pause.statusCode, 202);
    assert.deepEqual([pause.json().status, pause.json().counts.paused], ["paused", 2]);
    assert.equal(await feed(id, 3), 0);
    assert.equal((await post(`/v1/sweeps/${id}/resume`)).json().counts.queued, 2);
    const url = `/v1/sweeps/${id}`;
    assert.equal((await stage().app.inject({ method: "DELETE", url })).json().code, "in_use");
    assert.equal((await post(`${url}/cancel`)).json().status, "cancelled");
    assert.equal((await post(`${url}/resume`)).json().code, "conflict");
    assert.equal((await stage().app.inject({ method: "DELETE", url })).statusCode, 204);
    assert.equal((await get(url)).statusCode, 404);
  });
});

function listen(path: string): Listener {
  const listener = new Listener(address + path);
  open.push(listener);
  return listener;
}

describe("the stream of a sweep", () => {
  it("tells all runs, those that come later too, and every change of counts", async () => {
    const { id } = await submit();
    await feed(id, 1);
    const listener = listen(`/v1/sweeps/${id}/stream`);
    await listener.until(() => listener.of("caught_up").length === 1);
    assert.deepEqual(listener.of("sweep")[0]?.counts.queued, 1);
    const known = listener.of("hello").map(({ run }) => run);
    await feed(id, 3);
    stage().backing.wakeups.wake(id);
    await listener.until(() => listener.of("hello").length === 3);
    const ids = (await cellsOf(id)).map(({ run }) => run.id);
    assert.deepEqual(known, ids.slice(0, 1));
    for (const cell of [0, 1, 2]) await endCell(id, cell, 0.5);
    await listener.until(() => listener.of("sweep").at(-1)?.status === "completed");
    await listener.until(() => listener.of("complete").length === 3);
    assert.deepEqual(
      listener
        .of("complete")
        .map(({ run }) => run)
        .toSorted(),
      ids,
    );
    for (const frame of listener.frames) {
      assert.ok(Value.Check(ServerFrame, frame), JSON.stringify(frame));
    }
  });

  it("can leave out what was, and take a cursor for one run", async () => {
    const { id } = await submit();
    await feed(id, 2);
    const [first, second] = (await cellsOf(id)).map(({ run }) => run.id);
    const listener = listen(`/v1/sweeps/${id}/stream?history=false`);
    await listener.until(() => listener.of("caught_up").length === 2);
    assert.deepEqual(listener.of("event"), []);
    listener.send({ frame: "subscribe", run: first ?? "", after: 0 });
    await listener.until(() => listener.of("event").length === 1);
    assert.equal(listener.of("event")[0]?.run, first);
    assert.notEqual(first, second);
  });

  it("closes with 4404 when there is no such sweep", async () => {
    const listener = listen("/v1/sweeps/swp_00000000000000000000/stream");
    assert.equal((await listener.closed).code, 4404);
  });
});

it("every schema of sweeps is named in the contract", () => {
  for (const name of ["Sweep", "SweepRequest", "SweepResults", "SweepPage"]) {
    assert.ok(resolveNamed(`${name}#`) !== undefined, name);
  }
});
