/** All models, and a way to make another from a definition. */
import type { Model } from "#schemas/model.ts";
import { api } from "../calls/api.ts";
import { taken } from "../calls/take.ts";
import { nameOf } from "../parts/badge.ts";
import { FileButton } from "../parts/drop.ts";
import { ago, grouped } from "../plot/number.ts";
import { html, useState } from "../preact.ts";
import { useCell } from "../state/cell.ts";
import { useLoaded } from "../state/loaded.ts";
import { go } from "../state/route.ts";
import { attempt } from "../state/toast.ts";

export const shapeWords = (shape: readonly number[]): string => shape.join(" × ");

const example = `{
  "input": { "shape": [20] },
  "init": "he_normal",
  "layers": [
    { "type": "dense", "units": 64, "activation": "relu" },
    { "type": "dense", "units": 4 }
  ]
}`;

function Maker({ made }: { readonly made: () => void }) {
  const [name, setName] = useState("");
  const [text, setText] = useState(example);
  const make = async (): Promise<void> => {
    await attempt(async () => {
      const definition: unknown = JSON.parse(text);
      const model = await api.createModel({ ...(name.trim() === "" ? {} : { name }), definition });
      made();
      go(`models/${model.id}`);
    }, "The model was made");
  };
  const textOf = (event: Event): string => (event.target as HTMLInputElement).value;
  return html`<details class="card padded section"><summary>Make one from a definition</summary>
    <div class="stack maker">
      <div class="field"><label for="model-name">Name</label><input id="model-name" type="text"
        value=${name} maxlength="200" onInput=${(event: Event) => setName(textOf(event))} /></div>
      <div class="field"><label for="model-text">Definition, or a Keras model.json</label>
        <textarea id="model-text" spellcheck="false" onInput=${(event: Event) =>
          setText(textOf(event))}
          value=${text}></textarea></div>
      <div><button type="button" class="button primary" onClick=${make}>Make the
        model</button></div>
    </div>
  </details>`;
}

function Row({ model }: { readonly model: Model }) {
  const { inputs, outputs } = model;
  return html`<tr>
    <th scope="row"><a class="run-name" href=${`#/models/${model.id}`}>${nameOf(model)}</a>
      <span class="run-note mono">${model.id}</span></th>
    <td>${shapeWords(inputs[0]?.shape ?? [])} → ${shapeWords(outputs[0]?.shape ?? [])}</td>
    <td>${model.layers.length} layers</td>
    <td class="number">${grouped(model.parameters)}</td>
    <td><span class="tag">${model.source}</span></td>
    <td class="number note">${ago(model.created_at)}</td>
  </tr>`;
}

export function ModelsPage() {
  const files = useCell(taken);
  const { value, error, reload } = useLoaded(() => api.models(), [files]);
  return html`<div class="page-head"><div><h1>Models</h1>
      <p>Drop an ONNX file or a definition anywhere on this page.</p></div>
      <div class="actions"><${FileButton} label="Upload a model" accept=".onnx,.json" /></div></div>
    ${error !== undefined && html`<p class="fault-note">${error.message}</p>`}
    <${Maker} made=${reload} />
    ${
      value !== undefined &&
      (value.length === 0
        ? html`<section class="card empty"><h2>No models yet</h2></section>`
        : html`<div class="card table-scroll"><table>
            <thead><tr><th scope="col">Model</th><th scope="col">Shapes</th><th
              scope="col">Depth</th>
              <th scope="col" class="number">Parameters</th><th scope="col">Source</th>
              <th scope="col" class="number">Made</th></tr></thead>
            <tbody>${value.map((model) => html`<${Row} key=${model.id} model=${model} />`)}</tbody>
          </table></div>`)
    }`;
}
