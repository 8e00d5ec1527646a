/** How far the kernels and weights of compared runs are from those of the first one chosen. */
import type { Comparison } from "#schemas/comparison.ts";
import { api } from "../calls/api.ts";
import { isEnded, nameOf } from "../parts/badge.ts";
import { ChartCard } from "../plot/chart-card.ts";
import type { PlotLink } from "../plot/link.ts";
import type { Line } from "../plot/spec.ts";
import { html } from "../preact.ts";
import { useLoaded } from "../state/loaded.ts";
import { figure } from "../stream/feed.ts";
import type { Compared } from "./compare-table.ts";

/** While a run lives. The service reads all of their logs for it. */
const everyMs = 30_000;

/** A curve a run through the points that it has; the first run is where they count from. */
function linesOf<P extends { readonly step: number }>(
  compared: readonly Compared[],
  apart: readonly { readonly run: string; readonly points: readonly P[] }[],
  value: (point: P) => number,
): Line[] {
  return compared.flatMap(({ run, colour }) => {
    const points = apart.find((each) => each.run === run.id)?.points ?? [];
    if (points.length === 0) return [];
    const x = Float64Array.from(points, ({ step }) => step);
    const y = Float64Array.from(points, value);
    const drawn = { x, y, length: points.length };
    return [{ key: run.id, label: nameOf(run), points: drawn, colour, hasDots: true }];
  });
}

function cardsOf(compared: readonly Compared[], { kernels, parameters }: Comparison, to: string) {
  const cards = [
    {
      title: `Kernel's distance to ${to}`,
      hint: "1 − cosine of the two kernels at equal steps, on the same probe",
      lines: linesOf(compared, kernels, ({ distance }) => figure(distance)),
    },
    {
      title: `Weights' distance to ${to}`,
      hint: "‖θ − θ′‖ / ‖θ′‖ of checkpoints at equal steps",
      lines: linesOf(compared, parameters, (point) => figure(point.relative_distance)),
    },
  ];
  return cards.filter(({ lines }) => lines.length > 0);
}

/** Nothing where runs cannot be compared so, with the reason once. */
export function DistanceCharts({
  compared,
  link,
}: {
  readonly compared: readonly Compared[];
  readonly link: PlotLink;
}) {
  const ids = compared.map(({ run }) => run.id);
  const ended = compared.map(({ run }) => run.status).join();
  const isLive = compared.some(({ run }) => !isEnded(run.status));
  const again = isLive ? everyMs : undefined;
  const { value } = useLoaded(() => api.compare(ids), [ids.join(), ended], again);
  const [first] = compared;
  if (value === undefined || first === undefined) return null;
  const cards = cardsOf(compared, value, nameOf(first.run));
  const reasons = new Set(value.kernels.flatMap(({ reason }) => (reason === null ? [] : [reason])));
  return html`${cards.map(
    (card) => html`<${ChartCard} key=${card.title} ...${card} link=${link} />`,
  )}
  ${[...reasons].map(
    (reason) => html`<p key=${reason} class="note">Kernels are not compared. ${reason}</p>`,
  )}`;
}
