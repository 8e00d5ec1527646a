/** A new run from a checkpoint of another, with what shall be different. */
import type { ForkRequest, Run } from "#schemas/run.ts";
import { api } from "../calls/api.ts";
import { type AlgorithmType, algorithmOf, firstDraft } from "../form/draft.ts";
import { typeWords } from "../form/run-fields.ts";
import { nameOf } from "../parts/badge.ts";
import { Dialog } from "../parts/dialog.ts";
import { Segments } from "../parts/segments.ts";
import { PeriodSlider, RateSlider, type SimplePeriod } from "../parts/sliders.ts";
import { grouped } from "../plot/number.ts";
import { html, useState } from "../preact.ts";
import { go } from "../state/route.ts";
import { attempt } from "../state/toast.ts";
import type { Check } from "../stream/feed.ts";

interface Draft {
  readonly checkpoint: string;
  readonly name: string;
  readonly type: AlgorithmType;
  readonly period: SimplePeriod;
  readonly rate: number;
  readonly steps: number;
}

function draftOf(run: Run, checkpoints: readonly Check[]): Draft {
  const { algorithm } = run;
  const period = algorithm.type === "linearised" ? algorithm.period : 64;
  const at = checkpoints.at(-1);
  return {
    checkpoint: at?.id ?? "",
    name: `${nameOf(run)}, fork`,
    type: algorithm.type,
    period: typeof period === "number" ? period : "never",
    rate: run.optimizer.learning_rate,
    steps: Math.max(run.steps, (at?.step ?? 0) * 2),
  };
}

function requestOf(run: Run, draft: Draft): ForkRequest {
  const { algorithm } = run;
  const before = algorithm.type === "linearised" ? algorithm.period : undefined;
  const isLinearised = draft.type === "linearised";
  const isSame = draft.type === algorithm.type && (!isLinearised || draft.period === before);
  const kept = algorithm.type === "linearised" && isLinearised ? algorithm : {};
  const changed = { ...kept, ...algorithmOf({ ...firstDraft, ...draft }) };
  return {
    checkpoint: draft.checkpoint,
    name: draft.name,
    steps: draft.steps,
    ...(isSame ? {} : { algorithm: changed }),
    ...(draft.rate === run.optimizer.learning_rate
      ? {}
      : { optimizer: { learning_rate: draft.rate } }),
  };
}

export function ForkDialog(props: {
  readonly run: Run;
  readonly checkpoints: readonly Check[];
  readonly close: () => void;
}) {
  const { run, checkpoints, close } = props;
  const [draft, setDraft] = useState(() => draftOf(run, checkpoints));
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const text = (event: Event): string => (event.target as HTMLInputElement).value;
  const start = async (): Promise<void> => {
    await attempt(async () => {
      const made = await api.fork(run.id, requestOf(run, draft));
      close();
      go(`runs/${made.id}`);
    }, "The fork waits in the queue");
  };
  return html`<${Dialog} title="Fork from a checkpoint" close=${close}>
    <div class="field"><label for="fork-name">Name</label>
      <input id="fork-name" type="text" value=${draft.name} maxlength="200"
        onInput=${(event: Event) => set({ name: text(event) })} /></div>
    <div class="form-grid">
      <div class="field"><label for="fork-from">Checkpoint</label>
        <select id="fork-from" onChange=${(event: Event) => set({ checkpoint: text(event) })}>
          ${checkpoints.toReversed().map(
            ({
              id,
              step,
            }) => html`<option key=${id} value=${id} selected=${id === draft.checkpoint}>
              step ${grouped(step)}</option>`,
          )}
        </select></div>
      <div class="field"><label for="fork-steps">Steps in all</label>
        <input id="fork-steps" type="number" min="1" value=${draft.steps}
          onChange=${(event: Event) => set({ steps: Number(text(event)) })} /></div>
    </div>
    <div class="field"><span class="label">Algorithm</span>
      <div><${Segments} label="Algorithm" name="fork-type" values=${[
        "linearised",
        "standard",
        "gauss_newton",
      ]}
        value=${draft.type} choose=${(type: Draft["type"]) => set({ type })}
        wordOf=${(type: Draft["type"]) => typeWords[type]} /></div></div>
    ${
      draft.type === "linearised" &&
      html`<${PeriodSlider} id="fork-period" value=${draft.period} steps=${draft.steps}
        change=${(period: SimplePeriod) => set({ period })} />`
    }
    <${RateSlider} id="fork-rate" value=${draft.rate} change=${(rate: number) => set({ rate })} />
    <div class="row">
      <button type="button" class="button primary" onClick=${start}>Start the fork</button>
      <button type="button" class="button" onClick=${close}>Close</button>
    </div>
  <//>`;
}
