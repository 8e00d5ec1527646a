/** Layers that only lay values out anew: flatten and reshape. */
import { reshape } from "#engine/graph/build.ts";
import { type Shape, sizeOf } from "#engine/tensor.ts";
import { batchOf, type LayerPlan, only, type Planner, written } from "./layer.ts";

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
