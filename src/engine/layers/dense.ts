/** The dense layer: an affine map of the last axis, then an activation. */
import { add, matmul, reshape, scale } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import { activate, checkActivation } from "./activations.ts";
import { batchOf, featuresOf, only, type Planner } from "./layer.ts";
import { planKernel, planVector } from "./weights.ts";

/** Weights of an affine map and what its product is multiplied by. */
export interface Affine {
  readonly kernel: Node;
  readonly bias: Node | undefined;
  readonly factor: number;
}

/**
 * factor · x·W + b along the last axis, [rows, outputs]. Leading axes become rows, batch first, so
 * that one two-dimensional product serves them all.
 */
export function affine(x: Node, { kernel, bias, factor }: Affine): Node {
  const features = featuresOf(x.shape);
  const rows = reshape(x, [sizeOf(x.shape) / features, features]);
  const product = scale(matmul(rows, kernel), factor);
  return bias === undefined ? product : add(product, bias);
}

/**
 * y = activation(factor · x·W + b) with W [features, units].
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
      const own = weights("kernel");
      const offset = useBias ? weights("bias") : undefined;
      const rows = affine(x, { kernel: own, bias: offset, factor: kernel.factor });
      return activate(activation, reshape(rows, [batchOf(x), ...outputShape]));
    },
  };
};
