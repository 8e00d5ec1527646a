/** Two networks that hold every layer type between them, small enough for finite differences. */
import type { Definition } from "#schemas/model.ts";

/** Every layer that works on [height, width, channels], and those that work on anything. */
export const everything: Definition = {
  input: { shape: [6, 7, 2] },
  output: "probabilities",
  nodes: [
    {
      type: "conv2d",
      id: "conv",
      inputs: ["input"],
      filters: 4,
      kernel: [3, 2],
      strides: [1, 2],
      padding: "same",
      activation: "gelu",
    },
    {
      type: "conv2d",
      id: "grouped",
      inputs: ["conv"],
      filters: 4,
      kernel: 2,
      dilations: 2,
      padding: "same",
      groups: 2,
      activation: "tanh",
    },
    { type: "add", id: "residual", inputs: ["conv", "grouped"] },
    { type: "layer_norm", id: "norm", inputs: ["residual"] },
    { type: "max_pool2d", id: "largest", inputs: ["norm"], size: 2 },
    { type: "max_pool2d", id: "overlapping", inputs: ["norm"], size: 3, strides: 2, padding: 1 },
    { type: "average_pool2d", id: "mean", inputs: ["norm"], size: 3, padding: "same", strides: 2 },
    { type: "concatenate", id: "both", inputs: ["overlapping", "mean"], axis: -1 },
    { type: "dense", id: "mixed", inputs: ["both"], units: 4, activation: "silu" },
    { type: "global_max_pool", id: "gate", inputs: ["largest"] },
    { type: "multiply", id: "gated", inputs: ["mixed", "gate"] },
    { type: "global_average_pool", id: "pooled", inputs: ["gated"] },
    { type: "flatten", id: "flat", inputs: ["gated"] },
    { type: "reshape", id: "laid", inputs: ["flat"], shape: [6, 4] },
    { type: "dense", id: "rows", inputs: ["laid"], units: 1, activation: "softplus" },
    { type: "flatten", id: "column", inputs: ["rows"] },
    { type: "concatenate", id: "features", inputs: ["column", "pooled"] },
    { type: "activation", id: "soft", inputs: ["features"], activation: "elu", alpha: 0.7 },
    { type: "scale", id: "scaled", inputs: ["soft"], factor: 0.5 },
    { type: "dense", id: "probabilities", inputs: ["scaled"], units: 3, activation: "softmax" },
  ],
};

/** Every layer that works on [length, channels]. */
export const everythingIn1d: Definition = {
  input: { shape: [12, 2] },
  layers: [
    { type: "conv1d", filters: 4, kernel: 3, padding: 1, activation: "mish" },
    { type: "max_pool1d", size: 3, strides: 1, padding: "same" },
    { type: "conv1d", filters: 4, kernel: 2, groups: 4, strides: 2, use_bias: false },
    { type: "layer_norm", centre: false },
    { type: "average_pool1d", size: 2, padding: "same" },
    { type: "activation", activation: "softsign" },
    { type: "global_average_pool" },
    { type: "dense", units: 2 },
  ],
};
