/** Curves of several runs on the same steps, few enough to draw. Every value is a reported one. */
import type { Comparison } from "#schemas/comparison.ts";
import type { EventData } from "#schemas/event.ts";
import { type Figure, toFigure } from "#schemas/values.ts";
import type { Store } from "#storage/store.ts";
import { metricRows } from "./metric-rows.ts";

type Aligned = Comparison["metrics"];

export interface AlignedRun {
  readonly id: string;
  /** Steps whose metrics are on the log. */
  readonly metricsThrough: number;
}

/** `points` steps at most, evenly from 1 to `last`, which is one of them. */
function stepsTo(last: number, points: number): readonly number[] {
  const count = Math.min(last, points);
  return Array.from({ length: count }, (_, at) => Math.round(((at + 1) * last) / count));
}

/** Metrics of runs: the last row up to each step and after the step before. */
export async function alignedMetrics(
  store: Store,
  runs: readonly AlignedRun[],
  { names, points }: { readonly names: readonly string[]; readonly points: number },
): Promise<Aligned> {
  const last = Math.max(0, ...runs.map(({ metricsThrough }) => metricsThrough));
  const steps = stepsTo(last, points);
  const columns = new Map(names.map((name) => [name, runs.map(() => emptyOf(steps.length))]));
  for (const [place, run] of runs.entries()) {
    let at = 0;
    for await (const { step, values } of metricRows(store, { run, names, from: 1, to: last })) {
      while (step > (steps[at] ?? last)) at += 1;
      for (const [i, name] of names.entries()) {
        const value = values[i] ?? null;
        const column = columns.get(name)?.[place];
        if (column !== undefined) column[at] = value === null ? null : toFigure(value);
      }
    }
  }
  const known = [...columns].filter(([, lists]) => lists.flat().some((value) => value !== null));
  return { steps: [...steps], columns: Object.fromEntries(known) };
}

const emptyOf = (length: number) => new Array<Figure | null>(length).fill(null);

const functions = ["linearised", "network"] as const;
const splits = ["train", "test"] as const;
const eventsPage = 200;
const pagesMax = 500;

/** Evaluations of runs, at every step at which one of them has one, thinned to `points`. */
export async function alignedEvaluations(
  store: Store,
  runs: readonly Pick<AlignedRun, "id">[],
  points: number,
): Promise<Aligned> {
  const found: Map<number, EventData<"evaluation">>[] = [];
  for (const { id } of runs) found.push(await evaluationsOf(store, id));
  const all = [...new Set(found.flatMap((of) => [...of.keys()]))].sort((a, b) => a - b);
  const kept = new Set(stepsTo(all.length, points).map((at) => at - 1));
  const steps = all.filter((_, at) => at === 0 || kept.has(at));
  const columns: Record<string, (Figure | null)[][]> = {};
  for (const by of functions) {
    for (const split of splits) {
      for (const what of ["loss", "accuracy"] as const) {
        const lists = found.map((of) =>
          steps.map((step) => of.get(step)?.[by][split][what] ?? null),
        );
        if (lists.flat().some((value) => value !== null)) columns[`${by}.${split}.${what}`] = lists;
      }
    }
  }
  return { steps, columns };
}

async function evaluationsOf(store: Store, run: string) {
  const found = new Map<number, EventData<"evaluation">>();
  let after = 0;
  for (let page = 0; page < pagesMax; page += 1) {
    const asked = { after, kinds: ["evaluation"], limit: eventsPage } as const;
    const events = await store.read((reader) => reader.events(run, asked));
    for (const event of events) {
      if (event.type === "evaluation") found.set(event.data.step, event.data);
    }
    if (events.length < eventsPage) break;
    after = events.at(-1)?.seq ?? after;
  }
  return found;
}
