/** Networks that hold every layer type between them, small enough for finite differences. */
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

/** Every normalisation, transposed and separate convolutions, and what only moves numbers. */
export const everythingSpatial: Definition = {
  input: { shape: [3, 4, 2] },
  layers: [
    { type: "conv2d_transpose", filters: 4, kernel: [3, 2], strides: [2, 1], padding: "same" },
    { type: "batch_norm", statistics: "frozen" },
    { type: "depthwise_conv2d", kernel: 2, multiplier: 2, activation: "tanh" },
    { type: "group_norm", groups: 4 },
    { type: "separable_conv2d", filters: 4, kernel: [1, 2], activation: "silu" },
    { type: "instance_norm", epsilon: 0.1 },
    { type: "zero_padding", before: [0, 1], after: 1 },
    { type: "upsample", size: [1, 2] },
    { type: "permute", axes: [1, 2, 0] },
    { type: "rms_norm", epsilon: 0.1 },
    { type: "reshape", shape: [8, 2, 3, 4] },
    { type: "conv3d", filters: 2, kernel: 2, strides: [3, 1, 2], use_bias: false },
    { type: "reshape", shape: [6, 1] },
    { type: "conv1d_transpose", filters: 3, kernel: 2, strides: 3, dilations: 2 },
    { type: "global_average_pool" },
    { type: "dense", units: 2 },
  ],
};

/** Recurrent cells over vectors, and attention from one of their sequences to another. */
export const everythingSequential: Definition = {
  input: { shape: [4, 2] },
  output: "head",
  nodes: [
    { type: "sinusoidal_encoding", id: "waves", inputs: ["input"], base: 50 },
    { type: "lstm", id: "lstm", inputs: ["waves"], units: 4, return_sequences: true },
    { type: "gru", id: "gru", inputs: ["lstm"], units: 4, return_sequences: true },
    { type: "max_pool1d", id: "short", inputs: ["lstm"], size: 2 },
    { type: "positional_embedding", id: "places", inputs: ["gru"] },
    {
      type: "attention",
      id: "cross",
      inputs: ["places", "short", "short"],
      heads: 2,
      key_units: 3,
      value_units: 1,
      units: 3,
      use_bias: false,
    },
    { type: "attention", id: "self", inputs: ["cross"], heads: 3, causal: true },
    { type: "simple_rnn", id: "rnn", inputs: ["self"], units: 3, activation: "softsign" },
    { type: "gru", id: "gru_last", inputs: ["self"], units: 2, use_bias: false },
    { type: "lstm", id: "lstm_last", inputs: ["self"], units: 1 },
    { type: "concatenate", id: "all", inputs: ["rnn", "gru_last", "lstm_last"] },
    { type: "dense", id: "head", inputs: ["all"], units: 2 },
  ],
};
