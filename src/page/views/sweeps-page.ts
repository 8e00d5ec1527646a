/** All sweeps, newest first. */
import type { Sweep } from "#schemas/sweep.ts";
import type { Rows } from "../calls/api.ts";
import { call, Refusal } from "../calls/request.ts";
import { ago, grouped } from "../plot/number.ts";
import { html } from "../preact.ts";
import { useLoaded } from "../state/loaded.ts";
import { fieldWords } from "./sweep-figures.ts";

const everyMs = 3000;

function Row({ sweep }: { readonly sweep: Sweep }) {
  const { counts, total, vary } = sweep;
  const done = counts.succeeded + counts.failed + counts.cancelled;
  const fields = Object.keys(vary ?? {})
    .map(fieldWords)
    .join(" × ");
  return html`<tr>
    <th scope="row"><a class="run-name" href=${`#/sweeps/${sweep.id}`}>${sweep.name ?? sweep.id}</a>
      <span class="run-note">${fields === "" ? "a list of cells" : fields}</span></th>
    <td><span class="badge" data-status=${
      sweep.status === "completed" ? "succeeded" : sweep.status
    }>
      ${sweep.status}</span></td>
    <td><div class="run-progress"><progress max=${total} value=${done}
      aria-label=${`Cells of ${sweep.name ?? sweep.id}`}></progress>
      <span class="note">${grouped(done)} / ${grouped(total)} cells
        <span>${counts.failed > 0 ? `${counts.failed} failed` : ""}</span></span></div></td>
    <td class="number note">${ago(sweep.created_at)}</td>
  </tr>`;
}

export function SweepsPage() {
  const load = () => call<Rows<Sweep>>("/v1/sweeps?limit=200");
  const { value, error } = useLoaded(load, [], everyMs);
  const isAbsent = error instanceof Refusal && error.isAbsent;
  const list = value?.data ?? [];
  return html`<div class="page-head"><div><h1>Sweeps</h1><p>Grids of runs, read as one experiment.</p></div>
      <div class="actions">${!isAbsent && html`<a class="button primary" href="#/sweeps/new">New sweep</a>`}</div>
    </div>
    ${isAbsent && html`<section class="card empty"><h2>This service has no sweeps</h2></section>`}
    ${!isAbsent && error !== undefined && html`<p class="fault-note">${error.message}</p>`}
    ${
      value !== undefined &&
      (list.length === 0
        ? html`<section class="card empty"><h2>No sweeps yet</h2>
            <p>A sweep trains a run for every cell of a grid, such as every K for every length.</p></section>`
        : html`<div class="card table-scroll"><table>
            <thead><tr><th scope="col">Sweep</th><th scope="col">State</th><th
              scope="col">Cells</th>
              <th scope="col" class="number">Created</th></tr></thead>
            <tbody>${list.map((sweep) => html`<${Row} key=${sweep.id} sweep=${sweep} />`)}</tbody>
          </table></div>`)
    }`;
}
