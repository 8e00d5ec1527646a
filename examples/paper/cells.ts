/** Cells of sweeps before they run, and their numbers over seeds once they have. Pure. */
import type { ResultName, SweepRow } from "#schemas/sweep.ts";
import { fromFigure } from "#schemas/values.ts";
import type { Measured } from "./findings.ts";
import { hasDiverged, type Values } from "./study.ts";
import { measured } from "./verdicts.ts";

/** Every pair of the two, joined. */
export function pairs(first: readonly Values[], second: readonly Values[]): Values[] {
  return first.flatMap((a) => second.map((b) => ({ ...a, ...b })));
}

/** Rows whose cell has these values. */
export function rowsWhere(rows: readonly SweepRow[], where: Values): readonly SweepRow[] {
  const wanted = Object.entries(where).map(([key, value]) => [key, JSON.stringify(value)] as const);
  return rows.filter(({ values }) =>
    wanted.every(([key, value]) => JSON.stringify(values[key]) === value),
  );
}

/** A figure of the rows with these values, over their seeds. */
export function over(rows: readonly SweepRow[], where: Values, name: ResultName): Measured {
  const found = rowsWhere(rows, where);
  const good = found.filter((row) => !hasDiverged(row));
  const values = good.map(({ figures }) => {
    const figure = figures[name];
    return figure === null ? Number.NaN : fromFigure(figure);
  });
  return measured(values, found.length - good.length);
}

/** A run's optimiser, algorithm and size in the words of the contract's pointers. */
export const pointer = {
  period: "/algorithm/period",
  algorithm: "/algorithm",
  rate: "/optimizer/learning_rate",
  steps: "/steps",
  seed: "/seed",
  dataset: "/dataset",
  model: "/model",
} as const;
