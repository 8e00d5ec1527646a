/**
 * What requests may ask of a run: to pause, go on or end, and to change while it lives. Pure; a
 * wish changes `wanted`, and `status` only where no trainer has to agree.
 */
import type { Steering, Wish } from "#schemas/run.ts";
import type { Failure } from "#src/failure.ts";
import type { NewEvent, RunRecord } from "#storage/store.ts";
import {
  announced,
  changed,
  finished,
  isHeld,
  isTerminal,
  refused,
  type Transition,
} from "./change.ts";

/** The run after a wish, unchanged when it was wished before; a Failure `conflict` otherwise. */
export function wished(record: RunRecord, wish: Wish, nowIso: string): Transition | Failure {
  const { status, wanted } = record.run;
  if (wish === "cancel" && status === "cancelled") return { record, events: [] };
  if (isTerminal(status)) return refused(record, `it has ended; it cannot ${words[wish]}.`);
  // A run that waits for room may be told to try at once.
  const isHeldUp = status === "paused" && wanted === "run";
  if (wanted === wish && !isHeldUp) return { record, events: [] };
  if (wanted === "cancel")
    return refused(record, `it is to be cancelled; it cannot ${words[wish]}.`);
  if (isHeld(status)) return wishedOfTrainer(record, wish);
  switch (wish) {
    case "run": {
      const again = { failuresInRow: 0, notBeforeMs: 0 };
      return announced(changed(record, { status: "queued", wanted: wish }, again), said.run);
    }
    case "pause":
      return announced(changed(record, { status: "paused", wanted: wish }), said.pause);
    case "cancel":
      return announced(
        finished(record, { status: "cancelled", wanted: wish }, nowIso),
        said.cancel,
      );
    default:
      return wish satisfies never;
  }
}

const words: Readonly<Record<Wish, string>> = {
  run: "be resumed",
  pause: "be paused",
  cancel: "be cancelled",
};

const said: Readonly<Record<Wish, { readonly reason: string }>> = {
  run: { reason: "resume requested" },
  pause: { reason: "pause requested" },
  cancel: { reason: "cancel requested" },
};

/** A pause that is under way is finished before the run goes on again. */
function wishedOfTrainer(record: RunRecord, wish: Wish): Transition {
  const statuses = { run: record.run.status, pause: "pausing", cancel: "cancelling" } as const;
  return announced(changed(record, { status: statuses[wish], wanted: wish }), said[wish]);
}

/** Labels change at once; everything else waits for the trainer to say at which step. */
export function steered(record: RunRecord, changes: Steering): Transition | Failure {
  const { run } = record;
  if (isTerminal(run.status)) return refused(record, "it has ended and cannot be steered.");
  if (run.wanted === "cancel") return refused(record, "it is being cancelled.");
  const { name, metadata, ...live } = changes;
  const labels = {
    ...(name === undefined ? {} : { name }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  const steering = [...record.steering];
  const events: NewEvent[] = [];
  if (Object.keys(labels).length > 0) {
    const entry = { request: steering.length + 1, changes: labels, step: run.progress.step };
    steering.push(entry);
    events.push({ type: "steered", key: `steered:${entry.request}`, data: entry });
  }
  if (Object.keys(live).length > 0) {
    steering.push({ request: steering.length + 1, changes: live, step: null });
  }
  return { record: changed(record, labels, { steering }), events };
}
