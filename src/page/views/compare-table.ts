/** What compared runs differ in, and their scores, as a table. */
import type { Run } from "#schemas/run.ts";
import { algorithmWords, nameOf, StatusBadge } from "../parts/badge.ts";
import { percent, short } from "../plot/number.ts";
import { html } from "../preact.ts";
import { useCell } from "../state/cell.ts";
import { palette } from "../state/theme.ts";
import { type Feed, figure } from "../stream/feed.ts";

export interface Compared {
  readonly run: Run;
  readonly feed: Feed;
  readonly colour: number;
}

const depthMax = 4;

/** Every setting as a path and its value. */
function settingsOf(value: unknown, path: string, depth = 0): [string, string][] {
  if (typeof value !== "object" || value === null || Array.isArray(value) || depth === depthMax) {
    return [
      [path, value === null ? "–" : typeof value === "string" ? value : JSON.stringify(value)],
    ];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    settingsOf(inner, path === "" ? key : `${path}.${key}`, depth + 1),
  );
}

const asked = ({
  model,
  dataset,
  loss,
  optimizer,
  batch_size,
  steps,
  seed,
  dtype,
  snapshots,
}: Run) => ({
  model,
  dataset,
  loss,
  optimizer,
  batch_size,
  steps,
  seed,
  dtype,
  snapshots,
});

/** Paths at which not all runs have the same value. */
function differences(runs: readonly Run[]) {
  const maps = runs.map((run) => new Map(settingsOf(asked(run), "")));
  const paths = [...new Set(maps.flatMap((map) => [...map.keys()]))];
  return paths
    .filter((path) => new Set(maps.map((map) => map.get(path) ?? "–")).size > 1)
    .map((path) => ({ path, values: maps.map((map) => map.get(path) ?? "–") }));
}

export function CompareTable({ compared }: { readonly compared: readonly Compared[] }) {
  const colours = useCell(palette);
  const different = differences(compared.map(({ run }) => run));
  return html`<div class="card table-scroll section"><table>
    <thead><tr><th scope="col">Run</th><th scope="col">State</th><th scope="col">Algorithm</th>
      ${different.map(({ path }) => html`<th key=${path} scope="col">${path.replaceAll("_", " ")}</th>`)}
      <th scope="col" class="number">Test accuracy</th><th scope="col"
        class="number">linearised</th>
      <th scope="col" class="number">Test loss</th><th scope="col"
        class="number">Linearisations</th>
      <th scope="col" class="number">Kernel moved</th></tr></thead>
    <tbody>${compared.map(({ run, feed, colour }, row) => {
      const last = (name: string): number => feed.curve(name).lastY;
      const count = (feed.anchors.at(-1)?.index ?? -1) + 1;
      return html`<tr key=${run.id}>
        <th scope="row"><span class="swatch-dot"><svg viewBox="0 0 10 10" aria-hidden="true">
          <rect width="10" height="10" fill=${colours.series[colour % colours.series.length]}
            /></svg></span>
          <a href=${`#/runs/${run.id}`}>${nameOf(run)}</a></th>
        <td><${StatusBadge} status=${feed.status ?? run.status} /></td>
        <td>${algorithmWords(run)}</td>
        ${different.map(({ path, values }) => html`<td key=${path} class="mono">${values[row]}</td>`)}
        <td class="number strong">${percent(last("network.test.accuracy"))}</td>
        <td class="number">${percent(last("linearised.test.accuracy"))}</td>
        <td class="number">${short(last("network.test.loss"))}</td>
        <td class="number">${run.algorithm.type === "standard" ? "–" : count}</td>
        <td class="number">${short(figure(feed.snapshots.at(-1)?.distance_to_first))}</td>
      </tr>`;
    })}</tbody>
  </table></div>`;
}
