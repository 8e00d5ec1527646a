/** What plots rest on, as laws: nothing that can be seen is lost, and axes say what is so. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Decimator } from "#src/page/plot/decimate.ts";
import { amount, duration, percent, short } from "#src/page/plot/number.ts";
import { padded, scaleOf, ticksOf } from "#src/page/plot/scale.ts";
import { nearest, Series } from "#src/page/plot/series.ts";
import { Smoothed } from "#src/page/plot/smooth.ts";

const seriesOf = (values: readonly number[]): Series => {
  const series = new Series();
  for (const [i, value] of values.entries()) series.push(i, value);
  return series;
};

const figures = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe("a decimated curve", () => {
  it("keeps the least and the greatest of what is in sight", () => {
    fc.assert(
      fc.property(fc.array(figures, { minLength: 60, maxLength: 400 }), (values) => {
        const series = seriesOf(values);
        const x = scaleOf("linear", [0, values.length - 1], [0, 20]);
        const chosen = new Decimator().choose(series, x, 20);
        assert.equal(chosen.isDense, true);
        assert.equal(chosen.low, Math.min(...values));
        assert.equal(chosen.high, Math.max(...values));
        assert.ok(chosen.length <= 22, `${chosen.length} columns`);
      }),
    );
  });

  it("breaks where a value is not finite", () => {
    const series = seriesOf([1, Number.NaN, 2]);
    const x = scaleOf("linear", [0, 2], [0, 100]);
    const { places, length } = new Decimator().choose(series, x, 100);
    assert.deepEqual([...places.subarray(0, length)], [0, -1, 2]);
  });

  it("leaves out what a logarithmic axis cannot show", () => {
    const decimator = new Decimator();
    decimator.floor = 0;
    const x = scaleOf("linear", [0, 2], [0, 100]);
    const chosen = decimator.choose(seriesOf([1, -1, 2]), x, 100);
    assert.equal(chosen.low, 1);
  });
});

describe("a series", () => {
  it("takes no step twice", () => {
    const series = seriesOf([1, 2, 3]);
    series.push(1, 9);
    assert.deepEqual([...series.y.subarray(0, series.length)], [1, 2, 3]);
  });

  it("finds the point nearest to the pointer", () => {
    const series = seriesOf([5, 6, 7]);
    assert.deepEqual(
      [-3, 0.4, 0.6, 9].map((x) => nearest(series, x)),
      [0, 0, 1, 2],
    );
  });
});

describe("smoothing", () => {
  it("leaves a constant as it is, from the first point on", () => {
    fc.assert(
      fc.property(figures, fc.double({ min: 0, max: 0.99, noNaN: true }), (value, weight) => {
        const smoothed = new Smoothed(seriesOf([value, value, value]), weight).update();
        for (const y of smoothed.y.subarray(0, 3)) {
          assert.ok(Math.abs(y - value) <= 1e-9 * Math.max(1, Math.abs(value)));
        }
      }),
    );
  });

  it("goes on where it was when the curve grows", () => {
    const series = seriesOf([3, 1, 4]);
    const grown = new Smoothed(series, 0.5);
    grown.update();
    series.push(3, 1);
    const whole = new Smoothed(series, 0.5).update();
    assert.equal(grown.update().y[3], whole.y[3]);
  });
});

describe("an axis", () => {
  it("goes there and back", () => {
    const log = scaleOf("log", [0.01, 100], [0, 400]);
    for (const value of [0.01, 0.5, 1, 99]) {
      assert.ok(Math.abs(log.from(log.to(value)) / value - 1) < 1e-9);
    }
  });

  it("has ticks inside its domain alone", () => {
    fc.assert(
      fc.property(figures, figures, fc.constantFrom("linear", "log"), (a, b, kind) => {
        const domain = padded(kind, [Math.min(a, b), Math.max(a, b)]);
        const ticks = ticksOf(scaleOf(kind, domain, [0, 300]), 5);
        const room = 1e-3 * (domain[1] - domain[0]);
        for (const { value } of ticks) {
          assert.ok(value >= domain[0] - room && value <= domain[1] + room);
        }
      }),
    );
  });
});

describe("numbers", () => {
  it("are short and in the reader's units", () => {
    assert.deepEqual(
      [0.123456, 12345, 1.5e-7, -2, Number.NaN, Number.POSITIVE_INFINITY].map(short),
      ["0.1235", "12\u202f345", "1.5e−7", "−2", "–", "∞"],
    );
    assert.deepEqual([percent(0.875), percent(null)], ["87.5 %", "–"]);
    assert.deepEqual([0.25, 75, 7260].map(duration), ["250 ms", "1 min 15 s", "2 h 1 min"]);
    assert.deepEqual([amount(2_030_000, "FLOP"), amount(12)], ["2.03 MFLOP", "12"]);
  });
});
