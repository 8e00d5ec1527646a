/**
 * Changes to a live run: when one takes effect, and what it makes of a position. Applied again at
 * the same step when a run resumes before it.
 */
import type { SteeringEntry } from "#src/channel.ts";
import type { Position } from "./position.ts";

/** What the world wants of a run while it trains. Read at the end of each chunk. */
export interface Controls {
  wanted(): "run" | "pause" | "cancel";
  /** Every steering of the run so far, ascending by request. */
  steering(): readonly SteeringEntry[];
}

/** Controls for a run that nobody steers, beyond what is on the log. */
export function quietControls(steering: readonly SteeringEntry[] = []): Controls {
  return { wanted: () => "run", steering: () => steering };
}

/** First step at which an entry may take effect. */
function dueStep(entry: SteeringEntry, stepsLogged: number): number {
  return entry.step ?? stepsLogged;
}

/** Entries that take effect now, in order of request. */
export function dueSteering(
  controls: Controls,
  position: Position,
  stepsLogged: number,
): readonly SteeringEntry[] {
  return controls
    .steering()
    .filter(
      (entry) => entry.request > position.steered && dueStep(entry, stepsLogged) <= position.step,
    )
    .toSorted((a, b) => a.request - b.request);
}

/** The next step at which a known entry takes effect; Infinity when there is none. */
export function nextSteering(controls: Controls, position: Position, stepsLogged: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const entry of controls.steering()) {
    const step = dueStep(entry, stepsLogged);
    if (entry.request > position.steered && step > position.step) next = Math.min(next, step);
  }
  return next;
}

export interface Steered {
  readonly position: Position;
  /** Whether to linearise at this step. */
  readonly relinearise: boolean;
}

/** The position after an entry. Periods and linearisations mean nothing to standard training. */
export function steered(position: Position, { request, changes }: SteeringEntry): Steered {
  const { course, anchorStep, step } = position;
  const changed =
    course !== null && changes.period !== undefined
      ? { period: changes.period, from: step, last: anchorStep }
      : course;
  return {
    position: {
      ...position,
      course: changed,
      steered: request,
      learningRate: changes.learning_rate ?? position.learningRate,
      evaluateEvery: changes.evaluate_every ?? position.evaluateEvery,
      snapshotsEvery:
        changes.snapshots_every === undefined ? position.snapshotsEvery : changes.snapshots_every,
    },
    relinearise: changes.relinearise === true && course !== null,
  };
}
