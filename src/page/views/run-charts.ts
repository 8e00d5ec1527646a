/** The plots of one run's training: both functions, distances, rate, what each anchor found. */
import type { Run } from "#schemas/run.ts";
import { ChartCard } from "../plot/chart-card.ts";
import type { PlotLink } from "../plot/link.ts";
import { percent } from "../plot/number.ts";
import type { Level, Line } from "../plot/spec.ts";
import { html, useCallback } from "../preact.ts";
import { type Feed, figure } from "../stream/feed.ts";
import { follow } from "../stream/feeds.ts";

const network = 0;
const linearised = 1;
const quiet = 9;

interface Words {
  readonly key: string;
  readonly label: string;
  readonly colour: number;
}

const line = (feed: Feed, words: Words, how: Partial<Line> = {}): Line => ({
  ...words,
  points: feed.curve(words.key),
  ...how,
});

/** Curves of one figure for both functions and splits; one function where they are equal. */
function scores(feed: Feed, what: "loss" | "accuracy", isBoth: boolean): Line[] {
  const rest = (of: string, split: string): string => `${of}.${split}.${what}`;
  const words = isBoth ? ["network test", "network train"] : ["test", "train"];
  const lines = [
    line(feed, { key: rest("network", "test"), label: words[0] ?? "", colour: network }),
    line(
      feed,
      { key: rest("network", "train"), label: words[1] ?? "", colour: network },
      { isFaint: true },
    ),
  ];
  if (!isBoth) return lines;
  return [
    ...lines,
    line(
      feed,
      { key: rest("linearised", "test"), label: "linearised test", colour: linearised },
      { isDashed: true },
    ),
    line(
      feed,
      { key: rest("linearised", "train"), label: "linearised train", colour: linearised },
      { isFaint: true, isDashed: true },
    ),
  ];
}

function limits(feed: Feed): Level[] {
  const last = feed.anchors.findLast((anchor) => anchor.stable_learning_rate !== null);
  const limit = figure(last?.stable_learning_rate);
  return Number.isFinite(limit) ? [{ y: limit, label: "stable below", colour: "danger" }] : [];
}

type CardProps = Readonly<Record<string, unknown>>;

function cardsOf(run: Run, feed: Feed): CardProps[] {
  const isBoth = run.algorithm.type === "linearised";
  const noisy = { isNoisy: true, isFaint: true } as const;
  const batchLoss = line(feed, { key: "loss", label: "batch", colour: quiet }, noisy);
  const batchRight = line(feed, { key: "accuracy", label: "batch", colour: quiet }, noisy);
  const isRight = feed.curve("network.test.accuracy").length > 0 || feed.curves.has("accuracy");
  const distance: Line[] = [
    ...(isBoth
      ? [
          line(feed, {
            key: "distance_from_anchor",
            label: "from the anchor",
            colour: linearised,
          }),
          line(feed, { key: "anchor.distance_from_start", label: "from the start", colour: 5 }),
        ]
      : []),
  ];
  const gap = { key: "anchor.linearisation_gap", label: "gap", colour: 3 };
  const edge = { key: "anchor.rate_times_lambda_max", label: "rate × λ max", colour: 2 };
  const gradient = { key: "gradient_norm", label: "gradient", colour: 4 };
  const rate = { key: "learning_rate", label: "learning rate", colour: network };
  const cards: CardProps[] = [
    { title: "Loss", lines: [...scores(feed, "loss", isBoth), batchLoss], kind: "log" },
  ];
  if (isRight) {
    const lines = [...scores(feed, "accuracy", isBoth), batchRight];
    cards.push({ title: "Accuracy", lines, spec: { format: percent } });
  }
  if (isBoth) {
    const hint = "‖θ − θ_s‖ at every step, and ‖θ − θ₀‖ at the anchors";
    cards.push({ title: "Distance of the weights", hint, lines: distance });
  }
  const levels = isBoth ? limits(feed) : [];
  cards.push({ title: "Learning rate", lines: [line(feed, rate)], spec: { levels } });
  if (feed.curve("gradient_norm").length > 0) {
    const lines = [line(feed, gradient, { isNoisy: true })];
    cards.push({ title: "Gradient norm", lines, kind: "log" });
  }
  if (isBoth) {
    const hint = "‖f − f_lin‖ / ‖f_lin − f_s‖ on the probe, just before each linearisation";
    cards.push({
      title: "Gap of the linearisation",
      hint,
      lines: [line(feed, gap, { hasDots: true })],
      empty: "Seen at the second anchor and later.",
    });
    cards.push({
      title: "Sharpness at the anchors",
      hint: "Learning rate times the largest eigenvalue of the kernel over n",
      lines: [line(feed, edge, { hasDots: true })],
    });
  }
  return cards;
}

export function RunCharts(props: {
  readonly run: Run;
  readonly feed: Feed;
  readonly link: PlotLink;
}) {
  const { run, feed, link } = props;
  const onData = useCallback((redraw: () => void) => follow(run.id, redraw), [run.id]);
  const anchors = feed.anchors.map(({ step }) => step);
  return html`<div class="charts">
    ${cardsOf(run, feed).map(
      (card) => html`<${ChartCard} key=${card["title"]} ...${card} link=${link} onData=${onData}
        spec=${{ anchors, ...(card["spec"] as object | undefined) }} />`,
    )}
  </div>`;
}
