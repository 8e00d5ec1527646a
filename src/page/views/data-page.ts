/** All data sets, and the generators that make more. */
import type { Dataset } from "#schemas/dataset.ts";
import { api } from "../calls/api.ts";
import { taken } from "../calls/take.ts";
import { GeneratorCard } from "../form/generator-card.ts";
import { nameOf } from "../parts/badge.ts";
import { FileButton } from "../parts/drop.ts";
import { ago, bytes, grouped } from "../plot/number.ts";
import { html } from "../preact.ts";
import { useCell } from "../state/cell.ts";
import { useLoaded } from "../state/loaded.ts";
import { attempt } from "../state/toast.ts";
import { shapeWords } from "./models-page.ts";

function Row({ data, reload }: { readonly data: Dataset; readonly reload: () => void }) {
  const { splits } = data;
  const remove = async (): Promise<void> => {
    if (await attempt(() => api.deleteDataset(data.id), "The data set was deleted")) reload();
  };
  const what = data.task === "classification" ? `${data.classes ?? "?"} classes` : "regression";
  return html`<tr>
    <th scope="row"><span class="run-name">${nameOf(data)}</span>
      <span class="run-note mono">${data.id}</span></th>
    <td><span class="tag">${data.generator?.type ?? data.source}</span></td>
    <td>${shapeWords(data.input_shape)}</td>
    <td>${what}</td>
    <td class="number">${grouped(splits.train.examples)}</td>
    <td class="number">${grouped(splits.test.examples)}</td>
    <td class="number">${bytes(data.bytes)}</td>
    <td class="number note">${ago(data.created_at)}</td>
    <td class="number"><div class="row-tools">
      <a class="button small" href=${`#/new?dataset=${data.id}`}>Train on it</a>
      <button type="button" class="button small danger" aria-label=${`Delete ${nameOf(data)}`}
        onClick=${remove}>Delete</button></div></td>
  </tr>`;
}

export function DataPage() {
  const files = useCell(taken);
  const { value, error, reload } = useLoaded(() => api.datasets(), [files]);
  return html`<div class="page-head"><div><h1>Data</h1>
      <p>Drop an .npz, .safetensors or .csv file anywhere on this page.</p></div>
      <div class="actions"><${FileButton} label="Upload data"
        accept=".npz,.safetensors,.csv,.json" /></div></div>
    ${error !== undefined && html`<p class="fault-note">${error.message}</p>`}
    <${GeneratorCard} made=${reload} />
    ${
      value !== undefined &&
      (value.length === 0
        ? html`<section class="card empty"><h2>No data yet</h2></section>`
        : html`<div class="card table-scroll"><table>
            <thead><tr><th scope="col">Data set</th><th scope="col">Source</th><th
              scope="col">Input</th>
              <th scope="col">Targets</th><th scope="col" class="number">Train</th>
              <th scope="col" class="number">Test</th><th scope="col" class="number">Size</th>
              <th scope="col" class="number">Made</th><th scope="col"><span
                class="unseen">Actions</span></th>
            </tr></thead>
            <tbody>${value.map((data) => html`<${Row} key=${data.id} data=${data} reload=${reload} />`)}</tbody>
          </table></div>`)
    }`;
}
