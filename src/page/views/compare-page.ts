/** Several runs in the same plots, with what they differ in and what came of it. */
import type { Run } from "#schemas/run.ts";
import { api } from "../calls/api.ts";
import { nameOf } from "../parts/badge.ts";
import { Segments } from "../parts/segments.ts";
import { ChartCard } from "../plot/chart-card.ts";
import { newLink } from "../plot/link.ts";
import { percent } from "../plot/number.ts";
import { PlotTools } from "../plot/plot-tools.ts";
import type { Line } from "../plot/spec.ts";
import { html, useCallback, useMemo, useState } from "../preact.ts";
import { useLoaded } from "../state/loaded.ts";
import { setQuery } from "../state/route.ts";
import { followAll, useFeeds } from "../stream/feeds.ts";
import { type Compared, CompareTable } from "./compare-table.ts";
import { DistanceCharts } from "./distance-charts.ts";

/** Runs in one comparison: as many as have a colour. */
const runsMax = 10;
const everyMs = 3000;

const functions = ["network", "linearised"] as const;
type Which = (typeof functions)[number];

const curves = (compared: readonly Compared[], name: string, rest: Partial<Line> = {}): Line[] =>
  compared
    .map(({ run, feed, colour }) => {
      const points = feed.curve(name);
      return { key: run.id, label: nameOf(run), points, colour, ...rest };
    })
    .filter(({ points }) => points.length > 0);

function cardsOf(compared: readonly Compared[], which: Which) {
  const dots = { hasDots: true } as const;
  const of = (name: string, rest?: Partial<Line>) => curves(compared, name, rest);
  const noisy = { isNoisy: true } as const;
  const cards = [
    {
      title: `Test accuracy of the ${which}`,
      lines: of(`${which}.test.accuracy`),
      spec: { format: percent },
    },
    { title: `Test loss of the ${which}`, lines: of(`${which}.test.loss`), kind: "log" },
    { title: "Batch loss", lines: of("loss", noisy), kind: "log" },
    { title: "Distance from the anchor", lines: of("distance_from_anchor") },
    { title: "Kernel's alignment with the labels", lines: of("kernel.alignment", dots) },
    { title: "Kernel's distance to the first", lines: of("kernel.distance_to_first", dots) },
    { title: "Largest eigenvalue over n", lines: of("kernel.lambda_max", dots) },
    { title: "Effective rank of the kernel", lines: of("kernel.effective_rank", dots) },
  ];
  return cards.filter(({ lines }, i) => i < 3 || lines.length > 0);
}

function Charts({
  compared,
  which,
}: {
  readonly compared: readonly Compared[];
  readonly which: Which;
}) {
  const ids = compared.map(({ run }) => run.id).join(",");
  const link = useMemo(newLink, []);
  const onData = useCallback((redraw: () => void) => followAll(ids.split(","), redraw), [ids]);
  return html`<div class="section-head"><h2>Curves</h2>
      <${PlotTools} link=${link} hasAnchors=${false} /></div>
    <div class="charts section">
      ${cardsOf(compared, which).map(
        (card) => html`<${ChartCard} key=${card.title} ...${card} link=${link} onData=${onData} />`,
      )}
      ${compared.length > 1 && html`<${DistanceCharts} compared=${compared} link=${link} />`}
    </div>`;
}

function Picker(props: {
  readonly runs: readonly Run[];
  readonly chosen: readonly string[];
  readonly toggle: (id: string) => void;
}) {
  const { runs, chosen, toggle } = props;
  const isFull = chosen.length >= runsMax;
  return html`<details class="card padded section" open=${chosen.length === 0}>
    <summary>${chosen.length === 0 ? "Choose runs" : `${chosen.length} runs chosen`}</summary>
    <ul class="pick-runs">
      ${runs.map(
        (run) => html`<li key=${run.id}><label class="check">
          <input type="checkbox" checked=${chosen.includes(run.id)}
            disabled=${isFull && !chosen.includes(run.id)} onChange=${() => toggle(run.id)} />
          ${nameOf(run)} <span class="note">${run.status}</span></label></li>`,
      )}
    </ul>
  </details>`;
}

export function ComparePage({ query }: { readonly query: URLSearchParams }) {
  const chosen = (query.get("runs") ?? "")
    .split(",")
    .filter((id) => id !== "")
    .slice(0, runsMax);
  const { value, error } = useLoaded(() => api.runs(200), [], everyMs);
  const feeds = useFeeds(chosen);
  const [which, setWhich] = useState<Which>("network");
  const runs = value?.data ?? [];
  const compared = chosen.flatMap((id, colour) => {
    const run = runs.find((each) => each.id === id);
    const feed = feeds[colour];
    return run === undefined || feed === undefined ? [] : [{ run, feed, colour }];
  });
  const toggle = (id: string): void => {
    const next = chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id];
    setQuery(new URLSearchParams({ runs: next.join(",") }));
  };
  return html`<div class="page-head"><div><h1>Compare</h1>
      <p>Up to ${runsMax} runs in the same plots.</p></div>
      <${Segments} label="Which function is scored" name="which" values=${functions} value=${which}
        choose=${setWhich} wordOf=${(word: string) =>
          word === "network" ? "Network" : "Linearised"} />
    </div>
    ${error !== undefined && html`<p class="fault-note">${error.message}</p>`}
    <${Picker} runs=${runs} chosen=${chosen} toggle=${toggle} />
    ${
      compared.length > 0 &&
      html`<${CompareTable} compared=${compared} />
        <${Charts} compared=${compared} which=${which} />`
    }`;
}
