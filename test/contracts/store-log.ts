/** What every Store's log does: gap-free seqs, keys once, ranges by seq, kind and step. */
import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import type { EventKind } from "#schemas/event.ts";
import type { EventRange } from "#storage/events.ts";
import type { NewEvent, Store } from "#storage/store.ts";
import type { OpenStore } from "./opening.ts";
import { logEvent, metricsEvent, runRecord, statusEvent, time } from "./records.ts";
import { refusal } from "./refusal.ts";

async function newRun(store: Store): Promise<string> {
  const record = runRecord();
  await store.write((writer) => writer.insertRun(record));
  return record.run.id;
}

async function append(store: Store, run: string, events: readonly NewEvent[]) {
  return store.write((writer) => writer.append(run, time, events));
}

async function seqs(store: Store, run: string, range: Partial<EventRange> = {}) {
  const events = await store.read((reader) =>
    reader.events(run, { after: 0, limit: 1000, ...range }),
  );
  return events.map((event) => event.seq);
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

export function storeLogContract(open: OpenStore): void {
  appendContract(open);
  rangeContract(open);
  stepContract(open);
}

function appendContract(open: OpenStore): void {
  it("numbers events from 1 and gives them back as they were", async (t) => {
    const store = await open(t);
    const run = await newRun(store);
    const given = [statusEvent("status:1"), metricsEvent(1, 3), logEvent(3)];
    const stored = await append(store, run, given);
    const expected = given.map(({ type, data }, i) => ({ seq: i + 1, type, time, data }));
    assert.deepEqual(stored, expected);
    const read = await store.read((reader) => reader.events(run, { after: 0, limit: 9 }));
    assert.deepEqual(read, expected);
    const record = await store.read((reader) => reader.run(run));
    assert.equal(record?.run.last_seq, 3);
    assert.equal(record?.run.version, 1);
  });

  it("moves a run and its log on together, or neither of them", async (t) => {
    const store = await open(t);
    const run = await newRun(store);
    await append(store, run, [logEvent(1, "a")]);
    const advance = (name: string, version: number) =>
      store.write(async (writer) => {
        const record = await writer.run(run);
        assert.ok(record);
        const events = [logEvent(2, "a"), logEvent(3, name)];
        return writer.advance(record, {
          time,
          events,
          next: (stored) => ({
            ...record,
            run: { ...record.run, version, name: `${name} ${stored.map(({ seq }) => seq)}` },
          }),
        });
      });
    const after = await advance("b", 2);
    assert.deepEqual([after.run.last_seq, after.run.version, after.run.name], [2, 2, "b 2"]);
    const stored = await store.read((reader) => reader.run(run));
    assert.deepEqual(stored, after);
    assert.deepEqual(await seqs(store, run), upTo(2));
    await assert.rejects(advance("c", 2), refusal("conflict"));
    assert.deepEqual(await store.read((reader) => reader.run(run)), after);
    assert.deepEqual(await seqs(store, run), upTo(2));
    await append(store, run, [logEvent(4)]);
    assert.deepEqual(await seqs(store, run), upTo(3));
  });

  it("shows where a run is and what follows a seq, of one moment and to its tenant", async (t) => {
    const store = await open(t);
    const run = await newRun(store);
    const page = (after: number, limit: number, from: Store = store) =>
      from.read((reader) => reader.page(run, { after, limit }));
    const of = (last_seq: number) => ({ id: run, epoch: "epoch-1", status: "queued", last_seq });
    assert.deepEqual(await page(0, 9), { run: of(0), events: [] });
    const stored = await append(
      store,
      run,
      [1, 2, 3].map((step) => logEvent(step)),
    );
    assert.deepEqual(await page(0, 2), { run: of(3), events: stored.slice(0, 2) });
    assert.deepEqual(await page(2, 2), { run: of(3), events: stored.slice(2) });
    assert.deepEqual(await page(3, 2), { run: of(3), events: [] });
    assert.equal(await page(0, 2, store.of("somebody else")), undefined);
    assert.equal(
      await store.read((reader) => reader.page("run_x", { after: 0, limit: 1 })),
      undefined,
    );
  });

  it("drops events whose key is known, within a call and between calls", async (t) => {
    const store = await open(t);
    const run = await newRun(store);
    const first = await append(store, run, [logEvent(1, "a"), logEvent(2, "a"), logEvent(3)]);
    assert.deepEqual(
      first.map((event) => event.data),
      [logEvent(1).data, logEvent(3).data],
    );
    const second = await append(store, run, [logEvent(4, "b"), logEvent(5, "a"), logEvent(6)]);
    assert.deepEqual(
      second.map((event) => event.seq),
      [3, 4],
    );
    assert.deepEqual(await append(store, run, [logEvent(7, "b")]), []);
    assert.deepEqual(await append(store, run, []), []);
    assert.deepEqual(await seqs(store, run), upTo(4));
    const other = await newRun(store);
    assert.equal((await append(store, other, [logEvent(1, "a")])).length, 1);
  });

  it("refuses to append to a run that is not there", async (t) => {
    const store = await open(t);
    await assert.rejects(append(store, runRecord().run.id, [logEvent(1)]), refusal("not_found"));
    assert.deepEqual(await seqs(store, runRecord().run.id), []);
  });

  it("gives no seq away to a transaction that fails", async (t) => {
    const store = await open(t);
    const run = await newRun(store);
    await append(store, run, [logEvent(1)]);
    const failed = store.write(async (writer) => {
      await writer.append(run, time, [logEvent(2, "k"), logEvent(3)]);
      throw new Error("no");
    });
    await assert.rejects(failed, /^Error: no$/);
    assert.deepEqual(
      (await append(store, run, [logEvent(4, "k")])).map(({ seq }) => seq),
      [2],
    );
  });

  it("keeps seqs gap-free under ten writers at once", async (t) => {
    const store = await open(t);
    const run = await newRun(store);
    const writers = Array.from({ length: 10 }, async (_, writer) => {
      for (let i = 0; i < 10; i += 1) {
        await append(store, run, [logEvent(i), logEvent(i, `${writer % 5}:${i}`)]);
      }
    });
    await Promise.all(writers);
    assert.deepEqual(await seqs(store, run), upTo(150));
    assert.equal((await store.read((reader) => reader.run(run)))?.run.last_seq, 150);
  });

  it("takes many events in one call", async (t) => {
    const store = await open(t);
    const run = await newRun(store);
    const events = Array.from({ length: 500 }, (_, i) => logEvent(i, `k${i}`));
    assert.equal((await append(store, run, events)).length, 500);
    assert.deepEqual(await append(store, run, events), []);
    assert.deepEqual(await seqs(store, run), upTo(500));
  });
}

function rangeContract(open: OpenStore): void {
  it("reads after a cursor, through a seq, at most so many", async (t) => {
    const store = await open(t);
    const run = await newRun(store);
    await append(
      store,
      run,
      upTo(20).map((step) => logEvent(step)),
    );
    assert.deepEqual(await seqs(store, run, { after: 15 }), [16, 17, 18, 19, 20]);
    assert.deepEqual(await seqs(store, run, { after: 15, through: 17 }), [16, 17]);
    assert.deepEqual(await seqs(store, run, { after: 3, limit: 2 }), [4, 5]);
    assert.deepEqual(await seqs(store, run, { after: 20 }), []);
    assert.deepEqual(await seqs(store, run, { after: 9, through: 9 }), []);
  });

  it("agrees with a filter of the whole log, for any log and range", async (t) => {
    const store = await open(t);
    const kinds: readonly EventKind[] = ["status", "metrics", "log", "anchor"];
    const range = fc.record({
      after: fc.nat(14),
      limit: fc.integer({ min: 1, max: 6 }),
      through: fc.option(fc.nat(14), { nil: undefined }),
      kinds: fc.option(fc.subarray([...kinds]), { nil: undefined }),
      steps: fc.option(fc.tuple(fc.nat(30), fc.nat(30)), { nil: undefined }),
    });
    const shape = fc.array(fc.constantFrom("status", "metrics", "log"), { maxLength: 12 });
    const law = fc.asyncProperty(shape, fc.array(range, { minLength: 5 }), async (log, ranges) => {
      const run = await newRun(store);
      await append(store, run, eventsLike(log));
      for (const { after, limit, through, kinds: only, steps: pair } of ranges) {
        const steps = pair && { from: Math.min(...pair), to: Math.max(...pair) };
        const expected = upTo(log.length)
          .filter((seq) => seq > after && seq <= (through ?? seq))
          .filter((seq) => only?.includes(log[seq - 1] ?? "status") ?? true)
          .filter((seq) => steps === undefined || touches(log, seq, steps))
          .slice(0, limit);
        const asked = {
          after,
          limit,
          ...(through !== undefined && { through }),
          ...(only !== undefined && { kinds: only }),
          ...(steps !== undefined && { steps }),
        };
        assert.deepEqual(await seqs(store, run, asked), expected);
      }
    });
    await fc.assert(law, { numRuns: 40 });
  });
}

type Shape = readonly ("status" | "metrics" | "log")[];

/** Metrics of three steps each, and log events at the step of the metrics before. */
function stepsAt(log: Shape, seq: number): { from: number; to: number } | undefined {
  const kind = log[seq - 1];
  const done = 3 * log.slice(0, seq).filter((each) => each === "metrics").length;
  if (kind === "metrics") return { from: done - 2, to: done };
  return kind === "log" ? { from: done, to: done } : undefined;
}

function touches(log: Shape, seq: number, steps: { from: number; to: number }): boolean {
  const at = stepsAt(log, seq);
  return at !== undefined && at.to >= steps.from && at.from <= steps.to;
}

function eventsLike(log: Shape): NewEvent[] {
  return log.map((kind, i) => {
    const at = stepsAt(log, i + 1);
    if (at === undefined) return statusEvent();
    return kind === "metrics" ? metricsEvent(at.from, at.to) : logEvent(at.from);
  });
}

function stepContract(open: OpenStore): void {
  it("finds the metrics of a range of steps, in pages", async (t) => {
    const store = await open(t);
    const run = await newRun(store);
    const events = upTo(100).map((i) => metricsEvent(10 * i - 9, 10 * i));
    await append(store, run, events);
    const find = (range: Partial<EventRange>) => seqs(store, run, { kinds: ["metrics"], ...range });
    assert.deepEqual(await find({ steps: { from: 500, to: 511 } }), [50, 51, 52]);
    assert.deepEqual(await find({ steps: { from: 991, to: 2000 } }), [100]);
    assert.deepEqual(await find({ steps: { from: 1001, to: 2000 } }), []);
    assert.deepEqual(await find({ steps: { from: 1, to: 1000 }, after: 97 }), [98, 99, 100]);
    assert.deepEqual(await find({ steps: { from: 301, to: 400 }, limit: 2 }), [31, 32]);
    assert.deepEqual(await find({ steps: { from: 301, to: 400 }, after: 38, limit: 9 }), [39, 40]);
  });
}
