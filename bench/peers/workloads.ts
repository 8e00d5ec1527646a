/** What is measured: each task on each network with its sizes. How, the peers know themselves. */
import type { ModelName } from "./models.ts";

export const taskNames = [
  "standard",
  "linear_mini",
  "linear_full",
  "linear_round",
  "linear_round_squares",
  "ntk_full",
  "ntk_trace",
  "ntk_product",
  "lambda_max",
  "gauss_newton",
] as const;
export type TaskName = (typeof taskNames)[number];

export const taskTitles: Readonly<Record<TaskName, string>> = {
  standard: "standard step",
  linear_mini: "linearised step, mini-batch",
  linear_full: "linearised step, full batch",
  linear_round: "step of a round of K = 1000, cross-entropy, its anchor included",
  linear_round_squares: "step of a round of K = 1000, squared error, its anchor included",
  ntk_full: "full NTK",
  ntk_trace: "trace NTK",
  ntk_product: "NTK-vector product",
  lambda_max: "largest NTK eigenvalue",
  gauss_newton: "Gauss–Newton step",
};

/** What every peer is told. Times are divided by the steps that were taken. */
export interface Workload {
  readonly model: ModelName;
  readonly task: TaskName;
  /** N. */
  readonly examples: number;
  /** B; equals N for full batches. */
  readonly batch: number;
  /** Steps or products in one round, after which answers are compared. */
  readonly steps: number;
  /**
   * Steps of a round that Linnet takes while it is timed, from the anchor to the weights: what it
   * does at an anchor serves the whole phase, while a peer's steps take the same however many.
   */
  readonly phase: number;
  readonly rate: number;
  /** µ of Gauss–Newton. */
  readonly damping: number;
}

type Sizes = readonly [examples: number, batch: number, steps: number, phase?: number];

/** N, B and steps in a round; several rows where batch sizes matter. */
const sizes: Readonly<Record<ModelName, Readonly<Record<TaskName, readonly Sizes[]>>>> = {
  mlp: {
    standard: [
      [4096, 256, 60],
      [4096, 32, 400],
    ],
    linear_mini: [[4096, 256, 200]],
    linear_full: [[512, 512, 100, 400]],
    linear_round: [[512, 512, 200, 1000]],
    linear_round_squares: [[512, 512, 200, 1000]],
    ntk_full: [[512, 512, 1]],
    ntk_trace: [[512, 512, 1]],
    ntk_product: [[512, 512, 10]],
    lambda_max: [[512, 512, 1]],
    gauss_newton: [[128, 128, 1]],
  },
  cnn: {
    standard: [[1024, 128, 6]],
    linear_mini: [[1024, 128, 6]],
    linear_full: [[256, 256, 8, 400]],
    linear_round: [[512, 512, 3, 1000]],
    linear_round_squares: [[512, 512, 3, 1000]],
    ntk_full: [[64, 64, 1]],
    ntk_trace: [[64, 64, 1]],
    ntk_product: [[64, 64, 3]],
    lambda_max: [[64, 64, 1]],
    gauss_newton: [[64, 64, 1]],
  },
  resnet8: {
    standard: [[512, 64, 4]],
    linear_mini: [[512, 64, 4]],
    linear_full: [[64, 64, 6, 400]],
    linear_round: [],
    linear_round_squares: [],
    ntk_full: [[32, 32, 1]],
    ntk_trace: [[32, 32, 1]],
    ntk_product: [[32, 32, 3]],
    lambda_max: [[32, 32, 1]],
    gauss_newton: [[32, 32, 1]],
  },
  vit_tiny: {
    standard: [[512, 64, 6]],
    linear_mini: [[512, 64, 6]],
    linear_full: [[64, 64, 6, 400]],
    linear_round: [],
    linear_round_squares: [],
    ntk_full: [[32, 32, 1]],
    ntk_trace: [[32, 32, 1]],
    ntk_product: [[32, 32, 3]],
    lambda_max: [[32, 32, 1]],
    gauss_newton: [[32, 32, 1]],
  },
};

const rate = 0.01;
/** Squares of these networks are stable up to here; cross-entropy's curvature is less. */
const squaresRate = 1e-4;
const damping = 0.1;

export function workloadsOf(
  models: readonly ModelName[],
  tasks: readonly TaskName[],
): readonly Workload[] {
  return models.flatMap((model) =>
    tasks.flatMap((task) =>
      sizes[model][task].map(([examples, batch, steps, phase = steps]) => ({
        ...{ model, task, examples, batch, steps, phase },
        rate: task === "linear_round_squares" ? squaresRate : rate,
        damping,
      })),
    ),
  );
}

/** Largest relative distance from Linnet's answer at which a peer is said to agree. */
export const agreement: Readonly<Record<TaskName, number>> = {
  standard: 1e-3,
  linear_mini: 1e-3,
  linear_full: 1e-3,
  linear_round: 1e-3,
  linear_round_squares: 1e-3,
  ntk_full: 1e-4,
  ntk_trace: 1e-4,
  ntk_product: 1e-4,
  lambda_max: 1e-3,
  gauss_newton: 1e-3,
};

export const titleOf = ({ task, examples, batch, model }: Workload): string => {
  const stochastic = batch < examples ? `batch ${batch} of ${examples}` : `${examples} examples`;
  return `${model}: ${taskTitles[task]}, ${stochastic}`;
};
