/** 2.4: the wider the network, the less its kernel moves and the less K matters. */
import { fromFigure } from "#schemas/values.ts";
import { pairs, pointer, rowsWhere } from "../cells.ts";
import type { Claim, Measured } from "../findings.ts";
import { linesOf, type Making, type Part, reader, tableOf, threeSeeds } from "../part.ts";
import { seedAxis, wedge, wedgeBase, wedgeNetwork } from "../problems.ts";
import { atLeast, atMost, measured, paired, shown, tableClaim, together } from "../verdicts.ts";

const steps = { full: 4000, quick: 4000, smoke: 40 };
const widths = { full: [16, 64, 256, 1024], quick: [16, 256], smoke: [8, 16] };
const periods = [1, 500, "never"] as const;
const seeds = { full: [0, 1], quick: [0], smoke: [0] };
/** The rate falls as the width grows, so that functions move alike: 0.1 at width 64. */
const rateTimesWidth = 6.4;

const kernelColumns = ["distance", "relative change", "weights moved"] as const;
type KernelColumn = (typeof kernelColumns)[number];

async function find(making: Making) {
  const { study, size } = making;
  const ws = size.pick(widths);
  const models = new Map<number, string>();
  for (const width of ws) models.set(width, await study.model(wedgeNetwork([width])));
  const cells = ws.map((width) => ({
    [pointer.model]: models.get(width),
    [pointer.rate]: rateTimesWidth / width,
  }));
  const { rows } = await study.sweep("width", {
    base: {
      ...(await wedgeBase(study, size.pick(steps))),
      snapshots: { examples: 128, split: "test", kernel: "trace", eigenvalues: 0, keep: false },
    },
    cells: pairs(cells, await seedAxis(study, size.pick(seeds), wedge)),
    vary: { [pointer.period]: [...periods] },
  });
  const read = reader(rows);
  const at = (width: number, period: number | "never") => ({
    [pointer.model]: models.get(width),
    [pointer.period]: period,
  });
  const accuracy = (width: number, period: number | "never") =>
    read(at(width, period), "linearised_test_accuracy");
  const periodOf = (column: string) => (column === "K=never" ? "never" : Number(column.slice(2)));
  const table = tableOf(making, {
    title: "Test accuracy of f_lin",
    reference: "width",
    corner: "width",
    rows: ws.map(String),
    columns: periods.map((period) => `K=${period}`),
    digits: 3,
    tolerance: threeSeeds,
    note: "Two seeds. Rate 6.4 / width.",
    measured: (width, column) => accuracy(Number(width), periodOf(column)),
  });
  const moved = new Map<string, Measured>();
  for (const width of ws) {
    const runs = rowsWhere(rows, at(width, 1)).map(({ run }) => run ?? "");
    const last = await Promise.all(runs.map(async (run) => (await study.snapshots(run)).at(-1)));
    const anchors = await Promise.all(
      runs.map(async (run) => (await study.events(run, "anchor")).at(-1)),
    );
    const of: Readonly<Record<KernelColumn, readonly number[]>> = {
      distance: last.map((one) => fromFigure(one?.distance_to_first ?? "NaN")),
      "relative change": last.map((one) => fromFigure(one?.relative_change ?? "NaN")),
      "weights moved": anchors.map((one) => fromFigure(one?.relative_distance ?? "NaN")),
    };
    for (const column of kernelColumns) moved.set(`${width} ${column}`, measured(of[column]));
  }
  const kernels = tableOf(making, {
    title: "How far K = 1 goes: kernel and weights",
    reference: "width_kernel",
    corner: "width",
    rows: ws.map(String),
    columns: kernelColumns,
    tolerance: { within: 2, as: "factor" },
    note: "Distance 1 − cosine and ‖K − K₀‖ / ‖K₀‖ of the trace kernel on 128 held-out examples; ‖θ − θ₀‖ / ‖θ₀‖ at the last linearisation that was reported.",
    measured: (width, column) => moved.get(`${width} ${column}`) ?? null,
  });
  const gap = (width: number) => paired(accuracy(width, 1), accuracy(width, "never"));
  const [narrow, wide] = [Math.min(...ws), Math.max(...ws)];
  const claims: Claim[] = [];
  if (size.isComparable) {
    const distance = (width: number) => moved.get(`${width} distance`) ?? measured([]);
    claims.push(
      tableClaim(table, "Accuracies over widths are the reference's"),
      tableClaim(kernels, "Movement over widths is the reference's"),
      {
        statement: "The wider the network, the less the kernel moves",
        criterion: "the distance falls from each width to the next",
        verdict: ws.every((w, i) => i === 0 || distance(w).mean < distance(ws[i - 1] ?? 0).mean)
          ? "held"
          : "not held",
        detail: ws.map((w) => `${w}: ${distance(w).mean.toPrecision(3)}`).join("; "),
      },
    );
  }
  if (size.name === "full") {
    claims.push({
      statement: "With width the gap between K = 1 and never linearising again closes",
      criterion: "gap at width 16 at least 0.4, at width 1024 at most 0.06",
      verdict: together([atLeast(gap(narrow), 0.4), atMost(gap(wide), 0.06)]),
      detail: ws.map((w) => `${w}: ${shown(gap(w))}`).join("; "),
    });
  }
  return {
    tables: [table, kernels],
    figures: [
      {
        kind: "lines" as const,
        title: "Test accuracy against width, a line for each K",
        x: { title: "width", log: true, ticks: ws.map((w) => [w, String(w)] as const) },
        y: { title: "test accuracy" },
        lines: linesOf(table, ws, "column"),
      },
    ],
    claims,
    remarks: [],
  };
}

export const width: Part = {
  id: "width",
  section: "2.4",
  title: "Width: the gap closes",
  about:
    "Wedge with one hidden layer of 16 … 1024 units in standard parametrisation, 4000 steps. Kernel " +
    "theory is a statement about infinite width, and this is what it looks like on the way.",
  find,
};
