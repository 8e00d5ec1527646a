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

/** Failure `in_use` naming a run that still needs the model or the data set. */
export async function refuseNeeded(
  reader: Reader,
  by: { readonly model: string } | { readonly dataset: string },
): Promise<void> {
  const { rows } = await reader.runs({ ...by, statuses: active, limit: 1 });
  const [needing] = rows;
  if (needing === undefined) return;
  const { id, status } = needing.run;
  throw new Failure("in_use", `Run ${id} needs it and is ${status}; cancel that run first.`);
}
