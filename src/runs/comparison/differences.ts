/** In which settings runs are not all the same. Pure: values that runs say of themselves. */
import type { Comparison } from "#schemas/comparison.ts";
import type { Run } from "#schemas/run.ts";

type Difference = Comparison["differences"][number];

const depthMax = 5;

const isOpen = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Leaves of a value by their JSON pointers. */
function leavesOf(value: unknown, pointer: string, depth = 0): readonly [string, unknown][] {
  if (!isOpen(value) || depth === depthMax) return [[pointer, value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, depth + 1),
  );
}

/** What a run was asked for, but for its name and labels. */
function asked(run: Run): object {
  const { model, dataset, loss, algorithm, optimizer, batch_size, steps, seed, dtype } = run;
  const { engine, device, evaluate, snapshots, checkpoints, stop } = run;
  return {
    ...{ model, dataset, loss, algorithm, optimizer, batch_size, steps, seed, dtype },
    ...{ engine, device, evaluate, snapshots, checkpoints, stop },
  };
}

/** Every setting that not all runs have alike, in the order of the first that has it. */
export function differencesOf(runs: readonly Run[]): Difference[] {
  const leaves = runs.map((run) => new Map(leavesOf(asked(run), "")));
  const pointers = new Set(leaves.flatMap((of) => [...of.keys()]));
  return [...pointers]
    .map((pointer) => ({ pointer, values: leaves.map((of) => of.get(pointer) ?? null) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}
