/** Normalisations. Those of a batch use the statistics that the file brings. */
import {
  abs,
  add,
  divide,
  literal,
  multiply,
  negate,
  power,
  reciprocal,
  scale,
  sqrt,
  subtract,
  sum,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Call } from "../call.ts";
import { combined, type Laid, reshaped, shapeOf, single, storedAxes, withStored } from "../laid.ts";
import { neighbourSums } from "./pooling.ts";
import { entry, joinedBy, range } from "./translation.ts";

const mean = (x: Node, axes: readonly number[]): Node => {
  const count = sizeOf(axes.map((axis) => x.shape[axis] ?? 1));
  return scale(sum(x, axes, { keepDims: true }), 1 / count);
};

/** (x − mean) / √(variance + ε), with the mean of squares as variance. */
function standardised(x: Node, axes: readonly number[], epsilon: number): Node {
  const centred = subtract(x, mean(x, axes));
  return divide(centred, sqrt(add(mean(multiply(centred, centred), axes), literal(epsilon))));
}

/** x / √(mean of squares + ε). */
function byRootMeanSquare(x: Node, axes: readonly number[], epsilon: number): Node {
  return divide(x, sqrt(add(mean(multiply(x, x), axes), literal(epsilon))));
}

/** y = scale · x + centre, each where it is given. */
function affine(x: Laid, factor: Laid | undefined, centre: Laid | undefined): Laid {
  const scaled = factor === undefined ? x : joinedBy(x, factor, multiply);
  return centre === undefined ? scaled : joinedBy(scaled, centre, add);
}

const batchNormalization = entry(
  "(x − mean)/√(var + ε) · scale + bias with the statistics of the file",
  (call) => {
    const x = call.x(0);
    const rank = x.axes.length;
    if (call.integer("spatial", 1) !== 1) throw call.refuse("spatial = 0 is not read");
    if (call.integer("training_mode", 0) === 1) {
      call.around.warn("Batch normalisation is exported in training mode.");
    }
    call.around.warn(
      "Batch normalisation uses the mean and variance of the file; its scale and bias are trained.",
    );
    const along = (at: number, frozen: boolean): Laid =>
      call.channels(frozen ? call.frozen(at) : call.weight(at), rank);
    const variance = along(4, true);
    const epsilon = literal(call.float("epsilon", 1e-5));
    const inverse = withStored(variance, reciprocal(sqrt(add(variance.stored, epsilon))));
    const shift = joinedBy(along(3, true), inverse, (m, i) => negate(multiply(m, i)));
    const unit = joinedBy(joinedBy(x, inverse, multiply), shift, add);
    return [affine(unit, along(1, false), along(2, false))];
  },
  { kernel: "gradient" },
);

/** Axes from `axis` on. */
function trailing(call: Call, x: Laid): readonly number[] {
  const rank = x.axes.length;
  return range(rank).slice(call.axis(call.integer("axis", -1), rank));
}

const layerNormalization = entry(
  "(x − mean)/√(variance + ε) over the last axes, · scale + bias",
  (call) => {
    const x = call.x(0);
    const axes = storedAxes(x, trailing(call, x));
    const unit = withStored(x, standardised(x.stored, axes, call.float("epsilon", 1e-5)));
    return [affine(unit, call.weight(1), call.optionalWeight(2))];
  },
  { kernel: "gradient" },
);

const rmsNormalization = entry(
  "x/√(mean of squares + ε) over the last axes, · scale",
  (call) => {
    const x = call.x(0);
    const axes = storedAxes(x, trailing(call, x));
    const unit = withStored(x, byRootMeanSquare(x.stored, axes, call.float("epsilon", 1e-5)));
    return [affine(unit, call.weight(1), undefined)];
  },
  { kernel: "gradient" },
);

const instanceNormalization = entry(
  "(x − mean)/√(variance + ε) over the spatial axes of each channel, · scale + bias",
  (call) => {
    const x = call.x(0);
    const rank = x.axes.length;
    const axes = storedAxes(x, range(rank).slice(2));
    const unit = withStored(x, standardised(x.stored, axes, call.float("epsilon", 1e-5)));
    const along = (at: number): Laid => call.channels(call.weight(at), rank);
    return affine(unit, along(1), along(2));
  },
  { kernel: "gradient" },
);

const groupNormalization = entry(
  "(x − mean)/√(variance + ε) over groups of channels, · scale + bias",
  (call) => {
    const x = call.x(0);
    const [batch = 1, channels = 1, ...spatial] = shapeOf(x);
    const groups = call.integer("num_groups", 1);
    if (groups < 1 || channels % groups !== 0) throw call.refuse(`${groups} groups do not fit`);
    const parted = reshaped(x, [batch, groups, channels / groups, ...spatial]);
    const axes = storedAxes(parted, range(parted.axes.length).slice(2));
    const epsilon = call.float("epsilon", 1e-5);
    const unit = withStored(parted, standardised(parted.stored, axes, epsilon));
    const perGroup = sizeOf(shapeOf(call.weight(1))) === groups && call.version < 21;
    const target = perGroup ? unit : reshaped(unit, shapeOf(x));
    const along = (at: number) => call.channels(call.weight(at), target.axes.length);
    return reshaped(affine(target, along(1), along(2)), shapeOf(x));
  },
  { kernel: "gradient" },
);

const meanVariance = entry("(x − mean)/√variance over the axes told", (call) => {
  const x = call.x(0);
  const axes = call.axes(call.integers("axes") ?? [0, 2, 3], x.axes.length);
  return withStored(x, standardised(x.stored, storedAxes(x, axes), 1e-9));
});

const lpNormalization = entry("x divided by its norm along an axis", (call) => {
  const x = call.x(0);
  const axes = storedAxes(x, [call.axis(call.integer("axis", -1), x.axes.length)]);
  const keepDims = { keepDims: true };
  const norm =
    call.integer("p", 2) === 1
      ? sum(abs(x.stored), axes, keepDims)
      : sqrt(sum(multiply(x.stored, x.stored), axes, keepDims));
  return withStored(x, divide(x.stored, norm));
});

const localResponse = entry("x / (bias + α/size · Σ x² over neighbouring channels)^β", (call) => {
  const { x, at } = single(call.x(0), 1);
  const size = call.integer("size", 1);
  if (size < 1 || size > 4096) throw call.refuse(`size ${size} is out of range`);
  const squares = withStored(x, multiply(x.stored, x.stored));
  const sums = neighbourSums(squares, at, size).stored;
  const weight = call.float("alpha", 1e-4) / size;
  const base = add(scale(sums, weight), literal(call.float("bias", 1)));
  return withStored(x, multiply(x.stored, power(base, literal(-call.float("beta", 0.75)))));
});

/** Sum of an input, a second one and a bias, then normalised; the fourth result is the sum. */
const skipNormalization = (unitOf: typeof standardised, biasAt: number | undefined) =>
  entry(
    biasAt === undefined
      ? "RMSNormalization of x + skip (+ bias)"
      : "LayerNormalization of x + skip (+ bias)",
    (call) => {
      const last = biasAt === undefined ? 3 : 4;
      const skip = joinedBy(call.x(0), call.x(1), add);
      const total = call.has(last) ? joinedBy(skip, call.weight(last), add) : skip;
      const axes = storedAxes(total, [total.axes.length - 1]);
      const epsilon = call.float("epsilon", 1e-12);
      const unit = withStored(total, unitOf(total.stored, axes, epsilon));
      const centre = biasAt === undefined ? undefined : call.optionalWeight(biasAt);
      return [affine(unit, call.weight(2), centre), undefined, undefined, total];
    },
    { kernel: "gradient" },
  );

export const normalisationOperators = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  MeanVarianceNormalization: meanVariance,
  LpNormalization: lpNormalization,
  LRN: localResponse,
} as const;

export const normalisationExtensions = {
  SimplifiedLayerNormalization: rmsNormalization,
  SkipLayerNormalization: skipNormalization(standardised, 3),
  SkipSimplifiedLayerNormalization: skipNormalization(byRootMeanSquare, undefined),
} as const;

/** Sum of more than two values, as embeddings need it. */
export const sumOf = (xs: readonly Laid[]): Laid => combined(xs, (nodes) => nodes.reduce(add));

export { standardised };
