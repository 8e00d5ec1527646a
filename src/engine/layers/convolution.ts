/** Convolutions over one or two spatial axes, channels last. */
import { add, convolve, scale } from "#engine/graph/build.ts";
import { sizeOf } from "#engine/tensor.ts";
import { activate, checkActivation } from "./activations.ts";
import { type Fields, featuresOf, type LayerPlan, only, type Planner, type Site } from "./layer.ts";
import { planSliding } from "./sliding.ts";
import { planKernel, planVector } from "./weights.ts";

function checkGroups(site: Site, fields: Fields<"conv1d" | "conv2d">, channels: number): void {
  const { groups = 1, filters } = fields;
  if (channels % groups !== 0) {
    throw site.refuse("groups", `${groups} groups do not divide ${channels} input channels`);
  }
  if (filters % groups !== 0) {
    throw site.refuse("groups", `${groups} groups do not divide ${filters} filters`);
  }
}

/**
 * y = activation(factor · x∗W + b), a cross-correlation with W [...kernel, channels/groups,
 * filters]. Fan-in and fan-out count one group.
 */
function planConvolution(fields: Fields<"conv1d" | "conv2d">, site: Site, rank: 1 | 2): LayerPlan {
  const { filters, groups = 1, use_bias: useBias = true, activation = "linear" } = fields;
  const shape = only(site.inputs);
  const sliding = planSliding(site, shape, {
    rank,
    sizeField: "kernel",
    size: fields.kernel,
    strides: fields.strides,
    padding: fields.padding,
    dilations: fields.dilations,
  });
  const channels = featuresOf(shape);
  checkGroups(site, fields, channels);
  const outputShape = [...sliding.map((axis) => axis.output), filters];
  checkActivation(site, activation, outputShape);
  const sizes = sliding.map((axis) => axis.size);
  const cells = sizeOf(sizes);
  const kernel = planKernel(site, {
    shape: [...sizes, channels / groups, filters],
    fanIn: (cells * channels) / groups,
    fanOut: (cells * filters) / groups,
    activation,
    init: fields.init,
    field: "filters",
  });
  const bias = useBias ? [planVector("bias", filters, "zeros")] : [];
  const window = {
    strides: sliding.map((axis) => axis.stride),
    padding: sliding.map((axis) => [axis.before, axis.after] as const),
    dilations: sliding.map((axis) => axis.dilation),
    groups,
  };
  return {
    outputShape,
    parameters: [kernel.parameter, ...bias],
    forward: (inputs, weights) => {
      const product = scale(convolve(only(inputs), weights("kernel"), window), kernel.factor);
      return activate(activation, useBias ? add(product, weights("bias")) : product);
    },
  };
}

export const planConv1d: Planner<"conv1d"> = (fields, site) => planConvolution(fields, site, 1);
export const planConv2d: Planner<"conv2d"> = (fields, site) => planConvolution(fields, site, 2);
