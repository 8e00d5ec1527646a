/**
 * Which solver computes the linear phases of a run: what each one asks of the settings, what it
 * would take, and the choice. Measures nothing and compiles nothing.
 */
import type { Precision } from "#engine/backend.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { RunSettings } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import { functionSpaceProgram } from "./descent/function-program.ts";
import type { Task } from "./descent/step.ts";
import type { GaussNewtonForm } from "./descent/surface.ts";
import { countOf } from "./examples.ts";
import { type KernelCost, kernelCost } from "./ntk/cost.ts";
import { factorNumbersMax } from "./ntk/factor-computer.ts";
import { programSeconds, type Speed } from "./speed.ts";

export const solvers = ["weight_space", "function_space", "closed_form"] as const;
export type Solver = (typeof solvers)[number];

interface CostHow {
  readonly speed: Speed;
  readonly precision: Precision;
}

/** What one solver would take over the whole run. */
export interface Estimate {
  readonly solver: Solver;
  readonly seconds: number;
  /** Contraction FLOPs. */
  readonly flops: number;
  /** Of the trainer at its fullest. */
  readonly memoryBytes: number;
}

/** Rows of the largest kernel that is decomposed: a minute or so in TypeScript. */
export const eigenRowsMax = 3000;
/** Steps that a run in closed form reports at most; more are thinned evenly. */
export const closedFormPointsMax = 2048;

/** Steps between two that a run in closed form reports. */
export function closedFormEvery(steps: number): number {
  return Math.max(1, Math.ceil(steps / closedFormPointsMax));
}

/** Why a solver cannot compute a task; null when it can. */
export function obstacle(solver: Solver, task: Task): string | null {
  if (solver === "weight_space") return null;
  const { optimizer, network, loss, batchSize, train } = task;
  if (optimizer.type !== "sgd") {
    return `${optimizer.type} does not move along the rows of the Jacobian; use sgd or weight_space`;
  }
  const [reason] = network.coupling;
  if (reason !== undefined) return reason;
  if (solver === "function_space") return null;
  if (loss !== "mean_squared_error") return `a closed form needs mean_squared_error, not ${loss}`;
  if (batchSize !== null) return "a closed form needs full batches";
  if (optimizer.clipNorm !== null) return "a clipped step has no closed form";
  const rows = countOf(train) * sizeOf(network.outputShape);
  if (rows > eigenRowsMax) return `${rows} rows of the kernel are more than ${eigenRowsMax}`;
  return null;
}

export interface SolverQuestion {
  readonly task: Task;
  readonly settings: Pick<RunSettings, "dtype" | "steps" | "evaluate">;
  readonly speed: Speed;
  /** Steps inside linear phases, and how many phases there are. */
  readonly steps: number;
  readonly phases: number;
  /** Bytes that any solver holds: the process, data, weights. */
  readonly baseBytes: number;
}

/** Arrays of the kernel's size that are held at once. */
const kernelCopies = { function_space: 3.3, closed_form: 6.5 } as const;
/** Copies of the factors of a kernel. */
const factorCopies = 6;
/** Seconds a mode takes to move to a reported step on the host. */
const modeSeconds = 3e-8;
/** Seconds a mode's power takes for each doubling. */
const doublingSeconds = 4e-7;
/** Seconds of compiling a kernel and the products of a Jacobian. */
const setupSeconds = 0.08;
/** Passes over memory while blocks are put together on the host, in numbers a second. */
const assembledPerSecond = 2e8;

/** A vjp of all training examples, beside their forward pass: three forward passes. */
function pullSeconds({ task, speed, settings }: SolverQuestion): number {
  const { network, train } = task;
  const parameters = network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const flops = 6 * parameters * countOf(train);
  return flops / speed.contraction[settings.dtype] + 4 * speed.call;
}

/** Seconds of one kernel, its blocks put together. */
function kernelSeconds(cost: KernelCost, rows: number, how: CostHow): number {
  const { speed, precision } = how;
  const width = precision === "float64" ? 8 : 4;
  return (
    cost.flops / speed.contraction[precision] +
    (cost.elementwise * width * 3) / speed.memoryBytes +
    cost.blocks * 20 * speed.node +
    rows ** 2 / assembledPerSecond +
    4 * speed.call
  );
}

/** What a dual solver would take; null when the kernel's factors do not fit. */
export function dualEstimate(
  solver: Exclude<Solver, "weight_space">,
  question: SolverQuestion,
): Estimate | null {
  const { task, settings, speed, steps, phases, baseBytes } = question;
  const cost = kernelCost(task.network, task.train.x);
  if (cost.numbers > factorNumbersMax) return null;
  const rows = countOf(task.train) * sizeOf(task.network.outputShape);
  const isClosed = solver === "closed_form";
  const width = isClosed || settings.dtype === "float64" ? 8 : 4;
  const kernel = kernelSeconds(cost, rows, {
    speed,
    precision: isClosed ? "float64" : settings.dtype,
  });
  const looks = phases + Math.ceil(settings.steps / settings.evaluate.every);
  const gathered =
    task.batchSize === null ? 0 : task.batchSize * (rows / countOf(task.train)) * rows;
  const memoryBytes =
    baseBytes + (kernelCopies[solver] * rows ** 2 + factorCopies * cost.numbers + gathered) * width;
  const common = setupSeconds + phases * kernel + looks * pullSeconds(question);
  if (!isClosed) {
    const hasExtras = task.optimizer.momentum > 0 || task.optimizer.weightDecay > 0;
    const { step, call } = programSeconds(
      functionSpaceProgram(task, hasExtras),
      speed,
      settings.dtype,
    );
    const stepFlops = 2 * rows * (task.batchSize === null ? rows : (gathered / rows) * 1);
    return {
      solver,
      seconds: common + steps * step + phases * (call + rows ** 2 / assembledPerSecond),
      flops: phases * cost.flops + steps * stepFlops,
      memoryBytes,
    };
  }
  const every = closedFormEvery(settings.steps);
  const points = Math.ceil(steps / every);
  const hasClasses = task.train.y.dtype === "int32";
  const accuracyFlops = hasClasses ? 2 * rows ** 2 * points : 0;
  const jumps = rows * (1 + Math.log2(every)) * doublingSeconds;
  return {
    solver,
    seconds:
      common +
      phases * (speed.eigen * rows ** 3 + jumps + 3e-9 * rows ** 2) +
      points * rows * modeSeconds +
      accuracyFlops / speed.contraction.float64,
    flops: phases * cost.flops + accuracyFlops,
    memoryBytes,
  };
}

/** Iterations of conjugate gradients that a step takes, about. */
const iterationsTypical = 40;

/** One step of Gauss–Newton. */
export function gaussNewtonEstimate(
  form: GaussNewtonForm,
  question: Pick<SolverQuestion, "task" | "settings" | "speed" | "baseBytes">,
): Omit<Estimate, "solver"> {
  const { task, settings, speed, baseBytes } = question;
  const { network, train } = task;
  const examples = countOf(train);
  const rows = examples * sizeOf(network.outputShape);
  const parameters = network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const rate = speed.contraction[settings.dtype];
  const width = settings.dtype === "float64" ? 8 : 4;
  const vectors = 8 * parameters * 8;
  if (form.solver === "cg") {
    const products = Math.min(form.iterationsMax, iterationsTypical) + 16;
    const flops = products * 10 * parameters * examples;
    const seconds = flops / rate + products * (8 * speed.call + parameters * 2e-9);
    return { flops, seconds, memoryBytes: baseBytes + vectors + 40 * rows * 8 };
  }
  const cost = kernelCost(network, train.x);
  const hostFlops = rows ** 3 / 3;
  return {
    flops: cost.flops + 20 * parameters * examples,
    seconds:
      (cost.flops + 20 * parameters * examples) / rate +
      hostFlops * 1.2e-9 +
      rows ** 2 / assembledPerSecond +
      12 * speed.call,
    memoryBytes:
      baseBytes + vectors + rows ** 2 * (2.6 * width + 16) + factorCopies * cost.numbers * width,
  };
}

/** A chosen solver, why, and what the others would have taken. */
export interface Chosen {
  readonly solver: Solver;
  readonly reason: string;
  readonly estimates: readonly Estimate[];
}

/**
 * The solver asked for, or the fastest that fits in memory. Failures: `incompatible` when the one
 * asked for cannot compute the task, `too_large` when it does not fit.
 */
export function chooseSolver(
  asked: Solver | "auto",
  question: SolverQuestion,
  how: { readonly weightSpace: Estimate; readonly memoryBytesMax: number },
): Chosen {
  const { task } = question;
  const estimates: Estimate[] = [how.weightSpace];
  for (const solver of ["function_space", "closed_form"] as const) {
    const why = obstacle(solver, task);
    const found = why === null ? dualEstimate(solver, question) : null;
    if (found !== null) estimates.push(found);
    if (asked !== solver) continue;
    if (why !== null) throw new Failure("incompatible", `solver ${solver}: ${why}`);
    if (found === null || found.memoryBytes > how.memoryBytesMax) {
      throw new Failure(
        "too_large",
        doesNotFit(solver, question, {
          estimate: found,
          memoryBytesMax: how.memoryBytesMax,
        }),
      );
    }
  }
  if (asked !== "auto") return { solver: asked, reason: `${asked}, as asked for`, estimates };
  const fitting = estimates.filter(
    ({ solver, memoryBytes }) => solver === "weight_space" || memoryBytes <= how.memoryBytesMax,
  );
  const best = fitting.reduce((a, b) => (b.seconds < a.seconds ? b : a));
  const next = fitting
    .filter((each) => each !== best)
    .reduce<Estimate | null>((a, b) => (a === null || b.seconds < a.seconds ? b : a), null);
  const reason =
    next === null
      ? "the only solver that can compute it here"
      : `about ${shown(best.seconds)} s, and ${shown(next.seconds)} s with ${next.solver}`;
  return { solver: best.solver, reason, estimates };
}

const shown = (value: number): string => String(Number(value.toPrecision(2)));

function doesNotFit(
  solver: Solver,
  { task }: SolverQuestion,
  { estimate, memoryBytesMax }: { estimate: Estimate | null; memoryBytesMax: number },
): string {
  const rows = countOf(task.train) * sizeOf(task.network.outputShape);
  const needs =
    estimate === null
      ? "more than the factors of a kernel may take"
      : `about ${Math.ceil(estimate.memoryBytes / 1e6)} MB`;
  return (
    `${solver} keeps a kernel of ${rows} rows, which needs ${needs}; ` +
    `${Math.floor(memoryBytesMax / 1e6)} MB are allowed. Use weight_space, or fewer examples`
  );
}
