/**
 * Batch norm: the layer whose statistics come from other examples. In training they are those of
 * the batch, or they are frozen; either way the network carries them as state.
 */
import {
  add,
  divide,
  literal,
  multiply,
  reshape,
  scale,
  sqrt,
  subtract,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { featuresOf, only, type Pass, type Planner, type Weights } from "./layer.ts";
import { epsilonDefault, meanOver, trimmed, trimmings } from "./normalisation.ts";
import { planVector } from "./weights.ts";

/** The contract's default of `momentum`. */
const momentumDefault = 0.99;

const coupling =
  "normalises by the statistics of a batch, so that an output depends on the other examples; " +
  'give it "statistics": "frozen" outside standard training';

interface Statistics {
  /** [channels]. */
  readonly mean: Node;
  readonly variance: Node;
}

/** Mean and mean square deviation of each channel over batch and space. */
function statisticsOf(x: Node): Statistics {
  const axes = [...x.shape.keys()].slice(0, -1);
  const channels = x.shape.slice(-1);
  const mean = meanOver(x, axes);
  const centred = subtract(x, mean);
  const variance = meanOver(multiply(centred, centred), axes);
  return { mean: reshape(mean, channels), variance: reshape(variance, channels) };
}

/** average ← momentum · average + (1 − momentum) · value. */
const averaged = (average: Node, value: Node, momentum: number): Node =>
  add(scale(average, momentum), scale(value, 1 - momentum));

/** The statistics of a pass, after telling what they become. */
function statisticsIn(
  x: Node,
  { weights, pass }: { readonly weights: Weights; readonly pass: Pass },
  how: { readonly frozen: boolean; readonly momentum: number },
): Statistics {
  const kept = { mean: weights("mean"), variance: weights("variance") };
  if (pass.mode === "inference" || (how.frozen && pass.mode === "training")) return kept;
  const own = statisticsOf(x);
  if (how.frozen) {
    pass.update("mean", own.mean);
    pass.update("variance", own.variance);
  } else if (pass.mode === "training") {
    pass.update("mean", averaged(kept.mean, own.mean, how.momentum));
    pass.update("variance", averaged(kept.variance, own.variance, how.momentum));
  }
  return own;
}

/**
 * y = scale · (x − mean) / √(variance + ε) + centre for each channel. Ioffe and Szegedy, Batch
 * normalization (2015), algorithms 1 and 2; running averages as in Keras, with the mean square
 * deviation as variance.
 */
export const planBatchNorm: Planner<"batch_norm"> = (fields, site) => {
  const { statistics, momentum = momentumDefault, epsilon = epsilonDefault } = fields;
  const shape = only(site.inputs);
  const channels = featuresOf(shape);
  const frozen = statistics === "frozen";
  return {
    outputShape: shape,
    parameters: trimmings(channels, fields),
    state: [planVector("mean", channels, "zeros"), planVector("variance", channels, "ones")],
    ...(frozen ? { calibrated: true } : { coupling }),
    forward: (inputs, weights, pass) => {
      const x = only(inputs);
      const { mean, variance } = statisticsIn(x, { weights, pass }, { frozen, momentum });
      const unit = divide(subtract(x, mean), sqrt(add(variance, literal(epsilon))));
      return trimmed(unit, weights, fields);
    },
  };
};
