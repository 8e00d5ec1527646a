/** Whether a model or a data set may go: not while a run that has not ended would miss it. */
import type { RunStatus } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import type { Reader } from "#storage/store.ts";

const active: readonly RunStatus[] = [
  "queued",
  "starting",
  "running",
  "pausing",
  "paused",
  "cancelling",
];

/** More than may be open at the same time. */
const sweepsMax = 1000;

/** Failure `in_use` naming a run that still needs the model or the data set. */
export async function refuseNeeded(
  reader: Reader,
  by: { readonly model: string } | { readonly dataset: string },
): Promise<void> {
  const { rows } = await reader.runs({ ...by, statuses: active, limit: 1 });
  const [needing] = rows;
  if (needing !== undefined) {
    const { id, status } = needing.run;
    throw new Failure("in_use", `Run ${id} needs it and is ${status}; cancel that run first.`);
  }
  const sweeps = await reader.openSweeps(sweepsMax);
  const sweep = sweeps.find(({ needs }) =>
    "model" in by ? needs.models.includes(by.model) : needs.datasets.includes(by.dataset),
  );
  if (sweep === undefined) return;
  throw new Failure("in_use", `Sweep ${sweep.id} is going to need it; cancel that sweep first.`);
}
