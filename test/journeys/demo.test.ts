/** The demo, shortened, from its own service to its table. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { conclusions, type Finding } from "#cli/demo/findings.ts";
import { linnet } from "#test/cli/screen.ts";

const finding = (rest: Pick<Finding, "period" | "linearisations" | "accuracyLinearised">) => ({
  ...rest,
  accuracyNetwork: 0.5,
  trainAccuracyLinearised: 0.9,
  kernelDistance: 0.1,
  seconds: 1,
});

describe("the demo", () => {
  it("trains four periods and prints what came of each", { timeout: 120_000 }, async () => {
    const ended = await linnet(["demo", "--quick"]);
    assert.equal(ended.code, 0, ended.err);
    for (const [period, times] of [
      ["1", "1000"],
      ["64", "16"],
      ["500", "2"],
      ["never", "1"],
    ]) {
      const row = new RegExp(
        `^ *${period} +${times} +[\\d.]+% +[\\d.]+% +[\\d.]+% +[\\d.e-]+ `,
        "m",
      );
      assert.match(ended.out, row);
    }
    assert.match(ended.out, /Where to look next/);
  });

  it("claims only what the figures say", () => {
    const every = finding({ period: 1, linearisations: 1000, accuracyLinearised: 0.8 });
    const same = finding({ period: 64, linearisations: 16, accuracyLinearised: 0.79 });
    const worse = finding({ period: 500, linearisations: 2, accuracyLinearised: 0.6 });
    const never = finding({ period: "never", linearisations: 1, accuracyLinearised: 0.79 });
    const [first, second, ...more] = conclusions([every, same, worse, never]);
    assert.match(first ?? "", /K=64 linearises 16 times in place of 1000.*about what K=1 reaches/);
    assert.match(second ?? "", /20.0 points below K=1/);
    assert.deepEqual(more, [], "never is as good here, so nothing is said against it");
  });
});
