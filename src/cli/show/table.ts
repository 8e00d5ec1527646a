/** Rows in columns, for people. Numbers to the right, words to the left. */
import { type Paint, widthOf } from "./paint.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** The table as lines, each ended by a line break; a header, a rule, the rows. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const widths = columns.map((column, i) =>
    rows.reduce((width, row) => Math.max(width, widthOf(row[i] ?? "")), widthOf(column.title)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? "";
        const space = " ".repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell)));
        return align === "right" ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  const header = line(columns.map(({ title }) => title));
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return `${[paint("bold", header), paint("dim", rule), ...rows.map(line)].join("\n")}\n`;
}
