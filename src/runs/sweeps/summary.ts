/**
 * What a sweep over periods and rates shows: how few linearisations do as well as one a step, and
 * up to which rate each period is stable. Pure.
 */
import { canonicalJson } from "#catalog/canonical-json.ts";
import type { Period } from "#schemas/algorithm.ts";
import type { RunRequest } from "#schemas/run.ts";
import type { SweepRow, SweepSummary } from "#schemas/sweep.ts";
import { fromFigure } from "#schemas/values.ts";
import { seedPointer } from "./grid.ts";
import { estimate } from "./statistics.ts";

export interface Cell {
  readonly row: SweepRow;
  /** The cell's run request, its model perhaps a definition. */
  readonly request: unknown;
  readonly diverged: boolean;
}

type Values = SweepRow["values"];

/** A cell's period; standard training is K = 1. */
function periodOf({ request }: Cell): Period {
  const { algorithm } = request as RunRequest;
  return algorithm?.type === "linearised" ? algorithm.period : 1;
}

const isPeriod = (pointer: string): boolean =>
  pointer === "/algorithm" ||
  pointer === "/algorithm/type" ||
  /^\/algorithm\/period(\/|$)/.test(pointer);
const isRate = (pointer: string): boolean => pointer === "/optimizer/learning_rate";
const isSeed = (pointer: string): boolean => pointer === seedPointer;

/** Cells that agree in everything but what `isFree` names. */
function groupedBy(
  cells: readonly Cell[],
  isFree: (pointer: string) => boolean,
): readonly { readonly values: Values; readonly cells: readonly Cell[] }[] {
  const groups = new Map<string, { readonly values: Values; readonly cells: Cell[] }>();
  for (const cell of cells) {
    const kept = Object.entries(cell.row.values).filter(([pointer]) => !isFree(pointer));
    const values = Object.fromEntries(kept);
    const key = canonicalJson(values);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { values, cells: [cell] });
    else group.cells.push(cell);
  }
  return [...groups.values()];
}

function byPeriod(cells: readonly Cell[]): ReadonlyMap<string, readonly Cell[]> {
  const found = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = canonicalJson(periodOf(cell));
    found.set(key, [...(found.get(key) ?? []), cell]);
  }
  return found;
}

export function summaryOf(cells: readonly Cell[], delta: number): SweepSummary {
  const ended = cells.filter(({ row, diverged }) => row.status === "succeeded" || diverged);
  return {
    delta,
    fewest_linearisations: fewestOf(ended, delta),
    stability_frontier: frontierOf(ended),
  };
}

const scores = ["linearised_test_accuracy", "linearised_test_loss"] as const;
type ScoreName = (typeof scores)[number];
type Fewest = SweepSummary["fewest_linearisations"][number];
type Reached = Fewest["fewest"];

function meanOf(cells: readonly Cell[], name: keyof SweepRow["figures"]): number | null {
  const values = cells.map(({ row }) => row.figures[name]).filter((value) => value !== null);
  return estimate(values.map(fromFigure)).mean;
}

/** Means over seeds; null when any of them diverged or none has a score. */
function reachedBy(cells: readonly Cell[], name: ScoreName): Reached | null {
  const [first] = cells;
  const score = meanOf(cells, name);
  if (first === undefined || score === null || cells.some(({ diverged }) => diverged)) return null;
  return { period: periodOf(first), score, linearisations: meanOf(cells, "linearisations") };
}

function isWithin(name: ScoreName, delta: number, reference: Reached) {
  return ({ score }: Reached): boolean =>
    name === "linearised_test_accuracy"
      ? score >= reference.score - delta
      : score <= reference.score + delta * Math.abs(reference.score);
}

function fewestOf(cells: readonly Cell[], delta: number): Fewest[] {
  const groups = groupedBy(cells, (pointer) => isPeriod(pointer) || isSeed(pointer));
  return groups.flatMap(({ values, cells: group }) => {
    const periods = byPeriod(group);
    for (const name of scores) {
      const reference = reachedBy(periods.get("1") ?? [], name);
      if (reference === null) continue;
      const reached = [...periods.values()]
        .map((each) => reachedBy(each, name))
        .filter((each) => each !== null)
        .filter(isWithin(name, delta, reference));
      const count = ({ linearisations }: Reached) => linearisations ?? Number.POSITIVE_INFINITY;
      const fewest = reached.reduce((best, each) => (count(each) < count(best) ? each : best));
      return [{ values, score: name, reference, fewest }];
    }
    return [];
  });
}

type Frontier = SweepSummary["stability_frontier"][number];

function rateOf({ request }: Cell): number {
  return (request as RunRequest).optimizer.learning_rate;
}

/** A rate is stable when no seed diverged at it. */
function frontierOf(cells: readonly Cell[]): Frontier[] {
  const isFree = (pointer: string) => isPeriod(pointer) || isSeed(pointer) || isRate(pointer);
  return groupedBy(cells, isFree).flatMap(({ values, cells: group }) =>
    [...byPeriod(group).values()].map((each) => {
      const [first] = each;
      const diverged = new Set(each.filter((cell) => cell.diverged).map(rateOf));
      const stable = each.map(rateOf).filter((rate) => !diverged.has(rate));
      return {
        values,
        period: first === undefined ? 1 : periodOf(first),
        largest_stable_rate: stable.length > 0 ? Math.max(...stable) : null,
        smallest_diverged_rate: diverged.size > 0 ? Math.min(...diverged) : null,
      };
    }),
  );
}
