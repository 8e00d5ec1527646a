/** The numbers of a plot as a table: some steps of every curve, the last ones included. */
import { html } from "../preact.ts";
import { grouped, short } from "./number.ts";
import { nearest } from "./series.ts";
import type { Spec } from "./spec.ts";

const rowsMax = 40;

function steps({ lines }: Spec): number[] {
  const all = new Set<number>();
  for (const { points } of lines) {
    const stride = Math.max(1, Math.floor(points.length / rowsMax));
    for (let i = points.length - 1; i >= 0; i -= stride) all.add(points.x[i] ?? 0);
  }
  const sorted = [...all].sort((a, b) => a - b);
  const stride = Math.max(1, Math.ceil(sorted.length / rowsMax));
  return sorted.filter((_, i) => (sorted.length - 1 - i) % stride === 0);
}

export function PlotTable({ spec }: { readonly spec: Spec }) {
  const { lines, title, xLabel } = spec;
  const valueAt = (line: (typeof lines)[number], x: number): string => {
    const at = nearest(line.points, x);
    if (at < 0 || Math.abs((line.points.x[at] ?? 0) - x) > 1e-9) return "";
    return (spec.format ?? short)(line.points.y[at] ?? Number.NaN);
  };
  return html`<div class="table-scroll plot-table" tabindex="0" role="region" aria-label=${title}>
    <table>
      <thead><tr><th scope="col">${xLabel}</th>
        ${lines.map(({ key, label }) => html`<th key=${key} scope="col" class="number">${label}</th>`)}
      </tr></thead>
      <tbody>
        ${steps(spec).map(
          (x) => html`<tr key=${x}><th scope="row">${x >= 1 ? grouped(x) : short(x)}</th>
            ${lines.map((line) => html`<td key=${line.key} class="number">${valueAt(line, x)}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
