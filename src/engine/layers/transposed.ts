/** Transposed convolutions: each cell of the input is spread over a window of the output. */
import { add, convolveInput, scale } from "#engine/graph/build.ts";
import { sizeOf } from "#engine/tensor.ts";
import { activate, checkActivation } from "./activations.ts";
import { windowOf } from "./convolution.ts";
import { type Fields, featuresOf, type LayerPlan, only, type Planner, type Site } from "./layer.ts";
import { planSpreading } from "./sliding.ts";
import { planKernel, planVector } from "./weights.ts";

type Transposed = Fields<"conv1d_transpose" | "conv2d_transpose">;

/**
 * y = activation(factor · xᵀ∗W + b): the transpose of the convolution that W [...kernel, filters,
 * channels] makes from the output's shape to the input's. An output cell reads kernel / stride
 * cells of each channel, which is its fan-in.
 */
function planTransposed(fields: Transposed, site: Site, rank: 1 | 2): LayerPlan {
  const { filters, use_bias: useBias = true, activation = "linear" } = fields;
  const shape = only(site.inputs);
  const spreading = planSpreading(site, shape, {
    rank,
    sizeField: "kernel",
    size: fields.kernel,
    strides: fields.strides,
    padding: fields.padding,
    dilations: fields.dilations,
  });
  const channels = featuresOf(shape);
  const inputSize = spreading.map((axis) => axis.input);
  const outputShape = [...inputSize, filters];
  checkActivation(site, activation, outputShape);
  const sizes = spreading.map((axis) => axis.size);
  const read = spreading.reduce((cells, { size, stride }) => cells * Math.max(1, size / stride), 1);
  const kernel = planKernel(site, {
    shape: [...sizes, filters, channels],
    fanIn: read * channels,
    fanOut: sizeOf(sizes) * filters,
    activation,
    init: fields.init,
    field: "filters",
  });
  const bias = useBias ? [planVector("bias", filters, "zeros")] : [];
  const window = { ...windowOf(spreading, 1), inputSize };
  return {
    outputShape,
    parameters: [kernel.parameter, ...bias],
    forward: (inputs, weights) => {
      const product = scale(convolveInput(only(inputs), weights("kernel"), window), kernel.factor);
      return activate(activation, useBias ? add(product, weights("bias")) : product);
    },
  };
}

export const planConv1dTranspose: Planner<"conv1d_transpose"> = (fields, site) =>
  planTransposed(fields, site, 1);
export const planConv2dTranspose: Planner<"conv2d_transpose"> = (fields, site) =>
  planTransposed(fields, site, 2);
