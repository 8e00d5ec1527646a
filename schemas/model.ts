/** Models: the JSON definition of a network, and what a stored model looks like. */
import Type, { type Static } from "typebox";
import { GraphNode, Layer, LayerName } from "./layer.ts";
import { Initialiser } from "./layer-fields.ts";
import { Digest, Metadata, ModelId, Name, nullable, oneOf, Shape, strict, Time } from "./values.ts";

const shared = {
  input: Type.Object(
    {
      shape: Type.Array(Type.Integer({ minimum: 1, maximum: 16_777_216 }), {
        minItems: 1,
        maxItems: 4,
        description: "Of one example: [features], [length, channels] or [height, width, channels].",
      }),
      dtype: Type.Optional(
        oneOf(["real", "integer"], "integer: ids of a vocabulary, read by an embedding."),
      ),
    },
    strict,
  ),
  parameterization: Type.Optional(
    oneOf(
      ["standard", "ntk"],
      "ntk: weights begin at N(0, 1) and are multiplied by gain / √fan-in in the forward pass.",
    ),
  ),
  init: Type.Optional(Initialiser),
  seed: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 0,
        maximum: 4_294_967_295,
        description: "Fixes the initial weights whatever the run's seed.",
      }),
    ),
  ),
};

/** A chain of layers, or a graph of nodes. */
export const Definition = Type.Union(
  [
    Type.Object(
      { ...shared, layers: Type.Array(Layer, { minItems: 1, maxItems: 1000 }) },
      { ...strict, title: "Chain" },
    ),
    Type.Object(
      {
        ...shared,
        nodes: Type.Array(GraphNode, { minItems: 1, maxItems: 5000 }),
        output: LayerName,
      },
      { ...strict, title: "Graph" },
    ),
  ],
  { description: "A network in JSON." },
);
export type Definition = Static<typeof Definition>;

/** Body of `POST /v1/models` as JSON. */
export const ModelRequest = Type.Object(
  { name: Type.Optional(Name), metadata: Type.Optional(Metadata), definition: Definition },
  {
    ...strict,
    examples: [
      {
        name: "small",
        definition: {
          input: { shape: [20] },
          layers: [
            { type: "dense", units: 64, activation: "relu" },
            { type: "dense", units: 4 },
          ],
        },
      },
    ],
    $id: "ModelRequest",
  },
);
export type ModelRequest = Static<typeof ModelRequest>;

const Port = Type.Object(
  { name: Type.String(), shape: Shape, dtype: oneOf(["real", "integer"], "Kind of its numbers.") },
  strict,
);

export const Model = Type.Object(
  {
    id: ModelId,
    name: nullable(Name),
    metadata: Metadata,
    source: oneOf(["definition", "keras", "onnx"], "What it was made from."),
    inputs: Type.Array(Port),
    outputs: Type.Array(Port),
    parameters: Type.Integer({ minimum: 0, description: "Trainable numbers." }),
    layers: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          type: Type.String(),
          output_shape: Shape,
          parameters: Type.Integer({ minimum: 0 }),
        },
        strict,
      ),
    ),
    operations: Type.Record(Type.String(), Type.Integer(), {
      description: "Primitive operations of the forward pass, counted.",
    }),
    warnings: Type.Array(Type.String()),
    definition: nullable(Definition),
    digest: Digest,
    created_at: Time,
  },
  { ...strict, $id: "Model" },
);
export type Model = Static<typeof Model>;
