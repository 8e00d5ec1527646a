/** The dictionary of layers: for each type of the contract, the function that plans it. */
import type { LayerType } from "#schemas/model.ts";
import { planConv1d, planConv2d } from "./convolution.ts";
import { planDense } from "./dense.ts";
import type { Fields, LayerPlan, Planner, Site } from "./layer.ts";
import { planAdd, planConcatenate, planMultiply } from "./merging.ts";
import { planLayerNorm } from "./normalisation.ts";
import { planActivation, planScale } from "./pointwise.ts";
import {
  planAveragePool1d,
  planAveragePool2d,
  planGlobalAveragePool,
  planGlobalMaxPool,
  planMaxPool1d,
  planMaxPool2d,
} from "./pooling.ts";
import { planFlatten, planReshape } from "./shaping.ts";

const planners: { readonly [Type in LayerType]: Planner<Type> } = {
  dense: planDense,
  conv1d: planConv1d,
  conv2d: planConv2d,
  max_pool1d: planMaxPool1d,
  max_pool2d: planMaxPool2d,
  average_pool1d: planAveragePool1d,
  average_pool2d: planAveragePool2d,
  global_average_pool: planGlobalAveragePool,
  global_max_pool: planGlobalMaxPool,
  flatten: planFlatten,
  reshape: planReshape,
  layer_norm: planLayerNorm,
  activation: planActivation,
  scale: planScale,
  add: planAdd,
  multiply: planMultiply,
  concatenate: planConcatenate,
};

const joining: ReadonlySet<LayerType> = new Set<LayerType>(["add", "multiply", "concatenate"]);

/** Refuses a number of inputs that the type does not take. */
function checkCount(type: LayerType, site: Site): void {
  const count = site.inputs.length;
  if (joining.has(type) && count < 2) {
    throw site.refuse("inputs", `${type} joins at least two inputs, got ${count}`);
  }
  if (!joining.has(type) && count !== 1) {
    throw site.refuse("inputs", `${type} takes one input, got ${count}; join them by add first`);
  }
}

/**
 * The plan of one layer; throws what `site.refuse` makes. A union of layers loses the tie between
 * a type and its fields, which come from one value here; hence the cast.
 */
export function planLayer<Type extends LayerType>(layer: Fields<Type>, site: Site): LayerPlan {
  checkCount(layer.type, site);
  const planner = planners[layer.type] as Planner<Type>;
  return planner(layer, site);
}
