/** 6.1: test accuracy of f_lin over periods K and learning rates, on the wedge problem. */
import { pairs, pointer } from "../cells.ts";
import type { Claim, Measured } from "../findings.ts";
import { linesOf, type Making, type Part, reader, tableOf, threeSeeds } from "../part.ts";
import { seedAxis, wedge, wedgeBase } from "../problems.ts";
import { atLeast, atMost, measured, paired, shown, tableClaim, together } from "../verdicts.ts";

const steps = { full: 4000, quick: 4000, smoke: 40 };
const periods = {
  full: [1, 4, 16, 64, 256, 512, 1024, 2048, "never"],
  quick: [1, 64, 512, "never"],
  smoke: [1, 8, "never"],
} as const;
const rates = { full: [0.3, 0.1, 0.03, 0.01], quick: [0.3, 0.1], smoke: [0.1] };
const seeds = { full: [0, 1, 2, 3, 4, 5, 6, 7, 8], quick: [0, 1], smoke: [0] };
/** Where "never" stands on the axis of K. */
const neverAt = 8192;

type Accuracy = (period: number | "never", rate: number) => Measured;

function parityClaim(accuracy: Accuracy, wanted: readonly number[]): Claim {
  const losses = wanted.map((rate) => paired(accuracy(1, rate), accuracy(64, rate)));
  return {
    statement: "At the same rate, 64 steps between linearisations cost next to nothing",
    criterion: `K=1 less K=64 at most 0.02 at rates ${wanted.join(", ")}`,
    verdict: together(losses.map((loss) => atMost(loss, 0.02))),
    detail: losses.map((loss, at) => `rate ${wanted[at]}: ${shown(loss)}`).join("; "),
  };
}

function recoveryClaim(accuracy: Accuracy, wanted: readonly number[]): Claim {
  const shares = wanted.map((rate) => {
    const [every, eight, never] = [accuracy(1, rate), accuracy(512, rate), accuracy("never", rate)];
    const of = (a: Measured, b: Measured) => paired(a, b).values;
    const gaps = of(every, never);
    return measured(of(eight, never).map((value, at) => value / (gaps[at] ?? Number.NaN)));
  });
  return {
    statement: "Eight linearisations recover most of what K=1 gains over never linearising again",
    criterion: `(K=512 − never) / (K=1 − never) at least 0.85 at rates ${wanted.join(", ")}`,
    verdict: together(shares.map((share) => atLeast(share, 0.85))),
    detail: shares.map((share, at) => `rate ${wanted[at]}: ${shown(share)}`).join("; "),
  };
}

function lazyClaim(accuracy: Accuracy, fitted: Measured): Claim {
  const gap = paired(accuracy(1, 0.1), accuracy("never", 0.1));
  return {
    statement:
      "Never linearising again is far worse on test data, although it fits most of the training data",
    criterion: "K=1 less never above 0.3 in test accuracy at rate 0.1; never above 0.7 in training",
    verdict: together([atLeast(gap, 0.3), atLeast(fitted, 0.7)]),
    detail: `gap ${shown(gap)}, training accuracy of never ${shown(fitted)}`,
  };
}

function rateClaim(accuracy: Accuracy): Claim {
  const loss = (rate: number) => paired(accuracy(1, rate), accuracy(64, rate));
  const more = paired(loss(0.3), loss(0.03));
  return {
    statement: "A larger rate loses earlier in K",
    criterion: "what K=64 costs at rate 0.3 is more than at 0.03",
    verdict: atLeast(more, 0),
    detail: `${shown(loss(0.3))} against ${shown(loss(0.03))}`,
  };
}

async function find(making: Making) {
  const { study, size } = making;
  const [ks, etas] = [size.pick<readonly (number | "never")[]>(periods), size.pick(rates)];
  const { rows } = await study.sweep("grid", {
    base: await wedgeBase(study, size.pick(steps)),
    cells: pairs(await seedAxis(study, size.pick(seeds), wedge), [{}]),
    vary: { [pointer.period]: [...ks], [pointer.rate]: [...etas] },
  });
  const read = reader(rows);
  const at = (period: number | "never", rate: number) => ({
    [pointer.period]: period,
    [pointer.rate]: rate,
  });
  const accuracy: Accuracy = (k, rate) => read(at(k, rate), "linearised_test_accuracy");
  const table = tableOf(making, {
    title: "Test accuracy of f_lin",
    reference: "grid",
    corner: "K",
    rows: ks.map(String),
    columns: etas.map(String),
    digits: 3,
    tolerance: threeSeeds,
    note: "Columns are learning rates.",
    measured: (k, rate) => accuracy(k === "never" ? k : Number(k), Number(rate)),
  });
  const has = (rate: number) => etas.includes(rate);
  const claims = [tableClaim(table, "The grid of periods and rates is the reference's")];
  if (size.isComparable) {
    claims.push(parityClaim(accuracy, [0.1, 0.03].filter(has)));
    claims.push(recoveryClaim(accuracy, [0.3, 0.1, 0.03].filter(has)));
    claims.push(lazyClaim(accuracy, read(at("never", 0.1), "linearised_train_accuracy")));
    if (has(0.03)) claims.push(rateClaim(accuracy));
  }
  const xs = ks.map((k) => (k === "never" ? neverAt : k));
  const ticks = ks.map((k, i) => [xs[i] ?? 0, String(k)] as const);
  return {
    tables: [table],
    figures: [
      {
        kind: "lines" as const,
        title: "Test accuracy of f_lin against K, a line for each rate",
        x: { title: "K, steps between linearisations", log: true, ticks },
        y: { title: "test accuracy" },
        lines: linesOf(table, xs, "column"),
      },
    ],
    claims,
    remarks: [],
  };
}

export const grid: Part = {
  id: "grid",
  section: "6.1",
  title: "K × learning rate",
  about:
    "Wedge: 20 inputs, 4 classes without linear information, 1000 training and 2000 test examples. " +
    "Network 20-64-4, ReLU; softmax cross-entropy, SGD, batches of 64, 4000 steps.",
  find,
};
