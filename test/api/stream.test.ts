/** The WebSocket stream over real sockets: history and live, refusals, limits, slow readers. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import Value from "typebox/value";
import { tensor } from "#engine/tensor.ts";
import { readSafetensors, writeSafetensors } from "#formats/safetensors.ts";
import { ServerFrame } from "#schemas/stream.ts";
import { Failure } from "#src/failure.ts";
import type { NewEvent } from "#storage/store.ts";
import { snapshotRecord } from "#test/contracts/records.ts";
import { Listener } from "./listener.ts";
import { logged, metrics, openStage, shareStage } from "./stage.ts";

let address: string;
const environment = { LINNET_STREAM_STALL_MS: "300", LINNET_ALLOWED_ORIGINS: "https://ok.example" };
const stage = shareStage({ environment }, async ({ app }) => {
  address = await app.listen({ host: "127.0.0.1", port: 0 });
});
const open: Listener[] = [];
after(() => {
  for (const { socket } of open) socket.terminate();
});

function listen(path: string, options: ConstructorParameters<typeof Listener>[1] = {}): Listener {
  const listener = new Listener(address + path, options);
  open.push(listener);
  return listener;
}

/** A running run with `count` log events. */
async function logOf(count: number): Promise<string> {
  const { id } = await stage().addRun();
  await stage().append(
    id,
    Array.from({ length: count }, (_, i) => logged(i + 1)),
  );
  return id;
}

describe("a stream of one run", () => {
  it("says hello, sends history, says caught up, goes on live, and says complete", async () => {
    const id = await logOf(250);
    const listener = listen(`/v1/runs/${id}/stream`);
    const caughtUp = await listener.frame("caught_up");
    assert.equal(caughtUp.seq, 250);
    await stage().append(id, [metrics(1, 5), logged(5)]);
    await stage().end(id);
    const complete = await listener.frame("complete");
    assert.deepEqual([complete.status, complete.seq], ["succeeded", 253]);
    assert.deepEqual(
      listener.seqs(),
      Array.from({ length: 253 }, (_, i) => i + 1),
    );
    assert.equal(listener.frames[0]?.frame, "hello");
    assert.equal(listener.socket.protocol, "linnet.v1");
    for (const frame of listener.frames) assert.ok(Value.Check(ServerFrame, frame));
  });

  it("begins after the cursor", async () => {
    const id = await logOf(20);
    const listener = listen(`/v1/runs/${id}/stream?after=17&epoch=epoch-1`);
    await listener.frame("caught_up");
    assert.deepEqual(listener.seqs(), [18, 19, 20]);
  });

  it("tells its reader to come back when the store is away", async (t) => {
    const { app, addRun, append, backing } = await openStage(t);
    const { store } = backing;
    const of = store.of.bind(store);
    let isAway = false;
    store.of = (tenant) => {
      const view = of(tenant);
      const read = view.read.bind(view);
      const away = new Failure("storage_unavailable", "The database cannot be reached.");
      view.read = (body) => (isAway ? Promise.reject(away) : read(body));
      return view;
    };
    const { id } = await addRun();
    const listener = new Listener(
      `${await app.listen({ host: "127.0.0.1", port: 0 })}/v1/runs/${id}/stream`,
      {},
    );
    open.push(listener);
    await listener.frame("caught_up");
    isAway = true;
    await append(id, [logged(1)]);
    const { code, retryable } = await listener.frame("error");
    assert.deepEqual([code, retryable], ["storage_unavailable", true]);
  });

  it("declares what a filter leaves out", async () => {
    const id = await logOf(3);
    await stage().append(id, [metrics(1, 2), logged(2)]);
    const listener = listen(`/v1/runs/${id}/stream?kinds=metrics`);
    await listener.frame("caught_up");
    const said = listener.frames.slice(1, -1).map((frame) => {
      if (frame.frame === "event") return frame.seq;
      return frame.frame === "gap" ? [frame.from, frame.to, frame.reason] : frame.frame;
    });
    assert.deepEqual(said, [[1, 3, "filtered"], 4, [5, 5, "filtered"]]);
  });

  it("conflates metrics to the rate asked for, and declares it", async () => {
    const id = await logOf(1);
    const chunks = Array.from({ length: 200 }, (_, i) => metrics(i + 1, i + 1));
    await stage().append(id, chunks);
    await stage().end(id);
    const listener = listen(`/v1/runs/${id}/stream?max_rate_hz=1`);
    await listener.frame("complete");
    const gaps = listener
      .of("gap")
      .flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
    const all = [...gaps, ...listener.seqs()].sort((a, b) => a - b);
    assert.deepEqual(
      all,
      Array.from({ length: 202 }, (_, i) => i + 1),
    );
    assert.ok(listener.seqs().length < 20);
    assert.ok(listener.seqs().includes(201), "the last metrics come before the end");
  });

  it("closes with 4404 for no run and with 4410 for a cursor of another log", async () => {
    const id = await logOf(2);
    const cases = [
      ["/v1/runs/run_0000000000000000000q/stream", 4404, "not_found"],
      ["/v1/runs/nonsense/stream", 4404, "not_found"],
      [`/v1/runs/${id}/stream?after=3`, 4410, "cursor_in_future"],
      [`/v1/runs/${id}/stream?after=1&epoch=other`, 4410, "epoch_mismatch"],
    ] as const;
    for (const [path, code, problem] of cases) {
      const listener = listen(path);
      assert.equal((await listener.closed).code, code, path);
      assert.deepEqual(
        listener.of("error").map((frame) => frame.code),
        [problem],
      );
    }
  });

  it("is refused before it opens when the query or the origin is wrong", async () => {
    const id = await logOf(1);
    const statusOf = (path: string, headers = {}) =>
      new Promise<number | undefined>((resolve) => {
        const { socket } = listen(path, { headers });
        socket.once("unexpected-response", (_request, response) => resolve(response.statusCode));
        socket.once("open", () => resolve(101));
      });
    assert.equal(await statusOf(`/v1/runs/${id}/stream?after=x`), 400);
    assert.equal(await statusOf(`/v1/runs/${id}/stream`, { origin: "https://evil.example" }), 403);
    assert.equal(await statusOf(`/v1/runs/${id}/stream`, { origin: "https://ok.example" }), 101);
    assert.equal(await statusOf(`/v1/runs/${id}/stream`, { origin: address }), 101);
  });

  it("closes with 4406 when the client speaks only other subprotocols", async () => {
    const id = await logOf(1);
    const listener = listen(`/v1/runs/${id}/stream`, { protocols: ["chat"] });
    // Clients fail a handshake that picks none of theirs; either way nothing is streamed.
    const { code } = await listener.closed;
    assert.ok([4406, 1006].includes(code), String(code));
    assert.equal(listener.frames.length, 0);
  });
});

describe("a stream of many runs", () => {
  it("follows each run by itself, and ends only a refused subscription", async () => {
    const ids = [await logOf(3), await logOf(5)];
    const listener = listen("/v1/stream");
    await listener.opened();
    for (const run of ids) listener.send({ frame: "subscribe", run, after: 1 });
    listener.send({ frame: "subscribe", run: "run_0000000000000000000q" });
    await listener.until(() => listener.of("caught_up").length === 2);
    assert.equal((await listener.frame("error")).run, "run_0000000000000000000q");
    for (const [i, run] of ids.entries()) {
      const seqs = listener.of("event").filter((frame) => frame.run === run);
      assert.deepEqual(
        seqs.map(({ seq }) => seq),
        i === 0 ? [2, 3] : [2, 3, 4, 5],
      );
    }
    listener.send({ frame: "unsubscribe", run: String(ids[0]) });
    listener.send({ frame: "ping", id: "p" });
    assert.equal((await listener.frame("pong")).id, "p");
    await stage().append(String(ids[0]), [logged(9)]);
    await stage().append(String(ids[1]), [logged(9)]);
    await listener.until(() => listener.seqs().includes(6));
    assert.ok(!listener.of("event").some(({ run, seq }) => run === ids[0] && seq > 3));
  });

  it("closes with 4400 on a frame that it does not know, and says why", async () => {
    const bad = [
      "{",
      '{"frame":"shout"}',
      '{"frame":"subscribe"}',
      '{"frame":"ping","more":1}',
      Buffer.from([1, 2]),
    ];
    for (const frame of bad) {
      const listener = listen("/v1/stream");
      await listener.opened();
      listener.socket.send(frame);
      assert.equal((await listener.closed).code, 4400);
      assert.equal(listener.of("error")[0]?.code, "stream_frame_invalid");
    }
  });

  it("closes with 4429 past 128 subscriptions, and when frames come too fast", async () => {
    const crowded = listen("/v1/stream");
    await crowded.opened();
    for (let i = 0; i < 129; i += 1) {
      const { id } = await stage().addRun();
      crowded.send({ frame: "subscribe", run: id });
    }
    assert.equal((await crowded.closed).code, 4429);
    const flooded = listen("/v1/stream");
    await flooded.opened();
    for (let i = 0; i < 400; i += 1) flooded.send({ frame: "ping" });
    assert.equal((await flooded.closed).code, 4429);
    assert.equal(flooded.of("error")[0]?.code, "stream_limit");
  });

  it("closes on a frame larger than the limit", async () => {
    const listener = listen("/v1/stream");
    await listener.opened();
    listener.socket.send("x".repeat(100_000));
    assert.equal((await listener.closed).code, 1009);
  });
});

/** A log event of about four kilobytes. */
const heavy = (step: number): NewEvent => ({
  type: "log",
  key: null,
  data: { step, level: "info", message: "x".repeat(4000) },
});

describe("a reader that takes nothing", () => {
  it("is closed with 4008, with a bounded queue, and can resume", async () => {
    const { id } = await stage().addRun();
    for (let i = 0; i < 50; i += 1) {
      await stage().append(
        id,
        Array.from({ length: 100 }, (_, j) => heavy(i * 100 + j)),
      );
    }
    const listener = listen(`/v1/runs/${id}/stream`);
    await listener.opened();
    const server = [...stage().app.websocketServer.clients].at(-1);
    assert.ok(server !== undefined);
    listener.socket.pause();
    let queuedMax = 0;
    const sampler = setInterval(() => {
      queuedMax = Math.max(queuedMax, server.bufferedAmount);
    }, 5);
    await new Promise<void>((resolve) => server.once("close", () => resolve()));
    clearInterval(sampler);
    assert.ok(queuedMax > 0 && queuedMax < 1.1 * 1024 * 1024, `${queuedMax} bytes were queued`);
    listener.socket.resume();
    const { code } = await listener.closed;
    assert.ok([4008, 1006].includes(code), String(code));
    const seqs = listener.seqs();
    const last = seqs.at(-1) ?? 0;
    assert.deepEqual(
      seqs,
      Array.from({ length: last }, (_, i) => i + 1),
    );
    const resumed = listen(`/v1/runs/${id}/stream?after=${last}`);
    await resumed.frame("caught_up");
    assert.deepEqual([resumed.seqs()[0], resumed.seqs().at(-1)], [last + 1, 5000]);
  });
});

describe("tensor frames", () => {
  it("are safetensors that say where they belong; the latest wins, one at a time", async () => {
    const { artifacts } = stage().backing;
    const { id } = await stage().addRun();
    const snapshot = async (step: number): Promise<NewEvent> => {
      const kernel = tensor("float64", [2, 2], [step, 1, 1, step]);
      const file = writeSafetensors(new Map([["kernel", kernel]]));
      const { digest } = await artifacts.put(file, { bytesMax: 10_000 });
      const { shape: _shape, created_at: _created, ...data } = snapshotRecord({ step, digest });
      return { type: "snapshot", key: null, data };
    };
    const listener = listen(`/v1/runs/${id}/stream?tensors=true`);
    await listener.frame("caught_up");
    await stage().append(id, [await snapshot(1)]);
    await listener.until(() => listener.tensors.length === 1);
    for (const step of [2, 3, 4]) await stage().append(id, [await snapshot(step)]);
    await listener.until(() => listener.seqs().length === 4);
    assert.equal(listener.tensors.length, 1);
    listener.send({ frame: "ack", run: id, seq: 1 });
    await listener.until(() => listener.tensors.length === 2);
    const { metadata, tensors } = readSafetensors(listener.tensors[1] ?? Buffer.alloc(0), {
      bytesMax: 10_000,
    });
    assert.deepEqual(metadata, { kind: "kernel", run: id, seq: "4", step: "4" });
    assert.deepEqual([...(tensors.get("kernel")?.data ?? [])], [4, 1, 1, 4]);
  });
});

describe("a service that closes", () => {
  it("closes its streams with 1012, after which clients come back", async (t) => {
    const { app, addRun } = await openStage(t);
    const { id } = await addRun();
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const listener = new Listener(`${url}/v1/runs/${id}/stream`);
    await listener.frame("caught_up");
    const closing = app.close();
    assert.equal((await listener.closed).code, 1012);
    await closing;
  });
});
