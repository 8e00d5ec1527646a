/** What a slow or modest reader gets: seqs sent and gaps declared cover the log exactly. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Conflator, type Item } from "#api/stream/conflator.ts";
import type { EventKind, RunEvent } from "#schemas/event.ts";

/** An event of a kind; its data does not matter here. */
function event(seq: number, type: EventKind): RunEvent {
  return { seq, type, time: "2026-01-02T03:04:05.000Z", data: {} } as RunEvent;
}

const covered = (items: readonly Item[]) =>
  items.flatMap((item) => {
    if ("event" in item) return [item.event.seq];
    const { from, to } = item.gap;
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });

const sent = (items: readonly Item[]) =>
  items.flatMap((item) => ("event" in item ? [item.event] : []));

/** A log and what happens while it is read. */
const story = fc.record({
  after: fc.nat(50),
  rateHz: fc.constantFrom(1, 10, 1000, Number.POSITIVE_INFINITY),
  moments: fc.array(
    fc.record({
      kind: fc.constantFrom<EventKind>("metrics", "metrics", "metrics", "status", "evaluation"),
      isWanted: fc.boolean(),
      waitMs: fc.nat(200),
      pressed: fc.boolean(),
      looksIfDue: fc.boolean(),
    }),
    { maxLength: 60 },
  ),
});

describe("conflation", () => {
  it("covers every seq exactly once, in order, whatever it leaves out", () => {
    fc.assert(
      fc.property(story, ({ after, rateHz, moments }) => {
        const conflator = new Conflator({ after, rateHz });
        const items: Item[] = [];
        const wanted: RunEvent[] = [];
        let nowMs = 0;
        let seq = after;
        for (const { kind, isWanted, waitMs, pressed, looksIfDue } of moments) {
          seq += 1;
          nowMs += waitMs;
          conflator.pressed = pressed;
          if (isWanted) {
            wanted.push(event(seq, kind));
            items.push(...conflator.offer(event(seq, kind), nowMs));
          } else conflator.passed(seq);
          if (looksIfDue) items.push(...conflator.due(nowMs));
        }
        items.push(...conflator.settle(nowMs));
        const all = Array.from({ length: seq - after }, (_, i) => after + 1 + i);
        assert.deepEqual(covered(items), all);
        const others = wanted.filter(({ type }) => type !== "metrics");
        assert.deepEqual(
          sent(items).filter(({ type }) => type !== "metrics"),
          others,
        );
      }),
    );
  });

  it("leaves nothing out for a reader who keeps up and asks for everything", () => {
    const conflator = new Conflator({ after: 0, rateHz: Number.POSITIVE_INFINITY });
    const items = [1, 2, 3, 4].flatMap((seq) => conflator.offer(event(seq, "metrics"), 0));
    assert.deepEqual(
      sent(items).map(({ seq }) => seq),
      [1, 2, 3, 4],
    );
  });

  it("sends the latest metrics of a stretch when it is due, and what was left out before", () => {
    const conflator = new Conflator({ after: 0, rateHz: 10 });
    assert.equal(sent(conflator.offer(event(1, "metrics"), 0)).length, 1);
    for (const seq of [2, 3, 4]) assert.deepEqual(conflator.offer(event(seq, "metrics"), seq), []);
    assert.deepEqual(conflator.due(99), []);
    assert.deepEqual(conflator.due(100), [
      { gap: { from: 2, to: 3, reason: "conflated" } },
      { event: event(4, "metrics") },
    ]);
  });

  it("sends waiting metrics before an event of another kind: the last is never lost", () => {
    const conflator = new Conflator({ after: 0, rateHz: 1 });
    conflator.offer(event(1, "metrics"), 0);
    conflator.offer(event(2, "metrics"), 1);
    const items = conflator.offer(event(3, "status"), 2);
    assert.deepEqual(
      sent(items).map(({ seq }) => seq),
      [2, 3],
    );
  });
});
