/**
 * Slices of a campaign, kept: each appends its figures to bench/reports/NAME.json, and `sum` adds
 * them up, so that a long campaign can be run in parts.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { FigureRow, Report } from "./report.ts";

export interface Slice extends Report {
  /** What was run, such as `kill --cycles 100 --seed 3`. */
  readonly command: string;
  readonly seconds: number;
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
}

/** Figures count all of them. */
const findingsKeptMax = 20;

const folder = join(import.meta.dirname, "../reports");
const fileOf = (campaign: string): string =>
  join(folder, `${campaign.replaceAll(/[^a-z]+/g, "-")}.json`);

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

export function slicesOf(campaign: string): readonly Slice[] {
  const file = fileOf(campaign);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Slice[]) : [];
}

/** Appends what a slice found, in the place of what the same command found at the same commit. */
export function keep(report: Report, { command, seconds }: Pick<Slice, "command" | "seconds">) {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "processor"}, Node ${process.version}`;
  const about = { command, seconds, date: new Date().toISOString(), commit: commit(), machine };
  const others = slicesOf(report.campaign).filter(
    (slice) => slice.command !== command || slice.commit !== about.commit,
  );
  mkdirSync(folder, { recursive: true });
  const findings = report.findings.slice(0, findingsKeptMax);
  const text = JSON.stringify([...others, { ...report, findings, ...about }], null, 1);
  writeFileSync(fileOf(report.campaign), `${text}\n`);
}

/** One figure over all slices: the sum of counts, the worst of what has a limit. */
function summed(rows: readonly FigureRow[], last: FigureRow): FigureRow {
  const values = rows.map(({ value }) => value);
  const numbers = values.filter((value) => typeof value === "number");
  const holds = rows.some((row) => row.holds === false) ? { holds: false } : {};
  if (numbers.length < values.length) return { ...last, ...holds };
  const value = last.isWorst ? Math.max(...numbers) : numbers.reduce((a, b) => a + b, 0);
  const least = rows.map(({ bound }) => /^[≥=] (\d+)$/.exec(bound ?? "")?.[1]);
  const total = least.every((one) => one !== undefined)
    ? { bound: `≥ ${least.reduce((a, b) => a + Number(b), 0)}` }
    : {};
  return { ...last, value, ...total, ...holds };
}

/**
 * All slices as one report, or those since a date, such as `2026-11-24T03:20Z`: what was found
 * before something was mended stays on record. Undefined when there is none.
 */
export function sumOf(campaign: string, since = "1970-01-01"): Report | undefined {
  const slices = slicesOf(campaign).filter(({ date }) => Date.parse(date) >= Date.parse(since));
  if (slices.length === 0) return undefined;
  const byName = Map.groupBy(
    slices.flatMap(({ figures }) => figures),
    ({ name }) => name,
  );
  const seconds = slices.reduce((total, slice) => total + slice.seconds, 0);
  const figures = [...byName.values()].map((rows) => summed(rows, rows.at(-1) as FigureRow));
  return {
    campaign: `${campaign}: ${slices.length} slices`,
    figures: [...figures, { name: "seconds", value: seconds }],
    findings: slices.flatMap(({ findings }) => findings),
  };
}
