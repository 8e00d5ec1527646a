/** The top of a run's page: name, state, what can be done with it, and its numbers at a glance. */
import type { Run } from "#schemas/run.ts";
import { api } from "../calls/api.ts";
import { algorithmWords, isEnded, nameOf, StatusBadge } from "../parts/badge.ts";
import { duration, grouped, percent, short } from "../plot/number.ts";
import { html, useState } from "../preact.ts";
import { go } from "../state/route.ts";
import { attempt } from "../state/toast.ts";
import { type Feed, figure } from "../stream/feed.ts";
import { ForkDialog } from "./fork-dialog.ts";

interface HeadProps {
  readonly run: Run;
  readonly feed: Feed;
  readonly reload: () => void;
}

function Actions({ run, feed, reload }: HeadProps) {
  const [isForking, setForking] = useState(false);
  const status = feed.status ?? run.status;
  const act = async (action: "pause" | "resume" | "cancel", words: string): Promise<void> => {
    if (await attempt(() => api.act(run.id, action), words)) reload();
  };
  const remove = async (): Promise<void> => {
    if (await attempt(() => api.deleteRun(run.id), "The run was deleted")) go("");
  };
  const canFork = feed.checkpoints.length > 0;
  const button = (label: string, onClick: () => unknown, kind = "") =>
    html`<button key=${label} type="button" class=${`button ${kind}`}
      onClick=${onClick}>${label}</button>`;
  const canPause = ["queued", "starting", "running"].includes(status);
  return html`<div class="actions">
    ${canPause && button("Pause", () => act("pause", "Pausing: a checkpoint is saved"))}
    ${
      status === "paused" &&
      button("Resume", () => act("resume", "It waits for a trainer"), "primary")
    }
    ${!isEnded(status) && button("Cancel", () => act("cancel", "Cancelling"), "danger")}
    ${canFork && button("Fork", () => setForking(true))}
    <a class="button" href=${`#/new?like=${run.id}`}>Run again</a>
    <a class="button" href=${`#/compare?runs=${run.id}`}>Compare</a>
    ${isEnded(status) && button("Delete", remove, "danger")}
    ${
      isForking &&
      html`<${ForkDialog} run=${run} checkpoints=${feed.checkpoints} close=${() => setForking(false)} />`
    }
  </div>`;
}

function Tile(props: { readonly name: string; readonly value: string; readonly more?: string }) {
  return html`<div class="tile"><dt>${props.name}</dt>
    <dd>${props.value}<small>${props.more ?? "\u00a0"}</small></dd></div>`;
}

function Tiles({ run, feed }: Omit<HeadProps, "reload">) {
  const isBoth = run.algorithm.type === "linearised";
  const of = (name: string): number => feed.curve(name).lastY;
  const right = of("network.test.accuracy");
  const anchor = feed.anchors.at(-1);
  const snap = feed.snapshots.at(-1);
  const measured = feed.anchors.findLast((each) => each.rate_times_lambda_max !== null);
  const edge = figure(measured?.rate_times_lambda_max);
  const limit = figure(measured?.stable_learning_rate);
  return html`<dl class="tiles" aria-label="Latest numbers">
    <${Tile} name="Step" value=${grouped(Math.max(feed.step, run.progress.step))}
      more=${`of ${grouped(run.progress.steps)}`} />
    <${Tile} name="Test loss" value=${short(of("network.test.loss"))}
      more=${isBoth ? `linearised ${short(of("linearised.test.loss"))}` : `train ${short(of("network.train.loss"))}`} />
    ${
      !Number.isNaN(right) &&
      html`<${Tile} name="Test accuracy" value=${percent(right)} more=${
        isBoth
          ? `linearised ${percent(of("linearised.test.accuracy"))}`
          : `train ${percent(of("network.train.accuracy"))}`
      } />`
    }
    ${
      isBoth &&
      html`<${Tile} name="Linearisations" value=${grouped(anchor === undefined ? 0 : anchor.index + 1)}
          more=${anchor === undefined ? "" : `last at step ${grouped(anchor.step)}`} />
        <${Tile} name="Distance from anchor" value=${short(of("distance_from_anchor"))}
          more=${`from the start ${short(of("anchor.distance_from_start"))}`} />
        <${Tile} name="Rate × λ max" value=${short(edge)} more=${`stable rate ${short(limit)}`} />`
    }
    ${
      snap !== undefined &&
      html`<${Tile} name="Kernel alignment" value=${short(figure(snap.alignment))}
        more=${`moved by ${short(figure(snap.distance_to_first))}`} />`
    }
  </dl>`;
}

function Bar({ run, feed }: Omit<HeadProps, "reload">) {
  const status = feed.status ?? run.status;
  if (status === "succeeded") return null;
  const { steps, eta_seconds: eta } = run.progress;
  const step = Math.max(feed.step, run.progress.step);
  const share = (100 * step) / steps;
  const left = status === "running" && eta !== null ? ` · ${duration(eta)} left` : "";
  return html`<div class="run-bar">
    <progress max=${steps} value=${step} aria-label="Progress" data-ended=${
      isEnded(status) || undefined
    }>
    </progress><span class="note">${share.toFixed(share < 10 ? 1 : 0)} %${left}</span></div>`;
}

export function RunHead({ run, feed, reload }: HeadProps) {
  const { error, forked_from: origin } = run;
  return html`<div class="page-head">
      <div>
        <h1>${nameOf(run)}</h1>
        <div class="crumbs"><${StatusBadge} status=${feed.status ?? run.status} />
          <span class="tag">${algorithmWords(run)}</span><span class="mono">${run.id}</span>
          ${
            origin !== null &&
            html`<a href=${`#/runs/${origin.run}`}>forked at step ${grouped(origin.step)}</a>`
          }
          ${run.attempt > 1 && html`<span>attempt ${run.attempt}</span>`}
        </div>
      </div>
      <${Actions} ...${{ run, feed, reload }} />
    </div>
    ${error !== null && html`<p class="fault-note section">${error.code.replaceAll("_", " ")}: ${error.message}</p>`}
    ${feed.hasHole && html`<p class="warn-note section">A part of this run's log has expired.</p>`}
    <${Bar} run=${run} feed=${feed} />
    <${Tiles} run=${run} feed=${feed} />`;
}
