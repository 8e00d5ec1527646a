/** A small transformer as a definition: what the zoo, the kernels and training are tested with. */
import type { GraphNode } from "#schemas/layer.ts";
import type { Definition } from "#schemas/model.ts";

export interface TransformerSizes {
  readonly length?: number;
  readonly vocabulary?: number;
  readonly units?: number;
  readonly classes?: number;
  readonly blocks?: number;
  readonly causal?: boolean;
  readonly pool?: { readonly type: "global_average_pool" | "flatten" };
}

/** Attention and a perceptron on a residual stream, each behind a layer norm. */
function block(at: number, from: string, sizes: { units: number; causal: boolean }): GraphNode[] {
  const { units, causal } = sizes;
  const id = (name: string): string => `${name}_${at}`;
  return [
    { type: "layer_norm", id: id("norm"), inputs: [from] },
    { type: "attention", id: id("attention"), inputs: [id("norm")], heads: 2, causal },
    { type: "add", id: id("attended"), inputs: [from, id("attention")] },
    { type: "layer_norm", id: id("norm_mlp"), inputs: [id("attended")] },
    {
      type: "dense",
      id: id("wide"),
      inputs: [id("norm_mlp")],
      units: 2 * units,
      activation: "gelu",
    },
    { type: "dense", id: id("narrow"), inputs: [id("wide")], units },
    { type: "add", id: id("block"), inputs: [id("attended"), id("narrow")] },
  ];
}

/** Embedding, positions, blocks, a layer norm, a pool and a head. */
export function transformer(sizes: TransformerSizes = {}): Definition {
  const { length = 5, vocabulary = 6, units = 4, classes = 3, blocks = 1, causal = true } = sizes;
  const chain = Array.from({ length: blocks }, (_, at) =>
    block(at, at === 0 ? "positions" : `block_${at - 1}`, { units, causal }),
  );
  return {
    input: { shape: [length], dtype: "integer" },
    nodes: [
      { type: "embedding", id: "tokens", inputs: ["input"], vocabulary, units },
      { type: "positional_embedding", id: "positions", inputs: ["tokens"] },
      ...chain.flat(),
      { type: "layer_norm", id: "norm", inputs: [`block_${blocks - 1}`] },
      { ...(sizes.pool ?? { type: "global_average_pool" }), id: "pool", inputs: ["norm"] },
      { type: "dense", id: "head", inputs: ["pool"], units: classes },
    ],
    output: "head",
  };
}
