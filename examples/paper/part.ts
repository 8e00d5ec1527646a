/** What each part of the study is made with, and the shapes that most of them share. */
import type { ResultName, SweepRow } from "#schemas/sweep.ts";
import { over } from "./cells.ts";
import type { Reference } from "./expected.ts";
import type { Cell, Findings, Line, Measured, Point, Table, Tolerance } from "./findings.ts";
import type { Size } from "./size.ts";
import type { Study, Values } from "./study.ts";

export interface Making {
  readonly study: Study;
  readonly size: Size;
  readonly reference: Reference;
}

export interface Part {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  readonly about: string;
  /** Runs what it needs and says what came of it. */
  find(making: Making): Promise<Pick<Findings, "tables" | "figures" | "claims" | "remarks">>;
}

/** The stated spread of three seeds. */
export const threeSeeds: Tolerance = { within: 0.03, as: "difference" };

export interface TableOf extends Pick<Table, "title" | "corner" | "note" | "digits"> {
  /** Its name in expected.json. */
  readonly reference: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly tolerance: Tolerance | null;
  readonly measured: (row: string, column: string) => Measured | null;
}

/** A table with the reference's number beside every cell. */
export function tableOf({ size: _size, reference }: Omit<Making, "study">, of: TableOf): Table {
  const { rows, columns, measured, reference: name, ...shown } = of;
  return {
    ...shown,
    columns,
    rows: rows.map((label) => ({
      label,
      cells: columns.map(
        (column): Cell => ({
          measured: measured(label, column),
          expected: reference.of(name, label, column),
        }),
      ),
    })),
  };
}

/** One figure over seeds, by the values of a cell. */
export const reader =
  (rows: readonly SweepRow[]) =>
  (where: Values, name: ResultName): Measured =>
    over(rows, where, name);

/** A point with its spread: the least and greatest seed. */
export function pointOf(x: number, value: Measured): Point | undefined {
  if (value.values.length === 0) return undefined;
  const [low, high] = [Math.min(...value.values), Math.max(...value.values)];
  return { x, y: value.mean, low, high };
}

/** A table's rows or columns as lines: the measured ones and, dashed, the expected ones. */
export function linesOf(table: Table, xs: readonly number[], by: "row" | "column"): Line[] {
  const labels = by === "row" ? table.rows.map(({ label }) => label) : table.columns;
  const cellAt = (line: number, at: number): Cell | undefined =>
    by === "row" ? table.rows[line]?.cells[at] : table.rows[at]?.cells[line];
  return labels.flatMap((label, line) => {
    const own: Point[] = [];
    const expected: Point[] = [];
    for (const [at, x] of xs.entries()) {
      const cell = cellAt(line, at);
      const point = cell?.measured == null ? undefined : pointOf(x, cell.measured);
      if (point !== undefined) own.push(point);
      if (typeof cell?.expected === "number") expected.push({ x, y: cell.expected });
    }
    const dashed = expected.length < 2 ? [] : [{ label, points: expected, expected: true }];
    return [{ label, points: own }, ...dashed];
  });
}
