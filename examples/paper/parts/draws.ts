/**
 * Why numbers differ from the reference's where they do: the fixed kernel over more seeds, and over
 * ways to draw the initial weights, of which the reference says no more than “He”.
 */
import type { Definition } from "#schemas/model.ts";
import { fromFigure } from "#schemas/values.ts";
import { pairs, pointer, rowsWhere } from "../cells.ts";
import type { Claim, Measured } from "../findings.ts";
import { type Making, type Part, reader, tableOf } from "../part.ts";
import { seedAxis, wedge, wedgeBase, wedgeNetwork } from "../problems.ts";
import { measured, shown } from "../verdicts.ts";

type Initialiser = "he_normal" | "lecun_normal";

const steps = { full: 4000, quick: 4000, smoke: 40 };
const seeds = { full: [0, 1, 2, 3, 4, 5, 6, 7, 8], quick: [0, 1, 2], smoke: [0] };
const seedsExpected = 3;
const errorsMax = 2;

function startedBy(first: Initialiser, last: Initialiser, hasBias = true): Definition {
  const network = wedgeNetwork();
  if (!("layers" in network)) return network;
  const bias = hasBias ? {} : { use_bias: false };
  const [hidden, output] = network.layers;
  if (hidden?.type !== "dense" || output?.type !== "dense") return network;
  return {
    ...network,
    layers: [
      { ...hidden, init: first, ...bias },
      { ...output, init: last, ...bias },
    ],
  };
}

/** The first is the study's own. */
const starts: Readonly<Record<string, Definition>> = {
  "He, output LeCun": wedgeNetwork(),
  "He, both layers": startedBy("he_normal", "he_normal"),
  "He without biases": startedBy("he_normal", "he_normal", false),
  "LeCun, both layers": startedBy("lecun_normal", "lecun_normal"),
};

const columns = ["test, never", "train, never", "effective rank", "alignment"] as const;

/** Which start has the reference's kernel, and whether that start has its accuracy. */
function claimsOf({ reference }: Making, found: ReadonlyMap<string, Measured>): Claim[] {
  const [he, lecun] = ["He, both layers", "He, output LeCun"];
  const of = (name: string, column: string) => found.get(`${name} ${column}`) ?? measured([]);
  const expected = (column: string) => Number(reference.of("draws", lecun, column));
  const rank = expected(columns[2]);
  const isAmong = ({ mean, deviation }: Measured) => Math.abs(mean - rank) <= errorsMax * deviation;
  const [own, other] = [of(he, columns[2]), of(lecun, columns[2])];
  const accuracy = of(lecun, columns[0]);
  const difference = Math.abs(accuracy.mean - expected(columns[0]));
  const share = 1 / accuracy.values.length + 1 / seedsExpected;
  const reach = errorsMax * accuracy.deviation * Math.sqrt(share);
  return [
    {
      statement:
        "The reference's kernel at the start is that of an output layer drawn with variance " +
        "1/fan-in, as this study's is",
      criterion:
        "the reference's effective rank at the start is within two deviations of the seeds for a " +
        "LeCun output layer, and is not for He's",
      verdict: isAmong(other) && !isAmong(own) ? "held" : "not held",
      detail:
        `reference ${rank}; LeCun ${shown(other, 1)} ± ${other.deviation.toFixed(1)}, ` +
        `He ${shown(own, 1)} ± ${own.deviation.toFixed(1)}`,
    },
    {
      statement: "So started, the fixed kernel does as well as the reference's",
      criterion: "test accuracy within two standard errors of the difference of the two means",
      verdict: difference <= reach ? "held" : "not held",
      detail:
        `${shown(accuracy)} ± ${accuracy.deviation.toFixed(3)} a seed for ` +
        `${expected(columns[0])}, two standard errors are ${reach.toFixed(3)}`,
    },
  ];
}

async function find(making: Making) {
  const { study, size } = making;
  const models = new Map<string, string>();
  for (const [name, definition] of Object.entries(starts)) {
    models.set(name, await study.model(definition));
  }
  const wanted = [...models.values()].slice(0, size.name === "full" ? models.size : 1);
  const { rows } = await study.sweep("draws", {
    base: {
      ...(await wedgeBase(study, size.pick(steps))),
      algorithm: { type: "linearised", period: "never" },
      snapshots: { examples: 128, split: "test", kernel: "trace", eigenvalues: 1, keep: false },
    },
    cells: pairs(
      wanted.map((model) => ({ [pointer.model]: model })),
      await seedAxis(study, size.pick(seeds), wedge),
    ),
  });
  const read = reader(rows);
  const found = new Map<string, Measured>();
  for (const [name, model] of models) {
    const own = rowsWhere(rows, { [pointer.model]: model });
    if (own.length === 0) continue;
    const first = await Promise.all(
      own.map(async ({ run }) => (await study.snapshots(run ?? ""))[0]),
    );
    const of = (figure: "effective_rank" | "centred_alignment") =>
      measured(first.map((snapshot) => fromFigure(snapshot?.[figure] ?? "NaN")));
    const where = { [pointer.model]: model };
    found.set(`${name} ${columns[0]}`, read(where, "linearised_test_accuracy"));
    found.set(`${name} ${columns[1]}`, read(where, "linearised_train_accuracy"));
    found.set(`${name} ${columns[2]}`, of("effective_rank"));
    found.set(`${name} ${columns[3]}`, of("centred_alignment"));
  }
  const names = [...models.keys()].slice(0, wanted.length);
  const table = tableOf(making, {
    title: "Never linearised again, by how weights are drawn; kernel figures at the start",
    reference: "draws",
    corner: "start",
    rows: names,
    columns,
    digits: 3,
    tolerance: null,
    note: `${size.pick(seeds).length} seeds of data, weights and batches. The reference's test accuracy is of three seeds, its kernel figures of one.`,
    measured: (name, column) => found.get(`${name} ${column}`) ?? null,
  });
  const claims = size.name === "full" ? claimsOf(making, found) : [];
  return { tables: [table], figures: [], claims, remarks: [] };
}

export const draws: Part = {
  id: "draws",
  section: "6.1",
  title: "Where numbers differ: the draw of data and weights",
  about: "Wedge as before, SGD at 0.1, 4000 steps inside one linear model.",
  find,
};
