/** The dictionary of layers: for each type of the contract, the function that plans it. */
import { joiningTypes } from "#schemas/layer.ts";
import type { LayerType } from "#schemas/layer-fields.ts";
import { planAttention } from "./attention.ts";
import { planBatchNorm } from "./batch-normalisation.ts";
import {
  planConv1d,
  planConv2d,
  planConv3d,
  planDepthwiseConv2d,
  planSeparableConv2d,
} from "./convolution.ts";
import { planDense } from "./dense.ts";
import { planDropout } from "./dropout.ts";
import { planEmbedding, planPositionalEmbedding, planSinusoidalEncoding } from "./embedding.ts";
import type { Fields, LayerPlan, Planner, Site } from "./layer.ts";
import { planAdd, planConcatenate, planMultiply } from "./merging.ts";
import { planGroupNorm, planInstanceNorm, planLayerNorm, planRmsNorm } from "./normalisation.ts";
import { planActivation, planScale } from "./pointwise.ts";
import {
  planAveragePool1d,
  planAveragePool2d,
  planGlobalAveragePool,
  planGlobalMaxPool,
  planMaxPool1d,
  planMaxPool2d,
} from "./pooling.ts";
import { planGru, planLstm, planSimpleRnn } from "./recurrent.ts";
import { planFlatten, planPermute, planReshape, planUpsample, planZeroPadding } from "./shaping.ts";
import { planConv1dTranspose, planConv2dTranspose } from "./transposed.ts";

const planners: { readonly [Type in LayerType]: Planner<Type> } = {
  dense: planDense,
  conv1d: planConv1d,
  conv2d: planConv2d,
  conv3d: planConv3d,
  conv1d_transpose: planConv1dTranspose,
  conv2d_transpose: planConv2dTranspose,
  depthwise_conv2d: planDepthwiseConv2d,
  separable_conv2d: planSeparableConv2d,
  max_pool1d: planMaxPool1d,
  max_pool2d: planMaxPool2d,
  average_pool1d: planAveragePool1d,
  average_pool2d: planAveragePool2d,
  global_average_pool: planGlobalAveragePool,
  global_max_pool: planGlobalMaxPool,
  flatten: planFlatten,
  reshape: planReshape,
  permute: planPermute,
  zero_padding: planZeroPadding,
  upsample: planUpsample,
  layer_norm: planLayerNorm,
  rms_norm: planRmsNorm,
  group_norm: planGroupNorm,
  instance_norm: planInstanceNorm,
  batch_norm: planBatchNorm,
  dropout: planDropout,
  embedding: planEmbedding,
  positional_embedding: planPositionalEmbedding,
  sinusoidal_encoding: planSinusoidalEncoding,
  attention: planAttention,
  simple_rnn: planSimpleRnn,
  gru: planGru,
  lstm: planLstm,
  activation: planActivation,
  scale: planScale,
  add: planAdd,
  multiply: planMultiply,
  concatenate: planConcatenate,
};

const joining: ReadonlySet<LayerType> = new Set<LayerType>(joiningTypes);

/** Refuses a number of inputs that the type does not take. */
function checkCount(type: LayerType, site: Site): void {
  const count = site.inputs.length;
  if (joining.has(type)) {
    if (count >= 2) return;
    throw site.refuse("inputs", `${type} joins at least two inputs, got ${count}`);
  }
  if (type === "attention") {
    if (count === 1 || count === 3) return;
    const detail = `attention takes one sequence, or query, key and value, got ${count}`;
    throw site.refuse("inputs", `${detail}; name the sequence of keys twice`);
  }
  if (count !== 1) {
    throw site.refuse("inputs", `${type} takes one input, got ${count}; join them by add first`);
  }
}

/** Ids are read by embeddings, and embeddings read nothing else. */
function checkKinds(type: LayerType, site: Site): void {
  const holdsIds = site.kinds.includes("integer");
  if (type === "embedding" && !holdsIds) {
    const detail = "an embedding reads ids, and its input holds real numbers";
    throw site.refuse("", `${detail}; give the network's input "dtype": "integer" and read that`);
  }
  if (type !== "embedding" && holdsIds) {
    const detail = `${type} takes real numbers, and its input holds ids`;
    throw site.refuse("", `${detail}; put an embedding before it`);
  }
}

/**
 * The plan of one layer; throws what `site.refuse` makes. A union of layers loses the tie between
 * a type and its fields, which come from one value here; hence the cast.
 */
export function planLayer<Type extends LayerType>(layer: Fields<Type>, site: Site): LayerPlan {
  checkCount(layer.type, site);
  checkKinds(layer.type, site);
  const planner = planners[layer.type] as Planner<Type>;
  return planner(layer, site);
}
