/** Normalisation of each example by itself: over features, groups of channels, or space. */
import {
  add,
  broadcast,
  divide,
  literal,
  multiply,
  reciprocal,
  reshape,
  scale,
  sqrt,
  subtract,
  sum,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import {
  batchOf,
  type Fields,
  featuresOf,
  type LayerPlan,
  only,
  type ParameterPlan,
  type Planner,
  type Site,
  type Weights,
  written,
} from "./layer.ts";
import { planVector } from "./weights.ts";

/** The contract's default of `epsilon`. */
export const epsilonDefault = 1e-5;

/** Whether there is a trained factor and a trained offset for each channel. */
export interface Trimming {
  readonly scale?: boolean;
  readonly centre?: boolean;
}

/** The parameters `scale` and `centre`, which begin at 1 and 0. */
export const trimmings = (channels: number, fields: Trimming): ParameterPlan[] => [
  ...((fields.scale ?? true) ? [planVector("scale", channels, "ones")] : []),
  ...((fields.centre ?? true) ? [planVector("centre", channels, "zeros")] : []),
];

/** scale · unit + centre along the last axis. */
export function trimmed(unit: Node, weights: Weights, fields: Trimming): Node {
  const scaled = (fields.scale ?? true) ? multiply(unit, weights("scale")) : unit;
  return (fields.centre ?? true) ? add(scaled, weights("centre")) : scaled;
}

/** Mean over axes, which stay with length 1. */
export function meanOver(x: Node, axes: readonly number[]): Node {
  const count = axes.reduce((product, axis) => product * (x.shape.at(axis) ?? 1), 1);
  return scale(sum(x, axes, { keepDims: true }), 1 / count);
}

/** (x − mean) / √(variance + ε) over axes, with the mean of squares as variance. */
function standardised(x: Node, axes: readonly number[], epsilon: number): Node {
  const centred = subtract(x, meanOver(x, axes));
  const variance = meanOver(multiply(centred, centred), axes);
  return divide(centred, sqrt(add(variance, literal(epsilon))));
}

/**
 * y = scale · (x − mean) / √(variance + ε) + centre over the last axis. Ba, Kiros and Hinton, Layer
 * normalization (2016), equation 4.
 */
export const planLayerNorm: Planner<"layer_norm"> = (fields, site) => {
  const { epsilon = epsilonDefault } = fields;
  const shape = only(site.inputs);
  return {
    outputShape: shape,
    parameters: trimmings(featuresOf(shape), fields),
    forward: (inputs, weights) =>
      trimmed(standardised(only(inputs), [-1], epsilon), weights, fields),
  };
};

/**
 * y = scale · x / √(mean of x² + ε) over the last axis. Zhang and Sennrich, Root mean square layer
 * normalization (2019), equation 4.
 */
export const planRmsNorm: Planner<"rms_norm"> = (fields, site) => {
  const { epsilon = epsilonDefault, scale: isScaled = true } = fields;
  const shape = only(site.inputs);
  const trimming = { scale: isScaled, centre: false };
  return {
    outputShape: shape,
    parameters: trimmings(featuresOf(shape), trimming),
    forward: (inputs, weights) => {
      const x = only(inputs);
      const squares = meanOver(multiply(x, x), [-1]);
      return trimmed(divide(x, sqrt(add(squares, literal(epsilon)))), weights, trimming);
    },
  };
};

/** Sums over the channels of each group, handed to every channel of it: [N, 1, C] → [N, 1, C]. */
function overGroup(sums: Node, groups: number): Node {
  const [batch = 0, , channels = 0] = sums.shape;
  const parted = [batch, groups, channels / groups];
  const total = sum(reshape(sums, parted), [2], { keepDims: true });
  return reshape(broadcast(total, parted), sums.shape);
}

/**
 * Statistics over space and the channels of a group. Wu and He, Group normalization (2018), §3.
 * They are brought to one number a channel first, so that large arrays meet whole rows of channels
 * and not the few of a group.
 */
function planGroups(
  fields: Fields<"group_norm" | "instance_norm">,
  site: Site,
  groups: number,
): LayerPlan {
  const { epsilon = epsilonDefault } = fields;
  const shape = only(site.inputs);
  const channels = featuresOf(shape);
  const cells = sizeOf(shape) / channels;
  const count = sizeOf(shape) / groups;
  return {
    outputShape: shape,
    parameters: trimmings(channels, fields),
    forward: (inputs, weights) => {
      const x = reshape(only(inputs), [batchOf(only(inputs)), cells, channels]);
      const mean = (values: Node): Node =>
        scale(overGroup(sum(values, [1], { keepDims: true }), groups), 1 / count);
      const centred = subtract(x, mean(x));
      const variance = mean(multiply(centred, centred));
      const unit = multiply(centred, reciprocal(sqrt(add(variance, literal(epsilon)))));
      return trimmed(reshape(unit, only(inputs).shape), weights, fields);
    },
  };
}

export const planGroupNorm: Planner<"group_norm"> = (fields, site) => {
  const { groups } = fields;
  const shape = only(site.inputs);
  if (featuresOf(shape) % groups !== 0) {
    throw site.refuse("groups", `${groups} groups do not divide ${featuresOf(shape)} channels`);
  }
  if (sizeOf(shape) === groups) {
    throw site.refuse("groups", `${groups} groups of ${written(shape)} hold one number each`);
  }
  return planGroups(fields, site, groups);
};

export const planInstanceNorm: Planner<"instance_norm"> = (fields, site) => {
  const shape = only(site.inputs);
  if (sizeOf(shape) === featuresOf(shape)) {
    const detail = `needs axes before the channels, got ${written(shape)}; use layer_norm`;
    throw site.refuse("", detail);
  }
  return planGroups(fields, site, featuresOf(shape));
};
