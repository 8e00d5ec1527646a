/** Setting up a sweep: a run as its base, and lists of values for what varies. */
import type { Sweep } from "#schemas/sweep.ts";
import { api } from "../calls/api.ts";
import { call } from "../calls/request.ts";
import { type Draft, firstDraft, requestOf } from "../form/draft.ts";
import { NumberField, TextField } from "../form/fields.ts";
import { AlgorithmPart, WhatPart } from "../form/run-fields.ts";
import { grouped } from "../plot/number.ts";
import { html, useEffect, useState } from "../preact.ts";
import { useLoaded } from "../state/loaded.ts";
import { go } from "../state/route.ts";
import { attempt } from "../state/toast.ts";

interface Lists {
  readonly periods: string;
  readonly steps: string;
  readonly rates: string;
  readonly seeds: number;
}

/** Numbers, and words such as never, between commas. */
function valuesOf(text: string): (number | string)[] {
  return text
    .split(/[,;\s]+/)
    .filter((part) => part !== "")
    .map((part) => (Number.isNaN(Number(part)) ? part : Number(part)));
}

function bodyOf(draft: Draft, lists: Lists) {
  const { name, seed: _seed, ...base } = requestOf(draft);
  const fields = [
    ["/algorithm/period", draft.type === "linearised" ? lists.periods : ""],
    ["/steps", lists.steps],
    ["/optimizer/learning_rate", lists.rates],
  ] as const;
  const vary = fields
    .map(([pointer, text]) => [pointer, valuesOf(text)] as const)
    .filter(([, values]) => values.length > 0);
  return {
    ...(name === undefined ? {} : { name }),
    base: { ...base, snapshots: null },
    vary: Object.fromEntries(vary),
    seeds: lists.seeds,
  };
}

const cellsOf = ({ vary, seeds }: ReturnType<typeof bodyOf>): number =>
  Object.values(vary).reduce((product, values) => product * values.length, Math.max(1, seeds));

function VaryPart({
  lists,
  set,
}: {
  readonly lists: Lists;
  readonly set: (part: Partial<Lists>) => void;
}) {
  return html`<section class="card form-section"><h2>What varies</h2>
    <div class="form-grid">
      <${TextField} id="vary-period" label="K" value=${lists.periods} hint="Numbers and never"
        change=${(periods: string) => set({ periods })} isSpan />
      <${TextField} id="vary-steps" label="T, steps" value=${lists.steps} hint="Empty: as below"
        change=${(steps: string) => set({ steps })} />
      <${TextField} id="vary-rate" label="Learning rate" value=${lists.rates} hint="Empty: as below"
        change=${(rates: string) => set({ rates })} />
      <${NumberField} id="vary-seeds" label="Seeds of each cell" value=${lists.seeds} least=${1}
        change=${(seeds: number) => set({ seeds })} />
    </div>
  </section>`;
}

export function NewSweepPage() {
  const [draft, setDraft] = useState<Draft>({ ...firstDraft, hasKernels: false });
  const [lists, setLists] = useState<Lists>({
    periods: "1, 4, 16, 64, 256, 1024, never",
    steps: "",
    rates: "",
    seeds: 3,
  });
  const models = useLoaded(() => api.models(), []).value;
  const datasets = useLoaded(() => api.datasets(), []).value;
  useEffect(() => {
    const model = draft.model === "" ? (models?.[0]?.id ?? "") : draft.model;
    const dataset = draft.dataset === "" ? (datasets?.[0]?.id ?? "") : draft.dataset;
    if (model !== draft.model || dataset !== draft.dataset) setDraft({ ...draft, model, dataset });
    return undefined;
  }, [models, datasets]);
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const body = bodyOf(draft, lists);
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    await attempt(async () => {
      const sweep = await call<Sweep>("/v1/sweeps", { method: "POST", body });
      go(`sweeps/${sweep.id}`);
    });
  };
  const parts = { draft, set, wrong: () => undefined };
  return html`<div class="page-head"><div><h1>New sweep</h1>
      <p>A run for every combination, with the same batches for equal seeds.</p></div></div>
    <form class="split" onSubmit=${start} novalidate>
      <div class="stack">
        <${WhatPart} ...${parts} models=${models} datasets=${datasets} />
        <${VaryPart} lists=${lists} set=${(part: Partial<Lists>) =>
          setLists({ ...lists, ...part })} />
        <${AlgorithmPart} ...${parts} limit=${undefined} />
      </div>
      <aside aria-label="Size of the sweep">
        <section class="card padded"><h2>Size</h2>
          <dl class="plan-numbers"><div><dt>Runs</dt><dd>${grouped(cellsOf(body))}</dd></div>
            <div><dt>Steps in each</dt><dd>${
              lists.steps === "" ? grouped(draft.steps) : "varies"
            }</dd></div></dl>
        </section>
        <button type="submit" class="button primary" disabled=${
          draft.model === "" || draft.dataset === ""
        }>
          Start the sweep</button>
        <details class="card padded"><summary>The request</summary>
          <p class="note">POST /v1/sweeps</p>
          <pre class="code" tabindex="0">${JSON.stringify(body, null, 2)}</pre></details>
      </aside>
    </form>`;
}
