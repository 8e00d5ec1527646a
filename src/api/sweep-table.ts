/** The results of a sweep as CSV (RFC 4180): a line for each cell, or for each group of seeds. */
import { type Estimate, resultNames, type SweepResults } from "#schemas/sweep.ts";

/** What is told of every estimate, in order. */
export const estimateColumns = [
  "n",
  "mean",
  "deviation",
  "low",
  "high",
] as const satisfies readonly (keyof Estimate)[];

/** Values that are no plain text or number travel as JSON. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // A spreadsheet would take such a text for a formula.
  const safe = typeof value === "string" && /^[=+@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const line = (values: readonly unknown[]): string => `${values.map(cellText).join(",")}\r\n`;

/** Pointers that vary, in their order. */
export function pointersOf(
  rows: readonly { readonly values: Readonly<Record<string, unknown>> }[],
) {
  return [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
}

/** A line for each cell. */
export function cellsCsv({ rows }: SweepResults): string {
  const pointers = pointersOf(rows);
  const titles = ["cell", ...pointers, "run", "status", "error", "step", ...resultNames];
  const lines = rows.map(({ cell, values, run, status, error, step, figures }) =>
    line([
      cell,
      ...pointers.map((pointer) => values[pointer]),
      ...[run, status, error, step],
      ...resultNames.map((name) => figures[name]),
    ]),
  );
  return line(titles) + lines.join("");
}

/** A line for each group, with the number, mean and 95 % interval of every result. */
export function groupsCsv({ groups }: SweepResults): string {
  const pointers = pointersOf(groups);
  const estimates = resultNames.flatMap((name) => estimateColumns.map((of) => `${name}_${of}`));
  const lines = groups.map(({ values, cells, succeeded, diverged, figures }) =>
    line([
      ...pointers.map((pointer) => values[pointer]),
      ...[cells, succeeded, diverged],
      ...resultNames.flatMap((name) => estimateColumns.map((of) => figures[name][of])),
    ]),
  );
  return line([...pointers, "cells", "succeeded", "diverged", ...estimates]) + lines.join("");
}
