/** The study on a terminal: tables with what is expected beside what was measured, and verdicts. */
import { type Paint, wrapped } from "#cli/show/paint.ts";
import { table } from "#cli/show/table.ts";
import type { Cell, Claim, Findings, Table, Verdict } from "./findings.ts";
import { cellVerdict, shown, tally } from "./verdicts.ts";

const marks: Readonly<Record<Verdict, string>> = {
  held: "✓",
  "within spread": "≈",
  "not held": "✗",
  "not judged": "·",
};

const colours = {
  held: "green",
  "within spread": "yellow",
  "not held": "red",
  "not judged": "dim",
} as const;

/** A number as the report shows it: with fixed digits, or with three significant ones. */
export function numberText(value: number, digits: number | undefined): string {
  if (!Number.isFinite(value)) return "–";
  if (digits !== undefined) return value.toFixed(digits);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e4)) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** What was measured in a cell. */
export function measuredText({ measured }: Cell, digits: number | undefined): string {
  if (measured === null) return "";
  if (measured.values.length === 0) return shown(measured);
  const mean = numberText(measured.mean, digits);
  return measured.diverged === 0 ? mean : `${mean} (${measured.diverged}÷)`;
}

export function expectedText({ expected }: Cell, digits: number | undefined): string {
  if (expected === null) return "";
  return expected === "diverges" ? "diverges" : numberText(expected, digits);
}

function tableText({ title, corner, columns, rows, digits, tolerance }: Table, paint: Paint) {
  const titles = [corner, ...columns].map((text) => ({ title: text, align: "right" as const }));
  const lines = rows.map(({ label, cells }) => [
    label,
    ...cells.map((cell) => {
      const expected = expectedText(cell, digits);
      if (expected === "") return measuredText(cell, digits);
      const mark = tolerance === null ? "" : ` ${marks[cellVerdict(cell, tolerance)]}`;
      return `${measuredText(cell, digits)} [${expected}]${mark}`;
    }),
  ]);
  return `\n${title}\n${table(titles, lines, paint)}`;
}

const claimText = ({ statement, verdict, detail }: Claim, paint: Paint): string =>
  `${paint(colours[verdict], `${marks[verdict]} ${verdict}`)}  ${statement}\n` +
  `${wrapped(detail.length > 400 ? `${detail.slice(0, 400)} …` : detail)}\n`;

/** One part, once it is found. */
export function partText(findings: Findings, paint: Paint): string {
  const { section, title, tables, claims, runs, trainingSeconds } = findings;
  return (
    `\n${paint("bold", `${section}  ${title}`)}` +
    `  ${paint("dim", `${runs} runs, ${trainingSeconds.toFixed(0)} s of training`)}\n` +
    `${tables.map((each) => tableText(each, paint)).join("")}\n` +
    `${claims.map((claim) => claimText(claim, paint)).join("")}`
  );
}

/** How claims and cells ended. */
export function summaryText(all: readonly Findings[]): string {
  return `\n${wrapped(`${tally(all)} In tables [ ] is the reference's number.`)}\n`;
}
