/** What a run would take: the request is checked as if it were submitted, a child plans it. */
import { sourceOf } from "#catalog/source.ts";
import type { PlanAnswer } from "#schemas/plan.ts";
import type { RunRequest } from "#schemas/run.ts";
import type { ErrandRunner } from "#src/channel.ts";
import { admit } from "./admission.ts";
import type { Means } from "./assignment.ts";
import { materials } from "./commands.ts";
import type { RunContext } from "./context.ts";
import { settingsFrom } from "./settings.ts";

export interface Planning extends RunContext {
  readonly errands: ErrandRunner;
  readonly means: Means;
}

/** Failures: those of submitting the run, but for the queue's; and those of errands. */
export async function planRun(
  context: Planning,
  request: RunRequest,
  signal?: AbortSignal,
): Promise<PlanAnswer> {
  const { model, dataset } = await context.store.read((reader) => materials(reader, request));
  const settings = settingsFrom(request, dataset.task);
  admit({ model, dataset, settings }, context.limits);
  const assignment = {
    run: "plan",
    attempt: 0,
    settings,
    model: sourceOf(model),
    dataset: dataset.digest,
    checkpoints: [],
    steering: [],
    secondsUsed: 0,
    ...context.means,
  } as const;
  const { artifactsDir } = context.means;
  const errand = { kind: "plan", model: assignment.model, artifactsDir, assignment } as const;
  return (await context.errands.perform(errand, signal)).answer;
}
