/** Results of a sweep as typed columns for Arrow: a row for each cell, or each group of seeds. */
import { type Estimate, resultNames, type SweepResults } from "#schemas/sweep.ts";
import { fromFigure } from "#schemas/values.ts";
import type { ArrowColumn, ArrowRow, ArrowValue } from "./arrow.ts";
import { estimateColumns, pointersOf } from "./sweep-table.ts";

export interface ArrowTable {
  readonly columns: readonly ArrowColumn[];
  readonly rows: readonly ArrowRow[];
}

type Values = Readonly<Record<string, unknown>>;

/** Numbers where all values are numbers; else texts, what is no text as JSON. */
function valueColumn(pointer: string, all: readonly Values[]) {
  const values = all.map((one) => one[pointer]);
  const areNumbers = values.every((value) => value === undefined || typeof value === "number");
  const column: ArrowColumn = {
    name: pointer,
    kind: areNumbers ? "float64" : "utf8",
    nullable: true,
  };
  const of = (values: Values): ArrowValue => {
    const value = values[pointer];
    if (value === undefined) return null;
    if (typeof value === "string" || (areNumbers && typeof value === "number")) return value;
    return JSON.stringify(value);
  };
  return { column, of };
}

const required = (name: string, kind: ArrowColumn["kind"]): ArrowColumn => ({
  name,
  kind,
  nullable: false,
});
const optional = (name: string, kind: ArrowColumn["kind"]): ArrowColumn => ({
  name,
  kind,
  nullable: true,
});

/** A row for each cell. */
export function cellsArrow({ rows }: SweepResults): ArrowTable {
  const varied = pointersOf(rows).map((pointer) =>
    valueColumn(
      pointer,
      rows.map(({ values }) => values),
    ),
  );
  return {
    columns: [
      required("cell", "int32"),
      ...varied.map(({ column }) => column),
      optional("run", "utf8"),
      required("status", "utf8"),
      optional("error", "utf8"),
      required("step", "int32"),
      ...resultNames.map((name) => optional(name, "float64")),
    ],
    rows: rows.map(({ cell, values, run, status, error, step, figures }) => [
      cell,
      ...varied.map(({ of }) => of(values)),
      ...[run, status, error, step],
      ...resultNames.map((name) => {
        const figure = figures[name];
        return figure === null ? null : fromFigure(figure);
      }),
    ]),
  };
}

/** A row for each group, with the number, mean and 95 % interval of every result. */
export function groupsArrow({ groups }: SweepResults): ArrowTable {
  const varied = pointersOf(groups).map((pointer) =>
    valueColumn(
      pointer,
      groups.map(({ values }) => values),
    ),
  );
  const kindOf = (of: keyof Estimate) => (of === "n" ? "int32" : "float64");
  return {
    columns: [
      ...varied.map(({ column }) => column),
      ...["cells", "succeeded", "diverged"].map((name) => required(name, "int32")),
      ...resultNames.flatMap((name) =>
        estimateColumns.map((of) => optional(`${name}_${of}`, kindOf(of))),
      ),
    ],
    rows: groups.map(({ values, cells, succeeded, diverged, figures }) => [
      ...varied.map(({ of }) => of(values)),
      ...[cells, succeeded, diverged],
      ...resultNames.flatMap((name) => estimateColumns.map((of) => figures[name][of])),
    ]),
  };
}
