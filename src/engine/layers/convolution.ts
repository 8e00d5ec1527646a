/** Convolutions over one to three spatial axes, channels last. */
import { add, convolve, scale } from "#engine/graph/build.ts";
import type { Window } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import { activate, checkActivation } from "./activations.ts";
import { type Fields, featuresOf, type LayerPlan, only, type Planner, type Site } from "./layer.ts";
import { planSliding, type Sliding } from "./sliding.ts";
import { planKernel, planVector } from "./weights.ts";

type Plain = Fields<"conv1d" | "conv2d" | "conv3d">;
type Separate = Fields<"depthwise_conv2d" | "separable_conv2d">;

function checkGroups(site: Site, fields: Plain, channels: number): void {
  const { groups = 1, filters } = fields;
  if (channels % groups !== 0) {
    throw site.refuse("groups", `${groups} groups do not divide ${channels} input channels`);
  }
  if (filters % groups !== 0) {
    throw site.refuse("groups", `${groups} groups do not divide ${filters} filters`);
  }
}

/** Windows of an input [...spatial, channels] from the fields that all convolutions share. */
function slidingOf(fields: Plain | Separate, site: Site, rank: 1 | 2 | 3): readonly Sliding[] {
  return planSliding(site, only(site.inputs), {
    rank,
    sizeField: "kernel",
    size: fields.kernel,
    strides: fields.strides,
    padding: fields.padding,
    dilations: fields.dilations,
  });
}

/** The window of the primitive. */
export const windowOf = (sliding: readonly Sliding[], groups: number): Window => ({
  strides: sliding.map((axis) => axis.stride),
  padding: sliding.map((axis) => [axis.before, axis.after] as const),
  dilations: sliding.map((axis) => axis.dilation),
  groups,
});

/**
 * y = activation(factor · x∗W + b), a cross-correlation with W [...kernel, channels/groups,
 * filters]. Fan-in and fan-out count one group.
 */
function planConvolution(fields: Plain, site: Site, rank: 1 | 2 | 3): LayerPlan {
  const { filters, groups = 1, use_bias: useBias = true, activation = "linear" } = fields;
  const sliding = slidingOf(fields, site, rank);
  const channels = featuresOf(only(site.inputs));
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
  const window = windowOf(sliding, groups);
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
export const planConv3d: Planner<"conv3d"> = (fields, site) => planConvolution(fields, site, 3);

/** Each channel with its own filters: W [...kernel, 1, channels · multiplier], by channel. */
function planDepthwise(fields: Separate, site: Site, role: string) {
  const { multiplier = 1, activation = "linear" } = fields;
  const sliding = slidingOf(fields, site, 2);
  const channels = featuresOf(only(site.inputs));
  const sizes = sliding.map((axis) => axis.size);
  const cells = sizeOf(sizes);
  const kernel = planKernel(site, {
    role,
    shape: [...sizes, 1, channels * multiplier],
    fanIn: cells,
    fanOut: cells * multiplier,
    activation: fields.type === "separable_conv2d" ? "linear" : activation,
    init: fields.init,
    field: "multiplier",
  });
  return {
    kernel,
    outputs: channels * multiplier,
    spatial: sliding.map((axis) => axis.output),
    window: windowOf(sliding, channels),
  };
}

/** y = activation(factor · x∗W + b), every channel by itself. */
export const planDepthwiseConv2d: Planner<"depthwise_conv2d"> = (fields, site) => {
  const { use_bias: useBias = true, activation = "linear" } = fields;
  const { kernel, outputs, spatial, window } = planDepthwise(fields, site, "kernel");
  const outputShape = [...spatial, outputs];
  checkActivation(site, activation, outputShape);
  const bias = useBias ? [planVector("bias", outputs, "zeros")] : [];
  return {
    outputShape,
    parameters: [kernel.parameter, ...bias],
    forward: (inputs, weights) => {
      const product = scale(convolve(only(inputs), weights("kernel"), window), kernel.factor);
      return activate(activation, useBias ? add(product, weights("bias")) : product);
    },
  };
};

/** A depthwise convolution, then a product that mixes channels: y = activation((x∗D)·P + b). */
export const planSeparableConv2d: Planner<"separable_conv2d"> = (fields, site) => {
  const { filters, use_bias: useBias = true, activation = "linear" } = fields;
  const depthwise = planDepthwise(fields, site, "depthwise_kernel");
  const outputShape = [...depthwise.spatial, filters];
  checkActivation(site, activation, outputShape);
  const pointwise = planKernel(site, {
    role: "pointwise_kernel",
    shape: [1, 1, depthwise.outputs, filters],
    fanIn: depthwise.outputs,
    fanOut: filters,
    activation,
    init: fields.init,
    field: "filters",
  });
  const bias = useBias ? [planVector("bias", filters, "zeros")] : [];
  return {
    outputShape,
    parameters: [depthwise.kernel.parameter, pointwise.parameter, ...bias],
    forward: (inputs, weights) => {
      const inner = convolve(only(inputs), weights("depthwise_kernel"), depthwise.window);
      const mixed = convolve(scale(inner, depthwise.kernel.factor), weights("pointwise_kernel"));
      const product = scale(mixed, pointwise.factor);
      return activate(activation, useBias ? add(product, weights("bias")) : product);
    },
  };
};
