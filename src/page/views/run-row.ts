/** One row of the runs list: followed live while the run is alive. */
import type { Run } from "#schemas/run.ts";
import { algorithmWords, isEnded, nameOf, StatusBadge } from "../parts/badge.ts";
import { ago, duration, grouped, percent, short } from "../plot/number.ts";
import { Series } from "../plot/series.ts";
import { Sparkline } from "../plot/sparkline.ts";
import { html, useEffect, useState } from "../preact.ts";
import { figure } from "../stream/feed.ts";
import { useFeed } from "../stream/feeds.ts";
import { overviewOf } from "./overview.ts";

export interface RunRowProps {
  readonly run: Run;
  readonly isChosen: boolean;
  readonly choose: (id: string) => void;
}

interface Shown {
  readonly status: Run["status"];
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly curve: Series;
}

function Progress({ run, shown }: { readonly run: Run; readonly shown: Shown }) {
  const { steps, eta_seconds: eta } = run.progress;
  const ended = isEnded(shown.status);
  const left = shown.status === "running" && eta !== null ? `${duration(eta)} left` : "";
  const took =
    run.started_at !== null && run.finished_at !== null
      ? duration((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000)
      : "";
  return html`<div class="run-progress">
    <progress max=${steps} value=${shown.step} data-ended=${ended || undefined}
      aria-label=${`Progress of ${nameOf(run)}`}></progress>
    <span class="note">${grouped(shown.step)} / ${grouped(steps)}<span>${
      ended ? took : left
    }</span></span>
  </div>`;
}

function Cells({ run, shown, isChosen, choose }: RunRowProps & { readonly shown: Shown }) {
  return html`<tr class=${isChosen ? "chosen" : ""}>
    <td class="tick"><input type="checkbox" checked=${isChosen}
      aria-label=${`Choose ${nameOf(run)} to compare`} onChange=${() => choose(run.id)} /></td>
    <th scope="row"><a class="run-name" href=${`#/runs/${run.id}`}>${nameOf(run)}</a>
      <span class="run-note">${algorithmWords(run)} · ${run.optimizer.type}
        ${" "}${short(run.optimizer.learning_rate)}${run.seed === 0 ? "" : ` · seed ${run.seed}`}</span></th>
    <td><${StatusBadge} status=${shown.status} /></td>
    <td><${Progress} run=${run} shown=${shown} /></td>
    <td><${Sparkline} points=${shown.curve} version=${shown.curve.length}
      label=${`Loss of ${nameOf(run)}, now ${short(shown.loss)}`} /></td>
    <td class="number">${short(shown.loss)}</td>
    <td class="number strong">${percent(shown.accuracy)}</td>
    <td class="number note">${ago(run.created_at)}</td>
  </tr>`;
}

function LiveRow(props: RunRowProps) {
  const { run } = props;
  const feed = useFeed(run.id);
  const shown: Shown = {
    status: feed.status ?? run.status,
    step: Math.max(feed.step, run.progress.step),
    loss: feed.curve("loss").lastY,
    accuracy: feed.curve("network.test.accuracy").lastY,
    curve: feed.curve("loss"),
  };
  return html`<${Cells} ...${props} shown=${shown} />`;
}

const nothing = new Series();

function EndedRow(props: RunRowProps) {
  const { run } = props;
  const [curve, setCurve] = useState(nothing);
  useEffect(() => {
    let isGone = false;
    void overviewOf(run.id).then((series) => {
      if (!isGone) setCurve(series);
    });
    return () => {
      isGone = true;
    };
  }, [run.id]);
  const accuracy = figure(run.result?.network.test.accuracy);
  const { step } = run.progress;
  const shown: Shown = { status: run.status, step, loss: curve.lastY, accuracy, curve };
  return html`<${Cells} ...${props} shown=${shown} />`;
}

export function RunRow(props: RunRowProps) {
  return isEnded(props.run.status)
    ? html`<${EndedRow} ...${props} />`
    : html`<${LiveRow} ...${props} />`;
}
