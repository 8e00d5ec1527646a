/** The dense layer: an affine map of the last axis, then an activation. */
import { add, matmul, reshape, scale } from "#engine/graph/build.ts";
import { sizeOf } from "#engine/tensor.ts";
import { activate, checkActivation } from "./activations.ts";
import { batchOf, featuresOf, only, type Planner } from "./layer.ts";
import { planKernel, planVector } from "./weights.ts";

/**
 * y = activation(factor · x·W + b) with W [features, units]. Leading axes become rows, batch first,
 * so that one two-dimensional product serves them all.
 */
export const planDense: Planner<"dense"> = (fields, site) => {
  const { units, use_bias: useBias = true, activation = "linear" } = fields;
  const shape = only(site.inputs);
  const features = featuresOf(shape);
  const outputShape = [...shape.slice(0, -1), units];
  checkActivation(site, activation, outputShape);
  const kernel = planKernel(site, {
    shape: [features, units],
    fanIn: features,
    fanOut: units,
    activation,
    init: fields.init,
    field: "units",
  });
  const bias = useBias ? [planVector("bias", units, "zeros")] : [];
  return {
    outputShape,
    parameters: [kernel.parameter, ...bias],
    forward: (inputs, weights) => {
      const x = only(inputs);
      const rows = reshape(x, [sizeOf(x.shape) / features, features]);
      const product = scale(matmul(rows, weights("kernel")), kernel.factor);
      const affine = useBias ? add(product, weights("bias")) : product;
      return activate(activation, reshape(affine, [batchOf(x), ...outputShape]));
    },
  };
};
