/** The table of runs; many of one name in a row, as sweeps make them, are folded together. */
import type { Run } from "#schemas/run.ts";
import { nameOf } from "../parts/badge.ts";
import { html, useState } from "../preact.ts";
import { RunRow } from "./run-row.ts";

/** Runs of one name that are shown before the rest is folded. */
const shownFirst = 2;
const foldedLeast = 3;

interface Fold {
  readonly key: string;
  readonly name: string;
  readonly runs: readonly Run[];
}

/** Neighbours of the same name. */
function foldsOf(runs: readonly Run[]): readonly Fold[] {
  const folds: { key: string; name: string; runs: Run[] }[] = [];
  for (const run of runs) {
    const last = folds.at(-1);
    if (last?.name === nameOf(run)) last.runs.push(run);
    else folds.push({ key: run.id, name: nameOf(run), runs: [run] });
  }
  return folds;
}

interface TableProps {
  readonly runs: readonly Run[];
  readonly chosen: ReadonlySet<string>;
  readonly choose: (id: string) => void;
}

function FoldRows(props: Omit<TableProps, "runs"> & { readonly fold: Fold }) {
  const { fold, chosen, choose } = props;
  const [isOpen, setOpen] = useState(false);
  const isLong = fold.runs.length >= shownFirst + foldedLeast;
  const shown = isLong && !isOpen ? fold.runs.slice(0, shownFirst) : fold.runs;
  const rest = fold.runs.length - shownFirst;
  return html`${shown.map(
    (run) => html`<${RunRow} key=${run.id} run=${run} isChosen=${chosen.has(run.id)}
      choose=${choose} />`,
  )}${
    isLong &&
    html`<tr class="fold"><td></td><td colspan="7"><button type="button" class="link-button"
      aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>
      ${isOpen ? "Fewer" : `${rest} more`} called ${fold.name}</button></td></tr>`
  }`;
}

export function RunsTable({ runs, chosen, choose }: TableProps) {
  return html`<div class="card table-scroll">
    <table class="runs-table">
      <thead><tr>
        <th scope="col"><span class="unseen">Compare</span></th><th scope="col">Run</th>
        <th scope="col">State</th><th scope="col">Progress</th><th scope="col">Loss</th>
        <th scope="col" class="number">Last</th><th scope="col" class="number">Test accuracy</th>
        <th scope="col" class="number">Created</th>
      </tr></thead>
      <tbody>
        ${foldsOf(runs).map(
          (fold) => html`<${FoldRows} key=${fold.key} fold=${fold} chosen=${chosen}
            choose=${choose} />`,
        )}
      </tbody>
    </table>
    ${runs.length === 0 && html`<p class="empty">No run matches.</p>`}
  </div>`;
}
