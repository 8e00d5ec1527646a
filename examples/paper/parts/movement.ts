/** 6.4: how far the kernel moves at each linearisation, and whether ten move it as far as all do. */
import type { EventData } from "#schemas/event.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import { type Figure, fromFigure } from "#schemas/values.ts";
import { pairs, pointer, rowsWhere } from "../cells.ts";
import type { Claim, Line, Measured, Table, Tolerance } from "../findings.ts";
import { type Making, type Part, tableOf, threeSeeds } from "../part.ts";
import { seedAxis, wedge, wedgeBase } from "../problems.ts";
import { atLeast, measured, shown, tableClaim } from "../verdicts.ts";

const steps = { full: 4000, quick: 4000, smoke: 40 };
const tenth = { full: 400, quick: 400, smoke: 4 };
const seeds = { full: [0, 1, 2], quick: [0], smoke: [0] };
const columns = [
  "to first",
  "to previous",
  "relative change",
  "alignment",
  "effective rank",
  "gap",
  "loss before",
  "loss after",
] as const;
type Column = (typeof columns)[number];
/** Movement grows tenfold over a run; figures of one seed agree in their course, not to a digit. */
const course: Tolerance = { within: 2, as: "factor" };

interface Told {
  readonly snapshots: readonly Snapshot[];
  readonly anchors: readonly EventData<"anchor">[];
}

function columnOf({ snapshots, anchors }: Told, step: number, column: Column): number | undefined {
  const snapshot = snapshots.find((each) => each.step === step);
  const anchor = anchors.find((each) => each.step === step);
  const of: Readonly<Record<Column, Figure | null | undefined>> = {
    "to first": snapshot?.distance_to_first,
    "to previous": snapshot?.distance_to_previous,
    "relative change": snapshot?.relative_change,
    alignment: snapshot?.centred_alignment,
    "effective rank": snapshot?.effective_rank,
    gap: anchor?.linearisation_gap,
    "loss before": anchor?.loss_before,
    "loss after": anchor?.period === null ? null : anchor?.loss_after,
  };
  const figure = of[column];
  return figure === undefined || figure === null ? undefined : fromFigure(figure);
}

function finalClaim(final: ReadonlyMap<string, Measured>): Claim {
  const get = (key: string) => final.get(key) ?? measured([]);
  const [ten, all, forty] = [get("400"), get("1"), get("100")];
  const share = measured(ten.values.map((v, i) => v / (all.values[i] ?? Number.NaN)));
  return {
    statement: "Ten linearisations move the kernel as far as four thousand do",
    criterion: "final distance of K=400 at least 0.85 of that of K=1",
    verdict: atLeast(share, 0.85),
    detail: `K=1 ${shown(all)}, K=100 ${shown(forty)}, K=400 ${shown(ten)}; share ${shown(share)}`,
  };
}

/** The one update of K = 2000: how wrong the linear model has become by then. */
function jumpClaim(told: readonly Told[], reference: Making["reference"]): Claim {
  const of = (column: Column) =>
    measured(told.map((each) => columnOf(each, 2000, column) ?? Number.NaN));
  const names = ["gap", "loss before", "loss after"] as const;
  const jump = measured(
    of("loss after").values.map((v, i) => v / (of("loss before").values[i] ?? 1)),
  );
  return {
    statement: "After 2000 steps in one linear model, the network it belongs to is far off",
    criterion: "at the only update of K=2000 the training loss at least doubles",
    verdict: atLeast(jump, 2),
    detail: names
      .map((name) => `${name} ${shown(of(name))} (${reference.of("movement_once", name, "2000")})`)
      .join("; "),
  };
}

function slowing(table: Table): Claim {
  const moves = table.rows
    .filter(({ label }) => Number(label) > 0)
    .map(({ cells }) => cells[1]?.measured?.mean ?? Number.NaN);
  const early = moves.slice(0, 3).reduce((sum, v) => sum + v, 0);
  const late = moves.slice(-3).reduce((sum, v) => sum + v, 0);
  return {
    statement: "The kernel moves most in the first third of training",
    criterion: "the first three moves together are at least five times the last three",
    verdict: early >= 5 * late ? "held" : "not held",
    detail: `${early.toFixed(4)} against ${late.toFixed(4)}`,
  };
}

async function find(making: Making) {
  const { study, size, reference } = making;
  const [t, each] = [size.pick(steps), size.pick(tenth)];
  const cells = [
    { [pointer.period]: each, "/snapshots/every": each },
    { [pointer.period]: 1, "/snapshots/every": each },
    { [pointer.period]: 100, "/snapshots/every": each },
    { [pointer.period]: 2000, "/snapshots/every": each },
  ].slice(0, size.name === "smoke" ? 2 : 4);
  const { rows } = await study.sweep("movement", {
    base: {
      ...(await wedgeBase(study, t)),
      snapshots: { examples: 128, split: "test", kernel: "trace", eigenvalues: 5, keep: false },
    },
    cells: pairs(cells, await seedAxis(study, size.pick(seeds), wedge)),
  });
  const told = async (period: number): Promise<readonly Told[]> => {
    const runs = rowsWhere(rows, { [pointer.period]: period }).map(({ run }) => run ?? "");
    return Promise.all(
      runs.map(async (run) => ({
        snapshots: await study.snapshots(run),
        anchors: await study.events(run, "anchor"),
      })),
    );
  };
  const tenTold = await told(each);
  const at = Array.from({ length: t / each }, (_, i) => String(i * each));
  const table = tableOf(making, {
    title: `K=${each}: the trace kernel on 128 held-out examples at each linearisation`,
    reference: "movement",
    corner: "step",
    rows: at,
    columns,
    tolerance: course,
    note: "Distances are 1 − cosine; alignment is centred; gap is ‖f − f_lin‖ / ‖f_lin − f_s‖; losses are of the linear model just before and of the network just after. The reference's are of seed 0 of its own draw.",
    measured: (step, column) => {
      const values = tenTold.map((one) => columnOf(one, Number(step), column as Column));
      const known = values.filter((value) => value !== undefined);
      return known.length === 0 ? null : measured(known);
    },
  });
  const final = new Map<string, Measured>();
  const lines: Line[] = [];
  for (const { [pointer.period]: period } of cells) {
    const ofPeriod = await told(Number(period));
    const last = ofPeriod.map(({ snapshots }) => Number(snapshots.at(-1)?.distance_to_first));
    final.set(String(period), measured(last));
    lines.push({
      label: `K=${period}`,
      points: (ofPeriod[0]?.snapshots ?? []).map((snapshot) => ({
        x: snapshot.step,
        y: fromFigure(snapshot.distance_to_first),
      })),
    });
  }
  const finals = tableOf(making, {
    title: "Distance of the last kernel to the first",
    reference: "movement_final",
    corner: "K",
    rows: [...final.keys()],
    columns: ["distance"],
    digits: 3,
    tolerance: threeSeeds,
    measured: (period) => final.get(period) ?? null,
  });
  const claims: Claim[] = [];
  if (size.isComparable) {
    claims.push(
      tableClaim(finals, "Kernels end as far from their start as the reference's"),
      tableClaim(table, "The kernel's course over the linearisations is the reference's"),
      finalClaim(final),
      jumpClaim(await told(2000), reference),
      slowing(table),
    );
  }
  return {
    tables: [table, finals],
    figures: [
      {
        kind: "lines" as const,
        title: "Distance of the kernel to its first, seed 0",
        x: { title: "step" },
        y: { title: "1 − cosine" },
        lines,
      },
    ],
    claims,
    remarks: [],
  };
}

export const movement: Part = {
  id: "movement",
  section: "6.4",
  title: "The kernel at each linearisation",
  about:
    "Wedge as before, SGD at 0.1, 4000 steps. What the distances measure is the kernel's shape, not " +
    "its scale; none of these figures is “the amount of feature learning”.",
  find,
};
