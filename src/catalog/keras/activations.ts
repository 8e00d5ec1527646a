/** Activations of Keras in the words of our layers, where a word means the same. */
import type { Activation } from "#schemas/layer-fields.ts";
import type { Piece } from "./piece.ts";

const same: Readonly<Record<string, Activation>> = {
  linear: "linear",
  relu: "relu",
  elu: "elu",
  selu: "selu",
  gelu: "gelu",
  silu: "silu",
  swish: "silu",
  sigmoid: "sigmoid",
  tanh: "tanh",
  softplus: "softplus",
  softsign: "softsign",
  relu6: "relu6",
  hard_silu: "hard_swish",
  hard_swish: "hard_swish",
  mish: "mish",
  exponential: "exponential",
  softmax: "softmax",
};

/** The slope below zero of the word leaky_relu. */
const leakySlope = 0.2;

/** An activation as Keras writes it: a word, or a function or class with its name. */
export function wordOf(value: unknown): string {
  if (value === null || value === undefined) return "linear";
  if (typeof value === "string") return value;
  if (typeof value !== "object") return String(value);
  const { class_name: name, config } = value as Readonly<Record<string, unknown>>;
  if (name === "function" && typeof config === "string") return config;
  return String(name).toLowerCase();
}

/**
 * The layers that a word stands for, none for the identity; undefined for an unknown word. Before
 * Keras 3 hard_sigmoid is min(max(0.2·x + 0.5, 0), 1), and ours is min(max(x/6 + 0.5, 0), 1).
 */
export function activationPieces(word: string, version: 2 | 3): readonly Piece[] | undefined {
  if (word === "linear") return [];
  if (word === "leaky_relu") {
    return [{ layer: { type: "activation", activation: "leaky_relu", alpha: leakySlope } }];
  }
  if (word === "hard_sigmoid") {
    const own: Piece = { layer: { type: "activation", activation: "hard_sigmoid" } };
    return version === 3 ? [own] : [{ layer: { type: "scale", factor: 6 * 0.2 } }, own];
  }
  const activation = Object.hasOwn(same, word) ? same[word] : undefined;
  return activation && [{ layer: { type: "activation", activation } }];
}
