/** Words and fields of layers: activations, initialisers, and what each layer type is told. */
import Type from "typebox";
import { oneOf } from "./values.ts";

export const activations = [
  "linear",
  "relu",
  "leaky_relu",
  "elu",
  "selu",
  "gelu",
  "gelu_tanh",
  "silu",
  "sigmoid",
  "tanh",
  "softplus",
  "softsign",
  "relu6",
  "hard_sigmoid",
  "hard_swish",
  "mish",
  "exponential",
  "softmax",
] as const;
export type Activation = (typeof activations)[number];
const Activation = oneOf(activations, "Applied elementwise (softmax: over the last axis).");

export const initialisers = [
  "he_normal",
  "he_uniform",
  "glorot_normal",
  "glorot_uniform",
  "lecun_normal",
  "lecun_uniform",
  "normal",
  "orthogonal",
  "zeros",
  "ones",
] as const;
export const Initialiser = oneOf(initialisers, "How weights begin; biases begin at zero.");

const size = (what: string) => Type.Integer({ minimum: 1, maximum: 65_536, description: what });
const perAxis = (what: string, minimum: number) =>
  Type.Union(
    [
      Type.Integer({ minimum, maximum: 4096 }),
      Type.Array(Type.Integer({ minimum, maximum: 4096 }), { minItems: 1, maxItems: 3 }),
    ],
    { description: `${what}: one number, or one for each axis.` },
  );
const Padding = Type.Union(
  [
    Type.Literal("valid"),
    Type.Literal("same"),
    Type.Integer({ minimum: 0, maximum: 4096 }),
    Type.Array(Type.Integer({ minimum: 0, maximum: 4096 }), { minItems: 1, maxItems: 3 }),
  ],
  { description: "valid: none; same: output = ⌈input / stride⌉; or zeros on both sides." },
);
const flag = (byDefault: boolean, description: string) =>
  Type.Optional(Type.Boolean({ default: byDefault, description }));

const useBias = { use_bias: Type.Optional(Type.Boolean({ default: true })) };
const init = { init: Type.Optional(Initialiser) };
const weights = { ...useBias, ...init, activation: Type.Optional(Activation) };
const window = {
  kernel: perAxis("Kernel size", 1),
  strides: Type.Optional(perAxis("Strides", 1)),
  padding: Type.Optional(Padding),
  dilations: Type.Optional(perAxis("Dilations", 1)),
};
const convolution = {
  filters: size("Output channels."),
  ...window,
  groups: Type.Optional(size("Groups of channels.")),
  ...weights,
};
const transposed = { filters: size("Output channels."), ...window, ...weights };
const multiplier = {
  multiplier: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 4096,
      default: 1,
      description: "Outputs of each input channel.",
    }),
  ),
};
const pooling = {
  size: perAxis("Window", 1),
  strides: Type.Optional(perAxis("Strides; the window by default", 1)),
  padding: Type.Optional(Padding),
};

const epsilon = {
  epsilon: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, default: 1e-5, description: "Added to the variance." }),
  ),
};
const scaling = { scale: flag(true, "Multiply by a trained factor for each channel.") };
const affine = { ...scaling, centre: flag(true, "Add a trained offset for each channel.") };

const recurrent = {
  units: size("Width of the state."),
  return_sequences: flag(false, "Give the state after every step instead of the last one."),
  ...useBias,
  ...init,
};

const attention = {
  heads: Type.Integer({ minimum: 1, maximum: 4096, description: "Attentions side by side." }),
  key_units: Type.Optional(
    size("Width of the queries and keys of one head; the query's features / heads by default."),
  ),
  value_units: Type.Optional(size("Width of the values of one head; key_units by default.")),
  units: Type.Optional(size("Outputs; the query's features by default.")),
  causal: flag(false, "A position sees itself and what is before it."),
  padding_token: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 16_777_215,
      description: "Positions where the network's input holds this id are not looked at.",
    }),
  ),
  ...useBias,
  ...init,
};

/** Fields of each layer type, beside `type`, `name` and, in a graph, `id` and `inputs`. */
export const layerFields = {
  dense: { units: size("Outputs; acts on the last axis."), ...weights },
  conv1d: convolution,
  conv2d: convolution,
  conv3d: convolution,
  conv1d_transpose: transposed,
  conv2d_transpose: transposed,
  depthwise_conv2d: { ...multiplier, ...window, ...weights },
  separable_conv2d: { filters: size("Output channels."), ...multiplier, ...window, ...weights },
  max_pool1d: pooling,
  max_pool2d: pooling,
  average_pool1d: pooling,
  average_pool2d: pooling,
  global_average_pool: {},
  global_max_pool: {},
  flatten: {},
  reshape: { shape: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 6 }) },
  permute: {
    axes: Type.Array(Type.Integer({ minimum: 0, maximum: 5 }), {
      minItems: 1,
      maxItems: 6,
      description: "For each axis of the output, the axis of the input that it is, from 0.",
    }),
  },
  zero_padding: {
    before: Type.Optional(perAxis("Zeros before each spatial axis", 0)),
    after: Type.Optional(perAxis("Zeros after each spatial axis", 0)),
  },
  upsample: { size: perAxis("How often each cell is repeated", 1) },
  layer_norm: { ...epsilon, ...affine },
  rms_norm: { ...epsilon, ...scaling },
  group_norm: { groups: size("Groups of channels."), ...epsilon, ...affine },
  instance_norm: { ...epsilon, ...affine },
  batch_norm: {
    statistics: oneOf(
      ["batch", "frozen"],
      "batch: of each batch in training, running averages after it; standard training only. " +
        "frozen: of the training examples at the first weights, then never again.",
    ),
    momentum: Type.Optional(
      Type.Number({
        minimum: 0,
        exclusiveMaximum: 1,
        default: 0.99,
        description: "Running averages: average ← momentum · average + (1 − momentum) · batch.",
      }),
    ),
    ...epsilon,
    ...affine,
  },
  dropout: {
    rate: Type.Number({
      minimum: 0,
      exclusiveMaximum: 1,
      description: "Share of numbers that are zero at a step; standard training only.",
    }),
  },
  embedding: {
    vocabulary: Type.Integer({
      minimum: 1,
      maximum: 16_777_216,
      description: "Number of ids, which are 0 … vocabulary − 1.",
    }),
    units: size("Width of a vector."),
    ...init,
  },
  positional_embedding: { ...init },
  sinusoidal_encoding: {
    base: Type.Optional(
      Type.Number({
        exclusiveMinimum: 1,
        default: 10_000,
        description: "Longest wavelength / 2π.",
      }),
    ),
  },
  attention,
  simple_rnn: { ...recurrent, activation: Type.Optional(Activation) },
  gru: recurrent,
  lstm: recurrent,
  activation: {
    activation: Activation,
    alpha: Type.Optional(Type.Number({ description: "Slope of leaky_relu, scale of elu." })),
  },
  scale: { factor: Type.Number() },
  add: {},
  multiply: {},
  concatenate: { axis: Type.Optional(Type.Integer({ minimum: -6, maximum: 5, default: -1 })) },
} as const;
export type LayerType = keyof typeof layerFields;
