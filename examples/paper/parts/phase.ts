/** 6.2: test accuracy over the length of training and the number of linearisations in it. */
import { pairs, pointer } from "../cells.ts";
import type { Claim, Measured, Table } from "../findings.ts";
import { linesOf, type Making, type Part, reader, tableOf, threeSeeds } from "../part.ts";
import { seedAxis, wedge, wedgeBase } from "../problems.ts";
import type { Values } from "../study.ts";
import { atLeast, atMost, measured, paired, shown, tableClaim, together } from "../verdicts.ts";

const lengths = {
  full: [500, 1000, 2000, 4000, 8000, 16_000],
  quick: [500, 1000, 2000, 4000],
  smoke: [20, 40],
};
const updates = {
  full: [1, 2, 3, 4, 8, 12, 32, 256, "all"],
  quick: [1, 4, 8, 32, "all"],
  smoke: [1, 4, "all"],
} as const;
const seeds = { full: [0, 1, 2, 3, 4, 5, 6, 7, 8], quick: [0], smoke: [0] };
/** lr·K = 40 in ten rounds. */
const rateCells = [
  { rate: 0.1, period: 400 },
  { rate: 0.03, period: 1333 },
  { rate: 0.01, period: 4000 },
];
const rounds = 10;
const allAt = 16_000;

type Count = number | "all";

const periodOf = (count: Count) => (count === "all" ? 1 : { preset: "uniform", updates: count });

const cellOf = (length: number, count: Count): Values => ({
  [pointer.steps]: length,
  [pointer.period]: periodOf(count),
});

/** Rows of m ≥ 3: means over T ≥ 2000 differ little, whatever the length. */
function lengthClaim(accuracy: (m: Count, t: number) => Measured, counts: readonly Count[]): Claim {
  const long = [2000, 4000, 8000, 16_000];
  const ranges = counts
    .filter((count) => count === "all" || count >= 3)
    .map((count) => {
      const means = long.map((t) => accuracy(count, t).mean).filter(Number.isFinite);
      return { count, range: Math.max(...means) - Math.min(...means) };
    });
  const worst = Math.max(...ranges.map(({ range }) => range));
  return {
    statement: "From 2000 steps on it is the number of linearisations that counts, not the length",
    criterion: "for every m of at least 3, means over T = 2000 … 16000 differ by at most 0.03",
    verdict: worst <= 0.03 ? "held" : worst <= 0.045 ? "within spread" : "not held",
    detail: ranges.map(({ count, range }) => `m=${count}: ${range.toFixed(3)}`).join("; "),
  };
}

function updatesClaim(accuracy: (m: Count, t: number) => Measured, most: number): Claim {
  const gain = paired(accuracy(8, most), accuracy(1, most));
  const loss = paired(accuracy("all", most), accuracy(8, most));
  return {
    statement: "Eight linearisations are worth far more than one, and nearly as much as all",
    criterion: `at T = ${most}: m=8 less m=1 at least 0.3; m=all less m=8 at most 0.06`,
    verdict: together([atLeast(gain, 0.3), atMost(loss, 0.06)]),
    detail: `${shown(gain)} and ${shown(loss)}`,
  };
}

async function sameRounds(making: Making): Promise<{ table: Table; claim: Claim }> {
  const { study } = making;
  const { rows } = await study.sweep("phase-rate", {
    base: await wedgeBase(study, 4000),
    cells: pairs(
      rateCells.map(({ rate, period }) => ({
        [pointer.rate]: rate,
        [pointer.period]: period,
        [pointer.steps]: period * rounds,
      })),
      await seedAxis(study, [0, 1], wedge),
    ),
  });
  const read = reader(rows);
  const table = tableOf(making, {
    title: "Ten rounds with rate·K = 40",
    reference: "phase_rate",
    corner: "rate",
    rows: rateCells.map(({ rate }) => String(rate)),
    columns: ["10 rounds"],
    digits: 3,
    tolerance: threeSeeds,
    note: "Two seeds. The smaller the rate, the longer each round.",
    measured: (rate) => read({ [pointer.rate]: Number(rate) }, "linearised_test_accuracy"),
  });
  const means = table.rows.map(({ cells }) => cells[0]?.measured?.mean ?? Number.NaN);
  const range = Math.max(...means) - Math.min(...means);
  const claim: Claim = {
    statement: "A smaller rate changes nothing when rate·K and the number of rounds stay",
    criterion: "the three means differ by at most 0.02",
    verdict: range <= 0.02 ? "held" : range <= 0.03 ? "within spread" : "not held",
    detail: means.map((mean) => mean.toFixed(3)).join(", "),
  };
  return { table, claim };
}

async function find(making: Making) {
  const { study, size } = making;
  const [ts, ms] = [size.pick(lengths), size.pick<readonly Count[]>(updates)];
  const cells = ts.flatMap((t) => ms.map((m) => cellOf(t, m)));
  const { rows } = await study.sweep("phase", {
    base: await wedgeBase(study, 4000),
    cells: pairs(cells, await seedAxis(study, size.pick(seeds), wedge)),
  });
  const read = reader(rows);
  const accuracy = (m: Count, t: number) =>
    ts.includes(t) ? read(cellOf(t, m), "linearised_test_accuracy") : measured([]);
  const table = tableOf(making, {
    title: "Test accuracy of f_lin",
    reference: "phase",
    corner: "m",
    rows: ms.map(String),
    columns: ts.map(String),
    digits: 3,
    tolerance: threeSeeds,
    note: "Rows: linearisations, evenly spread, the first at the start. Columns: steps in all.",
    measured: (m, t) => accuracy(m === "all" ? m : Number(m), Number(t)),
  });
  const claims = [tableClaim(table, "The diagram of length and linearisations is the reference's")];
  const tables = [table];
  if (size.isComparable) {
    claims.push(lengthClaim(accuracy, ms), updatesClaim(accuracy, Math.max(...ts)));
  }
  if (size.name === "full") {
    const same = await sameRounds(making);
    tables.push(same.table);
    claims.push(same.claim);
  }
  const xs = ms.map((m) => (m === "all" ? allAt : m));
  return {
    tables,
    figures: [
      {
        kind: "heat" as const,
        title: "Test accuracy: linearisations (up) against steps (right)",
        x: "steps",
        y: "linearisations",
        columns: table.columns,
        rows: table.rows.map(({ label, cells: row }) => ({
          label,
          values: row.map(({ measured: value }) => value?.mean ?? null),
        })),
      },
      {
        kind: "lines" as const,
        title: "Test accuracy against the number of linearisations, a line for each length",
        x: {
          title: "linearisations",
          log: true,
          ticks: ms.map((m, i) => [xs[i] ?? 0, String(m)] as const),
        },
        y: { title: "test accuracy" },
        lines: linesOf(table, xs, "column"),
      },
    ],
    claims,
    remarks: [],
  };
}

export const phase: Part = {
  id: "phase",
  section: "6.2",
  title: "Length of training × number of linearisations",
  about:
    "Wedge as before, SGD at 0.1. m linearisations spread evenly over T steps; `all` is K = 1.",
  find,
};
