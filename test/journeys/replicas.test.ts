/** Two replicas over one PostgreSQL: one answers requests, the other trains. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Run } from "#schemas/run.ts";
import { readConfig } from "#src/config.ts";
import { createLog } from "#src/log.ts";
import { startService } from "#src/service.ts";
import { newSchema, skipWithout } from "#test/storage/schemas.ts";

const patienceMs = 120_000;

async function openFleet(t: TestContext) {
  const url = await newSchema(t);
  const dir = await mkdtemp(join(tmpdir(), "linnet-fleet-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const start = async (role: string, id: string) => {
    const config = readConfig({
      LINNET_PORT: "0",
      LINNET_DATA_DIR: dir,
      LINNET_DATABASE_URL: url,
      LINNET_DATABASE_CONNECTIONS: "6",
      LINNET_ROLE: role,
      LINNET_WORKER_ID: id,
      LINNET_LEASE_MS: "5000",
      LINNET_DRAIN_MS: "20000",
      LINNET_TRAINERS_MAX: "1",
    });
    const service = await startService(config, createLog("silent"));
    t.after(() => service.close());
    return service;
  };
  const desk = await start("api", "desk");
  const call = async <T>(path: string, body?: object): Promise<T> => {
    const method = body === undefined ? "GET" : "POST";
    const response = await fetch(`${desk.address}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${text}`);
    return JSON.parse(text) as T;
  };
  const until = async (id: string, is: (run: Run) => boolean): Promise<Run> => {
    const signal = AbortSignal.timeout(patienceMs);
    for (;;) {
      const run = await call<Run>(`/v1/runs/${id}`);
      if (is(run)) return run;
      assert.ok(!signal.aborted, JSON.stringify(run));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { start, desk, call, until };
}

test("what one replica is asked for another does, and both tell it", {
  skip: skipWithout,
}, async (t) => {
  const { start, desk, call, until } = await openFleet(t);
  const worker = await start("worker", "first");
  const definition = { input: { shape: [20] }, layers: [{ type: "dense", units: 4 }] };
  const model = await call<{ id: string }>("/v1/models", { definition });
  const generator = { type: "wedge", train: 64, test: 32, seed: 1 };
  const dataset = await call<{ id: string }>("/v1/datasets", { generator });
  const request = {
    model: model.id,
    dataset: dataset.id,
    optimizer: { type: "sgd", learning_rate: 0.05 },
    steps: 50,
  };
  const plan = await call<{ plan: unknown }>("/v1/plans", request);
  assert.ok(plan, "a worker planned it");
  const { id } = await call<Run>("/v1/runs", request);
  const stream = await fetch(`${desk.address}/v1/runs/${id}/events?after=0`, {
    headers: { accept: "text/event-stream" },
  });
  const told = await stream.text();
  assert.match(told, /succeeded/);
  const seqs = [...told.matchAll(/"seq":(\d+),"type"/g)].map(([, seq]) => Number(seq));
  assert.ok(
    seqs.every((seq, i) => i === 0 || seq === (seqs[i - 1] ?? 0) + 1),
    "no gap",
  );
  const same = await fetch(`${worker.address}/v1/runs/${id}`);
  assert.deepEqual(await same.json(), await call(`/v1/runs/${id}`));
  const long = await call<Run>("/v1/runs", { ...request, steps: 10_000_000 });
  await until(long.id, ({ status }) => status === "running");
  await call(`/v1/runs/${long.id}/cancel`, {});
  assert.equal((await until(long.id, ({ status }) => status === "cancelled")).status, "cancelled");
});

test("a worker that drains leaves its runs to the next", { skip: skipWithout }, async (t) => {
  const { start, call, until } = await openFleet(t);
  const first = await start("worker", "first");
  const definition = { input: { shape: [20] }, layers: [{ type: "dense", units: 4 }] };
  const model = await call<{ id: string }>("/v1/models", { definition });
  const generator = { type: "wedge", train: 64, test: 32, seed: 1 };
  const dataset = await call<{ id: string }>("/v1/datasets", { generator });
  const optimizer = { type: "sgd", learning_rate: 0.05 };
  const materials = { model: model.id, dataset: dataset.id, optimizer };
  const { id } = await call<Run>("/v1/runs", { ...materials, steps: 10_000_000 });
  await until(id, ({ progress }) => progress.step > 0);
  await first.close();
  const { status, progress } = await until(id, (run) => run.status === "queued");
  assert.equal(status, "queued");
  await start("worker", "second");
  const again = await until(id, (run) => run.attempt === 2 && run.progress.step > progress.step);
  assert.equal(again.status, "running");
});
