/** Two settings of a sweep against each other as a table whose cells are coloured: T × K. */
import type { ResultName, SweepResults } from "#schemas/sweep.ts";
import { ChoiceField } from "../form/fields.ts";
import { sequential } from "../kernel/colours.ts";
import { html, useState } from "../preact.ts";
import { fieldWords, figureText, figureWords, valuesOf, valueWords } from "./sweep-figures.ts";

interface Cell {
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly cells: number;
  readonly diverged: number;
}

const nothing: Cell = { mean: null, low: null, high: null, cells: 0, diverged: 0 };

function cellAt(
  sweep: SweepResults,
  at: Readonly<Record<string, unknown>>,
  figure: ResultName,
): Cell {
  const matches = sweep.groups.filter(({ values }) =>
    Object.entries(at).every(
      ([key, value]) => JSON.stringify(values[key]) === JSON.stringify(value),
    ),
  );
  const [group] = matches;
  if (group === undefined) return nothing;
  const { mean, low, high } = group.figures[figure];
  return { mean, low, high, cells: group.cells, diverged: group.diverged };
}

/** Background and letters that can be read on it. */
function paint(share: number): { readonly background: string; readonly color: string } {
  const at = 3 * Math.round(255 * Math.min(1, Math.max(0, share)));
  const [r = 0, g = 0, b = 0] = sequential.subarray(at, at + 3);
  const light = (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
  return { background: `rgb(${r} ${g} ${b})`, color: light > 0.42 ? "#10141b" : "#ffffff" };
}

function Row(props: {
  readonly head: unknown;
  readonly cells: readonly Cell[];
  readonly figure: ResultName;
  readonly range: readonly [number, number];
}) {
  const { head, cells, figure, range } = props;
  const [low, high] = range;
  return html`<tr><th scope="row" class="number">${valueWords(head)}</th>
    ${cells.map((cell, i) => {
      if (cell.mean === null) {
        return html`<td key=${i} class="map-cell none">${cell.diverged > 0 ? "diverged" : "–"}</td>`;
      }
      const share = high > low ? (cell.mean - low) / (high - low) : 0.5;
      const interval =
        cell.low === null
          ? ""
          : `95 % interval ${figureText(figure, cell.low)} to ${figureText(figure, cell.high)}`;
      return html`<td key=${i} class="map-cell" style=${paint(share)} title=${interval}>
        ${figureText(figure, cell.mean)}</td>`;
    })}
  </tr>`;
}

export function SweepMap(props: {
  readonly sweep: SweepResults;
  readonly fields: readonly string[];
  readonly figure: ResultName;
}) {
  const { sweep, fields, figure } = props;
  const first = fields.includes("/steps") ? "/steps" : (fields[0] ?? "");
  const second = fields.find((field) => field === "/algorithm/period" && field !== first);
  const [down, setDown] = useState(first);
  const [across, setAcross] = useState(second ?? fields.find((field) => field !== first) ?? "");
  const rows = valuesOf(sweep, down);
  const columns = valuesOf(sweep, across);
  const table = rows.map((row) =>
    columns.map((column) => cellAt(sweep, { [down]: row, [across]: column }, figure)),
  );
  const means = table.flat().flatMap(({ mean }) => (mean === null ? [] : [mean]));
  const range = [Math.min(...means), Math.max(...means)] as const;
  const choices = fields.map((field) => ({ value: field, label: fieldWords(field) }));
  const title = `${fieldWords(down)} × ${fieldWords(across)}`;
  return html`<section class="card padded stack map-card">
    <div class="section-head"><div><h2>${title}</h2><p class="note">${figureWords[figure]},
      mean over seeds${
        fields.includes("/steps") ? "; T steps in all, K between linearisations" : ""
      }</p></div>
      ${
        fields.length > 2 &&
        html`<div class="row"><${ChoiceField} id="map-down" label="Down" value=${down} change=${setDown}
          choices=${choices} /><${ChoiceField} id="map-across" label="Across" value=${across}
          change=${setAcross} choices=${choices} /></div>`
      }</div>
    <div class="table-scroll"><table class="map-table">
      <thead><tr><th scope="col" class="number">${fieldWords(down)} ↓ ${fieldWords(across)} →</th>
        ${columns.map(
          (column) => html`<th key=${valueWords(column)} scope="col">
          ${valueWords(column)}</th>`,
        )}</tr></thead>
      <tbody>${rows.map(
        (
          row,
          i,
        ) => html`<${Row} key=${valueWords(row)} head=${row} cells=${table[i]} figure=${figure}
          range=${range} />`,
      )}</tbody>
    </table></div>
  </section>`;
}
