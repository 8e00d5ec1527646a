/** 6.1, squared error: a rate that suits K = 1 diverges for every larger K, a smaller one does not. */
import { generate } from "#catalog/datasets.ts";
import type { SweepRow } from "#schemas/sweep.ts";
import { pairs, pointer, rowsWhere } from "../cells.ts";
import type { Measured } from "../findings.ts";
import { linesOf, type Making, type Part, reader, tableOf, threeSeeds } from "../part.ts";
import { parity as parityData, scalarBase, seedAxis } from "../problems.ts";
import { signAccuracy } from "../signs.ts";
import { hasDiverged } from "../study.ts";
import { measured, tableClaim, together } from "../verdicts.ts";

const steps = { full: 8000, quick: 8000, smoke: 60 };
const periods = {
  full: [1, 4, 16, 64, 256, 1024, 4000, "never"],
  quick: [1, 4, 64, "never"],
  smoke: [1, 8, "never"],
} as const;
const rates = { full: [0.1, 0.03], quick: [0.1, 0.03], smoke: [0.03] };
const seeds = { full: [0, 1, 2, 3, 4, 5, 6, 7, 8], quick: [0], smoke: [0] };
const neverAt = 16_384;

/** Share of test examples whose sign f_lin has right, over the seeds of a cell. */
async function accuracyOf(making: Making, rows: readonly SweepRow[]): Promise<Measured> {
  const good = rows.filter((row) => !hasDiverged(row));
  const shares: number[] = [];
  for (const { run, values } of good) {
    const { xTest, yTest } = generate(parityData(Number(values[pointer.seed])));
    const asked = { run: run ?? "", inputs: xTest, targets: yTest, of: "linearised" } as const;
    shares.push(await signAccuracy(making.study.api, asked));
  }
  return measured(shares, rows.length - good.length);
}

async function find(making: Making) {
  const { study, size } = making;
  const [ks, etas] = [size.pick<readonly (number | "never")[]>(periods), size.pick(rates)];
  const { rows } = await study.sweep("parity", {
    base: await scalarBase(study, size.pick(steps)),
    cells: pairs(await seedAxis(study, size.pick(seeds), parityData), [{}]),
    vary: { [pointer.period]: [...ks], [pointer.rate]: [...etas] },
  });
  const found = new Map<string, Measured>();
  for (const k of ks) {
    for (const rate of etas) {
      const own = rowsWhere(rows, { [pointer.period]: k, [pointer.rate]: rate });
      found.set(`${k} ${rate}`, await accuracyOf(making, own));
    }
  }
  const table = tableOf(making, {
    title: "Share of test examples whose sign f_lin has right",
    reference: "parity",
    corner: "K",
    rows: ks.map(String),
    columns: etas.map(String),
    digits: 3,
    tolerance: threeSeeds,
    note: "Columns are learning rates.",
    measured: (k, rate) => found.get(`${k} ${rate}`) ?? null,
  });
  const claims = [tableClaim(table, "Parity over periods and rates is the reference's")];
  if (size.isComparable) {
    const large = ks.filter((k) => k !== 1).map((k) => found.get(`${k} 0.1`) ?? measured([]));
    const stable = found.get("1 0.1") ?? measured([]);
    claims.push({
      statement: "Rate 0.1 suits K = 1 and diverges for every K of at least 4",
      criterion: "every seed of K=1 ends above 0.97; every seed of every other K diverges",
      verdict: together([
        stable.diverged === 0 && stable.mean > 0.97 ? "held" : "not held",
        ...large.map((value) => (value.values.length === 0 ? "held" : "not held") as "held"),
      ]),
      detail: `K=1 ${stable.mean.toFixed(3)}; diverged ${large.reduce((sum, { diverged }) => sum + diverged, 0)} of ${rows.filter(({ values }) => values[pointer.rate] === 0.1 && values[pointer.period] !== 1).length} others`,
    });
  }
  const loss = reader(rows);
  const xs = ks.map((k) => (k === "never" ? neverAt : k));
  const losses = tableOf(making, {
    title: "Test loss of f_lin, ½ mean squared error",
    reference: "parity_loss",
    corner: "K",
    rows: ks.map(String),
    columns: etas.map(String),
    tolerance: null,
    measured: (k, rate) =>
      loss(
        { [pointer.period]: k === "never" ? k : Number(k), [pointer.rate]: Number(rate) },
        "linearised_test_loss",
      ),
  });
  return {
    tables: [table, losses],
    figures: [
      {
        kind: "lines" as const,
        title: "Sign accuracy on test data against K",
        x: {
          title: "K, steps between linearisations",
          log: true,
          ticks: ks.map((k, i) => [xs[i] ?? 0, String(k)] as const),
        },
        y: { title: "test accuracy" },
        lines: linesOf(table, xs, "column"),
      },
    ],
    claims,
    remarks: [],
  };
}

export const parity: Part = {
  id: "parity",
  section: "6.1",
  title: "Parity: a larger K needs a smaller rate",
  about:
    "y = x₁x₂ on {±1}²⁰, 300 training and 2000 test examples. Network 20-64-1, ReLU; squared error " +
    "1/(2n), SGD, batches of 64, 8000 steps.",
  find,
};
