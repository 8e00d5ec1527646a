/**
 * Where an attempt begins: at step 0, where an earlier attempt was saved, or, in a fork, where
 * another run was saved, with what the fork changed begun anew. Pure but for reading.
 */
import type { Tensors } from "#engine/backend.ts";
import { convert } from "#engine/tensor.ts";
import type { Algorithm } from "#schemas/algorithm.ts";
import type { Assignment, RunSettings } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { type Damaged, latestCheckpoint, type Restored, type RunState } from "./checkpoint.ts";
import { snapshotSettings } from "./instruments.ts";
import type { SnapshotSettings } from "./ntk/followed.ts";
import { firstScore } from "./ntk/snapshotter.ts";
import { optimizerSettings } from "./optimizer.ts";
import { initialPosition, type Position, sinceKernel } from "./position.ts";
import type { Prepared } from "./preparation.ts";

export interface Start {
  readonly state: RunState;
  /** Nothing of this step has been reported by this run. */
  readonly fresh: boolean;
  readonly damaged: readonly Damaged[];
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Initial weights in the run's precision. */
function initialWeights({ network, precision, assignment }: Prepared): Tensors {
  return Object.fromEntries(
    [...network.initialise(assignment.settings.seed)].map(([name, value]) => [
      name,
      convert(value, precision),
    ]),
  );
}

/** Distances from θ₀ are reported by linearised training and by kernel snapshots. */
function keepsStart({ algorithm, snapshots }: RunSettings): boolean {
  return algorithm.type !== "standard" || snapshots !== null;
}

/** The kernels that a fork goes on comparing with: those of the probe that it looks at too. */
function snapshotsCarried({ state, origin }: Restored, settings: RunSettings): Tensors {
  const before = snapshotSettings(origin.settings.snapshots ?? {});
  const now = snapshotSettings(settings.snapshots ?? {});
  // With both splits the record's own probe is the held-out one.
  const probe = ({ split, examples, kernel }: SnapshotSettings) => [
    split === "train" ? "train" : "test",
    examples,
    kernel,
  ];
  if (!same(probe(before), probe(now))) return {};
  if (same(before.after_kernel, now.after_kernel)) return state.snapshots;
  const { [firstScore]: _dropped, ...kernels } = state.snapshots;
  return kernels;
}

function fromScratch(prepared: Prepared): RunState {
  const { settings } = prepared.assignment;
  const weights = initialWeights(prepared);
  return {
    position: initialPosition(settings),
    descent: { weights, anchor: null, optimizer: {} },
    start: keepsStart(settings) ? weights : null,
    snapshots: {},
  };
}

/** The algorithm as steering left it, which is what the settings of a fork start from. */
function algorithmAt({ state, origin }: Restored): Algorithm {
  const { algorithm } = origin.settings;
  const { course } = state.position;
  return algorithm.type === "linearised" && course !== null
    ? { ...algorithm, period: course.period }
    : algorithm;
}

/** The parent's clock, with the parent's rates up to here: the fork may have others. */
function clockOf({ state, origin }: Restored): Position["kernelClock"] {
  const { position } = state;
  const { steps } = origin.settings;
  const { learningRate, schedule } = optimizerSettings(origin.settings.optimizer);
  const since = sinceKernel({ learningRate, schedule, steps }, position);
  const { kernelClock: clock } = position;
  if (clock === null || clock === undefined || since === null) return null;
  return { ...clock, from: position.step, rates: since.rates };
}

/** What a fork changed wins; what it left as it was goes on as it was. */
function forked(restored: Restored, { settings }: Assignment): RunState {
  const { state, origin } = restored;
  const old = state.position;
  const fresh = initialPosition(settings);
  const goesOn = same(settings.algorithm, algorithmAt(restored));
  const keepsMomenta = settings.optimizer.type === origin.settings.optimizer.type;
  // Another algorithm linearises where it begins.
  const course = fresh.course === null ? null : { ...fresh.course, from: old.step };
  const position: Position = {
    ...fresh,
    step: old.step,
    course: goesOn ? old.course : course,
    anchors: goesOn ? old.anchors : 0,
    anchorStep: goesOn ? old.anchorStep : null,
    resetStep: keepsMomenta ? old.resetStep : old.step,
    startLoss: old.startLoss,
    ...(goesOn && old.solver !== undefined ? { solver: old.solver } : {}),
    ...(goesOn && old.route !== undefined ? { route: old.route } : {}),
    kernelClock: clockOf(restored) ?? null,
  };
  const { weights, anchor, optimizer, phase } = state.descent;
  const sameSteps = goesOn && same(settings.optimizer, origin.settings.optimizer);
  return {
    position,
    descent: {
      weights,
      anchor: goesOn ? anchor : null,
      optimizer: keepsMomenta ? optimizer : {},
      ...(sameSteps && phase !== undefined ? { phase } : {}),
    },
    start: keepsStart(settings) ? (state.start ?? weights) : null,
    snapshots: snapshotsCarried(restored, settings),
  };
}

export async function startingState(prepared: Prepared, artifacts: Artifacts): Promise<Start> {
  const { assignment } = prepared;
  const { restored, damaged } = await latestCheckpoint(artifacts, assignment.checkpoints);
  if (restored === null && assignment.isFork === true) {
    const reason = damaged.at(-1)?.reason ?? "it is gone";
    throw new Failure("storage_corrupt", `The checkpoint to go on from cannot be read: ${reason}`);
  }
  if (restored === null) return { state: fromScratch(prepared), fresh: true, damaged };
  if (restored.origin.run !== assignment.run) {
    return { state: forked(restored, assignment), fresh: true, damaged };
  }
  return { state: restored.state, fresh: false, damaged };
}
