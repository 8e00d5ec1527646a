/** The wedge problem over the public API: the figures that another program reached. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openService } from "./service.ts";
import { expected, trainWedges } from "./wedge.ts";

/** For one seed; `node bench/wedge.ts` holds the means of three to half of this. */
const tolerance = 0.06;
const periods = [1, 64, 512, "never"] as const;

describe("the wedge problem", () => {
  it("ends where an independent program ends, for every period", async (t) => {
    await using served = await openService({ trainersMax: 2, threadsPerTrainer: 1 });
    const scores = await trainWedges(
      served.api,
      periods.map((period) => ({ period, seed: 0 })),
    );
    for (const { period, linearised, network } of scores) {
      t.diagnostic(`K=${period}: f_lin ${linearised}, network ${network}`);
      const gap = Math.abs(linearised - (expected.get(period) ?? 0));
      assert.ok(gap < tolerance, `K=${period}: ${linearised}, ${expected.get(period)} expected`);
    }
    const [every, , eight, never] = scores.map(({ linearised }) => linearised);
    assert.ok((eight ?? 0) > (never ?? 1) + 0.25, "eight linearisations do far more than one");
    assert.ok((never ?? 1) < (every ?? 0) - 0.3, "the first kernel generalises badly");
    const apart = Math.abs((scores[0]?.network ?? 1) - (every ?? 0));
    assert.ok(apart < 0.01, "with K=1 both functions are one step apart at most");
  });
});
