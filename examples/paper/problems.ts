/** The problems that the study trains on: generated data, a small network each, and a run's base. */
import type { GeneratorSpec } from "#schemas/generator.ts";
import type { Definition } from "#schemas/model.ts";
import { pointer } from "./cells.ts";
import type { Study, Values } from "./study.ts";

/** Only the last step is evaluated, whatever the length of a run. */
export const lastStepOnly = { every: 1_000_000 };

/**
 * Hidden layers start by He, variance 2/fan-in; the output, which no rectifier follows, with
 * 1/fan-in: the reference's kernel at the start is of such a network (the part `draws`).
 */
function dense(input: number, hidden: readonly number[], outputs: number): Definition {
  return {
    input: { shape: [input] },
    init: "he_normal",
    layers: [
      ...hidden.map((units) => ({ type: "dense", units, activation: "relu" }) as const),
      { type: "dense", units: outputs, init: "lecun_normal" },
    ],
  };
}

const dimension = 20;

/** 20-64-4 unless told, ReLU. */
export const wedgeNetwork = (hidden: readonly number[] = [64]): Definition =>
  dense(dimension, hidden, 4);

/** 20-64-1, ReLU: 1409 parameters. */
export const scalarNetwork: Definition = dense(dimension, [64], 1);

export const wedge = (seed: number): GeneratorSpec => ({
  type: "wedge",
  train: 1000,
  test: 2000,
  dimension,
  seed,
});

/** y = x₁x₂ on {±1}²⁰. */
export const parity = (seed: number): GeneratorSpec => ({
  type: "parity",
  train: 300,
  test: 2000,
  dimension,
  bits: 2,
  seed,
});

/** y = sign(u₁u₂) on a hidden plane. */
export const xor = (seed: number): GeneratorSpec => ({
  type: "xor",
  train: 1000,
  test: 2000,
  dimension,
  seed,
});

/** A seed is of the data, of the weights and of the batches. */
export async function seedAxis(
  study: Study,
  seeds: readonly number[],
  generator: (seed: number) => GeneratorSpec,
): Promise<readonly Values[]> {
  const axis: Values[] = [];
  for (const seed of seeds) {
    axis.push({ [pointer.seed]: seed, [pointer.dataset]: await study.dataset(generator(seed)) });
  }
  return axis;
}

/** Softmax cross-entropy, batches of 64, plain SGD at 0.1. */
export async function wedgeBase(study: Study, steps: number): Promise<Values> {
  return {
    model: await study.model(wedgeNetwork()),
    loss: "softmax_cross_entropy",
    algorithm: { type: "linearised", period: 1 },
    optimizer: { type: "sgd", learning_rate: 0.1 },
    batch_size: 64,
    steps,
    evaluate: lastStepOnly,
  };
}

/** Squared error 1/(2n) Σ (f − y)². */
export async function scalarBase(study: Study, steps: number): Promise<Values> {
  return {
    model: await study.model(scalarNetwork),
    loss: "mean_squared_error",
    algorithm: { type: "linearised", period: 1 },
    optimizer: { type: "sgd", learning_rate: 0.1 },
    batch_size: 64,
    steps,
    evaluate: lastStepOnly,
  };
}
