/** Networks, data and runs of given shapes, for measuring solvers. */
import type { Backend } from "#engine/backend.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import type { Examples } from "#learning/examples.ts";
import type { Solver } from "#learning/solvers.ts";
import type { Speed } from "#learning/speed.ts";
import { train } from "#learning/train.ts";
import type { Loss, Optimizer } from "#schemas/algorithm.ts";
import type { Plan } from "#schemas/run.ts";
import type { Assignment } from "#src/channel.ts";
import { stream } from "#src/random.ts";
import type { Artifacts } from "#storage/artifacts.ts";

export interface Shape {
  readonly input: number;
  readonly layers: readonly number[];
  readonly outputs: number;
  readonly examples: number;
  readonly steps: number;
  readonly period: number | "never";
  readonly batch: number | "full";
  readonly loss: Loss;
  readonly optimizer?: Optimizer;
  readonly dtype?: "float32" | "float64";
}

export type SolverName = "auto" | Solver;

export const named = ({ input, layers, outputs, examples, batch, period, loss, steps }: Shape) =>
  `${[input, ...layers, outputs].join("-")}, N ${examples}, B ${batch}, K ${period}, ` +
  `T ${steps}, ${loss === "mean_squared_error" ? "mse" : "ce"}`;

function normal(shape: readonly number[], label: string): Tensor {
  const random = stream(0, label);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    "float64",
    shape,
    Float64Array.from({ length: size }, () => random.normal()),
  );
}

export function networkOf({ input, layers, outputs }: Shape): Network {
  const hidden = layers.map((units) => ({ type: "dense", units, activation: "relu" }) as const);
  return networkFrom({
    input: { shape: [input] },
    layers: [...hidden, { type: "dense", units: outputs }],
  });
}

export function examplesOf({ input, outputs, examples }: Shape): Examples {
  const split = (count: number, label: string) => ({
    x: normal([count, input], `${label}/x`),
    y:
      outputs === 1
        ? normal([count, 1], `${label}/y`)
        : tensor(
            "int32",
            [count],
            Int32Array.from({ length: count }, (_, at) => at % outputs),
          ),
  });
  const classes = outputs === 1 ? null : outputs;
  return { train: split(examples, "train"), test: split(16, "test"), classes };
}

/** Artifacts that nobody keeps. */
const nowhere: Artifacts = {
  put: async () => ({ digest: "sha256:none", bytes: 0 }),
  size: async () => undefined,
  get: async () => new Uint8Array(0),
  stream: async function* () {},
  delete: async () => {},
  list: async function* () {},
  bytesFree: async () => Number.POSITIVE_INFINITY,
  check: async () => {},
};

export interface Measured {
  readonly seconds: number;
  /** Of the processor, which other work on the machine disturbs less. */
  readonly cpuSeconds: number;
  readonly plan: Plan;
}

/** One whole run through the trainer's own code; Failure where the solver cannot. */
export async function measure(
  shape: Shape,
  solver: SolverName,
  ports: { readonly backend: Backend; readonly speed: Speed },
): Promise<Measured> {
  const { steps, period, batch, loss, dtype = "float32" } = shape;
  const assignment: Assignment = {
    run: "bench",
    attempt: 1,
    settings: {
      loss,
      algorithm: { type: "linearised", period, solver },
      optimizer: shape.optimizer ?? { type: "sgd", learning_rate: 1e-4 },
      batch_size: batch,
      steps,
      seed: 0,
      dtype,
      engine: "auto",
      device: "cpu",
      evaluate: { every: steps },
      snapshots: null,
      checkpoints: { every: null, keep: 1 },
      stop: { diverged: false },
    },
    model: { kind: "definition", definition: { input: { shape: [1] }, layers: [] } },
    dataset: "sha256:none",
    artifactsDir: "",
    checkpoints: [],
    steering: [],
    secondsUsed: 0,
    threads: 1,
    memoryBytesMax: 16e9,
  };
  let plan: Plan | null = null;
  const before = process.cpuUsage();
  const { outcome, seconds } = await train({
    assignment,
    network: networkOf(shape),
    examples: examplesOf(shape),
    backend: ports.backend,
    speed: async () => ports.speed,
    artifacts: nowhere,
    emit: () => {},
    started: (made) => {
      plan = made;
    },
  });
  if (outcome.type !== "succeeded" || plan === null) throw new Error(JSON.stringify(outcome));
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpuSeconds: (user + system) / 1e6, plan };
}
