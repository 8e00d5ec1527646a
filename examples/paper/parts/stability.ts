/** 2.3: which rates diverge for which K, and whether one eigenvalue said so before. */

import { generate } from "#catalog/datasets.ts";
import type { RunRequest } from "#schemas/run.ts";
import { fromFigure } from "#schemas/values.ts";
import { pairs, pointer, rowsWhere } from "../cells.ts";
import type { Claim, Measured } from "../findings.ts";
import { type Making, type Part, tableOf, threeSeeds } from "../part.ts";
import { parity, scalarBase } from "../problems.ts";
import { signAccuracy } from "../signs.ts";
import { hasDiverged, type Study, type Values } from "../study.ts";
import { measured, tableClaim, together } from "../verdicts.ts";

const steps = { full: 3000, quick: 3000, smoke: 60 };
const factors = { full: [0.9, 1.05, 1.3, 1.6, 2], quick: [0.9, 1.05], smoke: [0.9] };
const periods = {
  full: [1, 2, 4, 16, 64, 256, "never"],
  quick: [1, 2, 64, "never"],
  smoke: [1, 4],
} as const;
const seeds = { full: [0, 1, 2], quick: [0], smoke: [0] };

interface Limit {
  readonly seed: number;
  readonly dataset: string;
  /** 2 / λ_max of the kernel at the start over n, as a plan predicts it. */
  readonly rate: number;
}

async function limitOf(study: Study, base: Values, seed: number): Promise<Limit> {
  const dataset = await study.dataset(parity(seed));
  // A plan is asked for with any rate: the limit does not depend on it.
  const request = { ...base, dataset, seed, algorithm: { type: "linearised", period: 4 } };
  const { stable_learning_rate: rate } = await study.api.planRun(request as unknown as RunRequest);
  return { seed, dataset, rate: fromFigure(rate ?? "NaN") };
}

const factorPointer = "/metadata/factor";

async function find(making: Making) {
  const { study, size } = making;
  const base: Values = {
    ...(await scalarBase(study, size.pick(steps))),
    batch_size: "full",
    dtype: "float64",
  };
  const ks = size.pick<readonly (number | "never")[]>(periods);
  const cs = size.pick(factors);
  const limits: Limit[] = [];
  for (const seed of size.pick(seeds)) limits.push(await limitOf(study, base, seed));
  const cells = limits.flatMap(({ seed, dataset, rate }) =>
    cs.map((c) => ({
      [pointer.seed]: seed,
      [pointer.dataset]: dataset,
      [pointer.rate]: c * rate,
      [factorPointer]: String(c),
    })),
  );
  const { rows } = await study.sweep("stability", {
    base: { ...base, metadata: {} },
    cells: pairs(cells, [{}]),
    vary: { [pointer.period]: [...ks] },
  });
  const found = new Map<string, Measured>();
  for (const c of cs) {
    for (const k of ks) {
      const own = rowsWhere(rows, { [factorPointer]: String(c), [pointer.period]: k });
      const good = own.filter((row) => !hasDiverged(row));
      const shares: number[] = [];
      for (const { run, values } of good) {
        const { xTest, yTest } = generate(parity(Number(values[pointer.seed])));
        const asked = { run: run ?? "", inputs: xTest, targets: yTest, of: "linearised" } as const;
        shares.push(await signAccuracy(study.api, asked));
      }
      found.set(`${c} ${k}`, measured(shares, own.length - good.length));
    }
  }
  const table = tableOf(making, {
    title: "Test accuracy of f_lin by rate and K; what diverged is said",
    reference: "stability",
    corner: "rate / limit",
    rows: cs.map(String),
    columns: ks.map(String),
    digits: 3,
    tolerance: threeSeeds,
    note: "Rates are multiples of 2/λ_max(Θ₀/n), which a plan predicts before the run. Columns are K.",
    measured: (c, k) => found.get(`${c} ${k}`) ?? null,
  });
  const claims: Claim[] = [];
  if (size.isComparable) {
    const right = rows.filter((row) => {
      const isAbove = Number(row.values[factorPointer]) > 1;
      return hasDiverged(row) === (isAbove && row.values[pointer.period] !== 1);
    });
    const plain = rows.filter(({ values }) => values[pointer.period] === 1);
    claims.push(
      tableClaim(table, "The stability frontier over K is the reference's"),
      {
        statement: "One eigenvalue at the start says which runs with K above 1 diverge",
        criterion: "diverged = (rate above 2/λ_max and K above 1), in every run",
        verdict:
          right.length === rows.length
            ? "held"
            : right.length >= 0.95 * rows.length
              ? "within spread"
              : "not held",
        detail: `${right.length} of ${rows.length} runs as predicted`,
      },
      {
        statement: "Gradient descent itself (K = 1) outlives rates up to 1.6 times the limit",
        criterion: "no run of K=1 diverges",
        verdict: together(plain.map((row) => (hasDiverged(row) ? "not held" : "held"))),
        detail: `${plain.filter(hasDiverged).length} of ${plain.length} diverged`,
      },
    );
  }
  return {
    tables: [table],
    figures: [
      {
        kind: "heat" as const,
        title: "Test accuracy by rate over its limit (up) and K (right); empty where all diverged",
        x: "K",
        y: "rate / limit",
        columns: table.columns,
        rows: table.rows.map(({ label, cells: row }) => ({
          label,
          values: row.map(({ measured: value }) =>
            value === null || value.values.length === 0 ? null : value.mean,
          ),
        })),
      },
    ],
    claims,
    remarks: [
      `The limits were ${limits.map(({ seed, rate }) => `${rate.toPrecision(4)} (seed ${seed})`).join(", ")}.`,
    ],
  };
}

export const stability: Part = {
  id: "stability",
  section: "2.3",
  title: "Stability: the largest rate for each K",
  about:
    "Parity, full batches, squared error, 3000 steps, float64. Inside a linear phase gradient " +
    "descent is stable up to 2/λ_max; the network's own curvature can bend before it breaks, a linear " +
    "model's cannot.",
  find,
};
