/** A figure of a sweep over the number of linearisations, or over K, with 95 % intervals. */
import type { ResultName, SweepResults } from "#schemas/sweep.ts";
import { ChartCard } from "../plot/chart-card.ts";
import { newLink } from "../plot/link.ts";
import { percent } from "../plot/number.ts";
import { Series } from "../plot/series.ts";
import type { Line } from "../plot/spec.ts";
import { html, useMemo } from "../preact.ts";
import { fieldsOf, fieldWords, figureWords, isShare, valueWords } from "./sweep-figures.ts";

type Group = SweepResults["groups"][number];

/** Where "never" stands on an axis of K: past the longest period. */
const neverFactor = 4;

function longest(groups: readonly Group[]): number {
  const periods = groups.map(({ values }) => Number(values["/algorithm/period"]));
  return Math.max(1, ...periods.filter((period) => Number.isFinite(period)));
}

function xOf(group: Group, axis: "updates" | "period", most: number): number {
  if (axis === "updates") return group.figures.linearisations.mean ?? Number.NaN;
  const period = group.values["/algorithm/period"];
  return period === "never" ? most * neverFactor : Number(period);
}

/** One curve for each combination of the settings other than K. */
function linesOf(sweep: SweepResults, figure: ResultName, axis: "updates" | "period"): Line[] {
  const others = fieldsOf(sweep).filter((field) => field !== "/algorithm/period");
  const most = longest(sweep.groups);
  const byName = new Map<string, Group[]>();
  for (const group of sweep.groups) {
    const name = others
      .map((field) => `${fieldWords(field)} ${valueWords(group.values[field])}`)
      .join(", ");
    byName.set(name, [...(byName.get(name) ?? []), group]);
  }
  return [...byName].map(([name, groups], colour) => {
    const points = groups
      .map((group) => ({ x: xOf(group, axis, most), estimate: group.figures[figure] }))
      .filter(({ x, estimate }) => x > 0 && estimate.mean !== null)
      .sort((a, b) => a.x - b.x);
    const series = new Series();
    for (const { x, estimate } of points) series.push(x, estimate.mean ?? Number.NaN);
    const low = Float64Array.from(points, ({ estimate }) => estimate.low ?? estimate.mean ?? 0);
    const high = Float64Array.from(points, ({ estimate }) => estimate.high ?? estimate.mean ?? 0);
    const label = name === "" ? figureWords[figure] : name;
    return { key: name, label, points: series, colour, hasDots: true, band: { low, high } };
  });
}

function periodNames(sweep: SweepResults) {
  const periods = sweep.groups.map(({ values }) => values["/algorithm/period"]);
  const most = longest(sweep.groups);
  return [...new Set(periods)].map((period) => ({
    value: period === "never" ? most * neverFactor : Number(period),
    label: String(period),
  }));
}

export function SweepCurves(props: { readonly sweep: SweepResults; readonly figure: ResultName }) {
  const { sweep, figure } = props;
  const links = useMemo(() => {
    const made = [newLink(), newLink()] as const;
    for (const link of made) link.xKind.set("log");
    return made;
  }, []);
  const format = isShare(figure) ? { format: percent } : {};
  const hasPeriods = fieldsOf(sweep).includes("/algorithm/period");
  if (!hasPeriods) return null;
  return html`<div class="charts section">
    <${ChartCard} title=${`${figureWords[figure]} over updates`} link=${links[0]}
      hint="Mean and 95 % interval over seeds; the number of times that the network was linearised"
      lines=${linesOf(sweep, figure, "updates")}
      spec=${{ xLabel: "number of linearisations", ...format }} />
    <${ChartCard} title=${`${figureWords[figure]} over K`} link=${links[1]}
      hint="Mean and 95 % interval over seeds; K is the number of steps between linearisations"
      lines=${linesOf(sweep, figure, "period")}
      spec=${{ xLabel: "K", xNames: periodNames(sweep), ...format }} />
  </div>`;
}
