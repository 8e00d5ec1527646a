/** A run's log over plain HTTP: JSON pages, server-sent events, metrics as columns. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import Value from "typebox/value";
import { RunEvent } from "#schemas/event.ts";
import { EventPage } from "#schemas/event-page.ts";
import { Metrics } from "#schemas/metrics.ts";
import { logged, metrics, shareStage } from "./stage.ts";

let address: string;
const stage = shareStage({}, async ({ app }) => {
  address = await app.listen({ host: "127.0.0.1", port: 0 });
});

const get = async (url: string) => (await stage().app.inject(url)).json();

/** A run with `count` log events. */
async function logOf(count: number): Promise<string> {
  const { id } = await stage().addRun();
  await stage().append(
    id,
    Array.from({ length: count }, (_, i) => logged(i + 1)),
  );
  return id;
}

describe("pages of events", () => {
  it("follow each other by cursor, and end without one more", async () => {
    const id = await logOf(7);
    const seqs: number[] = [];
    let after = 0;
    for (let more = true; more; ) {
      const page: unknown = await get(`/v1/runs/${id}/events?after=${after}&limit=3`);
      assert.equal(typeof page, "object");
      const { data, has_more, next_cursor } = page as EventPage;
      seqs.push(...data.map(({ seq }) => seq));
      after = next_cursor;
      more = has_more;
    }
    assert.deepEqual(seqs, [1, 2, 3, 4, 5, 6, 7]);
  });

  it("carry events as the contract says, and only the kinds that were asked for", async () => {
    const id = await logOf(2);
    await stage().append(id, [metrics(1, 3), logged(3)]);
    const page = (await get(`/v1/runs/${id}/events?kinds=metrics`)) as EventPage;
    assert.equal(page.data.length, 1);
    assert.ok(Value.Check(RunEvent, page.data[0]));
    assert.equal(page.next_cursor, 4);
    assert.ok(Value.Check(EventPage.properties.epoch, page.epoch));
  });

  it("refuse cursors from the future and of another epoch", async () => {
    const id = await logOf(2);
    assert.equal((await get(`/v1/runs/${id}/events?after=3`)).code, "cursor_in_future");
    assert.equal((await get(`/v1/runs/${id}/events?epoch=other`)).code, "epoch_mismatch");
  });
});

/** Messages of an event stream until it ends, or until `enough`. */
async function readSse(
  path: string,
  options: {
    readonly headers?: Record<string, string>;
    readonly enough?: (text: string) => boolean;
  },
): Promise<{ status: number; ids: number[]; names: string[]; text: string }> {
  const controller = new AbortController();
  const response = await fetch(address + path, {
    headers: { accept: "text/event-stream", ...options.headers },
    signal: controller.signal,
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (options.enough?.(text) === true) break;
  }
  controller.abort();
  const messages = text.split("\n\n").filter((message) => /^(id|event|data):/.test(message));
  const fieldOf = (message: string, name: string) =>
    new RegExp(`^${name}: (.*)$`, "m").exec(message)?.[1];
  const unnamed = messages.filter((message) => fieldOf(message, "event") === undefined);
  return {
    status: response.status,
    ids: unnamed.map((message) => Number(fieldOf(message, "id"))),
    names: messages.flatMap((message) => fieldOf(message, "event") ?? []),
    text,
  };
}

describe("server-sent events", () => {
  it("send history, then what comes, then end with the run", async () => {
    const id = await logOf(3);
    const live = readSse(`/v1/runs/${id}/events`, {});
    await readSse(`/v1/runs/${id}/events`, { enough: (text) => text.includes("caught_up") });
    await stage().append(id, [logged(4)]);
    await stage().end(id);
    const { ids, names } = await live;
    assert.deepEqual(ids, [1, 2, 3, 4, 5]);
    assert.deepEqual(names, ["hello", "caught_up", "complete"]);
  });

  it("go on after Last-Event-ID, with or without its epoch", async () => {
    const id = await logOf(5);
    await stage().end(id);
    for (const cursor of ["3", "epoch-1:3"]) {
      const headers = { "last-event-id": cursor };
      const { ids } = await readSse(`/v1/runs/${id}/events`, { headers });
      assert.deepEqual(ids, [4, 5, 6]);
    }
  });

  it("answer 204 when the run has ended and all was read, so that browsers stop", async () => {
    const id = await logOf(1);
    await stage().end(id);
    const headers = { "last-event-id": "2" };
    assert.equal((await readSse(`/v1/runs/${id}/events`, { headers })).status, 204);
  });

  it("refuse a malformed Last-Event-ID", async () => {
    const id = await logOf(1);
    const headers = { accept: "text/event-stream", "last-event-id": "x y" };
    const answer = await stage().app.inject({ url: `/v1/runs/${id}/events`, headers });
    assert.equal(answer.json().code, "cursor_invalid");
  });
});

/** A run with metrics of `steps` steps in chunks of ten. */
async function metricsOf(steps: number, lossAt?: (step: number) => number): Promise<string> {
  const { id } = await stage().addRun({}, { metricsThrough: steps });
  for (let from = 1; from <= steps; from += 10) {
    await stage().append(id, [metrics(from, Math.min(from + 9, steps), lossAt)]);
  }
  return id;
}

describe("metrics", () => {
  it("come as columns of the steps asked for", async () => {
    const id = await metricsOf(35);
    const answer: unknown = await get(`/v1/runs/${id}/metrics?names=loss&from=8&to=12`);
    assert.ok(Value.Check(Metrics, answer), JSON.stringify(answer));
    const steps = [8, 9, 10, 11, 12];
    assert.deepEqual(answer.columns, { step: steps, loss: steps.map((step) => 1 / step) });
  });

  it("keep every extreme when fewer points are asked for", async () => {
    const spikes = new Map([
      [17, 50],
      [423, -9],
      [998, 77],
    ]);
    const id = await metricsOf(1000, (step) => spikes.get(step) ?? Math.sin(step / 50));
    const answer: unknown = await get(`/v1/runs/${id}/metrics?names=loss&points=100`);
    assert.ok(Value.Check(Metrics, answer));
    const { step = [], loss = [] } = answer.columns;
    assert.ok(answer.rows <= 100, `${answer.rows} rows`);
    assert.ok(answer.rows > 40, `${answer.rows} rows`);
    assert.equal(answer.steps_seen, 1000);
    for (const [at, value] of spikes) assert.equal(loss[step.indexOf(at)], value);
    assert.deepEqual([step.at(0), step.at(-1)], [1, 1000]);
    assert.deepEqual(
      step,
      [...new Set(step)].sort((a, b) => Number(a) - Number(b)),
    );
  });

  it("write NaN and infinities as words, and show them when thinned out", async () => {
    const id = await metricsOf(200, (step) => (step > 150 ? Number.NaN : step));
    const { columns } = (await get(`/v1/runs/${id}/metrics?names=loss&points=20`)) as Metrics;
    assert.ok(columns["loss"]?.includes("NaN"));
  });

  it("come as csv, one row a step", async () => {
    const id = await metricsOf(12);
    const url = `/v1/runs/${id}/metrics?names=loss`;
    const answer = await stage().app.inject({ url, headers: { accept: "text/csv" } });
    assert.match(String(answer.headers["content-type"]), /^text\/csv/);
    const lines = answer.body.trim().split("\r\n");
    assert.equal(lines.length, 13);
    assert.equal(lines[0], "step,loss");
    assert.equal(lines[4], "4,0.25");
  });

  it("say which columns there are when an unknown one is asked for", async () => {
    const id = await metricsOf(5);
    const problem = await get(`/v1/runs/${id}/metrics?names=los`);
    assert.equal(problem.code, "invalid_request");
    assert.match(problem.errors[0].detail, /loss, learning_rate/);
  });

  it("are empty before the first step", async () => {
    const { id } = await stage().addRun();
    const answer = (await get(`/v1/runs/${id}/metrics`)) as Metrics;
    assert.deepEqual(answer.columns, { step: [] });
  });
});
