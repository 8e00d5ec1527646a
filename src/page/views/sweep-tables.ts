/** A sweep in words and numbers: what its summary says, and every cell with its run. */
import type { ResultName, SweepResults } from "#schemas/sweep.ts";
import { percent, short } from "../plot/number.ts";
import { html, useState } from "../preact.ts";
import { figure as toNumber } from "../stream/feed.ts";
import { fieldWords, figureText, figureWords, valueWords } from "./sweep-figures.ts";

const words = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([pointer, value]) => `${fieldWords(pointer)} ${valueWords(value)}`)
    .join(", ") || "all";

function Fewest({ sweep }: { readonly sweep: SweepResults }) {
  const { fewest_linearisations: rows, delta } = sweep.summary;
  if (rows.length === 0) return null;
  return html`<section class="card padded"><h2>Fewest linearisations within ${percent(delta)} of K = 1</h2>
    <div class="table-scroll"><table><thead><tr><th scope="col">Setting</th><th scope="col"
      class="number">K</th>
      <th scope="col" class="number">Linearisations</th><th scope="col" class="number">Score</th>
      <th scope="col" class="number">at K = 1</th></tr></thead>
      <tbody>${rows.map(
        ({
          values,
          fewest,
          reference,
        }) => html`<tr key=${words(values)}><th scope="row">${words(values)}</th>
          <td class="number">${valueWords(fewest.period)}</td>
          <td class="number strong">${short(fewest.linearisations ?? Number.NaN)}</td>
          <td class="number">${short(fewest.score)}</td>
          <td class="number">${short(reference.score)}</td></tr>`,
      )}</tbody></table></div></section>`;
}

function Frontier({ sweep }: { readonly sweep: SweepResults }) {
  const rows = sweep.summary.stability_frontier;
  const hasRates = rows.some(({ smallest_diverged_rate: rate }) => rate !== null);
  if (!hasRates) return null;
  return html`<section class="card padded"><h2>Stability</h2>
    <div class="table-scroll"><table><thead><tr><th scope="col">Setting</th><th scope="col"
      class="number">K</th>
      <th scope="col" class="number">Largest stable rate</th>
      <th scope="col" class="number">Smallest diverged</th></tr></thead>
      <tbody>${rows.map(
        ({ values, period, largest_stable_rate: stable, smallest_diverged_rate: diverged }, i) =>
          html`<tr key=${i}><th scope="row">${words(values)}</th>
            <td class="number">${valueWords(period)}</td>
            <td class="number">${stable === null ? "–" : short(stable)}</td>
            <td class="number">${diverged === null ? "–" : short(diverged)}</td></tr>`,
      )}</tbody></table></div></section>`;
}

export function SummaryTables({ sweep }: { readonly sweep: SweepResults }) {
  return html`<div class="charts"><${Fewest} sweep=${sweep} /><${Frontier} sweep=${sweep} /></div>`;
}

const rowsFirst = 30;
const rowsMax = 1000;

export function CellTable(props: {
  readonly sweep: SweepResults;
  readonly fields: readonly string[];
  readonly figure: ResultName;
}) {
  const { sweep, fields, figure } = props;
  const [most, setMost] = useState(rowsFirst);
  const rows = sweep.rows.slice(0, most);
  return html`<section class="card padded"><h2>Cells</h2>
    <div class="table-scroll"><table><thead><tr><th scope="col">Run</th>
      ${fields.map((field) => html`<th key=${field} scope="col" class="number">${fieldWords(field)}</th>`)}
      <th scope="col" class="number">Seed</th><th scope="col">State</th>
      <th scope="col" class="number">${figureWords[figure]}</th></tr></thead>
      <tbody>${rows.map(
        ({ cell, values, run, status, error, figures }) => html`<tr key=${cell}>
          <th scope="row">${run === null ? "–" : html`<a href=${`#/runs/${run}`}>cell ${cell}</a>`}</th>
          ${fields.map((field) => html`<td key=${field} class="number">${valueWords(values[field])}</td>`)}
          <td class="number">${valueWords(values["/seed"] ?? "–")}</td>
          <td><span class="badge" data-status=${status}>${error ?? status}</span></td>
          <td class="number">${figureText(figure, toNumber(figures[figure]))}</td></tr>`,
      )}</tbody></table></div>
    ${
      sweep.rows.length > most &&
      most < rowsMax &&
      html`<p class="more"><button type="button" class="button small" onClick=${() => setMost(rowsMax)}>
        Show more of ${sweep.rows.length} cells</button></p>`
    }</section>`;
}
