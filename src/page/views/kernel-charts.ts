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

const dots = { hasDots: true } as const;

/** Centred, of each layer's own kernel; beside them the whole one's. */
function layers(feed: Feed): Line[] {
  const names = Object.keys(feed.snapshots[0]?.layer_alignment ?? {});
  if (names.length === 0) return [];
  const whole = { label: "whole kernel", colour: 1, isDashed: true } as const;
  return [
    ...names.map((layer, i) => curve(feed, `layer.${layer}`, { label: layer, colour: i, ...dots })),
    curve(feed, "centred_alignment", whole),
  ];
}

function power(feed: Feed, isDark: boolean): Line[] {
  const modes = feed.snapshots[0]?.cumulative_power?.modes ?? [];
  const colours = ramp(modes.length, isDark);
  return modes.map((mode, i) => {
    const label = mode === 1 ? "first" : `first ${mode}`;
    return curve(feed, `power.${mode}`, { label, colour: colours[i] ?? 0 });
  });
}

/** Curves that a run has only where it asked for them, or from its second snapshot on. */
function cardsAsked(feed: Feed, isDark: boolean) {
  const after = feed.snapshots[0]?.after_kernel;
  const isShare = after?.accuracy !== null;
  return [
    {
      title: "Velocity of the kernel",
      hint: "1 − cosine to the previous kernel, over the steps since and over their rates' sum",
      lines: [
        curve(feed, "velocity", { label: "a step", colour: 0, ...dots }),
        curve(feed, "velocity_per_rate", { label: "a unit of rate", colour: 1, ...dots }),
      ],
      kind: "log",
    },
    {
      title: "Alignment of layers",
      hint: "Centred alignment of each layer's part of the kernel with the labels",
      lines: layers(feed),
    },
    {
      title: "Power in leading modes",
      hint: "Share of the centred labels in the leading eigenvectors of the centred kernel",
      lines: power(feed, isDark),
      spec: { format: percent },
      legendMax: namedMax,
    },
    {
      title: isShare ? "Accuracy of the kernel alone" : "Loss of the kernel alone",
      hint: `Ridge regression with the kernel, fitted on ${after?.train_examples} examples`,
      lines: [
        curve(feed, "after", { label: "this kernel", colour: 0, ...dots }),
        curve(feed, "after.first", { label: "the first", colour: 9, isDashed: true }),
      ],
      ...(isShare ? { spec: { format: percent } } : {}),
    },
  ].filter(({ lines }) => lines.some(({ points }) => points.length > 0));
}

function cardsOf(feed: Feed, isDark: boolean) {
  const train = feed.snapshots[0]?.train ?? null;
  const seen = train === null ? [] : ["train.alignment", "train.centred_alignment"];
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
        ...seen.map((name, colour) => {
          const label = colour === 0 ? "on training examples" : "centred, on training examples";
          return curve(feed, name, { label, colour, isDashed: true });
        }),
      ],
      empty: "The targets give no alignment.",
    },
    {
      title: "Distance of the kernel",
      hint: "1 − cosine to the first and to the previous kernel; ‖K − K₀‖ / ‖K₀‖; log ‖K‖ / ‖K₀‖",
      lines: [
        curve(feed, "distance_to_first", { label: "to the first", colour: 0, ...dots }),
        curve(feed, "distance_to_previous", { label: "to the previous", colour: 1, ...dots }),
        curve(feed, "relative_change", { label: "relative change", colour: 9, isDashed: true }),
        curve(feed, "log_norm_ratio", { label: "log of the norms", colour: 4, isDashed: true }),
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
    ${[...cardsOf(feed, isDark), ...cardsAsked(feed, isDark)].map(
      (card) => html`<${ChartCard} key=${card.title} ...${card} link=${link} onData=${onData}
        spec=${{ anchors, ...("spec" in card ? card.spec : {}) }} />`,
    )}
  </div>`;
}
