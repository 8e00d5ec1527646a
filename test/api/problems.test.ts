/** Refusals of the edge: every code has a status, every bad input is answered by one problem. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import Value from "typebox/value";
import { isServerFault, problemOf, problems, statusOf } from "#api/http/problem.ts";
import { Problem, type ProblemCode, problemCodes } from "#schemas/problem.ts";
import { Failure } from "#src/failure.ts";
import { addMaterials, openStage, type Stage, shareStage } from "./stage.ts";

const codes = Object.keys(problemCodes) as ProblemCode[];

interface Sent {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE" | "PUT";
  readonly url: string;
  readonly type?: string;
  readonly payload?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends and returns the problem that came back. */
async function refused({ app }: Stage, sent: Sent): Promise<Problem> {
  const response = await app.inject({
    method: sent.method ?? (sent.payload === undefined ? "GET" : "POST"),
    url: sent.url,
    headers: {
      ...(sent.payload === undefined ? {} : { "content-type": sent.type ?? "application/json" }),
      ...sent.headers,
    },
    ...(sent.payload === undefined ? {} : { payload: sent.payload }),
  });
  assert.equal(response.headers["content-type"], "application/problem+json", response.body);
  const problem: unknown = response.json();
  assert.ok(Value.Check(Problem, problem), response.body);
  assert.equal(problem.status, response.statusCode);
  assert.equal(problem.request_id, response.headers["x-request-id"]);
  assert.equal(response.statusCode, statusOf(problem.code));
  return problem;
}

const run = "run_0000000000000000000z";
const validRun = {
  model: "mdl_0000000000000000000a",
  dataset: "dst_0000000000000000000a",
  optimizer: { type: "sgd", learning_rate: 0.1 },
  steps: 10,
};
const body = (changes: object) => JSON.stringify({ ...validRun, ...changes });

/** What is sent → the code and the pointer that come back. */
const badInputs: readonly (readonly [title: string, Sent, ProblemCode, pointer?: string])[] = [
  ["an unknown path", { url: "/v2" }, "not_found"],
  ["an unknown run", { url: `/v1/runs/${run}` }, "not_found"],
  ["an id that is none", { url: "/v1/runs/7" }, "not_found", "/path/id"],
  ["a method that is not answered", { url: "/v1/runs", method: "PUT" }, "method_not_allowed"],
  ["broken JSON", { url: "/v1/runs", payload: "{" }, "malformed_body"],
  ["a poisoned key", { url: "/v1/runs", payload: '{"__proto__":{}}' }, "malformed_body"],
  [
    "a body of no type we know",
    { url: "/v1/runs", payload: "x", type: "text/plain" },
    "unsupported_media_type",
  ],
  ["a missing body", { url: "/v1/runs", method: "POST" }, "invalid_request", ""],
  [
    "a body too large",
    { url: "/v1/runs", payload: JSON.stringify("x".repeat(2 ** 17)) },
    "body_too_large",
  ],
  [
    "an unknown field",
    { url: "/v1/runs", payload: body({ stepz: 1 }) },
    "invalid_request",
    "/stepz",
  ],
  [
    "a number as text",
    { url: "/v1/runs", payload: body({ steps: "10" }) },
    "invalid_request",
    "/steps",
  ],
  [
    "an unknown variant",
    { url: "/v1/runs", payload: body({ algorithm: { type: "magic" } }) },
    "invalid_request",
    "/algorithm/type",
  ],
  [
    "a fault inside a variant",
    { url: "/v1/runs", payload: body({ algorithm: { type: "linearised", period: 0 } }) },
    "invalid_request",
    "/algorithm/period",
  ],
  ["an unknown query parameter", { url: "/v1/runs?page=2" }, "invalid_request", "/query/page"],
  ["a limit that is no number", { url: "/v1/runs?limit=all" }, "invalid_request", "/query/limit"],
  ["a status that is none", { url: "/v1/runs?status=lost" }, "invalid_request", "/query/status/0"],
  [
    "a cursor of another listing",
    { url: "/v1/runs?after=mdl_0000000000000000000a" },
    "cursor_invalid",
    "/query/after",
  ],
  [
    "an Accept that nothing fits",
    { url: `/v1/runs/${run}/metrics`, headers: { accept: "image/gif" } },
    "not_found",
  ],
  [
    "a malformed Idempotency-Key",
    { url: "/v1/runs", payload: body({}), headers: { "idempotency-key": "a b" } },
    "idempotency_key_malformed",
    "/header/Idempotency-Key",
  ],
  [
    "a page of another origin",
    { url: "/v1/runs", payload: body({}), headers: { origin: "https://evil.example" } },
    "forbidden",
    "/header/Origin",
  ],
  ["a model that does not exist", { url: "/v1/runs", payload: body({}) }, "incompatible", "/model"],
  [
    "a layer of no known type",
    {
      url: "/v1/models",
      payload: JSON.stringify({
        definition: { input: { shape: [2] }, layers: [{ type: "dens" }] },
      }),
    },
    "invalid_request",
    "/definition/layers/0/type",
  ],
  [
    "an upload of no stated format",
    { url: "/v1/datasets", payload: Buffer.from("x"), type: "application/octet-stream" },
    "invalid_request",
    "/query/format",
  ],
  [
    "an archive that is none",
    { url: "/v1/datasets?format=npz", payload: Buffer.from("x"), type: "application/octet-stream" },
    "malformed_body",
    "",
  ],
  [
    "an upload too large",
    { url: "/v1/datasets", payload: Buffer.alloc(2 ** 18), type: "text/csv" },
    "body_too_large",
  ],
  [
    "plain HTTP where a socket is spoken",
    { url: "/v1/stream" },
    "invalid_request",
    "/header/Upgrade",
  ],
];

const smallLimits = { LINNET_BODY_BYTES_MAX: "65536", LINNET_UPLOAD_BYTES_MAX: "131072" };

describe("problems", () => {
  it("give every code a status and a title, and say nothing of internals", () => {
    assert.deepEqual(Object.keys(problems).sort(), [...codes].sort());
    for (const code of codes) {
      const problem = problemOf(new Failure(code, "why"), "req_1");
      assert.ok(Value.Check(Problem, problem), code);
      assert.ok(problem.status >= 400 && problem.status < 600, code);
      assert.equal(isServerFault(code), problem.status >= 500);
    }
  });

  const shared = shareStage({ environment: smallLimits });

  for (const [title, sent, code, pointer] of badInputs) {
    it(`answer ${title} with ${code}`, async () => {
      const stage = shared();
      const problem = await refused(stage, sent);
      assert.equal(problem.code, code, problem.detail);
      if (pointer !== undefined) {
        assert.deepEqual(
          problem.errors?.map((error) => error.pointer),
          [pointer],
        );
      }
    });
  }

  it("answer a refused upload that is still being sent", async (t) => {
    const stage = await openStage(t, { environment: smallLimits });
    const address = await stage.app.listen({ port: 0, host: "127.0.0.1" });
    async function* content() {
      for (let i = 0; i < 64; i += 1) yield Buffer.alloc(8192, "1,2\n");
    }
    const response = await fetch(`${address}/v1/datasets`, {
      method: "POST",
      headers: { "content-type": "text/csv" },
      body: ReadableStream.from(content()),
      duplex: "half",
    } as RequestInit);
    assert.equal(response.status, statusOf("body_too_large"));
    const problem = (await response.json()) as Problem;
    assert.equal(problem.code, "body_too_large");
  });

  it("name every fault of a request at once, and echo the caller's request id", async (t) => {
    const stage = await openStage(t);
    const problem = await refused(stage, {
      url: "/v1/runs",
      payload: JSON.stringify({ optimizer: { type: "sgd", lerning_rate: 1 }, steps: 0 }),
      headers: { "x-request-id": "mine-7" },
    });
    assert.equal(problem.request_id, "mine-7");
    assert.deepEqual(problem.errors?.map((error) => error.pointer).sort(), [
      "/dataset",
      "/model",
      "/optimizer/learning_rate",
      "/optimizer/lerning_rate",
      "/steps",
    ]);
    const misspelt = problem.errors?.find(({ pointer }) => pointer.endsWith("lerning_rate"));
    assert.match(misspelt?.detail ?? "", /is it "learning_rate"\?/);
  });

  it("refuse new work while the service drains, and leave reading open", async (t) => {
    const stage = await openStage(t);
    const materials = await addMaterials(stage.backing);
    stage.drain();
    const problem = await refused(stage, {
      url: "/v1/runs",
      payload: JSON.stringify({ ...validRun, ...materials }),
    });
    assert.equal(problem.code, "shutting_down");
    assert.equal((await stage.app.inject("/v1/runs")).statusCode, 200);
    assert.equal((await stage.app.inject("/readyz")).statusCode, 503);
    assert.equal((await stage.app.inject("/livez")).statusCode, 200);
  });

  it("hide what went wrong inside behind the request id", async (t) => {
    const predict = () => Promise.reject(new Error("secret path /etc/x"));
    const stage = await openStage(t, { backing: { predict } });
    await stage.addRun({ id: run });
    const problem = await refused(stage, {
      url: `/v1/runs/${run}/predict`,
      payload: JSON.stringify({ inputs: [[1]] }),
    });
    assert.equal(problem.code, "internal");
    assert.doesNotMatch(JSON.stringify(problem), /secret/);
  });

  it("answer bytes that are not HTTP, and headers that are too large", async (t) => {
    const stage = await openStage(t);
    await stage.app.listen({ port: 0, host: "127.0.0.1" });
    const huge = `GET /livez HTTP/1.1\r\nHost: x\r\nX-Big: ${"x".repeat(32_768)}\r\n\r\n`;
    assert.match(await rawAnswer(stage, huge), /^HTTP\/1\.1 431 .*"code":"headers_too_large"/s);
    assert.match(await rawAnswer(stage, "hello\r\n\r\n"), /^HTTP\/1\.1 400 .*"invalid_request"/s);
  });
});

function rawAnswer({ app }: Stage, bytes: string): Promise<string> {
  const address = app.server.address();
  assert.ok(typeof address === "object" && address !== null);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(address.port, "127.0.0.1", () => socket.write(bytes));
  let text = "";
  socket.on("data", (data) => {
    text += data.toString();
  });
  socket.on("close", () => resolve(text)).on("error", reject);
  return promise;
}
