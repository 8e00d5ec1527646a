/**
 * What solvers that work in the span of the Jacobian would take: steps in function space, and one
 * step of Gauss–Newton. Closed forms are in closed-form-cost.ts; the choice is in solvers.ts.
 */
import type { Precision } from "#engine/backend.ts";
import { countFlops } from "#engine/graph/flops.ts";
import { peakBytes } from "#engine/graph/memory.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { ordered } from "#engine/graph/walk.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { RunSettings } from "#src/channel.ts";
import { functionSpaceProgram } from "./descent/function-program.ts";
import { preconditionerRank } from "./descent/gauss-newton.ts";
import { keptProduct } from "./descent/jacobian-product.ts";
import type { Task } from "./descent/step.ts";
import type { FunctionSpaceForm, GaussNewtonForm } from "./descent/surface.ts";
import { countOf } from "./examples.ts";
import { iterationsWorth } from "./krylov-budget.ts";
import { type KernelCost, kernelCost } from "./ntk/cost.ts";
import { factorNumbersMax } from "./ntk/factor-computer.ts";
import { jacobianProductCost } from "./product-cost.ts";
import { programSeconds, type Speed, secondsOf } from "./speed.ts";

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

/** What a run would take. */
export interface Cost {
  readonly seconds: number;
  /** Contraction FLOPs. */
  readonly flops: number;
  /** Of the trainer at its fullest. */
  readonly memoryBytes: number;
}

interface CostHow {
  readonly speed: Speed;
  readonly precision: Precision;
}

/** Arrays of the kernel's size that are held at once by steps in function space. */
const kernelCopies = 3.3;
/** What a native allocator holds beyond what is alive. */
const arenaShare = 1.3;
/** Copies of the factors of a kernel. */
export const factorCopies = 6;
/** Seconds of compiling a kernel and the products of a Jacobian. */
export const setupSeconds = 0.04;
/** Passes over memory while blocks are put together on the host, in numbers a second. */
const assembledPerSecond = 2e8;

export const rowsOf = ({ train, network }: Task): number =>
  countOf(train) * sizeOf(network.outputShape);

export const parametersOf = ({ network }: Task): number =>
  network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Vjps of all training examples beside their forward passes, three forward passes each. */
export function pullSeconds({ task, speed, settings, phases }: SolverQuestion): number {
  const looks = phases + Math.ceil(settings.steps / settings.evaluate.every);
  const flops = 6 * parametersOf(task) * countOf(task.train);
  return looks * (flops / speed.contraction[settings.dtype] + 4 * speed.call);
}

/** Seconds of one kernel, its blocks put together. */
export function kernelSeconds(cost: KernelCost, rows: number, how: CostHow): number {
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

/** The cost of a task's kernel; null when its factors do not fit. */
export function kernelCostOf({ network, train }: Task): KernelCost | null {
  const cost = kernelCost(network, train.x);
  return cost.numbers > factorNumbersMax ? null : cost;
}

/** Steps in function space by a route; null when what it reads does not fit. */
export function functionSpaceCost(
  route: FunctionSpaceForm["route"],
  question: SolverQuestion,
): Cost | null {
  return route === "kernel" ? byKernel(question) : byJacobian(question);
}

const hasExtras = ({ optimizer }: Task): boolean =>
  optimizer.momentum > 0 || optimizer.weightDecay > 0;

function byKernel(question: SolverQuestion): Cost | null {
  const { task, settings, speed, steps, phases, baseBytes } = question;
  const cost = kernelCostOf(task);
  if (cost === null) return null;
  const rows = rowsOf(task);
  const precision = settings.dtype;
  const width = precision === "float64" ? 8 : 4;
  const kernel = kernelSeconds(cost, rows, { speed, precision });
  const seen = (task.batchSize ?? countOf(task.train)) * sizeOf(task.network.outputShape);
  const gathered = task.batchSize === null ? 0 : seen * rows;
  const program = functionSpaceProgram(task, { route: "kernel", extras: hasExtras(task) });
  const { step, call } = programSeconds(program, speed, precision);
  return {
    seconds:
      setupSeconds +
      phases * (kernel + call + rows ** 2 / assembledPerSecond) +
      pullSeconds(question) +
      steps * step,
    flops: phases * cost.flops + steps * 2 * rows * seen,
    memoryBytes:
      baseBytes + (kernelCopies * rows ** 2 + factorCopies * cost.numbers + gathered) * width,
  };
}

/** A product with the Jacobian and its transpose each step, on primals of the anchor. */
function byJacobian(question: SolverQuestion): Cost | null {
  const { task, settings, speed, steps, phases, baseBytes } = question;
  const divided = task.batchSize === null ? keptProduct(task) : null;
  if (divided === null) return null;
  const precision = settings.dtype;
  const program = functionSpaceProgram(task, { route: "jacobian", extras: hasExtras(task) });
  const outputs = programOutputs(program);
  const anchored = Object.values(divided.primals.outputs);
  const { step, call } = programSeconds(program, speed, precision);
  const anchor = secondsOf(ordered(anchored), speed, precision) + 2 * speed.call + call;
  return {
    seconds: setupSeconds + steps * step + phases * anchor + pullSeconds(question),
    flops: steps * countFlops(outputs).contraction + phases * countFlops(anchored).contraction,
    // Arrays come from the engine to the host and lie there too.
    memoryBytes:
      baseBytes + arenaShare * (peakBytes(outputs, precision) + peakBytes(anchored, precision)),
  };
}

/** Iterations that are worth trying before the kernel of a step of Gauss–Newton is factorised. */
export function iterationsWorthFor(task: Pick<Task, "network" | "train">): number {
  const divided = keptProduct(task);
  if (divided === null) return 0;
  const rows = countOf(task.train) * sizeOf(task.network.outputShape);
  const kernel = kernelCost(task.network, task.train.x).flops;
  const product = countFlops(programOutputs(divided.steps)).contraction;
  return iterationsWorth(rows, { kernel, product }, preconditionerRank);
}

/** Iterations of conjugate gradients that a step takes, about. */
const iterationsTypical = 40;

/** One step of Gauss–Newton. */
export function gaussNewtonEstimate(
  form: GaussNewtonForm,
  question: Pick<SolverQuestion, "task" | "settings" | "speed" | "baseBytes">,
): Cost {
  const { task, settings, speed, baseBytes } = question;
  const examples = countOf(task.train);
  const rows = rowsOf(task);
  const parameters = parametersOf(task);
  const rate = speed.contraction[settings.dtype];
  const width = settings.dtype === "float64" ? 8 : 4;
  const vectors = 8 * parameters * 8;
  if (form.solver === "cg") {
    const otherwise = form.fallsBack
      ? gaussNewtonEstimate({ ...form, solver: "function_space" }, question).memoryBytes
      : 0;
    const products = Math.min(form.iterationsMax, iterationsTypical) + preconditionerRank;
    const product = jacobianProductCost(task, settings.dtype, speed);
    const flops = products * product.flops;
    const seconds = products * product.seconds;
    const own = baseBytes + vectors + 40 * rows * 8 + product.bytes;
    return { flops, seconds, memoryBytes: Math.max(own, otherwise) };
  }
  const cost = kernelCost(task.network, task.train.x);
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
