/** Setting up a run: the form, the plan that follows it, and the request that it makes. */
import type { FieldError } from "#schemas/problem.ts";
import type { Run } from "#schemas/run.ts";
import { api } from "../calls/api.ts";
import { Refusal } from "../calls/request.ts";
import { type Draft, draftLike, firstDraft, pointers, requestOf } from "../form/draft.ts";
import { usePlan } from "../form/plan.ts";
import { PlanCard } from "../form/plan-card.ts";
import { AlgorithmPart, LookPart, WhatPart } from "../form/run-fields.ts";
import { html, useEffect, useState } from "../preact.ts";
import { useLoaded } from "../state/loaded.ts";
import { go } from "../state/route.ts";
import { complain } from "../state/toast.ts";
import { figure } from "../stream/feed.ts";

function useDraft(query: URLSearchParams) {
  const like = query.get("like");
  const [draft, setDraft] = useState<Draft>(() => ({
    ...firstDraft,
    model: query.get("model") ?? "",
    dataset: query.get("dataset") ?? "",
  }));
  useEffect(() => {
    if (like === null) return undefined;
    api.run(like).then((run: Run) => setDraft(draftLike(run)), complain);
    return undefined;
  }, [like]);
  return [draft, setDraft] as const;
}

/** Newest things first, so the first is what one probably means; data that the model can read. */
function useMaterials(draft: Draft, setDraft: (draft: Draft) => void) {
  const models = useLoaded(() => api.models(), []);
  const datasets = useLoaded(() => api.datasets(), []);
  const model = draft.model === "" ? models.value?.[0]?.id : draft.model;
  const shape = models.value?.find(({ id }) => id === model)?.inputs[0]?.shape.join();
  const fitting = datasets.value?.filter((data) => data.input_shape.join() === shape) ?? [];
  const isFitting = fitting.length === 0 || fitting.some(({ id }) => id === draft.dataset);
  const newest = fitting[0]?.id ?? datasets.value?.[0]?.id;
  const dataset = draft.dataset === "" || (shape && !isFitting) ? newest : draft.dataset;
  useEffect(() => {
    if (model === undefined || dataset === undefined) return undefined;
    if (model !== draft.model || dataset !== draft.dataset) setDraft({ ...draft, model, dataset });
    return undefined;
  }, [model, dataset, draft]);
  return { models: models.value, datasets: datasets.value };
}

function Request({ draft }: { readonly draft: Draft }) {
  const body = JSON.stringify(requestOf(draft), null, 2);
  return html`<details class="card padded"><summary>The request</summary>
    <p class="note">POST /v1/runs</p><pre class="code" tabindex="0">${body}</pre></details>`;
}

export function NewRunPage({ query }: { readonly query: URLSearchParams }) {
  const [draft, setDraft] = useDraft(query);
  const { models, datasets } = useMaterials(draft, setDraft);
  const [errors, setErrors] = useState<readonly FieldError[]>([]);
  const [isBusy, setBusy] = useState(false);
  const planned = usePlan(requestOf(draft));
  const refused = planned.state === "refused" ? planned.refusal.errors : [];
  const set = (part: Partial<Draft>): void => {
    setErrors([]);
    setDraft({ ...draft, ...part });
  };
  const wrong = (field: keyof Draft): string | undefined =>
    [...errors, ...refused].find(({ pointer }) => pointer === pointers[field])?.detail;
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      const run = await api.createRun(requestOf(draft));
      go(`runs/${run.id}`);
    } catch (error) {
      if (error instanceof Refusal) setErrors(error.errors);
      complain(error);
    }
    setBusy(false);
  };
  const parts = { draft, set, wrong };
  const limit = planned.state === "here" ? figure(planned.plan.stable_learning_rate) : undefined;
  return html`<div class="page-head"><div><h1>New run</h1>
      <p>Everything here can also be sent to the API; some of it can be changed while the run
        lives.</p></div>
    </div>
    <form class="split" onSubmit=${start} novalidate>
      <div class="stack">
        <${WhatPart} ...${parts} models=${models} datasets=${datasets} />
        <${AlgorithmPart} ...${parts} limit=${limit} />
        <${LookPart} ...${parts} />
      </div>
      <aside aria-label="Plan">
        <${PlanCard} planned=${planned} />
        <button type="submit" class="button primary" disabled=${
          isBusy || draft.model === "" || draft.dataset === ""
        }>
          Start the run</button>
        <${Request} draft=${draft} />
      </aside>
    </form>`;
}
