/** The plots of one run's kernel over time: spectrum, alignment, distances, shares, ranks. */
import { ramp } from "../kernel/colours.ts";
import { ChartCard } from "../plot/chart-card.ts";
import type { PlotLink } from "../plot/link.ts";
import { percent } from "../plot/number.ts";
import type { Line } from "../plot/spec.ts";
import { html, useCallback } from "../preact.ts";
import { useCell } from "../state/cell.ts";
import { palette } from "../state/theme.ts";
import type { Feed } from "../stream/feed.ts";
import { follow } from "../stream/feeds.ts";

const eigenvaluesMax = 16;
const namedMax = 5;

function curve(feed: Feed, name: string, rest: Omit<Line, "key" | "points">): Line {
  const key = `kernel.${name}`;
  return { key, points: feed.curve(key), ...rest };
}

function spectrum(feed: Feed, isDark: boolean): Line[] {
  const count = Math.min(eigenvaluesMax, feed.snapshots[0]?.eigenvalues.length ?? 0);
  const colours = ramp(count, isDark);
  return colours.map((colour, i) => curve(feed, `eigenvalue.${i}`, { label: `λ${i + 1}`, colour }));
}

function shares(feed: Feed): Line[] {
  const layers = Object.keys(feed.snapshots[0]?.layer_share ?? {});
  return layers.map((layer, colour) => curve(feed, `share.${layer}`, { label: layer, colour }));
}

function cardsOf(feed: Feed, isDark: boolean) {
  const dots = { hasDots: true } as const;
  const ranks = [
    curve(feed, "effective_rank", { label: "effective rank", colour: 5, ...dots }),
    curve(feed, "participation_ratio", { label: "participation ratio", colour: 2, ...dots }),
  ];
  return [
    {
      title: "Spectrum of the kernel",
      lines: spectrum(feed, isDark),
      kind: "log",
      legendMax: namedMax,
    },
    {
      title: "Alignment with the labels",
      lines: [
        curve(feed, "alignment", { label: "alignment", colour: 0, ...dots }),
        curve(feed, "centred_alignment", { label: "centred", colour: 1, ...dots }),
      ],
      empty: "The targets give no alignment.",
    },
    {
      title: "Distance of the kernel",
      hint: "1 − cosine to the first and to the previous kernel; ‖K − K₀‖ / ‖K₀‖",
      lines: [
        curve(feed, "distance_to_first", { label: "to the first", colour: 0, ...dots }),
        curve(feed, "distance_to_previous", { label: "to the previous", colour: 1, ...dots }),
        curve(feed, "relative_change", { label: "relative change", colour: 9, isDashed: true }),
      ],
    },
    {
      title: "Layers' shares of the trace",
      lines: shares(feed),
      spec: { isStacked: true, format: percent },
    },
    { title: "Rank of the kernel", lines: ranks },
    {
      title: "Largest eigenvalue over n",
      lines: [curve(feed, "lambda_max", { label: "λ max / n", colour: 3, ...dots })],
    },
  ] as const;
}

export function KernelCharts({ feed, link }: { readonly feed: Feed; readonly link: PlotLink }) {
  const { isDark } = useCell(palette);
  const onData = useCallback((redraw: () => void) => follow(feed.run, redraw), [feed.run]);
  const anchors = feed.anchors.map(({ step }) => step);
  return html`<div class="charts">
    ${cardsOf(feed, isDark).map(
      (card) => html`<${ChartCard} key=${card.title} ...${card} link=${link} onData=${onData}
        spec=${{ anchors, ...("spec" in card ? card.spec : {}) }} />`,
    )}
  </div>`;
}
