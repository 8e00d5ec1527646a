/** What the service counts, and what it writes into its log: never a payload, never a key. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import pino from "pino";
import { pauseRun, submitRun } from "#runs/commands.ts";
import { createLog } from "#src/log.ts";
import { serveMetrics } from "#src/metrics/listener.ts";
import { Metrics } from "#src/metrics/metrics.ts";
import { keyFor, locked } from "./door.ts";
import { Listener } from "./listener.ts";
import { addMaterials, openStage } from "./stage.ts";

describe("metrics", () => {
  it("count requests by route, streams, transitions and steps, and name no run", async (t) => {
    const stage = await openStage(t);
    const { metrics, store, artifacts } = stage.backing;
    metrics.watchStorage({ store, artifacts });
    const runs = { ...stage.backing.runs, sights: metrics.runs };
    const request = {
      ...(await addMaterials(stage.backing)),
      optimizer: { type: "sgd", learning_rate: 0.1 } as const,
      steps: 3,
      batch_size: 1,
    };
    const { id } = await submitRun(runs, request);
    await pauseRun(runs, id);
    metrics.watchTrainers({ trainerBytes: async () => [3, 4] });
    metrics.runs.stepped(0.02);
    await stage.app.inject(`/v1/runs/${id}`);
    await stage.app.inject("/v1/nowhere/secret");
    const address = await stage.app.listen({ port: 0, host: "127.0.0.1" });
    const listener = new Listener(`${address}/v1/runs/${id}/stream`);
    await listener.frame("caught_up");
    const text = await metrics.text();
    assert.match(text, /route="\/v1\/runs\/:id",status="200"\} 1/);
    assert.match(text, /route="none",status="404"/);
    assert.match(text, /linnet_run_transitions_total\{from="queued",to="paused"\} 1/);
    assert.match(text, /linnet_runs\{status="paused"\} 1/);
    assert.match(text, /linnet_ws_connections 1/);
    assert.match(text, /linnet_ws_frames_sent_total\{class="hello"\} 1/);
    assert.match(text, /linnet_disk_free_bytes \d+/);
    assert.match(text, /linnet_run_step_duration_seconds_bucket\{le="0\.01"\} 0/);
    assert.match(text, /linnet_run_step_duration_seconds_bucket\{le="0\.05"\} 1/);
    assert.match(text, /linnet_trainers 2\n/);
    assert.match(text, /linnet_trainers_resident_bytes 7\n/);
    assert.doesNotMatch(text, /run_0|secret/);
    listener.socket.close();
  });

  it("are served apart from the service", async (t) => {
    const metrics = new Metrics();
    metrics.watchProcess();
    const log = createLog("silent");
    const listener = await serveMetrics(metrics, { host: "127.0.0.1", port: 0, log });
    t.after(() => listener.close());
    const response = await fetch(`${listener.address}/metrics`);
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
    assert.match(await response.text(), /process_resident_memory_bytes \d+/);
    assert.equal((await fetch(`${listener.address}/v1/runs`)).status, 404);
  });
});

describe("the log", () => {
  it("names request and tenant, audits changes, and holds no key or payload", async (t) => {
    const lines: string[] = [];
    const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
    const stage = await openStage(t, { environment: locked, backing: { log } });
    const { headers, key, id } = await keyFor(stage, "default");
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const sent = {
      ...headers,
      "x-request-id": "mine-1",
      traceparent: `00-${trace}-00f067aa0ba902b7-01`,
    };
    const payload = { name: "hush-hush", scopes: ["runs:read"] };
    const made = await stage.app.inject({
      method: "POST",
      url: "/v1/api-keys",
      headers: sent,
      payload,
    });
    const ticket = await stage.app.inject({ method: "POST", url: "/v1/stream-tickets", headers });
    const secret = ticket.json<{ ticket: string }>().ticket;
    await stage.app.inject(`/v1/stream?ticket=${secret}`);
    await stage.app.inject({ url: `/v1/api-keys/${id}`, headers });
    const text = lines.join("");
    for (const hidden of [key, key.slice(-43), made.json<{ key: string }>().key, secret, "hush"]) {
      assert.ok(!text.includes(hidden), hidden);
    }
    const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const audit = told.find(({ msg, request_id }) => msg === "audit" && request_id === "mine-1");
    assert.equal(audit?.["by"], `key:${id}`);
    assert.equal(audit?.["route"], "/v1/api-keys");
    assert.equal(audit?.["status"], 201);
    assert.match(String(audit?.["made"]), /^\/v1\/api-keys\/key_/);
    assert.equal(audit?.["tenant"], "default");
    assert.equal(audit?.["trace_id"], trace);
    const read = told.find(({ msg, method }) => msg === "request" && method === "GET");
    assert.equal(told.filter(({ msg }) => msg === "audit").length, 2, "reading is not audited");
    assert.ok(read);
  });
});
