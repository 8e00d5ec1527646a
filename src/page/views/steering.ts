/** Changing a live run: K, the rate, how often it is looked at, a linearisation now. */
import type { Run, Steering } from "#schemas/run.ts";
import { api } from "../calls/api.ts";
import { isEnded, periodWords } from "../parts/badge.ts";
import { PeriodSlider, RateSlider, type SimplePeriod } from "../parts/sliders.ts";
import { grouped, short } from "../plot/number.ts";
import { html, useState } from "../preact.ts";
import { attempt } from "../state/toast.ts";
import { type Feed, figure } from "../stream/feed.ts";

interface Draft {
  readonly period?: SimplePeriod;
  readonly rate?: number;
  readonly evaluate?: number;
  readonly snapshots?: number;
}

/** What the draft asks for that is not so already. */
function changesOf(run: Run, draft: Draft): Steering {
  const { period, rate, evaluate, snapshots } = draft;
  const present = run.algorithm.type === "linearised" ? run.algorithm.period : undefined;
  return {
    ...(period !== undefined && period !== present ? { period } : {}),
    ...(rate !== undefined && rate !== run.optimizer.learning_rate ? { learning_rate: rate } : {}),
    ...(evaluate !== undefined && evaluate !== run.evaluate.every
      ? { evaluate_every: evaluate }
      : {}),
    ...(snapshots !== undefined && snapshots !== run.snapshots?.every
      ? { snapshots_every: snapshots }
      : {}),
  };
}

export function changeWords(changes: Steering): string {
  const words = [
    changes.learning_rate === undefined ? "" : `rate ${short(changes.learning_rate)}`,
    changes.period === undefined ? "" : periodWords(changes.period),
    changes.relinearise === undefined ? "" : "relinearise",
    changes.evaluate_every === undefined ? "" : `evaluate every ${changes.evaluate_every}`,
    changes.snapshots_every === undefined ? "" : `kernel every ${changes.snapshots_every ?? "–"}`,
  ];
  return words.filter((word) => word !== "").join(", ");
}

function Every(props: {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly change: (value: number) => void;
}) {
  const { id, label, value, change } = props;
  const type = (event: Event): void => {
    const number = Number((event.target as HTMLInputElement).value);
    if (Number.isInteger(number) && number >= 1) change(number);
  };
  return html`<div class="field"><label for=${id}>${label}</label>
    <input id=${id} type="number" min="1" value=${value} onChange=${type} /></div>`;
}

function useSteering(run: Run, reload: () => void) {
  const [draft, setDraft] = useState<Draft>({});
  const [isBusy, setBusy] = useState(false);
  const send = async (what: Steering): Promise<void> => {
    setBusy(true);
    const isDone = await attempt(() => api.steer(run.id, what), `Asked for: ${changeWords(what)}`);
    setBusy(false);
    if (!isDone) return;
    reload();
    if (what.relinearise === undefined) setDraft({});
  };
  return { draft, setDraft, isBusy, send };
}

export function SteerPanel(props: {
  readonly run: Run;
  readonly feed: Feed;
  readonly reload: () => void;
}) {
  const { run, feed, reload } = props;
  const { draft, setDraft, isBusy, send } = useSteering(run, reload);
  if (isEnded(feed.status ?? run.status)) return null;
  const { algorithm, optimizer } = run;
  const period = algorithm.type === "linearised" ? algorithm.period : undefined;
  const shownPeriod = draft.period ?? (typeof period === "number" ? period : "never");
  const limit = figure(
    feed.anchors.findLast((a) => a.stable_learning_rate !== null)?.stable_learning_rate,
  );
  const changes = changesOf(run, draft);
  const isChanged = Object.keys(changes).length > 0;
  const last = feed.told.findLast((event) => event.type === "steered");
  return html`<section class="card padded steer" aria-label="Steering">
    <h2>Steer</h2>
    ${
      period !== undefined &&
      html`<${PeriodSlider} id="steer-period" value=${shownPeriod} steps=${run.steps}
        change=${(value: SimplePeriod) => setDraft({ ...draft, period: value })} />`
    }
    <${RateSlider} id="steer-rate" value=${draft.rate ?? optimizer.learning_rate}
      limit=${period === undefined ? undefined : limit}
      change=${(rate: number) => setDraft({ ...draft, rate })} />
    <div class="form-grid">
      <${Every} id="steer-evaluate" label="Evaluate every" value=${
        draft.evaluate ?? run.evaluate.every
      }
        change=${(evaluate: number) => setDraft({ ...draft, evaluate })} />
      ${
        run.snapshots?.every != null &&
        html`<${Every} id="steer-kernel" label="Kernel every"
          value=${draft.snapshots ?? run.snapshots.every}
          change=${(snapshots: number) => setDraft({ ...draft, snapshots })} />`
      }
    </div>
    <div class="row">
      <button type="button" class="button primary" disabled=${!isChanged || isBusy}
        onClick=${() => send(changes)}>Apply</button>
      ${
        period !== undefined &&
        html`<button type="button" class="button" disabled=${isBusy}
          onClick=${() => send({ relinearise: true })}>Relinearise now</button>`
      }
    </div>
    ${
      last?.type === "steered" &&
      html`<p class="note">At step ${grouped(last.data.step)}: ${changeWords(last.data.changes)}</p>`
    }
  </section>`;
}
