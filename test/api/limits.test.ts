/** Rates and quotas: how often one may ask, and how much one may have. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import type { Problem } from "#schemas/problem.ts";
import { datasetRecord } from "#test/contracts/records.ts";
import { keyFor, locked } from "./door.ts";
import { addMaterials, openStage, type Stage } from "./stage.ts";

const perMinute = (n: number) => ({ ...locked, LINNET_REQUESTS_PER_MINUTE: String(n) });

describe("the rate of requests", () => {
  it("is told in every answer, and refused when it is passed", async (t) => {
    const stage = await openStage(t, { environment: perMinute(3) });
    const { headers } = await keyFor(stage, "default");
    const ask = () => stage.app.inject({ url: "/v1/limits", headers });
    for (const left of [2, 1, 0]) {
      const response = await ask();
      assert.equal(response.statusCode, 200);
      assert.match(String(response.headers["ratelimit-policy"]), /"caller";q=3;w=60/);
      assert.match(String(response.headers["ratelimit"]), new RegExp(`"caller";r=${left};t=\\d+`));
    }
    const refused = await ask();
    assert.equal(refused.json<Problem>().code, "rate_limited");
    const seconds = Number(refused.headers["retry-after"]);
    assert.ok(seconds >= 1 && seconds <= 60, `${seconds}`);
  });

  it("is counted for each key by itself, and for the address of all", async (t) => {
    const stage = await openStage(t, { environment: perMinute(2) });
    const codes: (string | number)[] = [];
    for (let i = 0; i < 3; i += 1) {
      const { headers } = await keyFor(stage, `tenant-${i}`);
      for (let j = 0; j < 3; j += 1) {
        const response = await stage.app.inject({ url: "/v1/limits", headers });
        codes.push(response.statusCode);
      }
    }
    // Four times two from one address: the ninth request finds the address used up.
    assert.deepEqual(codes, [200, 200, 429, 200, 200, 429, 200, 200, 429]);
  });

  it("holds for those without a key too, before anything is looked up", async (t) => {
    const stage = await openStage(t, { environment: perMinute(1) });
    const codes: string[] = [];
    for (let i = 0; i < 6; i += 1) {
      const headers = { authorization: `Bearer lnt_${"0".repeat(20)}_${"x".repeat(43)}` };
      const response = await stage.app.inject({ url: "/v1/runs", headers });
      codes.push(response.json<Problem>().code);
    }
    assert.deepEqual(codes.slice(0, 4), Array(4).fill("unauthenticated"));
    assert.deepEqual(codes.slice(4), ["rate_limited", "rate_limited"]);
  });

  it("has no limit where no keys are wanted, unless told", async (t) => {
    const stage = await openStage(t);
    const response = await stage.app.inject("/v1/limits");
    assert.equal(response.headers["ratelimit"], undefined);
  });
});

describe("connections", () => {
  it("of one address are so many at the most", async (t) => {
    const stage = await openStage(t, { environment: { LINNET_CONNECTIONS_PER_ADDRESS_MAX: "2" } });
    await stage.app.listen({ port: 0, host: "127.0.0.1" });
    const address = stage.app.server.address();
    assert.ok(typeof address === "object" && address !== null);
    const open = () =>
      new Promise<string>((resolve) => {
        const socket = connect(address.port, "127.0.0.1", () => {
          socket.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
        });
        t.after(() => socket.destroy());
        socket.once("data", () => resolve("answered")).once("error", () => resolve("cut"));
        socket.once("close", () => resolve("cut"));
      });
    assert.equal(await open(), "answered");
    assert.equal(await open(), "answered");
    assert.equal(await open(), "cut");
  });
});

async function submit({ app }: Stage, headers: object, materials: object) {
  const optimizer = { type: "sgd", learning_rate: 0.1 };
  const payload = { ...materials, optimizer, steps: 5, batch_size: 1 };
  const response = await app.inject({
    method: "POST",
    url: "/v1/runs",
    headers: { ...headers },
    payload,
  });
  return response.statusCode === 202 ? "accepted" : response.json<Problem>().code;
}

/** The materials of a tenant, and a key for it. */
async function tenantOf(stage: Stage, tenant: string) {
  const { headers } = await keyFor(stage, tenant);
  const store = stage.backing.store.of(tenant);
  return { headers, materials: await addMaterials({ ...stage.backing, store }), store };
}

describe("quotas", () => {
  it("bound the runs of a tenant that wait, and those of others not", async (t) => {
    const environment = { ...locked, LINNET_TENANT_QUEUE_MAX: "2", LINNET_QUEUE_MAX: "3" };
    const stage = await openStage(t, { environment });
    const [a, b] = [await tenantOf(stage, "a"), await tenantOf(stage, "b")];
    assert.equal(await submit(stage, a.headers, a.materials), "accepted");
    assert.equal(await submit(stage, a.headers, a.materials), "accepted");
    assert.equal(await submit(stage, a.headers, a.materials), "quota_exceeded");
    assert.equal(await submit(stage, b.headers, b.materials), "accepted");
    assert.equal(await submit(stage, b.headers, b.materials), "queue_full");
  });

  it("bound the bytes that a tenant stores, whatever it asks for next", async (t) => {
    const environment = { ...locked, LINNET_TENANT_BYTES_MAX: "1000" };
    const stage = await openStage(t, { environment });
    const { headers, materials, store } = await tenantOf(stage, "a");
    const generator = { type: "wedge", train: 100, test: 10, seed: 1 };
    const generate = async () => {
      const payload = { name: "w", generator };
      const method = "POST" as const;
      const response = await stage.app.inject({ method, url: "/v1/datasets", headers, payload });
      return response.statusCode === 201 ? "created" : response.json<Problem>().code;
    };
    assert.equal(await generate(), "quota_exceeded");
    assert.equal(await submit(stage, headers, materials), "accepted");
    await store.write((writer) => writer.insertDataset(datasetRecord({ bytes: 2000 })));
    assert.equal(await submit(stage, headers, materials), "quota_exceeded");
  });
});
