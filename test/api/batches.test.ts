/** Pages of a log as readers share them: the bytes of frames, and what is read only once. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { batchesOf } from "#api/stream/batches.ts";
import { eventsPage, type LogPage, sharedPage } from "#api/stream/pages.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Store } from "#storage/store.ts";
import { Listener } from "./listener.ts";
import { logged, openStage, type Stage } from "./stage.ts";

/** Lengths of a message at which the head of its frame changes, and some around them. */
const lengths = [0, 1, 20, 100, 1000, 60_000, 65_300, 65_400, 65_500, 66_000, 140_000];

function eventOf(seq: number, length: number): RunEvent {
  const data = { step: seq, level: "info", message: "é".repeat(length) } as const;
  return { seq, type: "log", time: "2026-01-01T00:00:00.000Z", data };
}

interface Frame {
  readonly bytes: number;
  readonly text: string;
}

/** Reads frames as RFC 6455 has them, and that nothing is between them. */
function framesIn(bytes: Uint8Array): readonly Frame[] {
  const view = Buffer.from(bytes);
  const frames: Frame[] = [];
  for (let at = 0; at < view.length; ) {
    assert.equal(view[at], 0x81, "one whole text frame");
    const short = view[at + 1] ?? 0;
    assert.ok(short < 128, "not masked");
    const isLong = short === 127;
    const head = isLong ? 10 : short === 126 ? 4 : 2;
    const wide = isLong ? Number(view.readBigUInt64BE(at + 2)) : view.readUInt16BE(at + 2);
    const length = head === 2 ? short : wide;
    // The shortest form is the only one allowed.
    assert.ok(head === 2 || length >= (isLong ? 65_536 : 126));
    frames.push({
      bytes: head + length,
      text: view.toString("utf8", at + head, at + head + length),
    });
    at += head + length;
  }
  return frames;
}

describe("a page as bytes", () => {
  it("has every event in a frame of its own, in order, whatever its length", async (t) => {
    const stage = await openStage(t);
    const run = await stage.addRun();
    const events = lengths.map((length, at) => eventOf(at + 1, length));
    const page: LogPage = { run, events, isWhole: false };
    const batches = batchesOf(page);
    const frames = batches.flatMap(({ bytes }) => framesIn(bytes));
    const told = frames.map(({ text }) => JSON.parse(text));
    assert.deepEqual(
      told,
      events.map((event) => ({ frame: "event", run: run.id, ...event })),
    );
    assert.equal(batches.at(-1)?.last, lengths.length);
    for (const { bytes, events: count } of batches) {
      assert.equal(framesIn(bytes).length, count);
      assert.ok(count === 1 || bytes.length <= 64 * 1024, `${bytes.length} bytes at once`);
    }
    assert.equal(batchesOf(page), batches, "they are made once");
  });
});

/** How often events are read from the store, and the ports of readers. */
function watched({ backing }: Stage) {
  const { store, wakeups } = backing;
  const seen = { reads: 0 };
  const read: Store["read"] = (look) => {
    seen.reads += 1;
    return store.read(look);
  };
  const counting: Store = {
    read,
    of: (tenant) => store.of(tenant),
    write: (work) => store.write(work),
    check: () => store.check(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
  return { seen, ports: { store: counting, wakeups } };
}

const some = (count: number) => Array.from({ length: count }, (_, at) => logged(at));

describe("pages that readers share", () => {
  it("end at the same seqs wherever a reader begins, and are read once when whole", async (t) => {
    const stage = await openStage(t);
    const { id: run } = await stage.addRun();
    await stage.append(run, some(2 * eventsPage + 10));
    const { seen, ports } = watched(stage);
    const first = await sharedPage(ports, { run, after: 37 });
    assert.deepEqual([first.events.at(0)?.seq, first.events.at(-1)?.seq], [38, eventsPage]);
    const second = await sharedPage(ports, { run, after: eventsPage });
    assert.ok(second.isWhole);
    const { reads } = seen;
    assert.equal(await sharedPage(ports, { run, after: eventsPage }), second);
    assert.equal(seen.reads, reads);
    const last = await sharedPage(ports, { run, after: 2 * eventsPage });
    assert.equal(last.isWhole, false);
    await stage.append(run, some(1));
    const grown = await sharedPage(ports, { run, after: 2 * eventsPage });
    assert.equal(grown.events.length, last.events.length + 1);
  });

  it("tell a reader who begins anywhere what the log holds", async (t) => {
    const stage = await openStage(t);
    const address = await stage.app.listen({ host: "127.0.0.1", port: 0 });
    const { id } = await stage.addRun();
    await stage.append(id, some(2 * eventsPage + 3));
    for (const after of [0, 1, eventsPage - 1, eventsPage, 2 * eventsPage + 3]) {
      const reader = new Listener(`${address}/v1/runs/${id}/stream?after=${after}`);
      t.after(() => reader.socket.terminate());
      await reader.frame("caught_up");
      const count = 2 * eventsPage + 3 - after;
      assert.deepEqual(
        reader.seqs(),
        Array.from({ length: count }, (_, at) => after + 1 + at),
      );
    }
  });
});
