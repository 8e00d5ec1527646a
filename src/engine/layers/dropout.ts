/** Dropout: the layer that is random while it trains. Where its numbers come from, it is told. */
import { greaterEqual, literal, scale, select } from "#engine/graph/build.ts";
import { only, type Planner } from "./layer.ts";

const coupling =
  "is random at every step, so that the network is no fixed function of its weights; " +
  "remove it outside standard training";

/**
 * In training each number is 0 with probability `rate` and else divided by 1 − rate; after it,
 * nothing happens. Srivastava and others, Dropout (2014), with the division moved to training.
 */
export const planDropout: Planner<"dropout"> = (fields, site) => {
  const { rate } = fields;
  return {
    outputShape: only(site.inputs),
    parameters: [],
    ...(rate > 0 ? { coupling } : {}),
    forward: (inputs, _, pass) => {
      const x = only(inputs);
      if (pass.mode !== "training" || rate === 0) return x;
      const isKept = greaterEqual(pass.chance(x.shape), literal(rate));
      return select(isKept, scale(x, 1 / (1 - rate)), literal(0));
    },
  };
};
