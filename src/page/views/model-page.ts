/** One model: its layers, its operations, its definition. */
import type { Model } from "#schemas/model.ts";
import { api } from "../calls/api.ts";
import { nameOf } from "../parts/badge.ts";
import { download } from "../plot/export.ts";
import { bytes, grouped, short } from "../plot/number.ts";
import { html } from "../preact.ts";
import { useLoaded } from "../state/loaded.ts";
import { go } from "../state/route.ts";
import { attempt } from "../state/toast.ts";
import { shapeWords } from "./models-page.ts";
import { NtkCard } from "./ntk-card.ts";

function Layers({ model }: { readonly model: Model }) {
  const most = Math.max(1, ...model.layers.map(({ parameters }) => parameters));
  return html`<div class="card table-scroll"><table>
    <thead><tr><th scope="col">Layer</th><th scope="col">Type</th><th scope="col">Output</th>
      <th scope="col" class="number">Parameters</th><th scope="col"><span
        class="unseen">Share</span></th>
    </tr></thead>
    <tbody>${model.layers.map(
      ({ name, type, output_shape: shape, parameters }) => html`<tr key=${name}>
        <th scope="row">${name}</th><td>${type}</td><td>${shapeWords(shape)}</td>
        <td class="number">${grouped(parameters)}</td>
        <td class="share-cell"><progress max=${most} value=${parameters}
          aria-label=${`Parameters of ${name}`}></progress></td></tr>`,
    )}</tbody>
  </table></div>`;
}

function Side({ model }: { readonly model: Model }) {
  const { import: from } = model;
  const operations = Object.entries(model.operations).sort(([, a], [, b]) => b - a);
  return html`<section class="card padded"><h2>Facts</h2><dl class="facts">
      <dt>Source</dt><dd>${model.source}</dd>
      <dt>Input</dt><dd>${model.inputs.map(({ shape }) => shapeWords(shape)).join(", ")}</dd>
      <dt>Output</dt><dd>${model.outputs.map(({ shape }) => shapeWords(shape)).join(", ")}</dd>
      <dt>Parameters</dt><dd>${grouped(model.parameters)}</dd>
    </dl></section>
    ${
      from !== undefined &&
      html`<section class="card padded"><h2>Imported</h2><dl class="facts">
      <dt>Producer</dt><dd>${from.producer}</dd>
      <dt>Operator set</dt><dd>${from.operator_set}</dd>
      <dt>File</dt><dd>${bytes(from.bytes)}</dd>
      <dt>Differs by</dt><dd>${short(from.max_difference)} of the largest output</dd>
    </dl></section>`
    }
    <section class="card padded"><h2>Operations</h2>
      <ul class="tags">${operations.map(
        ([name, count]) => html`<li key=${name} class="tag">${name} × ${count}</li>`,
      )}</ul></section>`;
}

export function ModelPage({ id }: { readonly id: string }) {
  const { value: model, error } = useLoaded(() => api.model(id), [id]);
  if (model === undefined) {
    return html`<h1 class="unseen">Model</h1>
      <section class="card empty">${error === undefined ? "Loading …" : error.message}</section>`;
  }
  const remove = async (): Promise<void> => {
    if (await attempt(() => api.deleteModel(id), "The model was deleted")) go("models");
  };
  const save = (): Promise<boolean> =>
    attempt(async () => download(`${nameOf(model)}.onnx`, await api.onnx(id)));
  return html`<div class="page-head"><div><h1>${nameOf(model)}</h1>
      <div class="crumbs"><span class="mono">${model.id}</span></div></div>
      <div class="actions">
        <a class="button primary" href=${`#/new?model=${id}`}>Train it</a>
        <button type="button" class="button" onClick=${save}>Save as ONNX</button>
        <button type="button" class="button danger" onClick=${remove}>Delete</button>
      </div></div>
    ${(model.coupling ?? []).map((text) => html`<p class="warn-note section">${text}</p>`)}
    ${model.warnings.map((text) => html`<p class="warn-note section">${text}</p>`)}
    <div class="split"><div class="stack">
        <${Layers} model=${model} />
        <${NtkCard} model=${model} />
        ${
          model.definition !== null &&
          html`<details class="card padded"><summary>Definition</summary>
            <pre class="code" tabindex="0">${JSON.stringify(model.definition, null, 2)}</pre></details>`
        }
      </div><aside aria-label="About this model"><${Side} model=${model} /></aside></div>`;
}
