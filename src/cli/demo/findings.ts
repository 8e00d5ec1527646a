/** What the demo's four runs show, said only as far as their figures say it. */
import { showShare } from "#cli/show/numbers.ts";
import type { DemoPeriod } from "./wedge.ts";

/** Figures of one run after its last step. Accuracies are shares of the test examples. */
export interface Finding {
  readonly period: DemoPeriod;
  /** How often the network was linearised. */
  readonly linearisations: number;
  readonly accuracyLinearised: number;
  readonly accuracyNetwork: number;
  readonly trainAccuracyLinearised: number;
  /** 1 − cosine between the first and the last kernel; null without snapshots. */
  readonly kernelDistance: number | null;
  readonly seconds: number;
}

/** Closer test accuracies are called the same: two deviations of the difference on 2000 coins. */
const sameWithin = 0.03;

/** Sentences about the rows, which must be in the order of `periods`. */
export function conclusions(findings: readonly Finding[]): readonly string[] {
  const every = findings.find(({ period }) => period === 1);
  const never = findings.find(({ period }) => period === "never");
  if (every === undefined || never === undefined) return [];
  const between = findings.filter(({ period }) => period !== 1 && period !== "never");
  return [
    ...between.map((finding) => comparison(finding, every)),
    ...(never.accuracyLinearised < every.accuracyLinearised - sameWithin
      ? [
          `Never updating the features ends at ${showShare(never.accuracyLinearised)} on test ` +
            `data, with ${showShare(never.trainAccuracyLinearised)} of the training data fitted: ` +
            "here the kernel at the start generalises badly, and moving it is what helps.",
        ]
      : []),
  ];
}

function comparison(finding: Finding, every: Finding): string {
  const { period, linearisations, accuracyLinearised: accuracy } = finding;
  const gap = every.accuracyLinearised - accuracy;
  const times = linearisations === 1 ? "once" : `${linearisations} times`;
  const said =
    Math.abs(gap) <= sameWithin
      ? `about what K=1 reaches (${showShare(every.accuracyLinearised)})`
      : `${(100 * Math.abs(gap)).toFixed(1)} points ${gap > 0 ? "below" : "above"} K=1`;
  return (
    `K=${period} linearises ${times} in place of ${every.linearisations}` +
    ` and reaches ${showShare(accuracy)}, ${said}.`
  );
}
