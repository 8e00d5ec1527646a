/** Layers that only move numbers: other shapes, other orders, zeros around, cells repeated. */
import { broadcast, pad, reshape, transpose } from "#engine/graph/build.ts";
import { type Shape, sizeOf } from "#engine/tensor.ts";
import { batchOf, type LayerPlan, only, type Planner, type Site, written } from "./layer.ts";
import { spread } from "./sliding.ts";

const laidOut = (outputShape: Shape): LayerPlan => ({
  outputShape,
  parameters: [],
  forward: (inputs) => {
    const x = only(inputs);
    return reshape(x, [batchOf(x), ...outputShape]);
  },
});

/** Row-major: channels stay innermost. */
export const planFlatten: Planner<"flatten"> = (_, site) => laidOut([sizeOf(only(site.inputs))]);

export const planReshape: Planner<"reshape"> = (fields, site) => {
  const shape = only(site.inputs);
  const [has, wants] = [sizeOf(shape), sizeOf(fields.shape)];
  if (has !== wants) {
    throw site.refuse(
      "shape",
      `${written(fields.shape)} holds ${wants} numbers, but the input ${written(shape)} has ` +
        `${has}; choose a shape whose product is ${has}`,
    );
  }
  return laidOut(fields.shape);
};

/** Axes of one example in another order. */
export const planPermute: Planner<"permute"> = (fields, site) => {
  const shape = only(site.inputs);
  const { axes } = fields;
  if (axes.toSorted().join() !== [...shape.keys()].join()) {
    const detail = `${written(axes)} is no order of the axes of ${written(shape)}`;
    throw site.refuse("axes", `${detail}; name each of ${[...shape.keys()].join(", ")} once`);
  }
  return {
    outputShape: axes.map((axis) => shape[axis] ?? 0),
    parameters: [],
    forward: (inputs) => transpose(only(inputs), [0, ...axes.map((axis) => axis + 1)]),
  };
};

/** Number of axes before the channels. */
function spatialRank(site: Site): number {
  const shape = only(site.inputs);
  if (shape.length > 1) return shape.length - 1;
  throw site.refuse("", `needs axes before the channels, got ${written(shape)}; remove it`);
}

export const planZeroPadding: Planner<"zero_padding"> = (fields, site) => {
  const shape = only(site.inputs);
  const rank = spatialRank(site);
  const before = spread(site, rank, ["before", fields.before ?? 0]);
  const after = spread(site, rank, ["after", fields.after ?? 0]);
  return {
    outputShape: shape.map((length, axis) => (before[axis] ?? 0) + length + (after[axis] ?? 0)),
    parameters: [],
    forward: (inputs) => pad(only(inputs), { low: [0, ...before, 0], high: [0, ...after, 0] }),
  };
};

/** Each cell repeated `size` times along each spatial axis: the nearest one is read. */
export const planUpsample: Planner<"upsample"> = (fields, site) => {
  const shape = only(site.inputs);
  const rank = spatialRank(site);
  const sizes = spread(site, rank, ["size", fields.size]);
  const spatial = shape.slice(0, rank);
  const rest = shape.slice(rank);
  const outputShape = [...spatial.map((length, axis) => length * (sizes[axis] ?? 1)), ...rest];
  return {
    outputShape,
    parameters: [],
    forward: (inputs) => {
      const x = only(inputs);
      const batch = batchOf(x);
      const apart = reshape(x, [batch, ...spatial.flatMap((length) => [length, 1]), ...rest]);
      const repeated = spatial.flatMap((length, axis) => [length, sizes[axis] ?? 1]);
      return reshape(broadcast(apart, [batch, ...repeated, ...rest]), [batch, ...outputShape]);
    },
  };
};
