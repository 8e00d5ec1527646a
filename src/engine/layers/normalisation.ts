/** Normalisation of each example by itself. */
import { add, divide, literal, multiply, scale, sqrt, subtract, sum } from "#engine/graph/build.ts";
import { featuresOf, only, type Planner } from "./layer.ts";
import { planVector } from "./weights.ts";

/** The contract's default of `epsilon`. */
const epsilonDefault = 1e-5;

/**
 * y = scale · (x − mean) / √(variance + ε) + centre over the last axis, with the mean of squares as
 * variance. Ba, Kiros and Hinton, Layer normalization (2016), equation 4.
 */
export const planLayerNorm: Planner<"layer_norm"> = (fields, site) => {
  const { epsilon = epsilonDefault, scale: isScaled = true, centre: isCentred = true } = fields;
  const shape = only(site.inputs);
  const features = featuresOf(shape);
  return {
    outputShape: shape,
    parameters: [
      ...(isScaled ? [planVector("scale", features, "ones")] : []),
      ...(isCentred ? [planVector("centre", features, "zeros")] : []),
    ],
    forward: (inputs, weights) => {
      const x = only(inputs);
      const mean = scale(sum(x, [-1], { keepDims: true }), 1 / features);
      const centred = subtract(x, mean);
      const squares = sum(multiply(centred, centred), [-1], { keepDims: true });
      const deviation = sqrt(add(scale(squares, 1 / features), literal(epsilon)));
      const unit = divide(centred, deviation);
      const scaled = isScaled ? multiply(unit, weights("scale")) : unit;
      return isCentred ? add(scaled, weights("centre")) : scaled;
    },
  };
};
