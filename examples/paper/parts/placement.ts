/** 6.5: when linearisations matter: at every step up to some step, or early against evenly spread. */
import { pairs, pointer } from "../cells.ts";
import type { Claim, Measured } from "../findings.ts";
import { linesOf, type Making, type Part, reader, tableOf, threeSeeds } from "../part.ts";
import { seedAxis, wedge, wedgeBase } from "../problems.ts";
import { atLeast, atMost, paired, shown, tableClaim, together } from "../verdicts.ts";

const steps = { full: 4000, quick: 4000, smoke: 40 };
const until = {
  full: [0, 50, 100, 200, 400, 800, 1600],
  quick: [0, 200, 800],
  smoke: [0, 10],
};
const counts = { full: [8, 16, 32], quick: [8], smoke: [4] };
const presets = ["uniform", "quadratic", "geometric"] as const;
/** The geometric placement that the reference's numbers are of, whose rule it does not tell. */
const earlier = "geometric, earlier";
const seeds = { full: [0, 1, 2, 3, 4, 5, 6, 7, 8], quick: [0, 1], smoke: [0] };

type Row = number | "always";

/** t₀ = 0, tᵢ = T^(i/(m+1)): the last linearisations are left out. */
function earlierOf(total: number, count: number) {
  const at = Array.from({ length: count - 1 }, (_, i) =>
    Math.floor(total ** ((i + 1) / (count + 1))),
  );
  return { at: [...new Set([0, ...at])] };
}

const untilOf = (at: Row) => (at === "always" ? 1 : { every_step_until: at });

type Accuracy = (period: unknown) => Measured;

function earlyClaim(accuracy: Accuracy): Claim {
  const [always, most] = [accuracy(1), accuracy(untilOf(800))];
  const loss = paired(always, most);
  const gain = paired(accuracy(untilOf(800)), accuracy(untilOf(200)));
  return {
    statement: "Features learnt in the first fifth of training are nearly all that is needed",
    criterion: "frozen after 800 of 4000 steps loses at most 0.02; after 200 at least 0.1 more",
    verdict: together([atMost(loss, 0.02), atLeast(gain, 0.1)]),
    detail: `800: loses ${shown(loss)}; 200: loses ${shown(gain)} more`,
  };
}

function placementClaim(accuracy: Accuracy, total: number): Claim {
  const of = (preset: string) => accuracy({ preset, updates: 8 });
  const early = paired(of("quadratic"), of("uniform"));
  const tooEarly = paired(of("uniform"), accuracy(earlierOf(total, 8)));
  return {
    statement: "Placement matters as much as count: denser early helps, too early hurts",
    criterion:
      "with 8 linearisations quadratic is at least uniform, the earlier geometric at least 0.03 below",
    verdict: together([atLeast(early, 0), atLeast(tooEarly, 0.03)]),
    detail: `quadratic − uniform ${shown(early)}, uniform − geometric ${shown(tooEarly)}`,
  };
}

async function find(making: Making) {
  const { study, size } = making;
  const rows: readonly Row[] = [...size.pick(until), "always"];
  const updates = size.pick(counts);
  const total = size.pick(steps);
  const periods = [
    ...rows.map(untilOf),
    ...updates.flatMap((count) => presets.map((preset) => ({ preset, updates: count }))),
    ...updates.map((count) => earlierOf(total, count)),
  ];
  const results = await study.sweep("placement", {
    base: await wedgeBase(study, total),
    cells: pairs(
      periods.map((period) => ({ [pointer.period]: period })),
      await seedAxis(study, size.pick(seeds), wedge),
    ),
  });
  const read = reader(results.rows);
  const accuracy: Accuracy = (period) =>
    read({ [pointer.period]: period }, "linearised_test_accuracy");
  const untilTable = tableOf(making, {
    title: "Linearised at every step until t*, then never again: test accuracy",
    reference: "until",
    corner: "t*",
    rows: rows.map(String),
    columns: ["f_lin", "network"],
    digits: 3,
    tolerance: threeSeeds,
    measured: (row, column) =>
      read(
        { [pointer.period]: untilOf(row === "always" ? row : Number(row)) },
        column === "network" ? "network_test_accuracy" : "linearised_test_accuracy",
      ),
  });
  const placed = tableOf(making, {
    title: "Where so many linearisations are placed: test accuracy of f_lin",
    reference: "placement",
    corner: "m",
    rows: updates.map(String),
    columns: [...presets, earlier],
    digits: 3,
    tolerance: threeSeeds,
    note: "uniform: tᵢ = T·i/m; quadratic: T·(i/m)²; geometric: T^(i/m); earlier: T^(i/(m+1)).",
    measured: (row, column) =>
      accuracy(
        column === earlier
          ? earlierOf(total, Number(row))
          : { preset: column, updates: Number(row) },
      ),
  });
  const claims = size.isComparable
    ? [
        tableClaim(untilTable, "Training with features until t* is the reference's"),
        tableClaim(placed, "Uniform, quadratic and early geometric placement are the reference's"),
        earlyClaim(accuracy),
        placementClaim(accuracy, total),
      ]
    : [];
  const xs = rows.map((row) => (row === "always" ? 2400 : row));
  return {
    tables: [untilTable, placed],
    figures: [
      {
        kind: "lines" as const,
        title: "Test accuracy when features are frozen after t* steps of 4000",
        x: {
          title: "t*",
          ticks: rows.map((row, i) => [xs[i] ?? 0, String(row)] as const),
        },
        y: { title: "test accuracy" },
        lines: linesOf(untilTable, xs, "column"),
      },
    ],
    claims,
    remarks: [],
  };
}

export const placement: Part = {
  id: "placement",
  section: "6.5",
  title: "When linearisations matter",
  about: "Wedge as before, SGD at 0.1, 4000 steps.",
  find,
};
