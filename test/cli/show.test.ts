/** What the command line draws: numbers, bars, curves, tables, from values alone. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { bar, sparkline } from "#cli/show/bar.ts";
import { History } from "#cli/show/history.ts";
import { showBytes, showNumber, showRate, showSeconds, showShare } from "#cli/show/numbers.ts";
import { paintFor, plain, widthOf, wrapped } from "#cli/show/paint.ts";
import { table } from "#cli/show/table.ts";

const none = paintFor(false);

describe("numbers for people", () => {
  it("keep four digits, and say what is not finite", () => {
    assert.equal(showNumber(0.043217), "0.04322");
    assert.equal(showNumber(0.00001), "1.00e-5");
    assert.equal(showNumber(14_927.3), "14927");
    assert.equal(showNumber(0), "0");
    assert.equal(showNumber("NaN"), "NaN");
    assert.equal(showNumber("-Infinity"), "-∞");
    assert.equal(showNumber(null), "–");
    assert.equal(showShare(0.8604), "86.0%");
    assert.equal(showShare("NaN"), "NaN");
  });

  it("round durations without ever writing sixty seconds or minutes", () => {
    assert.equal(showSeconds(3.21), "3.2s");
    assert.equal(showSeconds(9.97), "10s");
    assert.equal(showSeconds(59.6), "1m00s");
    assert.equal(showSeconds(3599.7), "1h00m");
    assert.equal(showSeconds(86_399), "1d00h");
    assert.equal(showSeconds(Number.NaN), "–");
  });

  it("give rates and sizes their units", () => {
    assert.equal(showRate(1234), "1.2k");
    assert.equal(showRate(0.42), "0.42");
    assert.equal(showRate(Number.NaN), "–");
    assert.equal(showBytes(812), "812 B");
    assert.equal(showBytes(3.4 * 1024 * 1024), "3.4 MiB");
  });
});

describe("a bar", () => {
  it("is always as wide as asked, whatever the share", () => {
    fc.assert(
      fc.property(fc.double(), fc.integer({ min: 1, max: 200 }), (share, width) => {
        assert.equal(widthOf(bar(share, width, paintFor(true))), width);
      }),
    );
  });

  it("is full at the end and empty at the start", () => {
    assert.equal(bar(1, 4, none), "━━━━");
    assert.equal(bar(0, 4, none), "────");
    assert.equal(bar(0.5, 3, none), "━╸─");
  });
});

describe("a sparkline", () => {
  it("has the least value at the bottom and the greatest at the top", () => {
    assert.equal(sparkline([1, 10, 100]), "▁▅█");
    assert.equal(sparkline([-1, 0, 1]), "▁▅█");
  });

  it("draws what is not finite as a cross, and a flat curve flat", () => {
    assert.equal(sparkline([1, Number.NaN, 1]), "▁×▁");
    assert.equal(sparkline([]), "");
  });
});

describe("a history", () => {
  it("keeps the mean of everything it was given, in bounded memory", () => {
    const history = new History();
    for (let i = 0; i < 2 ** 14; i++) history.add(i);
    const sample = history.sample(16);
    assert.equal(sample.length, 16);
    const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length;
    assert.equal(mean, (2 ** 14 - 1) / 2);
    assert.deepEqual(
      [...sample].sort((a, b) => a - b),
      sample,
    );
  });

  it("gives back a short sequence as it is", () => {
    const history = new History();
    for (const value of [3, 2, 1]) history.add(value);
    assert.deepEqual(history.sample(24), [3, 2, 1]);
  });
});

describe("text", () => {
  it("stands in columns", () => {
    const text = table(
      [{ title: "name" }, { title: "n", align: "right" }],
      [
        ["a", "1"],
        ["long name", "200"],
      ],
      none,
    );
    assert.deepEqual(text.split("\n"), [
      "name         n",
      "─────────  ───",
      "a            1",
      "long name  200",
      "",
    ]);
  });

  it("loses every character that a terminal would obey", () => {
    assert.equal(plain("\x1b[2Jgone\x07\u009b1m"), " [2Jgone  1m");
  });

  it("is wrapped between words", () => {
    const lines = wrapped("word ".repeat(60).trim()).split("\n");
    assert.ok(lines.length > 1 && lines.every((line) => line.length <= 96));
    assert.equal(lines.join(" "), "word ".repeat(60).trim());
  });
});
