/** How a run ended, in a few lines: status, time, and the scores of both functions. */

import type { Terminal } from "#cli/terminal.ts";
import type { Run } from "#schemas/run.ts";
import { showNumber, showSeconds, showShare } from "./numbers.ts";
import { type Colour, paintFor, plain } from "./paint.ts";
import { table } from "./table.ts";

const marks: Readonly<Record<string, readonly [mark: string, colour: Colour]>> = {
  succeeded: ["✓", "green"],
  failed: ["✗", "red"],
  cancelled: ["■", "yellow"],
};

/** A headline, then the error or the scores; each line ended by a line break. */
export function summary(run: Run, terminal: Terminal): string {
  const paint = paintFor(terminal.colour);
  const [mark, colour] = marks[run.status] ?? ["·", "cyan"];
  const name = run.name === null ? run.id : `${plain(run.name)} (${run.id})`;
  const seconds =
    run.started_at === null || run.finished_at === null
      ? ""
      : ` in ${showSeconds((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000)}`;
  const steps = `${run.progress.step} of ${run.progress.steps} steps`;
  const headline = `${paint(colour, mark)} ${name} ${run.status}${seconds}, ${steps}\n`;
  const error =
    run.error === null ? "" : `  ${paint("red", run.error.code)}  ${plain(run.error.message)}\n`;
  return `\n${headline}${error}${scoresOf(run, terminal)}`;
}

function scoresOf({ result, algorithm }: Run, terminal: Terminal): string {
  if (result === null) return "";
  const functions =
    algorithm.type !== "standard" ? (["linearised", "network"] as const) : (["network"] as const);
  const rows = functions.map((name) => {
    const { train, test } = result[name];
    return [
      name,
      showNumber(train.loss),
      showShare(train.accuracy),
      showNumber(test.loss),
      showShare(test.accuracy),
    ];
  });
  const columns = [
    { title: "function" },
    ...["train loss", "train acc", "test loss", "test acc"].map((title) => ({
      title,
      align: "right" as const,
    })),
  ];
  return table(columns, rows, paintFor(terminal.colour));
}
