/** The table of a sweep: a row for each cell, and a group for cells that differ in seed alone. */
import { canonicalJson } from "#catalog/canonical-json.ts";
import type { Run, Score } from "#schemas/run.ts";
import {
  type ResultName,
  resultNames,
  type SweepGroup,
  type SweepResults,
  type SweepRow,
} from "#schemas/sweep.ts";
import { type Figure, fromFigure } from "#schemas/values.ts";
import type { Reader, RunRecord, SweepRecord } from "#storage/store.ts";
import { runsOf, storedSweep } from "./commands.ts";
import { cellRequest, gridOf, seedPointer, valuesOf } from "./grid.ts";
import { estimate } from "./statistics.ts";
import { shownSweep } from "./status.ts";
import { type Cell, summaryOf } from "./summary.ts";

type Figures = SweepRow["figures"];

const none = Object.fromEntries(resultNames.map((name) => [name, null])) as Figures;

/** Digits of the seconds that are shown. */
const milliseconds = 1000;

function figuresOf({ run, secondsUsed, kernelDistance }: RunRecord): Figures {
  const { result } = run;
  const score = (
    of: "linearised" | "network",
    split: "train" | "test",
    what: keyof Score,
  ): Figure | null => result?.[of][split][what] ?? null;
  return {
    linearised_train_loss: score("linearised", "train", "loss"),
    linearised_train_accuracy: score("linearised", "train", "accuracy"),
    linearised_test_loss: score("linearised", "test", "loss"),
    linearised_test_accuracy: score("linearised", "test", "accuracy"),
    network_train_loss: score("network", "train", "loss"),
    network_train_accuracy: score("network", "train", "accuracy"),
    network_test_loss: score("network", "test", "loss"),
    network_test_accuracy: score("network", "test", "accuracy"),
    linearisations: linearisationsOf(run),
    kernel_distance: kernelDistance ?? null,
    seconds: Math.round(secondsUsed * milliseconds) / milliseconds,
  };
}

/** Standard training linearises, in effect, at every step. */
function linearisationsOf({ algorithm, progress }: Run): number | null {
  if (algorithm.type === "standard") return progress.step;
  return progress.linearisations ?? null;
}

/** Whether a run left the finite numbers, be it stopped for that or not. */
function hasDiverged({ error, result, status }: Run): boolean {
  if (error !== null) return error.code === "diverged";
  if (status !== "succeeded" || result === null) return false;
  return !Number.isFinite(fromFigure(result.linearised.train.loss));
}

function rowOf(cell: number, values: SweepRow["values"], record: RunRecord | undefined): SweepRow {
  if (record === undefined) {
    return { cell, values, run: null, status: "waiting", error: null, step: 0, figures: none };
  }
  const { id, status, error, progress } = record.run;
  const { step } = progress;
  const figures = figuresOf(record);
  return { cell, values, run: id, status, error: error?.code ?? null, step, figures };
}

function cellsOf(record: SweepRecord, runs: readonly RunRecord[]): readonly Cell[] {
  const grid = gridOf(record.request);
  const byCell = new Map(runs.map((each) => [each.run.sweep?.cell, each]));
  return Array.from({ length: record.total }, (_, cell) => {
    const changes = grid.changesAt(cell);
    const known = byCell.get(cell);
    return {
      row: rowOf(cell, valuesOf(changes), known),
      request: cellRequest(record.request.base, changes),
      diverged: known !== undefined && hasDiverged(known.run),
    };
  });
}

function groupsOf(cells: readonly Cell[]): readonly SweepGroup[] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const { [seedPointer]: _seed, ...values } = cell.row.values;
    const key = canonicalJson(values);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [cell]);
    else group.push(cell);
  }
  return [...groups.values()].map((group) => {
    const { [seedPointer]: _seed, ...values } = group[0]?.row.values ?? {};
    const good = group.filter(({ row, diverged }) => row.status === "succeeded" && !diverged);
    return {
      values,
      cells: group.length,
      succeeded: good.length,
      diverged: group.filter(({ diverged }) => diverged).length,
      figures: estimatesOf(good.map(({ row }) => row.figures)),
    };
  });
}

function estimatesOf(figures: readonly Figures[]): SweepGroup["figures"] {
  const columns = resultNames.map((name: ResultName) => {
    const values = figures.map((row) => row[name]).filter((value) => value !== null);
    return [name, estimate(values.map(fromFigure))] as const;
  });
  return Object.fromEntries(columns) as SweepGroup["figures"];
}

/** The sweep with its table as it is now; Failure `not_found`. */
export async function sweepResults(
  reader: Reader,
  id: string,
  delta: number,
): Promise<SweepResults> {
  const record = await storedSweep(reader, id);
  const counts = await reader.countCells(id);
  const cells = cellsOf(record, await runsOf(reader, id));
  return {
    ...shownSweep(record, counts),
    rows: cells.map(({ row }) => row),
    groups: [...groupsOf(cells)],
    summary: summaryOf(cells, delta),
  };
}
