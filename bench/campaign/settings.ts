/** The small runs that campaigns submit: every way of training, each quick and deterministic. */
import type { Algorithm, Optimizer } from "#schemas/algorithm.ts";
import type { Definition } from "#schemas/model.ts";
import type { RunRequest } from "#schemas/run.ts";
import type { Chance } from "./chance.ts";

export const definition: Definition = {
  input: { shape: [20] },
  layers: [
    { type: "dense", units: 16, activation: "tanh" },
    { type: "dense", units: 4 },
  ],
};

export const generator = { type: "wedge", train: 64, test: 32, dimension: 20, seed: 1 } as const;

const algorithms: readonly Algorithm[] = [
  { type: "standard" },
  { type: "linearised", period: 1, solver: "weight_space" },
  { type: "linearised", period: 7, solver: "weight_space" },
  { type: "linearised", period: 64, solver: "weight_space", optimizer_state: "reset" },
  { type: "linearised", period: "never", solver: "weight_space" },
  { type: "linearised", period: { at: [0, 10, 45, 200] }, solver: "weight_space" },
  { type: "linearised", period: { gap: 0.3, check_every: 15 }, solver: "weight_space" },
];

const optimizers: readonly Optimizer[] = [
  { type: "sgd", learning_rate: 0.05 },
  { type: "sgd", learning_rate: 0.02, momentum: 0.9, nesterov: true },
  { type: "adam", learning_rate: 0.005, schedule: { type: "cosine" } },
];

/** A run of a second or two, with a checkpoint every few steps and a snapshot now and then. */
export function smallRun(
  chance: Chance,
  materials: Pick<RunRequest, "model" | "dataset">,
): RunRequest {
  return {
    ...materials,
    loss: "softmax_cross_entropy",
    algorithm: chance.of(algorithms),
    optimizer: chance.of(optimizers),
    batch_size: chance.of([16, 10, "full"] as const),
    steps: 200 + chance.whole(400),
    seed: chance.whole(1000),
    priority: chance.of(["low", "normal", "normal", "high"] as const),
    dtype: "float64",
    engine: chance.of(["onnxruntime", "reference"] as const),
    evaluate: { every: 20 + chance.whole(30) },
    snapshots: chance.happens(0.5)
      ? { every: 80, at_anchor: false, examples: 16, kernel: "trace", eigenvalues: 4 }
      : null,
    checkpoints: { every: 5 + chance.whole(20), keep: 3 },
  };
}
