/** A kernel of a model at its first weights, on examples of a data set, asked for and drawn. */
import type { Dataset } from "#schemas/dataset.ts";
import type { Model } from "#schemas/model.ts";
import type { Ntk } from "#schemas/ntk.ts";
import { api } from "../calls/api.ts";
import { call, Refusal, respond } from "../calls/request.ts";
import { ChoiceField, NumberField } from "../form/fields.ts";
import { HeatMapView } from "../kernel/heat-map-view.ts";
import { type Kernel, kernelOf } from "../kernel/matrix.ts";
import { readSafetensors } from "../kernel/safetensors.ts";
import { nameOf } from "../parts/badge.ts";
import { grouped, short } from "../plot/number.ts";
import { html, useEffect, useRef, useState } from "../preact.ts";
import { useLoaded } from "../state/loaded.ts";
import { complain } from "../state/toast.ts";
import { figure } from "../stream/feed.ts";

const waitMs = 400;
const looksMax = 1500;

async function settled(id: string, signal: AbortSignal): Promise<Ntk> {
  for (let look = 0; look < looksMax; look += 1) {
    const ntk = await call<Ntk>(`/v1/ntk/${id}`, { signal });
    if (ntk.status === "succeeded") return ntk;
    if (ntk.status === "failed") throw new Error(ntk.error?.message ?? "The kernel failed.");
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  throw new Error("The kernel takes too long; it stays at /v1/ntk.");
}

async function kernelFile(id: string, signal: AbortSignal): Promise<Kernel> {
  const headers = { accept: "application/vnd.safetensors" };
  const response = await respond(`/v1/ntk/${id}/kernel`, { headers, signal });
  return kernelOf(readSafetensors(await response.arrayBuffer()));
}

interface Result {
  readonly ntk: Ntk;
  readonly kernel: Kernel;
}

function useAsked() {
  const [result, setResult] = useState<Result | null>(null);
  const [isBusy, setBusy] = useState(false);
  const controller = useRef(new AbortController());
  useEffect(() => () => controller.current.abort(), []);
  const ask = async (body: object): Promise<void> => {
    setBusy(true);
    const { signal } = controller.current;
    try {
      const { id } = await call<Ntk>("/v1/ntk", { method: "POST", body, signal });
      const ntk = await settled(id, signal);
      setResult({ ntk, kernel: await kernelFile(id, signal) });
    } catch (error) {
      const isMissing = error instanceof Refusal && error.isAbsent;
      if (isMissing) complain(new Error("This service computes no one-off kernels."));
      else if (!signal.aborted) complain(error);
    }
    setBusy(false);
  };
  return { result, isBusy, ask };
}

function Shown({ result }: { readonly result: Result }) {
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const { ntk, kernel } = result;
  const { figures } = ntk;
  const choices = { measure: "kernel", order: "class", isWhole: false, isFixed: false } as const;
  const order = kernel.classes === undefined ? "similarity" : "class";
  const facts: readonly (readonly [string, unknown])[] = [
    ["Trace", short(figure(figures?.trace))],
    ["Largest eigenvalue", short(figure(figures?.eigenvalues[0]))],
    ["Effective rank", short(figure(figures?.effective_rank))],
    ["Condition number", short(figure(figures?.condition_number))],
    ["Alignment", short(figure(figures?.alignment))],
    ["Seconds", short(figures?.seconds ?? Number.NaN)],
  ];
  return html`<div class="kernel-card bare">
    <${HeatMapView} shown=${{ kernel, first: kernel }} choices=${{ ...choices, order }}
      canvas=${canvas}
      label="Kernel at the first weights" />
    <dl class="facts compact">${facts.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>
  </div>`;
}

const same = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();

export function NtkCard({ model }: { readonly model: Model }) {
  const datasets = useLoaded(() => api.datasets(), []);
  const shape = model.inputs[0]?.shape ?? [];
  const fitting = (datasets.value ?? []).filter((data: Dataset) => same(data.input_shape, shape));
  const [dataset, setDataset] = useState("");
  const [examples, setExamples] = useState(48);
  const { result, isBusy, ask } = useAsked();
  if (fitting.length === 0) return null;
  const chosen = dataset === "" ? (fitting[0]?.id ?? "") : dataset;
  const body = {
    model: model.id,
    first: { dataset: chosen, split: "test", examples },
    kernel: "trace",
  };
  return html`<section class="card padded stack"><h2>Kernel at the first weights</h2>
    <div class="form-grid">
      <${ChoiceField} id="ntk-data" label="Data" value=${chosen} change=${setDataset}
        choices=${fitting.map((data) => ({
          value: data.id,
          label: `${nameOf(data)} · ${grouped(data.splits.test.examples)} test examples`,
        }))} />
      <${NumberField} id="ntk-examples" label="Examples" value=${examples} least=${2}
        change=${setExamples} />
    </div>
    <div><button type="button" class="button" disabled=${isBusy} onClick=${() => ask(body)}>
      ${isBusy ? "Computing …" : "Compute"}</button></div>
    ${result !== null && html`<${Shown} result=${result} />`}
  </section>`;
}
