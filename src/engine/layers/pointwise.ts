/** Layers of one input that act on each number by itself, softmax included. */
import { scale } from "#engine/graph/build.ts";
import { activate, checkActivation } from "./activations.ts";
import { only, type Planner } from "./layer.ts";

export const planActivation: Planner<"activation"> = (fields, site) => {
  const { activation, alpha } = fields;
  const shape = only(site.inputs);
  if (alpha !== undefined && activation !== "leaky_relu" && activation !== "elu") {
    throw site.refuse("alpha", `${activation} has no alpha; only leaky_relu and elu do`);
  }
  checkActivation(site, activation, shape);
  return {
    outputShape: shape,
    parameters: [],
    forward: (inputs) => activate(activation, only(inputs), alpha),
  };
};

/** y = factor · x. */
export const planScale: Planner<"scale"> = (fields, site) => ({
  outputShape: only(site.inputs),
  parameters: [],
  forward: (inputs) => scale(only(inputs), fields.factor),
});
