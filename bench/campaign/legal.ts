/**
 * Which status may follow which, asked of the life cycle itself: every state that its function can
 * reach from a new run, by every input there is.
 */
import type { LifecycleInput } from "#runs/happenings.ts";
import { transition } from "#runs/lifecycle.ts";
import type { Evaluation, Plan, RunError, RunStatus } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import type { RunRecord } from "#storage/store.ts";
import { draft, time } from "#test/runs/records.ts";

/** Statuses in a row, as two words. The first of a run follows `none`. */
export type Step = `${RunStatus | "none"} ${RunStatus}`;

const plan: Plan = {
  solver: "standard",
  reason: "",
  engine: "reference",
  device: "cpu",
  flops: 1,
  memory_bytes: 1,
  primals: null,
  alternatives: [],
};
const score = { loss: 1, accuracy: null };
const result: Evaluation = {
  linearised: { train: score, test: score },
  network: { train: score, test: score },
};
const retry = { attemptsMax: 2, firstMs: 1, longestMs: 1 };
const errorOf = (code: RunError["code"]): RunError => ({ code, message: "", retryable: false });

function inputsOf({ run }: RunRecord): readonly LifecycleInput[] {
  const { attempt } = run;
  const of = { attempt, secondsUsed: 0 };
  return [
    { type: "submitted" },
    { type: "claimed" },
    { type: "started", attempt, plan, step: 0 },
    { type: "wish", wish: "run" },
    { type: "wish", wish: "pause" },
    { type: "wish", wish: "cancel" },
    { type: "ended", ...of, outcome: { type: "succeeded", result } },
    { type: "ended", ...of, outcome: { type: "paused" } },
    { type: "ended", ...of, outcome: { type: "cancelled", result } },
    { type: "ended", ...of, outcome: { type: "failed", error: errorOf("internal") } },
    // Without room a run waits, and without its storage it goes back to the queue.
    { type: "ended", ...of, outcome: { type: "failed", error: errorOf("storage_full") } },
    { type: "ended", ...of, outcome: { type: "failed", error: errorOf("storage_unavailable") } },
    { type: "room" },
    { type: "lost", ...of, cause: "server", detail: "", retry },
    { type: "lost", ...of, cause: "crashed", detail: "", retry },
    { type: "lost", ...of, cause: "worker", detail: "", retry },
    { type: "lost", ...of, cause: "out_of_memory", detail: "", retry },
  ];
}

/** What tells one state from another where transitions are concerned. */
const stateOf = ({ run, failuresInRow }: RunRecord): string =>
  [run.status, run.wanted, run.pause_reason, failuresInRow, run.version === 0].join(" ");

/** Every pair of statuses that the log of a run may show one after the other. */
export function legalSteps(): ReadonlySet<Step> {
  const first = draft();
  const seen = new Set<string>([stateOf(first)]);
  const waiting: RunRecord[] = [first];
  const steps = new Set<Step>();
  for (let record = waiting.shift(); record !== undefined; record = waiting.shift()) {
    for (const input of inputsOf(record)) {
      const next = transition(record, input, time);
      if (next instanceof Failure) continue;
      const before = record.run.version === 0 ? "none" : record.run.status;
      if (next.events.length > 0) steps.add(`${before} ${next.record.run.status}`);
      if (seen.has(stateOf(next.record))) continue;
      seen.add(stateOf(next.record));
      waiting.push(next.record);
    }
  }
  return steps;
}
