/** A convolutional network on generated images: the same question, without a reference to meet. */
import type { GeneratorSpec } from "#schemas/generator.ts";
import type { Definition } from "#schemas/model.ts";
import { pairs, pointer } from "../cells.ts";
import type { Claim, Measured, Table } from "../findings.ts";
import { linesOf, type Making, type Part, reader, tableOf } from "../part.ts";
import { lastStepOnly, seedAxis } from "../problems.ts";
import type { Values } from "../study.ts";
import { atLeast, measured, paired, shown } from "../verdicts.ts";

const steps = { full: 2000, quick: 1000, smoke: 12 };
const updates = {
  full: [1, 2, 4, 8, 16, 64, "all"],
  quick: [1, 8, "all"],
  smoke: [1, "all"],
} as const;
const seeds = { full: [0, 1, 2], quick: [0], smoke: [0] };
const side = 12;
const slowRate = 0.03;
const fastRate = 0.1;
const allAt = 2000;

type Count = number | "all";

const shapes = (seed: number): GeneratorSpec => ({
  type: "shapes",
  train: 1000,
  test: 1000,
  size: side,
  classes: 4,
  seed,
});

const network: Definition = {
  input: { shape: [side, side, 1] },
  init: "he_normal",
  layers: [
    { type: "conv2d", filters: 8, kernel: 3, strides: 2, padding: "same", activation: "relu" },
    {
      type: "conv2d",
      filters: 16,
      kernel: 3,
      strides: 2,
      padding: "same",
      activation: "relu",
    },
    { type: "flatten" },
    { type: "dense", units: 4 },
  ],
};

const cellOf = (count: Count): Values => ({
  [pointer.period]: count === "all" ? 1 : { preset: "uniform", updates: count },
});

const names = {
  "f_lin, test": "linearised_test_accuracy",
  "f_lin, train": "linearised_train_accuracy",
  "network, test": "network_test_accuracy",
  "kernel moved": "kernel_distance",
} as const;

const countOf = (row: string): Count => (row === "all" ? row : Number(row));

type Accuracy = (count: Count) => Measured;

interface Trained {
  readonly table: Table;
  readonly accuracy: Accuracy;
}

async function trained(making: Making, rate: number): Promise<Trained> {
  const { study, size } = making;
  const ms = size.pick<readonly Count[]>(updates);
  const { rows } = await study.sweep(rate === fastRate ? "images" : "images-slow", {
    base: {
      model: await study.model(network),
      loss: "softmax_cross_entropy",
      algorithm: { type: "linearised", period: 1 },
      optimizer: { type: "sgd", learning_rate: rate },
      batch_size: 64,
      steps: size.pick(steps),
      evaluate: lastStepOnly,
      snapshots: { examples: 64, split: "test", kernel: "trace", eigenvalues: 0, keep: false },
    },
    cells: pairs(ms.map(cellOf), await seedAxis(study, size.pick(seeds), shapes)),
  });
  const read = reader(rows);
  const table = tableOf(making, {
    title: `Rate ${rate}: accuracy over the number of linearisations, evenly spread`,
    reference: "images",
    corner: "m",
    rows: ms.map(String),
    columns: Object.keys(names),
    digits: 3,
    tolerance: null,
    note: "The reference has no images: these are measured alone. Kernel moved: 1 − cosine of the trace kernel on 64 held-out images.",
    measured: (row, column) => read(cellOf(countOf(row)), names[column as keyof typeof names]),
  });
  return { table, accuracy: (count) => read(cellOf(count), "linearised_test_accuracy") };
}

function slowClaims(accuracy: Accuracy): Claim[] {
  const gap = paired(accuracy("all"), accuracy(1));
  const eight = paired(accuracy(8), accuracy(1));
  const share = measured(eight.values.map((value, i) => value / (gap.values[i] ?? Number.NaN)));
  return [
    {
      statement: "A convolutional network, too, needs its features: one linearisation is worse",
      criterion: `at rate ${slowRate} m=all less m=1 at least 0.05 in test accuracy`,
      verdict: atLeast(gap, 0.05),
      detail: shown(gap),
    },
    {
      statement: "Eight linearisations recover most of that on images as well",
      criterion: `at rate ${slowRate} (m=8 − m=1) / (m=all − m=1) at least 0.85`,
      verdict: atLeast(share, 0.85),
      detail: `share ${shown(share)}, m=8 ${shown(accuracy(8))}, m=all ${shown(accuracy("all"))}`,
    },
  ];
}

/** A rate that training itself bears, and long linear phases do not. */
function fastClaim(accuracy: Accuracy, counts: readonly Count[]): Claim {
  const middle = counts.filter((count) => count !== "all" && count > 1).map(accuracy);
  const diverged = middle.reduce((sum, value) => sum + value.diverged, 0);
  const all = accuracy("all");
  return {
    statement: "A larger K needs a smaller rate on images as well",
    criterion: `at rate ${fastRate} no run of m=all diverges, and some with fewer linearisations do`,
    verdict: all.diverged === 0 && diverged > 0 ? "held" : "not held",
    detail: counts.map((count) => `m=${count}: ${shown(accuracy(count))}`).join("; "),
  };
}

async function find(making: Making) {
  const { size } = making;
  const ms = size.pick<readonly Count[]>(updates);
  const slow = await trained(making, slowRate);
  const claims = size.isComparable ? slowClaims(slow.accuracy) : [];
  const tables = [slow.table];
  if (size.name === "full") {
    const fast = await trained(making, fastRate);
    tables.push(fast.table);
    claims.push(fastClaim(fast.accuracy, ms));
  }
  const xs = ms.map((m) => (m === "all" ? allAt : m));
  return {
    tables,
    figures: [
      {
        kind: "lines" as const,
        title: `Accuracy against the number of linearisations, rate ${slowRate}`,
        x: {
          title: "linearisations",
          log: true,
          ticks: ms.map((m, i) => [xs[i] ?? 0, String(m)] as const),
        },
        y: { title: "accuracy" },
        lines: linesOf(slow.table, xs, "column").filter(({ label }) => label !== "kernel moved"),
      },
    ],
    claims,
    remarks: [],
  };
}

export const images: Part = {
  id: "images",
  section: "(not in the reference)",
  title: "A convolutional network on generated images",
  about:
    "Grey images of 12 × 12 pixels with one of four shapes at a random place, size and angle; two " +
    "convolutions of stride 2 (8 and 16 filters) and a dense layer; SGD at 0.03 and 0.1, batches of 64, 2000 steps.",
  find,
};
