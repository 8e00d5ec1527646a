/** Layers of Keras without a matrix: pools, shapes, norms, dropout, activations, sums. */
import { activationPieces, wordOf } from "./activations.ts";
import type { Json } from "./document.ts";
import {
  channelsLast,
  FieldFault,
  flagOf,
  must,
  numberOf,
  numbersOf,
  paddingOf,
  pairsOf,
  perAxisOf,
  textOf,
} from "./fields.ts";
import type { Bare, Piece, Site, Translation, WeightName } from "./piece.ts";

const onnx = "export the model to ONNX and upload that";

type Pool = "max_pool1d" | "max_pool2d" | "average_pool1d" | "average_pool2d";

const pool =
  (type: Pool): Translation =>
  (config) => {
    channelsLast(config);
    const size = perAxisOf(config, "pool_size", 2);
    const strides = perAxisOf(config, "strides", size);
    return [{ layer: { type, size, strides, padding: paddingOf(config) } }];
  };

const globalPool =
  (type: "global_average_pool" | "global_max_pool"): Translation =>
  (config, { shapeOf }) => {
    channelsLast(config);
    if (!flagOf(config, "keepdims", false)) return [{ layer: { type } }];
    const shape = shapeOf(0).map((length, axis, all) => (axis === all.length - 1 ? length : 1));
    return [{ layer: { type } }, { layer: { type: "reshape", shape } }];
  };

const reshape: Translation = (config, { shapeOf }) => {
  const target = numbersOf(config, "target_shape");
  const free = target.indexOf(-1);
  if (free < 0) return [{ layer: { type: "reshape", shape: target } }];
  const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
  const rest = product(shapeOf(0)) / -product(target);
  must(Number.isInteger(rest) && rest > 0, `target_shape [${target}] does not fit`);
  return [{ layer: { type: "reshape", shape: target.with(free, rest) } }];
};

const permute: Translation = (config) => {
  const axes = numbersOf(config, "dims").map((axis) => axis - 1);
  return [{ layer: { type: "permute", axes } }];
};

const zeroPadding =
  (axes: number): Translation =>
  (config) => {
    channelsLast(config);
    const pairs = pairsOf(config, "padding", axes);
    const [before, after] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
    return [{ layer: { type: "zero_padding", before, after } }];
  };

const upsampling: Translation = (config) => {
  channelsLast(config);
  const how = textOf(config, "interpolation", "nearest");
  must(how === "nearest", `interpolation ${how} is not known: only nearest; ${onnx}`);
  return [{ layer: { type: "upsample", size: perAxisOf(config, "size", 2) } }];
};

/** The last axis, in Keras' counting which begins with the batch. */
function lastAxis(config: Json, { shapeOf }: Site, usual: number): void {
  const axes = numbersOf(config, "axis", [usual]);
  const [axis = usual] = axes;
  const isLast = axis === -1 || axis === shapeOf(0).length;
  must(isLast && axes.length === 1, `axis [${axes}] is not the last one; ${onnx}`);
}

const scale: WeightName = { role: "scale", names: ["gamma"] };
const centre: WeightName = { role: "centre", names: ["beta"] };

function trimmings(config: Json) {
  const isScaled = flagOf(config, "scale", true);
  const isCentred = flagOf(config, "center", true);
  const weights = [...(isScaled ? [scale] : []), ...(isCentred ? [centre] : [])];
  const epsilon = numberOf(config, "epsilon", 1e-3);
  return { fields: { epsilon, scale: isScaled, centre: isCentred }, weights };
}

const batchNorm: Translation = (config, site) => {
  lastAxis(config, site, -1);
  const { statistics } = site.options;
  const { fields, weights } = trimmings(config);
  if (statistics === "frozen") {
    site.warn(`"${site.layer.name}": the statistics of batch normalisation stay frozen.`);
  }
  const momentum = numberOf(config, "momentum", 0.99);
  const averages = [
    { role: "mean", names: ["moving_mean"] },
    { role: "variance", names: ["moving_variance"] },
  ];
  const layer: Bare = { type: "batch_norm", statistics, momentum, ...fields };
  return [{ layer, weights: [...weights, ...averages] }];
};

const layerNorm: Translation = (config, site) => {
  lastAxis(config, site, -1);
  must(!flagOf(config, "rms_scaling", false), `rms_scaling is not known here; ${onnx}`);
  const { fields, weights } = trimmings(config);
  return [{ layer: { type: "layer_norm", ...fields }, weights }];
};

const groupNorm: Translation = (config, site) => {
  lastAxis(config, site, -1);
  const { fields, weights } = trimmings(config);
  const groups = numberOf(config, "groups", 32);
  must(groups > 0, "groups must be at least 1");
  return [{ layer: { type: "group_norm", groups, ...fields }, weights }];
};

const dropout: Translation = (config, { layer: { name }, options, warn }) => {
  const rate = numberOf(config, "rate");
  if (rate === 0) return [];
  if (options.dropout === "remove") {
    warn(`"${name}": dropout was removed.`);
    return [];
  }
  must((config["noise_shape"] ?? null) === null, "noise_shape is not known; leave it out");
  return [{ layer: { type: "dropout", rate } }];
};

const word = (name: string, version: 2 | 3): readonly Piece[] => {
  const pieces = activationPieces(name, version);
  if (pieces === undefined) throw new FieldFault(`activation ${name} is not known here; ${onnx}`);
  return pieces;
};

const activation: Translation = (config, { version }) =>
  word(wordOf(config["activation"]), version);

const leaky = (alpha: number): readonly Piece[] => [
  { layer: { type: "activation", activation: "leaky_relu", alpha } },
];

const relu: Translation = (config, { version }) => {
  const most = config["max_value"] ?? null;
  const slope = numberOf(config, "negative_slope", 0);
  must(numberOf(config, "threshold", 0) === 0, "threshold is not known; set it to 0");
  must(most === null || (most === 6 && slope === 0), `max_value ${most} is not known: only 6`);
  if (slope !== 0) return leaky(slope);
  return word(most === 6 ? "relu6" : "relu", version);
};

const leakyRelu: Translation = (config) =>
  leaky(numberOf(config, "negative_slope", numberOf(config, "alpha", 0.3)));

const elu: Translation = (config) => [
  { layer: { type: "activation", activation: "elu", alpha: numberOf(config, "alpha", 1) } },
];

const softmax: Translation = (config, site) => {
  lastAxis(config, site, -1);
  return word("softmax", site.version);
};

const average: Translation = (_, { layer: { inputs } }) => [
  { layer: { type: "add" } },
  { layer: { type: "scale", factor: 1 / inputs.length } },
];

const concatenate: Translation = (config) => {
  const axis = numberOf(config, "axis", -1);
  must(axis !== 0, "axis 0 is the batch; choose another");
  return [{ layer: { type: "concatenate", axis: axis > 0 ? axis - 1 : axis } }];
};

const rescaling: Translation = (config) => {
  must(numberOf(config, "offset", 0) === 0, "offset is not known; scale the data instead");
  return [{ layer: { type: "scale", factor: numberOf(config, "scale") } }];
};

const identity: Translation = () => [];

/** Class names of Keras → what they become. */
export const shapingLayers: Readonly<Record<string, Translation>> = {
  MaxPooling1D: pool("max_pool1d"),
  MaxPool1D: pool("max_pool1d"),
  MaxPooling2D: pool("max_pool2d"),
  MaxPool2D: pool("max_pool2d"),
  AveragePooling1D: pool("average_pool1d"),
  AveragePooling2D: pool("average_pool2d"),
  GlobalAveragePooling1D: globalPool("global_average_pool"),
  GlobalAveragePooling2D: globalPool("global_average_pool"),
  GlobalAveragePooling3D: globalPool("global_average_pool"),
  GlobalMaxPooling1D: globalPool("global_max_pool"),
  GlobalMaxPooling2D: globalPool("global_max_pool"),
  GlobalMaxPooling3D: globalPool("global_max_pool"),
  Flatten: () => [{ layer: { type: "flatten" } }],
  Reshape: reshape,
  Permute: permute,
  ZeroPadding1D: zeroPadding(1),
  ZeroPadding2D: zeroPadding(2),
  ZeroPadding3D: zeroPadding(3),
  UpSampling1D: upsampling,
  UpSampling2D: upsampling,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  GroupNormalization: groupNorm,
  Dropout: dropout,
  Activation: activation,
  ReLU: relu,
  LeakyReLU: leakyRelu,
  ELU: elu,
  Softmax: softmax,
  Add: () => [{ layer: { type: "add" } }],
  Multiply: () => [{ layer: { type: "multiply" } }],
  Average: average,
  Concatenate: concatenate,
  Rescaling: rescaling,
  ActivityRegularization: identity,
  Identity: identity,
};
