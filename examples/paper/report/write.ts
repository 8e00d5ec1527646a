/** Writes the report: a page for people, its tables as Markdown, and all numbers as JSON. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { markdownText } from "./markdown.ts";
import { pageMarkup, type Report } from "./page.ts";

/** Paths of what was written. */
export async function writeReport(
  folder: string,
  report: Report,
): Promise<{ readonly html: string; readonly json: string }> {
  await mkdir(folder, { recursive: true });
  const [html, json] = [join(folder, "paper.html"), join(folder, "paper.json")];
  await writeFile(html, pageMarkup(report));
  await writeFile(join(folder, "paper.md"), markdownText(report));
  await writeFile(json, `${JSON.stringify(report, null, 1)}\n`);
  return { html, json };
}
