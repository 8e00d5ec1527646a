/**
 * The wedge grid against the figures of an independent program, means over seeds: a table with
 * verdicts, exit code 1 when one is off. `--all` for nine periods, `--seeds N` for more than three
 * seeds, `--json` for one JSON object.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { paintFor } from "#cli/show/paint.ts";
import { table } from "#cli/show/table.ts";
import { openService } from "#test/journeys/service.ts";
import { expected, trainWedges, type WedgeScore } from "#test/journeys/wedge.ts";

/**
 * Between the mean over seeds and the expected accuracy, which is a mean of three seeds itself. A
 * run of K=2048 has one update after the first; its seeds spread twice as far as the others'.
 */
const toleranceOf = (period: number | "never"): number => (period === 2048 ? 0.06 : 0.03);

const { values: flags } = parseArgs({
  options: {
    all: { type: "boolean" },
    json: { type: "boolean" },
    seeds: { type: "string", default: "3" },
  },
});
const seeds = Array.from({ length: Math.max(1, Number(flags.seeds)) }, (_, i) => i);
const usual: readonly (number | "never")[] = [1, 64, 512, "never"];
const periods = flags.all === true ? [...expected.keys()] : usual;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function rowOf(period: number | "never", scores: readonly WedgeScore[]) {
  const own = scores.filter((score) => score.period === period);
  const linearised = own.map((score) => score.linearised);
  const wanted = expected.get(period) ?? Number.NaN;
  return {
    period,
    expected: wanted,
    linearised: mean(linearised),
    least: Math.min(...linearised),
    greatest: Math.max(...linearised),
    network: mean(own.map((score) => score.network)),
    seconds: mean(own.map((score) => score.seconds)),
    tolerance: toleranceOf(period),
    holds: Math.abs(mean(linearised) - wanted) <= toleranceOf(period),
  };
}

async function campaign() {
  await using served = await openService({
    trainersMax: availableParallelism(),
    threadsPerTrainer: 1,
  });
  const cells = periods.flatMap((period) => seeds.map((seed) => ({ period, seed })));
  const scores = await trainWedges(served.api, cells);
  return periods.map((period) => rowOf(period, scores));
}

const rows = await campaign();
const holds = rows.every((row) => row.holds);
if (flags.json === true) {
  process.stdout.write(`${JSON.stringify({ bench: "wedge", seeds, holds, rows })}\n`);
} else {
  const titles = "K expected f_lin least greatest network seconds within verdict".split(" ");
  const text = table(
    titles.map((title) => ({ title, align: "right" })),
    rows.map((row) => [
      String(row.period),
      row.expected.toFixed(3),
      row.linearised.toFixed(3),
      row.least.toFixed(3),
      row.greatest.toFixed(3),
      row.network.toFixed(3),
      row.seconds.toFixed(1),
      row.tolerance.toFixed(2),
      row.holds ? "holds" : "OFF",
    ]),
    paintFor(false),
  );
  process.stdout.write(`Test accuracy of f_lin, ${seeds.length} seeds:\n\n${text}`);
}
process.exitCode = holds ? 0 : 1;
