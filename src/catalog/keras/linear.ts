/** Layers of Keras that multiply by weights: dense, convolutions, tables, attention, recurrence. */
import { activationPieces, wordOf } from "./activations.ts";
import type { Json } from "./document.ts";
import {
  channelsLast,
  FieldFault,
  flagOf,
  initOf,
  must,
  numberOf,
  numbersOf,
  paddingOf,
  perAxisOf,
  textOf,
} from "./fields.ts";
import type { Bare, Piece, Site, Translation, WeightName } from "./piece.ts";

const onnx = "export the model to ONNX and upload that";

const kernel: WeightName = { role: "kernel", names: ["kernel"] };
const bias: WeightName = { role: "bias", names: ["bias"] };

/** The layer and the activation that Keras has inside it. */
export function activated(config: Json, { version }: Site, piece: Piece): readonly Piece[] {
  const word = wordOf(config["activation"]);
  const after = activationPieces(word, version);
  if (after === undefined) throw new FieldFault(`activation ${word} is not known here; ${onnx}`);
  return [piece, ...after];
}

const weightsOf = (config: Json, ...kernels: readonly WeightName[]): readonly WeightName[] =>
  flagOf(config, "use_bias", true) ? [...kernels, bias] : kernels;

const shared = (config: Json, initializer = "kernel_initializer") => ({
  use_bias: flagOf(config, "use_bias", true),
  init: initOf(config, initializer),
});

const dense: Translation = (config, site) => {
  const layer: Bare = { type: "dense", units: numberOf(config, "units"), ...shared(config) };
  return activated(config, site, { layer, weights: weightsOf(config, kernel) });
};

const windowOf = (config: Json) => ({
  kernel: perAxisOf(config, "kernel_size"),
  strides: perAxisOf(config, "strides", 1),
  dilations: perAxisOf(config, "dilation_rate", 1),
});

type Convolution = "conv1d" | "conv2d" | "conv3d";

const convolution =
  (type: Convolution): Translation =>
  (config, site) => {
    channelsLast(config);
    const window = windowOf(config);
    const filters = numberOf(config, "filters");
    const groups = numberOf(config, "groups", 1);
    const isCausal = config["padding"] === "causal";
    const padding = isCausal ? "valid" : paddingOf(config);
    const layer = { type, filters, groups, padding, ...window, ...shared(config) } as const;
    const pieces = activated(config, site, { layer, weights: weightsOf(config, kernel) });
    if (!isCausal) return pieces;
    const [size = 1] = numbersOf(config, "kernel_size");
    const [dilation = 1] = numbersOf(config, "dilation_rate", [1]);
    const before = [dilation * (size - 1)];
    return [{ layer: { type: "zero_padding", before, after: [0] } }, ...pieces];
  };

const transposed =
  (type: "conv1d_transpose" | "conv2d_transpose"): Translation =>
  (config, site) => {
    channelsLast(config);
    must((config["output_padding"] ?? null) === null, `output_padding is not known; ${onnx}`);
    const filters = numberOf(config, "filters");
    const padding = paddingOf(config);
    const layer: Bare = { type, filters, padding, ...windowOf(config), ...shared(config) };
    return activated(config, site, { layer, weights: weightsOf(config, kernel) });
  };

const depthwiseKernel = "depthwise_kernel";

const depthwise: Translation = (config, site) => {
  channelsLast(config);
  const layer: Bare = {
    type: "depthwise_conv2d",
    multiplier: numberOf(config, "depth_multiplier", 1),
    padding: paddingOf(config),
    ...windowOf(config),
    ...shared(config, "depthwise_initializer"),
  };
  const own: WeightName = { role: "kernel", names: [depthwiseKernel, "kernel"] };
  return activated(config, site, { layer, weights: weightsOf(config, own) });
};

const separable: Translation = (config, site) => {
  channelsLast(config);
  const layer: Bare = {
    type: "separable_conv2d",
    filters: numberOf(config, "filters"),
    multiplier: numberOf(config, "depth_multiplier", 1),
    padding: paddingOf(config),
    ...windowOf(config),
    ...shared(config, "pointwise_initializer"),
  };
  const kernels = [depthwiseKernel, "pointwise_kernel"].map((role) => ({ role, names: [role] }));
  return activated(config, site, { layer, weights: weightsOf(config, ...kernels) });
};

const embedding: Translation = (config) => {
  must(!flagOf(config, "mask_zero", false), "mask_zero hides positions; set it to false");
  const [vocabulary, units] = [numberOf(config, "input_dim"), numberOf(config, "output_dim")];
  const weights = [{ role: "table", names: ["embeddings"] }];
  return [{ layer: { type: "embedding", vocabulary, units }, weights }];
};

const recurrentKernel: WeightName = { role: "recurrent_kernel", names: ["recurrent_kernel"] };

function recurrent(config: Json) {
  for (const key of ["go_backwards", "return_state", "time_major"]) {
    must(!flagOf(config, key, false), `${key} is not known here; ${onnx}`);
  }
  return {
    units: numberOf(config, "units"),
    return_sequences: flagOf(config, "return_sequences", false),
    ...shared(config),
  };
}

/** Our cells have their activations built in. */
function usualGates(config: Json): void {
  const [state, gates] = [wordOf(config["activation"]), wordOf(config["recurrent_activation"])];
  must(state === "tanh", `activation ${state} is not known here: only tanh; ${onnx}`);
  must(gates === "sigmoid", `recurrent_activation ${gates} is not known: only sigmoid; ${onnx}`);
}

const simpleRnn: Translation = (config) => {
  const activation = textOf(config, "activation", "tanh");
  must(activation === "tanh" || activation === "relu", `activation ${activation}; ${onnx}`);
  const layer: Bare = {
    type: "simple_rnn",
    activation: activation === "relu" ? "relu" : "tanh",
    ...recurrent(config),
  };
  return [{ layer, weights: weightsOf(config, kernel, recurrentKernel) }];
};

const lstm: Translation = (config) => {
  usualGates(config);
  const layer: Bare = { type: "lstm", ...recurrent(config) };
  return [{ layer, weights: weightsOf(config, kernel, recurrentKernel) }];
};

const gru: Translation = (config) => {
  usualGates(config);
  const after = flagOf(config, "reset_after", false);
  must(after, "reset_after false resets before the product, ours after it; set it to true");
  const biases: readonly WeightName[] = [
    { role: "bias", names: ["bias"], rule: "gru_bias" },
    { role: "recurrent_bias", names: ["bias"], rule: "gru_recurrent_bias" },
  ];
  const own = flagOf(config, "use_bias", true) ? biases : [];
  const layer: Bare = { type: "gru", ...recurrent(config) };
  return [{ layer, weights: [kernel, recurrentKernel, ...own] }];
};

const attention: Translation = (config, { layer: { named }, options }) => {
  const rate = numberOf(config, "dropout", 0);
  must(rate === 0 || options.dropout === "remove", "dropout inside it is not known; set it to 0");
  must(named["attention_mask"] === undefined, `attention_mask is not known here; ${onnx}`);
  const keyUnits = numberOf(config, "key_dim");
  const units = numbersOf(config, "output_shape", []);
  must(units.length <= 1, `output_shape with several axes; ${onnx}`);
  const useBias = flagOf(config, "use_bias", true);
  const sources = { query: "query", key: "key", value: "value", output: "attention_output" };
  const weights = Object.entries(sources).flatMap(([role, name]) =>
    (useBias ? ["kernel", "bias"] : ["kernel"]).map((part) => ({
      role: `${role}_${part}`,
      names: [`${name}/${part}`],
    })),
  );
  const layer: Bare = {
    type: "attention",
    heads: numberOf(config, "num_heads"),
    key_units: keyUnits,
    value_units: numberOf(config, "value_dim", keyUnits),
    use_bias: useBias,
    init: initOf(config, "kernel_initializer"),
    ...(units[0] === undefined ? {} : { units: units[0] }),
  };
  return [{ layer, weights }];
};

/** Class names of Keras → what they become. */
export const linearLayers: Readonly<Record<string, Translation>> = {
  Dense: dense,
  Conv1D: convolution("conv1d"),
  Convolution1D: convolution("conv1d"),
  Conv2D: convolution("conv2d"),
  Convolution2D: convolution("conv2d"),
  Conv3D: convolution("conv3d"),
  Convolution3D: convolution("conv3d"),
  Conv1DTranspose: transposed("conv1d_transpose"),
  Conv2DTranspose: transposed("conv2d_transpose"),
  DepthwiseConv2D: depthwise,
  SeparableConv2D: separable,
  Embedding: embedding,
  SimpleRNN: simpleRnn,
  LSTM: lstm,
  GRU: gru,
  MultiHeadAttention: attention,
};
