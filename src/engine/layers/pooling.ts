/** Pools: maxima and averages over windows or over everything, channels last. */
import {
  add,
  broadcast,
  concat,
  constant,
  max,
  maximum,
  multiply,
  pad,
  relu,
  scale,
  slice,
  sum,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import {
  type Fields,
  featuresOf,
  type LayerPlan,
  only,
  type Planner,
  type Site,
  written,
} from "./layer.ts";
import { type Combination, reduceWindows } from "./reduce-windows.ts";
import { planSliding, type Sliding } from "./sliding.ts";

type PoolFields = Fields<"max_pool1d" | "max_pool2d" | "average_pool1d" | "average_pool2d">;

/** Windows of a pool; each must hold a real cell, and padding behind the last is dropped. */
function planPool(fields: PoolFields, site: Site, rank: 1 | 2): readonly Sliding[] {
  const sliding = planSliding(site, only(site.inputs), {
    rank,
    sizeField: "size",
    size: fields.size,
    strides: fields.strides ?? fields.size,
    padding: fields.padding,
    dilations: undefined,
  });
  return sliding.map((axis, at) => {
    const { before, size } = axis;
    if (before >= size) {
      throw site.refuse(
        "padding",
        `${before} on axis ${at} leaves windows of ${size} without a cell of the input; ` +
          `use at most ${size - 1}`,
      );
    }
    const reached = (axis.output - 1) * axis.stride + size;
    return { ...axis, after: Math.max(0, reached - before - axis.input) };
  });
}

/** `x` with the edge cells of an axis repeated before and after. */
function repeatEdges(x: Node, axis: number, { before, after }: Sliding): Node {
  const length = x.shape[axis] ?? 0;
  const edge = (at: number, count: number): Node[] => {
    if (count === 0) return [];
    const starts = x.shape.map(() => 0).with(axis, at);
    const cell = slice(x, { starts, ends: x.shape.with(axis, at + 1) });
    return [broadcast(cell, x.shape.with(axis, count))];
  };
  return concat([...edge(0, before), x, ...edge(length - 1, after)], axis);
}

function addZeros(x: Node, axis: number, { before, after }: Sliding): Node {
  const none = x.shape.map(() => 0);
  return pad(x, { low: none.with(axis, before), high: none.with(axis, after) });
}

const largest: Combination = { pair: maximum, over: max };
const total: Combination = { pair: add, over: sum };

interface Pool {
  readonly combination: Combination;
  readonly extend: (x: Node, axis: number, window: Sliding) => Node;
}

/**
 * Windows combined axis by axis, the innermost first, so that ties go to the first cell in reading
 * order.
 */
function pooled(x: Node, sliding: readonly Sliding[], { combination, extend }: Pool): Node {
  return sliding.reduceRight((value, window, at) => {
    const extended = extend(value, at + 1, window);
    return reduceWindows(extended, at + 1, { ...combination, ...window });
  }, x);
}

const outputOf = (sliding: readonly Sliding[], shape: Shape): Shape => [
  ...sliding.map((axis) => axis.output),
  featuresOf(shape),
];

/**
 * Padding acts as −∞: a window that reaches over an edge holds the edge cell, so repeating that
 * cell changes no maximum and needs no infinity.
 */
function planMaxPool(fields: PoolFields, site: Site, rank: 1 | 2): LayerPlan {
  const sliding = planPool(fields, site, rank);
  const how = { combination: largest, extend: repeatEdges };
  return {
    outputShape: outputOf(sliding, only(site.inputs)),
    parameters: [],
    forward: (inputs) => beforeMonotone(only(inputs), (x) => pooled(x, sliding, how)),
  };
}

/**
 * A maximum over windows changes places with a rectifier and with an offset for each channel, which
 * then act on the few maxima instead of on every cell: max relu(x + b) = relu(max x + b), to the
 * last bit, since rounding keeps order.
 */
function beforeMonotone(x: Node, pool: (x: Node) => Node): Node {
  const [first, second] = x.inputs;
  if (x.op === "relu" && first !== undefined) return relu(beforeMonotone(first, pool));
  const isOffset = x.op === "add" && second?.shape.length === 1;
  if (!isOffset || first?.shape.length !== x.shape.length) return pool(x);
  return add(beforeMonotone(first, pool), second);
}

/** Number of input cells in each window of an axis. */
function cellsInWindows({ output, stride, size, before, input }: Sliding): number[] {
  return Array.from({ length: output }, (_, at) => {
    const start = at * stride - before;
    return Math.min(start + size, input) - Math.max(start, 0);
  });
}

/** 1 / (input cells) for each window, [...outputs, 1], as a product of one factor an axis. */
function reciprocalCounts(sliding: readonly Sliding[]): Node {
  const factors = sliding.map((axis, at) => {
    const counts = cellsInWindows(axis);
    const shape = [axis.output, ...sliding.slice(at).map(() => 1)];
    return constant(
      tensor(
        "float64",
        shape,
        counts.map((count) => 1 / count),
      ),
    );
  });
  return factors.reduce(multiply);
}

/** Averages count cells of the input only, never padding. */
function planAveragePool(fields: PoolFields, site: Site, rank: 1 | 2): LayerPlan {
  const sliding = planPool(fields, site, rank);
  const isPadded = sliding.some(({ before, after }) => before + after > 0);
  const weight = 1 / sizeOf(sliding.map((axis) => axis.size));
  return {
    outputShape: outputOf(sliding, only(site.inputs)),
    parameters: [],
    forward: (inputs) => {
      const sums = pooled(only(inputs), sliding, { combination: total, extend: addZeros });
      return isPadded ? multiply(sums, reciprocalCounts(sliding)) : scale(sums, weight);
    },
  };
}

export const planMaxPool1d: Planner<"max_pool1d"> = (fields, site) => planMaxPool(fields, site, 1);
export const planMaxPool2d: Planner<"max_pool2d"> = (fields, site) => planMaxPool(fields, site, 2);
export const planAveragePool1d: Planner<"average_pool1d"> = (fields, site) =>
  planAveragePool(fields, site, 1);
export const planAveragePool2d: Planner<"average_pool2d"> = (fields, site) =>
  planAveragePool(fields, site, 2);

/** All axes between batch and channels, in the numbering of a batch. */
function spatialAxes(site: Site): readonly number[] {
  const shape = only(site.inputs);
  if (shape.length < 2) {
    throw site.refuse("", `needs axes before the channels, got ${written(shape)}; remove it`);
  }
  return shape.slice(0, -1).map((_, axis) => axis + 1);
}

/** [...spatial, channels] → [channels]. */
export const planGlobalAveragePool: Planner<"global_average_pool"> = (_, site) => {
  const shape = only(site.inputs);
  const axes = spatialAxes(site);
  const weight = 1 / sizeOf(shape.slice(0, -1));
  return {
    outputShape: [featuresOf(shape)],
    parameters: [],
    forward: (inputs) => scale(sum(only(inputs), axes), weight),
  };
};

/** [...spatial, channels] → [channels]; the derivative is shared between equal maxima. */
export const planGlobalMaxPool: Planner<"global_max_pool"> = (_, site) => {
  const axes = spatialAxes(site);
  return {
    outputShape: [featuresOf(only(site.inputs))],
    parameters: [],
    forward: (inputs) => max(only(inputs), axes),
  };
};
