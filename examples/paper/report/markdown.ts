/** The report as Markdown: verdicts and tables without figures, for documents. */
import type { Findings, Table } from "../findings.ts";
import { expectedText, measuredText } from "../text.ts";
import { cellVerdict, tally } from "../verdicts.ts";
import type { Report } from "./page.ts";

const escaped = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(" | ")} |\n`;

function tableText({ title, corner, columns, rows, digits, tolerance, note }: Table): string {
  const lines = rows.map(({ label, cells }) =>
    row([
      label,
      ...cells.map((cell) => {
        const expected = expectedText(cell, digits);
        const own = measuredText(cell, digits);
        if (expected === "") return own;
        const isOff = tolerance !== null && cellVerdict(cell, tolerance) === "not held";
        return `${isOff ? `**${own}**` : own} [${expected}]`;
      }),
    ]),
  );
  const rule = `|${"---|".repeat(columns.length + 1)}\n`;
  const said = note === undefined ? "" : `\n${escaped(note)}\n`;
  return `\n${escaped(title)}:\n\n${row([corner, ...columns])}${rule}${lines.join("")}${said}`;
}

function partText({ section, title, about, claims, remarks, tables, runs }: Findings): string {
  const told = claims.map(
    ({ verdict, statement, criterion }) =>
      `- **${verdict}**: ${escaped(statement)} (${escaped(criterion)}).\n`,
  );
  return (
    `\n## ${title}\n\nReference notes: ${section}. ${escaped(about)} ${runs} runs.\n\n` +
    `${told.join("")}${remarks.map((remark) => `\n${escaped(remark)}\n`).join("")}` +
    `${tables.map(tableText).join("")}`
  );
}

/** Sections below a page's own opening. */
export function markdownText({ findings }: Report): string {
  return `${tally(findings)}\n${findings.map(partText).join("")}`;
}
