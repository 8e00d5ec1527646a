/**
 * A run from its assignment to its outcome, in this process: what the trainer does behind its door,
 * and what tests and measurements call without one.
 */
import type { Backend } from "#engine/backend.ts";
import type { Network } from "#engine/network.ts";
import type { Plan, RunError } from "#schemas/run.ts";
import type { Assignment, Outcome, TrainerEvent } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { calibrated } from "./calibration.ts";
import type { Damaged } from "./checkpoint.ts";
import type { Examples } from "./examples.ts";
import { type LoopOptions, TrainingLoop } from "./loop.ts";
import { placedOn, warningOf } from "./place.ts";
import { prepare } from "./preparation.ts";
import { Session } from "./session.ts";
import type { Speed } from "./speed.ts";
import { startingState } from "./starting-state.ts";
import { type Controls, quietControls } from "./steering.ts";

export interface TrainOptions {
  readonly assignment: Assignment;
  readonly network: Network;
  readonly examples: Examples;
  readonly backend: Backend;
  readonly artifacts: Artifacts;
  /** Resolves when the event may be followed by another. */
  readonly emit: (event: TrainerEvent) => void | Promise<void>;
  /** Called once the run is about to train, with where it begins. */
  readonly started?: (plan: Plan, step: number) => void;
  /** Nobody steers unless given. */
  readonly controls?: Controls;
  readonly signal?: AbortSignal;
  readonly nowMs?: () => number;
  /** Of the device, where a solver is to be chosen; nominal unless given. */
  readonly speed?: () => Promise<Speed>;
  /** Steps of a call at most; follows from time unless given. Changes no number. */
  readonly chunkSteps?: number;
}

export interface Trained {
  readonly outcome: Outcome;
  /** Of this attempt. */
  readonly seconds: number;
}

/**
 * Trains to the end. Refusals and divergence are outcomes; only bugs, and the abort of the signal,
 * reject.
 */
export async function train(options: TrainOptions): Promise<Trained> {
  const nowMs = options.nowMs ?? (() => performance.now());
  const beganMs = nowMs();
  const outcome = await outcomeOf(options, nowMs);
  return { outcome, seconds: (nowMs() - beganMs) / 1000 };
}

async function outcomeOf(options: TrainOptions, nowMs: () => number): Promise<Outcome> {
  const { signal = new AbortController().signal } = options;
  try {
    return await trainOnce(options, { nowMs, signal });
  } catch (error) {
    const refused = refusalOf(error);
    if (refused === null || signal.aborted) throw error;
    return { type: "failed", error: refused };
  }
}

async function trainOnce(
  options: TrainOptions,
  how: Pick<LoopOptions, "nowMs" | "signal">,
): Promise<Outcome> {
  const { assignment, backend, artifacts } = options;
  const emit = async (event: TrainerEvent): Promise<void> => {
    await options.emit(event);
  };
  const { algorithm } = assignment.settings;
  const chooses = algorithm.type === "linearised" && (algorithm.solver ?? "auto") === "auto";
  const speed = chooses ? await options.speed?.() : undefined;
  const prepared = prepare(assignment, options, {
    engine: backend.engine,
    device: backend.device,
    speed,
  });
  const start = await calibrated(prepared, await startingState(prepared, artifacts), backend);
  for (const damaged of start.damaged) await emit(damagedEvent(damaged));
  await using session = await Session.open(prepared, start, { backend, artifacts, emit });
  const plan = await placedOn(prepared.plan, backend, prepared.precision);
  const { step } = session.position;
  options.started?.(plan, step);
  const warning = warningOf(plan);
  if (warning !== null) {
    const data = { step, level: "warn", message: warning } as const;
    await emit({ kind: "log", key: "log:arithmetic", data });
  }
  const loop = new TrainingLoop(session, {
    ...how,
    controls: options.controls ?? quietControls(assignment.steering),
    fresh: start.fresh,
    breathe: async () => await new Promise((resolve) => setImmediate(resolve)),
    ...(options.chunkSteps === undefined ? {} : { chunkSteps: options.chunkSteps }),
  });
  return await loop.run();
}

function damagedEvent({ reference, reason }: Damaged): TrainerEvent {
  const { id, step, digest } = reference;
  const message = `checkpoint ${id} of step ${step} was passed over: ${reason}`;
  return { kind: "log", key: `log:damaged:${digest}`, data: { step, level: "warn", message } };
}

/** What native engines say when memory runs out. */
const outOfMemory =
  /out of memory|failed to allocate|bad_alloc|bad allocation|array buffer allocation failed/i;

/** The refusal that an error stands for; null for a bug. */
export function refusalOf(error: unknown): RunError | null {
  if (error instanceof Failure) {
    const retryable = error.code === "storage_full" || error.code === "storage_unavailable";
    return { code: error.code, message: error.message, retryable };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (outOfMemory.test(message)) {
    return { code: "out_of_memory", message, retryable: false };
  }
  return null;
}
