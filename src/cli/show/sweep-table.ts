/** Results of a sweep as tables for people: a line for each group of seeds, or for each cell. */
import type { Estimate, SweepGroup, SweepResults, SweepRow } from "#schemas/sweep.ts";
import { nothing, showNumber, showSeconds, showShare } from "./numbers.ts";
import { type Paint, plain } from "./paint.ts";
import { type Column, table } from "./table.ts";

/** Digits of a value that varies; longer ones are cut. */
const valueWidthMax = 28;

const right = (title: string): Column => ({ title, align: "right" });

/** Pointers that vary, in their order. */
function pointersOf(rows: readonly Pick<SweepRow, "values">[]): readonly string[] {
  return [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
}

/** The last token says what varies, unless two pointers end alike. */
function titlesOf(pointers: readonly string[]): readonly string[] {
  const last = pointers.map((pointer) => pointer.split("/").at(-1) ?? pointer);
  return last.map((token, i) =>
    last.filter((other) => other === token).length > 1 ? plain(pointers[i] ?? token) : plain(token),
  );
}

function valueText(value: unknown): string {
  if (value === undefined) return nothing;
  const text = plain(typeof value === "string" ? value : JSON.stringify(value));
  return text.length > valueWidthMax ? `${text.slice(0, valueWidthMax - 1)}…` : text;
}

/** Mean and half of its 95 % interval. */
function estimateText(
  { mean, low, high }: Estimate,
  show: (value: number | null) => string,
): string {
  if (mean === null) return nothing;
  if (low === null || high === null) return show(mean);
  return `${show(mean)} ±${show((high - low) / 2)}`;
}

function groupLine(group: SweepGroup, pointers: readonly string[]): readonly string[] {
  const { values, cells, succeeded, diverged, figures } = group;
  return [
    ...pointers.map((pointer) => valueText(values[pointer])),
    `${succeeded}/${cells}${diverged === 0 ? "" : ` (${diverged} diverged)`}`,
    estimateText(figures.linearised_test_accuracy, showShare),
    estimateText(figures.network_test_accuracy, showShare),
    estimateText(figures.linearised_test_loss, showNumber),
    showNumber(figures.linearisations.mean),
    showNumber(figures.kernel_distance.mean),
    figures.seconds.mean === null ? nothing : showSeconds(figures.seconds.mean),
  ];
}

/** A line for each group of cells that differ in seed alone; means with 95 % intervals. */
export function groupsTable({ groups }: SweepResults, paint: Paint): string {
  const pointers = pointersOf(groups);
  const columns = [
    ...titlesOf(pointers).map(right),
    right("cells"),
    right("test f_lin"),
    right("test network"),
    right("test loss"),
    right("linearisations"),
    right("kernel moved"),
    right("seconds"),
  ];
  return table(
    columns,
    groups.map((group) => groupLine(group, pointers)),
    paint,
  );
}

/** A line for each cell. */
export function cellsTable({ rows }: SweepResults, paint: Paint): string {
  const pointers = pointersOf(rows);
  const columns = [
    right("cell"),
    ...titlesOf(pointers).map(right),
    { title: "run" },
    { title: "status" },
    right("test f_lin"),
    right("test network"),
    right("test loss"),
    right("seconds"),
  ];
  const lines = rows.map(({ cell, values, run, status, error, figures }) => [
    String(cell),
    ...pointers.map((pointer) => valueText(values[pointer])),
    run ?? nothing,
    error === null ? status : `${status}: ${error}`,
    showShare(figures.linearised_test_accuracy),
    showShare(figures.network_test_accuracy),
    showNumber(figures.linearised_test_loss),
    figures.seconds === null ? nothing : showSeconds(Number(figures.seconds)),
  ]);
  return table(columns, lines, paint);
}

/** What the periods reach and bear, where the sweep varies them. */
export function sweepSentences({ summary }: SweepResults): readonly string[] {
  const under = (values: Readonly<Record<string, unknown>>): string => {
    const said = Object.entries(values).map(([key, value]) => `${key} ${valueText(value)}`);
    return said.length === 0 ? "" : ` (${said.join(", ")})`;
  };
  return [
    ...summary.fewest_linearisations
      .filter(({ fewest, reference }) => fewest.period !== reference.period)
      .map(
        ({ values, fewest, score }) =>
          `Within ${summary.delta} of K=1 by ${score}${under(values)}: K=${valueText(fewest.period)}, ` +
          `${showNumber(fewest.linearisations)} linearisations.`,
      ),
    ...summary.stability_frontier
      .filter(({ smallest_diverged_rate: diverged }) => diverged !== null)
      .map(
        ({ values, period, largest_stable_rate: stable, smallest_diverged_rate: diverged }) =>
          `K=${valueText(period)}${under(values)}: stable up to rate ${showNumber(stable)}, ` +
          `diverged at ${showNumber(diverged)}.`,
      ),
  ];
}
