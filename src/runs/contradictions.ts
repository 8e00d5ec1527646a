/** Settings that contradict themselves, whatever the model and the data: a pure list of faults. */
import type { Optimizer, Period } from "#schemas/algorithm.ts";
import type { FieldError } from "#schemas/problem.ts";
import type { RunSettings } from "#src/channel.ts";

/** Every contradiction in `settings`, with its pointer; empty when there is none. */
export function contradictions(settings: RunSettings): readonly FieldError[] {
  const { algorithm, optimizer, steps } = settings;
  const ofPeriod = algorithm.type === "linearised" ? periodFaults(algorithm.period, steps) : [];
  return [...ofPeriod, ...optimizerFaults(optimizer), ...scheduleFaults(settings)].concat(
    engineFaults(settings),
    anchorFaults(settings),
    gaussNewtonFaults(settings),
  );
}

/** Engines and devices that never compute in the precision asked for, or never together. */
function engineFaults({ engine, device, dtype }: RunSettings): readonly FieldError[] {
  if (engine === "tfjs" && dtype === "float64") {
    const detail = "TensorFlow.js has no float64: use float32, or the engine onnxruntime.";
    return [{ pointer: "/dtype", detail }];
  }
  if (device === "webgpu" && dtype === "float64") {
    const detail = "WebGPU has no float64: use float32, or the device cpu.";
    return [{ pointer: "/dtype", detail }];
  }
  if (engine === "tfjs" && device === "webgpu") {
    const detail = "The engine tfjs has no device webgpu: use onnxruntime, or cpu or cuda.";
    return [{ pointer: "/device", detail }];
  }
  if (engine === "tfjs" && device.startsWith("cuda:")) {
    const detail =
      "The engine tfjs computes on the GPU that CUDA_VISIBLE_DEVICES leaves it: use cuda, or " +
      "onnxruntime to name one.";
    return [{ pointer: "/device", detail }];
  }
  if (engine === "reference" && device !== "auto" && device !== "cpu") {
    const detail = "The reference engine computes on the cpu alone.";
    return [{ pointer: "/device", detail }];
  }
  return [];
}

const periodPointer = "/algorithm/period";

/** Faults of a period in a run of `steps` steps. */
export function periodFaults(period: Period, steps: number): readonly FieldError[] {
  if (typeof period !== "object") return [];
  if ("at" in period) {
    const bad = period.at.findIndex((step, i) => i > 0 && step <= (period.at[i - 1] ?? 0));
    if (bad === -1) return [];
    const detail = `Steps must ascend without repeats: ${period.at[bad]} follows ${period.at[bad - 1]}.`;
    return [{ pointer: `${periodPointer}/at/${bad}`, detail }];
  }
  if ("updates" in period && period.updates > steps) {
    const detail = `${period.updates} linearisations do not fit into ${steps} steps.`;
    return [{ pointer: `${periodPointer}/updates`, detail }];
  }
  return [];
}

function optimizerFaults(optimizer: Optimizer): readonly FieldError[] {
  const foreign =
    optimizer.type === "sgd"
      ? (["beta1", "beta2", "epsilon"] as const)
      : (["momentum", "nesterov"] as const);
  const owner = optimizer.type === "sgd" ? "adam and adamw" : "sgd";
  const errors: FieldError[] = foreign
    .filter((field) => optimizer[field] !== undefined)
    .map((field) => ({
      pointer: `/optimizer/${field}`,
      detail: `${field} belongs to ${owner}; leave it out for ${optimizer.type}.`,
    }));
  if (optimizer.type === "sgd" && optimizer.nesterov && !optimizer.momentum) {
    const detail = "nesterov needs a momentum above 0.";
    errors.push({ pointer: "/optimizer/nesterov", detail });
  }
  return errors;
}

function scheduleFaults({ optimizer, steps }: RunSettings): readonly FieldError[] {
  const { schedule } = optimizer;
  if (schedule?.type !== "warmup_cosine" || schedule.warmup < steps) return [];
  const detail = `A warm-up of ${schedule.warmup} steps must be shorter than the run's ${steps}.`;
  return [{ pointer: "/optimizer/schedule/warmup", detail }];
}

function gaussNewtonFaults(settings: RunSettings): FieldError[] {
  const { algorithm, batch_size: batch, optimizer } = settings;
  if (algorithm.type !== "gauss_newton") return [];
  const errors: FieldError[] = [];
  if (batch !== "full") {
    const detail = `A Gauss–Newton step solves for all examples at once: batch_size is "full".`;
    errors.push({ pointer: "/batch_size", detail });
  }
  if (optimizer.averaging) {
    const detail = "Gauss–Newton has no average of weights: each step ends where its solution is.";
    errors.push({ pointer: "/optimizer/averaging", detail });
  }
  return errors;
}

function anchorFaults({ algorithm, optimizer, snapshots }: RunSettings): FieldError[] {
  if (algorithm.type !== "standard") return [];
  const errors: FieldError[] = [];
  if (optimizer.weight_decay_to === "anchor") {
    const detail = "Standard training has no anchor to decay to: use zero, or linearised training.";
    errors.push({ pointer: "/optimizer/weight_decay_to", detail });
  }
  if (snapshots?.at_anchor) {
    const detail = "Standard training has no anchors: give snapshots an `every` instead.";
    errors.push({ pointer: "/snapshots/at_anchor", detail });
  }
  return errors;
}
