/** How runs are shown while they train: in place, as lines, as JSON. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { JsonView } from "#cli/show/json.ts";
import { LinesView } from "#cli/show/lines.ts";
import { LiveView } from "#cli/show/live.ts";
import { widthOf } from "#cli/show/paint.ts";
import { Track } from "#cli/track.ts";
import type { RunEvent } from "#schemas/event.ts";
import { runRecord } from "#test/contracts/records.ts";
import { screen, shown } from "./screen.ts";

const start = Date.parse("2026-01-01T00:00:00Z");

const steps = 1000;

function trackOf(name = "a run"): Track {
  const { run } = runRecord();
  const progress = { step: 0, steps, percent: 0, eta_seconds: null };
  const algorithm = { type: "linearised", period: 64 } as const;
  return new Track({ ...run, name, algorithm, status: "queued", progress });
}

function at(seq: number, seconds: number, rest: Pick<RunEvent, "type" | "data">): RunEvent {
  return { seq, time: new Date(start + 1000 * seconds).toISOString(), ...rest } as RunEvent;
}

const status = (seq: number, seconds: number, value: "running" | "succeeded"): RunEvent =>
  at(seq, seconds, { type: "status", data: { status: value, attempt: 1 } });

const metrics = (seq: number, seconds: number, to: number): RunEvent =>
  at(seq, seconds, {
    type: "metrics",
    data: { from: to - 99, to, columns: { loss: [2 / to, 1 / to], accuracy: [0.5, 0.75] } },
  });

const scores = { loss: 0.5, accuracy: 0.875 };
const evaluation = (seq: number, seconds: number): RunEvent =>
  at(seq, seconds, {
    type: "evaluation",
    data: {
      step: 100,
      linearised: { train: scores, test: scores },
      network: { train: scores, test: { loss: 1, accuracy: 0.25 } },
    },
  });

describe("a track", () => {
  it("knows speed and remaining time from the times of events alone", () => {
    const track = trackOf();
    track.apply(status(1, 0, "running"));
    track.apply(metrics(2, 1, 100));
    track.apply(metrics(3, 2, 200));
    assert.equal(track.stepsPerSecond, 100);
    assert.equal(track.etaSeconds, 8);
    assert.equal(track.loss, 1 / 200);
    track.apply(status(4, 10, "succeeded"));
    assert.equal(track.seconds, 10);
    assert.ok(track.ended);
  });
});

describe("the view on a terminal", () => {
  it("draws a bar and a curve for each run, in place", () => {
    const terminal = screen({ interactive: true, columns: 100 });
    const view = new LiveView(terminal);
    const tracks = [trackOf("one"), trackOf("another")];
    for (const track of tracks) view.add(track);
    for (const event of [status(1, 0, "running"), metrics(2, 1, 100), metrics(3, 2, 500)]) {
      for (const track of tracks) {
        track.apply(event);
        terminal.pass(100);
        view.show();
      }
    }
    tracks[0]?.apply(evaluation(4, 2));
    view.note("a remark");
    view.close();
    const lines = shown(terminal.printed.out);
    assert.equal(lines.length, 6, lines.join("\n"));
    assert.equal(lines[0], "a remark");
    assert.match(lines[1] ?? "", /^one {6}━{20}─{20} {3}500\/1000 {2}50%$/);
    assert.match(lines[2] ?? "", /█.*▁.*loss 0.002000 {2}acc 75.0% {2}test f_lin 87.5% net 25.0%/);
    assert.match(lines[3] ?? "", /^another/);
  });

  it("never writes a line as wide as the terminal, however narrow", () => {
    for (const columns of [4, 20, 40, 61, 80, 200]) {
      const terminal = screen({ interactive: true, columns });
      const view = new LiveView(terminal);
      const track = trackOf("études 🎹 漢字 a run with a long name");
      view.add(track);
      for (const event of [status(1, 0, "running"), metrics(2, 1, 900), evaluation(3, 1)]) {
        track.apply(event);
      }
      view.close();
      for (const line of shown(terminal.printed.out)) {
        assert.ok(widthOf(line) < columns, `${columns} columns: ${line}`);
      }
    }
  });
});

describe("the view for pipes", () => {
  it("writes at most one line a second for each run, and always the last", () => {
    const terminal = screen();
    const view = new LinesView(terminal);
    const track = trackOf();
    const tell = (event: RunEvent): void => {
      track.apply(event);
      view.show(track, event);
    };
    tell(status(1, 0, "running"));
    for (let i = 1; i <= 10; i++) {
      terminal.pass(300);
      tell(metrics(1 + i, 0.3 * i, 100 * i));
    }
    tell(status(12, 3, "succeeded"));
    const lines = terminal.printed.out.trimEnd().split("\n");
    assert.equal(lines.length, 4, lines.join("\n"));
    assert.match(lines.at(-1) ?? "", /^a run {2}succeeded {2}1000\/1000 \(100%\) {2}loss 0.001/);
  });
});

describe("the view for programs", () => {
  it("writes every event with its run as a line of JSON, and remarks elsewhere", () => {
    const terminal = screen();
    const view = new JsonView(terminal);
    const track = trackOf();
    view.show(track, metrics(2, 1, 100));
    view.note("a remark");
    assert.deepEqual(JSON.parse(terminal.printed.out), { run: track.id, ...metrics(2, 1, 100) });
    assert.equal(terminal.printed.err, "a remark\n");
  });
});
