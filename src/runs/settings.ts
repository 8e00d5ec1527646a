/**
 * From what a request says to what a trainer is told: every default filled in, and steering folded
 * into settings. Whether the result makes sense is decided in admission.ts.
 */
import type { Algorithm, Loss, Optimizer, Schedule } from "#schemas/algorithm.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { Snapshots } from "#schemas/kernel.ts";
import type { Run, RunRequest } from "#schemas/run.ts";
import type { RunSettings, SteeringEntry } from "#src/channel.ts";

/** Evaluations of a run whose request does not say how often, about. */
const evaluationsUsual = 20;

/** The settings of a request on a data set: each field present. */
export function settingsFrom(request: RunRequest, task: Dataset["task"]): RunSettings {
  const { steps, stop } = request;
  const evaluate = request.evaluate ?? { every: Math.max(1, Math.ceil(steps / evaluationsUsual)) };
  return {
    loss: request.loss ?? usualLoss[task],
    algorithm: algorithmFrom(request.algorithm),
    optimizer: optimizerFrom(request.optimizer),
    batch_size: request.batch_size ?? 64,
    steps,
    seed: request.seed ?? 0,
    dtype: request.dtype ?? "float32",
    engine: request.engine ?? "auto",
    device: request.device ?? "auto",
    evaluate,
    snapshots: snapshotsFrom(request.snapshots, evaluate.every),
    // Null: by time, so that short steps do not drown in checkpoints and long ones are not lost.
    checkpoints: {
      every: request.checkpoints?.every ?? null,
      keep: request.checkpoints?.keep ?? 3,
    },
    stop: {
      seconds: stop?.seconds ?? null,
      loss: stop?.loss ?? null,
      diverged: stop?.diverged ?? true,
    },
  };
}

const usualLoss: Readonly<Record<Dataset["task"], Loss>> = {
  classification: "softmax_cross_entropy",
  regression: "mean_squared_error",
};

function algorithmFrom(algorithm: Algorithm | undefined): Algorithm {
  if (algorithm === undefined || algorithm.type === "standard") return { type: "standard" };
  if (algorithm.type === "gauss_newton") {
    return {
      type: "gauss_newton",
      damping: algorithm.damping ?? 0.01,
      solver: algorithm.solver ?? "auto",
      cg: {
        iterations: algorithm.cg?.iterations ?? 200,
        tolerance: algorithm.cg?.tolerance ?? 1e-6,
      },
      line_search: algorithm.line_search ?? true,
    };
  }
  const { period } = algorithm;
  const adaptive = typeof period === "object" && "gap" in period;
  return {
    type: "linearised",
    period: adaptive ? { gap: period.gap, check_every: period.check_every ?? 20 } : period,
    optimizer_state: algorithm.optimizer_state ?? "carry",
    primals: algorithm.primals ?? "auto",
    solver: algorithm.solver ?? "auto",
  };
}

/** Fields of another optimiser are passed on as they came, for admission to refuse. */
function optimizerFrom(optimizer: Optimizer): Optimizer {
  const own =
    optimizer.type === "sgd"
      ? { momentum: 0, nesterov: false }
      : { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  return {
    ...own,
    weight_decay: 0,
    weight_decay_to: "zero",
    clip_norm: null,
    ...optimizer,
    schedule: scheduleFrom(optimizer.schedule),
  };
}

function scheduleFrom(schedule: Schedule = { type: "constant" }): Schedule {
  switch (schedule.type) {
    case "constant":
    case "step":
      return schedule;
    case "cosine":
    case "warmup_cosine":
      return { ...schedule, final: schedule.final ?? 0 };
    default:
      return schedule satisfies never;
  }
}

function snapshotsFrom(
  snapshots: Snapshots | null | undefined,
  evaluateEvery: number,
): Required<Snapshots> | null {
  if (snapshots === undefined || snapshots === null) return null;
  const atAnchor = snapshots.at_anchor ?? false;
  const every = snapshots.every === undefined && !atAnchor ? evaluateEvery : snapshots.every;
  return {
    every: every ?? null,
    at_anchor: atAnchor,
    examples: snapshots.examples ?? 64,
    split: snapshots.split ?? "test",
    kernel: snapshots.kernel ?? "trace",
    eigenvalues: snapshots.eigenvalues ?? 20,
    figures: snapshots.figures ?? [],
    after_kernel: {
      examples: snapshots.after_kernel?.examples ?? 128,
      ridge: snapshots.after_kernel?.ridge ?? 1e-3,
    },
    keep: snapshots.keep ?? true,
  };
}

/** The settings part of a run. */
export function settingsOf(run: Run): RunSettings {
  const { loss, algorithm, optimizer, batch_size, steps, seed, dtype, engine, device } = run;
  const { evaluate, snapshots, checkpoints, stop } = run;
  return {
    loss,
    algorithm,
    optimizer,
    batch_size,
    steps,
    seed,
    dtype,
    engine,
    device,
    evaluate,
    snapshots,
    checkpoints,
    stop,
  };
}

/** The settings as they stood at `step`, with the steering that had taken effect by then. */
export function settingsAt(
  settings: RunSettings,
  steering: readonly SteeringEntry[],
  step: number,
): RunSettings {
  return steering
    .filter((entry) => entry.step !== null && entry.step <= step)
    .reduce(settingsSteered, settings);
}

function settingsSteered(settings: RunSettings, { changes }: SteeringEntry): RunSettings {
  const { algorithm, optimizer, evaluate, snapshots } = settings;
  const { learning_rate: rate, period, evaluate_every: every, snapshots_every: kernels } = changes;
  return {
    ...settings,
    optimizer: rate === undefined ? optimizer : { ...optimizer, learning_rate: rate },
    algorithm:
      period === undefined || algorithm.type !== "linearised"
        ? algorithm
        : { ...algorithm, period },
    evaluate: every === undefined ? evaluate : { every },
    snapshots:
      kernels === undefined || snapshots === null ? snapshots : { ...snapshots, every: kernels },
  };
}
