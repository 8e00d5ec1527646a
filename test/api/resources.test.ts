/** Models, data sets and runs over HTTP: made, listed, read, changed, deleted. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import Value from "typebox/value";
import { Dataset } from "#schemas/dataset.ts";
import { Devices } from "#schemas/device.ts";
import { Health } from "#schemas/health.ts";
import { Limits } from "#schemas/limits.ts";
import { Model } from "#schemas/model.ts";
import { Run } from "#schemas/run.ts";
import { addMaterials, shareStage } from "./stage.ts";

const definition = {
  input: { shape: [2] },
  layers: [
    { type: "dense", units: 8, activation: "relu" },
    { type: "dense", units: 2 },
  ],
};

const stage = shareStage();

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  stage().app.inject({ method: "POST", url, payload, headers });

async function runBody(changes: object = {}) {
  const materials = await addMaterials(stage().backing);
  const optimizer = { type: "sgd", learning_rate: 0.1 };
  return { ...materials, optimizer, batch_size: 1, steps: 10, ...changes };
}

describe("models", () => {
  it("are made from a definition, read back the same, and deleted", async () => {
    const made = await post("/v1/models", { name: "tiny", definition });
    assert.equal(made.statusCode, 201, made.body);
    const model = made.json();
    assert.ok(Value.Check(Model, model));
    assert.equal(model.parameters, 2 * 8 + 8 + 8 * 2 + 2);
    const path = `/v1/models/${model.id}`;
    assert.equal(made.headers.location, path);
    assert.deepEqual((await stage().app.inject(path)).json(), model);
    assert.equal((await stage().app.inject({ method: "DELETE", url: path })).statusCode, 204);
    assert.equal((await stage().app.inject(path)).statusCode, 404);
  });

  it("are listed newest first in pages that meet without overlap", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) ids.push((await post("/v1/models", { definition })).json().id);
    const first = (await stage().app.inject("/v1/models?limit=2")).json();
    assert.deepEqual(
      first.data.map(({ id }: Model) => id),
      [ids[4], ids[3]],
    );
    assert.equal(first.has_more, true);
    const url = `/v1/models?limit=3&after=${first.next_cursor}`;
    const second = (await stage().app.inject(url)).json();
    assert.deepEqual(
      second.data.map(({ id }: Model) => id),
      [ids[2], ids[1], ids[0]],
    );
  });

  it("are listed at most 200 at a time, whatever limit is asked for", async () => {
    const answer = await stage().app.inject("/v1/models?limit=5000");
    assert.equal(answer.statusCode, 200);
  });
});

describe("data sets", () => {
  it("are generated", async () => {
    const made = await post("/v1/datasets", { generator: { type: "wedge", train: 20, test: 10 } });
    assert.equal(made.statusCode, 201, made.body);
    assert.ok(Value.Check(Dataset, made.json()));
    assert.equal(made.headers.location, `/v1/datasets/${made.json().id}`);
  });

  it("are uploaded as csv with a label column", async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${i},${-i},${i % 2 === 0 ? "even" : "odd"}`);
    const made = await stage().app.inject({
      method: "POST",
      url: "/v1/datasets?name=parity&label=kind&test_fraction=0.25",
      headers: { "content-type": "text/csv" },
      payload: ["a,b,kind", ...rows].join("\n"),
    });
    assert.equal(made.statusCode, 201, made.body);
    const dataset: unknown = made.json();
    assert.ok(Value.Check(Dataset, dataset));
    assert.equal(dataset.name, "parity");
    assert.equal(dataset.splits.test.examples, 5);
    assert.deepEqual(dataset.input_shape, [2]);
  });
});

describe("runs", () => {
  it("are accepted with a location, and read with an ETag that answers 304", async () => {
    const made = await post("/v1/runs", await runBody({ name: "first" }));
    assert.equal(made.statusCode, 202, made.body);
    assert.ok(Value.Check(Run, made.json()));
    const path = String(made.headers.location);
    const read = await stage().app.inject(path);
    assert.equal(read.json().status, "queued");
    const headers = { "if-none-match": String(read.headers.etag) };
    const again = await stage().app.inject({ url: path, headers });
    assert.equal(again.statusCode, 304);
    assert.equal(again.body, "");
  });

  it("change their ETag when only the log has grown", async () => {
    const run = await stage().addRun();
    const path = `/v1/runs/${run.id}`;
    const before = (await stage().app.inject(path)).headers.etag;
    await stage().append(run.id, [
      { type: "log", key: null, data: { step: 1, level: "info", message: "x" } },
    ]);
    assert.notEqual((await stage().app.inject(path)).headers.etag, before);
  });

  it("are steered only at the version that If-Match names", async () => {
    const run = await stage().addRun();
    const url = `/v1/runs/${run.id}`;
    const patch = (match: string, payload: object) =>
      stage().app.inject({ method: "PATCH", url, headers: { "if-match": match }, payload });
    const stale = await patch('"99"', { name: "b" });
    assert.equal(stale.statusCode, 412);
    assert.equal(stale.json().code, "precondition_failed");
    const fresh = await patch('"1"', { name: "b" });
    assert.equal(fresh.statusCode, 202, fresh.body);
    assert.equal(fresh.json().name, "b");
    const read = await stage().app.inject(url);
    assert.equal((await patch(String(read.headers.etag), { name: "c" })).statusCode, 202);
    assert.equal((await patch("7", { name: "d" })).statusCode, 400);
  });

  it("are listed by status, model and data set", async () => {
    const body = await runBody();
    const { id } = (await post("/v1/runs", body)).json();
    const listed = async (query: string) =>
      (await stage().app.inject(`/v1/runs?${query}`)).json().data.map((run: Run) => run.id);
    assert.deepEqual(await listed(`model=${body.model}`), [id]);
    assert.deepEqual(await listed(`dataset=${body.dataset}&status=queued,running`), [id]);
    assert.deepEqual(await listed(`model=${body.model}&status=failed`), []);
  });

  it("are cancelled once, and again without harm", async () => {
    const { id } = (await post("/v1/runs", await runBody())).json();
    for (const _ of [1, 2]) {
      const answer = await post(`/v1/runs/${id}/cancel`, {});
      assert.equal(answer.statusCode, 202, answer.body);
      assert.equal(answer.json().status, "cancelled");
    }
    const resumed = await post(`/v1/runs/${id}/resume`, {});
    assert.equal(resumed.json().code, "conflict");
    const gone = await stage().app.inject({ method: "DELETE", url: `/v1/runs/${id}` });
    assert.equal(gone.statusCode, 204);
    assert.equal((await stage().app.inject(`/v1/runs/${id}`)).statusCode, 404);
  });

  it("cannot be forked without a checkpoint, with or without a body", async () => {
    const run = await stage().addRun();
    const url = `/v1/runs/${run.id}/fork`;
    const answer = await stage().app.inject({ method: "POST", url });
    assert.equal(answer.json().code, "no_checkpoint");
  });
});

describe("an Idempotency-Key", () => {
  it("makes one run of many requests, and replays the answer", async () => {
    const body = await runBody();
    const headers = { "idempotency-key": "once-1" };
    const first = await post("/v1/runs", body, headers);
    const second = await post("/v1/runs", body, headers);
    assert.equal(second.statusCode, 202);
    assert.equal(second.body, first.body);
    assert.equal(second.headers.location, first.headers.location);
    assert.equal(second.headers["idempotency-replayed"], "true");
    const { data } = (await stage().app.inject(`/v1/runs?model=${body.model}`)).json();
    assert.equal(data.length, 1);
  });

  it("is refused with another payload", async () => {
    const headers = { "idempotency-key": "once-2" };
    const body = await runBody();
    await post("/v1/runs", body, headers);
    const other = await post("/v1/runs", { ...body, steps: 11 }, headers);
    assert.equal(other.json().code, "idempotency_key_reused");
  });

  it("may be used again after a refusal", async () => {
    const headers = { "idempotency-key": "once-3" };
    const body = await runBody();
    const wrong = await post("/v1/runs", { ...body, model: "mdl_0000000000000000000q" }, headers);
    assert.equal(wrong.json().code, "incompatible");
    assert.equal((await post("/v1/runs", { ...body, model: body.model }, headers)).statusCode, 202);
  });
});

describe("the service", () => {
  it("tells its limits, its devices and its health as the contract says", async () => {
    const get = async (url: string) => (await stage().app.inject(url)).json();
    assert.ok(Value.Check(Limits, await get("/v1/limits")));
    assert.ok(Value.Check(Devices, await get("/v1/devices")));
    assert.ok(Value.Check(Health, await get("/livez")));
    assert.ok(Value.Check(Health, await get("/readyz")));
  });

  it("serves its documents under a policy that loads nothing from elsewhere", async () => {
    for (const url of ["/docs", "/openapi.json", "/asyncapi.json"]) {
      const answer = await stage().app.inject(url);
      assert.equal(answer.statusCode, 200, url);
      const policy = String(answer.headers["content-security-policy"]);
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /script-src 'self'(;|$)/);
    }
  });
});
