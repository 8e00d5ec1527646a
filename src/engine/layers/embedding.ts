/** What turns ids into vectors, and what tells vectors where they stand in a sequence. */
import { add, constant, gather } from "#engine/graph/build.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { only, type Planner, type Site, written } from "./layer.ts";
import { planTable } from "./weights.ts";

/** y[…, :] = table[x[…], :]; the table is [vocabulary, units]. */
export const planEmbedding: Planner<"embedding"> = (fields, site) => {
  const { vocabulary, units } = fields;
  return {
    outputShape: [...only(site.inputs), units],
    parameters: [planTable(site, [vocabulary, units], { ...fields, field: "vocabulary" })],
    vocabulary,
    forward: (inputs, weights) => gather(weights("table"), only(inputs), 0),
  };
};

/** Length and width of a sequence of vectors. */
function sequenceOf(site: Site): readonly [number, number] {
  const shape = only(site.inputs);
  const [length, features] = shape;
  if (length !== undefined && features !== undefined && shape.length === 2) {
    return [length, features];
  }
  const detail = `needs an input of [length, features], got ${written(shape)}`;
  throw site.refuse("", `${detail}; put a reshape before it`);
}

/** y = x + table, a trained vector for each position. */
export const planPositionalEmbedding: Planner<"positional_embedding"> = (fields, site) => {
  const sequence = sequenceOf(site);
  return {
    outputShape: only(site.inputs),
    parameters: [planTable(site, sequence, { ...fields, field: "" })],
    forward: (inputs, weights) => add(only(inputs), weights("table")),
  };
};

/**
 * sin(t·ω) in even features and cos(t·ω) in odd ones, ω = base^(−2⌊c/2⌋/C). Vaswani and others,
 * Attention is all you need (2017), §3.5.
 */
function waves([length, features]: readonly [number, number], base: number): Tensor {
  const values = Float64Array.from({ length: length * features }, (_, at) => {
    const feature = at % features;
    const even = feature - (feature % 2);
    const angle = Math.floor(at / features) * base ** (-even / features);
    return feature === even ? Math.sin(angle) : Math.cos(angle);
  });
  return tensor("float64", [length, features], values);
}

/** y = x + waves. */
export const planSinusoidalEncoding: Planner<"sinusoidal_encoding"> = (fields, site) => {
  const encoding = waves(sequenceOf(site), fields.base ?? 10_000);
  return {
    outputShape: only(site.inputs),
    parameters: [],
    forward: (inputs) => add(only(inputs), constant(encoding)),
  };
};
