/** 6.3: iterative linearisation beside damped Gauss–Newton with µ = 1/(rate·K), round by round. */
import { generate } from "#catalog/datasets.ts";
import { fromFigure } from "#schemas/values.ts";
import { pairs, pointer, rowsWhere } from "../cells.ts";
import type { Chart, Claim, Line, Measured, Table, Tolerance } from "../findings.ts";
import { type Making, type Part, tableOf } from "../part.ts";
import { parity, scalarBase, seedAxis, xor } from "../problems.ts";
import { signAccuracy } from "../signs.ts";
import type { Study, Values } from "../study.ts";
import { atMost, measured, paired, shown, tableClaim, together } from "../verdicts.ts";

const rate = 0.01;
/** Rounds, and rate·K. */
const rounds = {
  full: [
    [10, 1],
    [10, 10],
    [10, 100],
    [100, 1],
  ],
  quick: [
    [10, 1],
    [10, 10],
    [10, 100],
  ],
  smoke: [[3, 1]],
} as const;
const seeds = { full: [0, 1, 2], quick: [0], smoke: [0] };
/** Damping of Gauss–Newton on xor, and its rounds. */
const dampings = {
  full: [
    [1, 60],
    [0.01, 30],
    [0.0001, 30],
    [0, 30],
  ],
  quick: [
    [1, 30],
    [0.0001, 10],
  ],
  smoke: [[0.01, 3]],
} as const;
const xorColumns = [1, 2, 3, 10, 30, 60];
/** Curves that differ by less than twice are the same curve here: losses fall by thousands. */
const twice: Tolerance = { within: 2, as: "factor" };

interface Losses {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/** Mean squared error of the network after each round: twice the loss. */
async function lossesOf(study: Study, run: string): Promise<Losses> {
  const evaluations = await study.events(run, "evaluation");
  const after = evaluations.filter(({ step }) => step > 0);
  return {
    train: after.map(({ network }) => 2 * fromFigure(network.train.loss)),
    test: after.map(({ network }) => 2 * fromFigure(network.test.loss)),
  };
}

const name = (count: number, product: number): string => `${count} rounds, rate·K = ${product}`;

/** Both ways of one row: the same linearised problem, stopped early or damped. */
function cellsOf(count: number, product: number): { readonly il: Values; readonly lm: Values } {
  const period = Math.round(product / rate);
  return {
    il: {
      [pointer.algorithm]: { type: "linearised", period },
      [pointer.steps]: count * period,
      "/evaluate/every": period,
    },
    lm: {
      [pointer.algorithm]: { type: "gauss_newton", damping: { period }, line_search: false },
      [pointer.steps]: count,
      "/evaluate/every": 1,
    },
  };
}

async function againstNewton(making: Making) {
  const { study, size } = making;
  const pairsOf = size.pick<readonly (readonly [number, number])[]>(rounds);
  const cells = pairsOf.flatMap(([count, product]) => Object.values(cellsOf(count, product)));
  const base = { ...(await scalarBase(study, 1)), batch_size: "full", dtype: "float64" };
  const { rows } = await study.sweep("newton", {
    base: { ...base, optimizer: { type: "sgd", learning_rate: rate } },
    cells: pairs(cells, await seedAxis(study, size.pick(seeds), parity)),
  });
  const found = new Map<string, Measured>();
  const curves: Line[] = [];
  for (const [count, product] of pairsOf) {
    for (const [way, cell] of Object.entries(cellsOf(count, product))) {
      const runs = rowsWhere(rows, cell).map(({ run }) => run ?? "");
      const losses = await Promise.all(runs.map((run) => lossesOf(study, run)));
      const row = name(count, product);
      const label = way === "il" ? "IL" : "LM";
      for (const split of ["train", "test"] as const) {
        const last = losses.map((each) => each[split].at(-1) ?? Number.NaN);
        found.set(`${row} ${split}, ${label}`, measured(last));
      }
      const first = losses[0]?.test ?? [];
      if (count !== 10) continue;
      curves.push({
        label: `rate·K = ${product}${way === "lm" ? ", Gauss–Newton" : ""}`,
        points: first.map((y, i) => ({ x: i + 1, y })),
        expected: way === "lm",
      });
    }
  }
  const table = tableOf(making, {
    title: "Mean squared error of the network on parity, full batch",
    reference: "newton",
    corner: "",
    rows: pairsOf.map(([count, product]) => name(count, product)),
    columns: ["train, IL", "train, LM", "test, IL", "test, LM"],
    tolerance: twice,
    note: "IL: K steps of gradient descent a round. LM: one Gauss–Newton step a round with µ = 1/(rate·K). The reference's are of one seed.",
    measured: (row, column) => found.get(`${row} ${column}`) ?? null,
  });
  return { table, curves, found, names: pairsOf.map(([count, product]) => name(count, product)) };
}

function agreement(found: ReadonlyMap<string, Measured>, names: readonly string[]): Claim {
  const get = (key: string) => found.get(key) ?? measured([]);
  const logs = names.map((row) => {
    const [il, lm] = [get(`${row} test, IL`), get(`${row} test, LM`)];
    return measured(il.values.map((v, i) => Math.abs(Math.log(v / (lm.values[i] ?? Number.NaN)))));
  });
  return {
    statement: "K steps a round behave as Gauss–Newton with damping µ = 1/(rate·K)",
    criterion: "test errors of the two are within a factor 1.6 of each other in every row",
    verdict: together(logs.map((value) => atMost(value, Math.log(1.6)))),
    detail: names
      .map((row, i) => `${row}: factor ${Math.exp(logs[i]?.mean ?? Number.NaN).toFixed(2)}`)
      .join("; "),
  };
}

interface XorFound {
  readonly table: Table;
  readonly curves: readonly Line[];
  readonly worst: ReadonlyMap<number, Measured>;
}

async function dampedNewton(making: Making): Promise<XorFound> {
  const { study, size } = making;
  const wanted = size.pick<readonly (readonly [number, number])[]>(dampings);
  const own = size.name === "full" ? [0, 1, 2] : [0];
  const cells = wanted.map(([damping, count]) => ({
    [pointer.algorithm]: { type: "gauss_newton", damping, line_search: false },
    [pointer.steps]: count,
  }));
  const { rows } = await study.sweep("newton-xor", {
    base: {
      ...(await scalarBase(study, 1)),
      batch_size: "full",
      dtype: "float64",
      evaluate: { every: 1 },
    },
    cells: pairs(cells, await seedAxis(study, own, xor)),
  });
  const found = new Map<string, Measured>();
  const worst = new Map<number, Measured>();
  const curves: Line[] = [];
  for (const [at, [damping]] of wanted.entries()) {
    const runs = rowsWhere(rows, cells[at] ?? {});
    const losses = await Promise.all(runs.map(({ run }) => lossesOf(study, run ?? "")));
    for (const round of xorColumns) {
      const values = losses.map(({ train }) => train[round - 1]).filter((v) => v !== undefined);
      if (values.length > 0) found.set(`${damping} round ${round}`, measured(values));
    }
    const shares: number[] = [];
    for (const { run, values } of runs) {
      const { xTest, yTest } = generate(xor(Number(values[pointer.seed])));
      const asked = { run: run ?? "", inputs: xTest, targets: yTest, of: "network" } as const;
      shares.push(await signAccuracy(study.api, asked));
    }
    found.set(`${damping} test accuracy`, measured(shares));
    worst.set(damping, measured(losses.map(({ train }) => Math.max(...train))));
    curves.push({
      label: damping === 0 ? "undamped" : `µ = ${damping}`,
      points: (losses[0]?.train ?? []).map((y, i) => ({ x: i + 1, y })),
    });
  }
  const table = tableOf(making, {
    title: "Gauss–Newton on xor: mean squared training error of the network, by damping µ",
    reference: "xor",
    corner: "µ",
    rows: wanted.map(([damping]) => String(damping)),
    columns: [...xorColumns.map((round) => `round ${round}`), "test accuracy"],
    tolerance: null,
    note: "Shown beside the reference's, which are of one seed and one draw of the data, and not judged cell by cell: where a step explodes, how far depends on the smallest eigenvalues of that draw. Test accuracy is of the sign, after the last round.",
    measured: (row, column) => found.get(`${row} ${column}`) ?? null,
  });
  return { table, curves, worst };
}

function spikes(worst: ReadonlyMap<number, Measured>): Claim {
  const get = (damping: number) => worst.get(damping) ?? measured([]);
  const [least, most] = [Math.max(...worst.keys()), Math.min(...worst.keys())];
  const [damped, undamped] = [get(least), get(most)];
  const logs = (value: Measured) => measured(value.values.map(Math.log10));
  const between = paired(logs(damped), logs(undamped));
  return {
    statement: "Long rounds explode at the first linearisations; damping removes the spikes",
    criterion: `worst training error with µ = ${least} at most 1.5 in every seed; with µ = ${most} more than ten times it`,
    verdict: together([
      Math.max(...damped.values) <= 1.5 ? "held" : "not held",
      atMost(between, -1),
    ]),
    detail: [...worst].map(([damping, value]) => `µ = ${damping}: ${shown(value)}`).join("; "),
  };
}

async function find(making: Making) {
  const { size } = making;
  const { table, curves, found, names } = await againstNewton(making);
  const damped = await dampedNewton(making);
  const claims = size.isComparable
    ? [
        tableClaim(table, "Errors after so many rounds are the reference's"),
        agreement(found, names),
        spikes(damped.worst),
      ]
    : [];
  const rounds: Chart["x"] = { title: "round", log: false };
  return {
    tables: [table, damped.table],
    figures: [
      {
        kind: "lines" as const,
        title: "Test error on parity, seed 0: K steps a round (solid), Gauss–Newton (dashed)",
        x: rounds,
        y: { title: "mean squared error", log: true },
        lines: curves,
      },
      {
        kind: "lines" as const,
        title: "Training error on xor, seed 0, by damping",
        x: rounds,
        y: { title: "mean squared error", log: true },
        lines: damped.curves,
      },
    ],
    claims,
    remarks: [
      "Undamped Gauss–Newton does not always generalise worse: the table's last column says how it does here.",
    ],
  };
}

export const newton: Part = {
  id: "newton",
  section: "6.3",
  title: "Gauss–Newton against K",
  about:
    "K steps of gradient descent inside a linear model leave eigenvalue λ with the factor " +
    "(1 − (1 − ηλ)ᴷ)/λ, Levenberg–Marquardt with 1/(λ + µ): the same up to µ = 1/(ηK). Full batches, " +
    "float64, network 20-64-1.",
  find,
};
