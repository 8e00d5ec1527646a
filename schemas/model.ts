/** Models: the JSON definition of a network, and what a stored model looks like. */
import Type, { type Static } from "typebox";
import { GraphNode, Layer, LayerName } from "./layer.ts";
import { Initialiser } from "./layer-fields.ts";
import {
  Digest,
  Metadata,
  ModelId,
  Name,
  nullable,
  oneOf,
  Shape,
  strict,
  Time,
  UploadId,
} from "./values.ts";

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

const Pattern = Type.String({ minLength: 1, maxLength: 400 });
const patterns = (what: string) => Type.Array(Pattern, { maxItems: 1000, description: what });

/** How a file of a network is read. */
export const ImportOptions = Type.Object(
  {
    input: Type.Optional(
      Type.String({ maxLength: 400, description: "The input that carries the data." }),
    ),
    output: Type.Optional(
      Type.String({ maxLength: 400, description: "The output that is trained; else the first." }),
    ),
    include: Type.Optional(
      patterns("Tensors to train although they look like constants; `*` stands for anything."),
    ),
    exclude: Type.Optional(patterns("Tensors or layers that stay as they are in the file.")),
    freeze: Type.Optional(patterns("The same, of parameters: for fine-tuning.")),
    input_shape: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 16_777_216 }), {
        maxItems: 8,
        description: "Shape of one example in the file, where it leaves lengths open.",
      }),
    ),
    input_layout: Type.Optional(
      oneOf(
        ["as_in_file", "channels_last"],
        "channels_last: examples are [… space, C] and transposed to the file's [C, … space].",
      ),
    ),
    fixed: Type.Optional(
      Type.Record(Type.String({ maxLength: 400 }), Type.Number(), {
        description: "One number that fills each further input, by name.",
      }),
    ),
  },
  strict,
);
export type ImportOptions = Static<typeof ImportOptions>;

/** Another JSON body of `POST /v1/models`: a resumable upload of an ONNX file that is complete. */
export const ModelUpload = Type.Object(
  {
    upload: UploadId,
    name: Type.Optional(Name),
    metadata: Type.Optional(Metadata),
    ...ImportOptions.properties,
  },
  {
    ...strict,
    examples: [{ upload: "upl_0000000000000000000a", name: "classifier" }],
    $id: "ModelUpload",
  },
);
export type ModelUpload = Static<typeof ModelUpload>;

/** What is known of the file that a model was imported from. */
const Import = Type.Object(
  {
    options: ImportOptions,
    max_difference: Type.Number({
      description:
        "Largest distance between the outputs of the network and those of ONNX Runtime on the " +
        "file, on random inputs, as a share of the largest output.",
    }),
    operator_set: Type.Integer(),
    producer: Type.String(),
    bytes: Type.Integer({ minimum: 0 }),
    fixed_batch: nullable(
      Type.Integer({ minimum: 1, description: "The only batch size that the file works for." }),
    ),
  },
  strict,
);

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
    coupling: Type.Optional(
      Type.Array(Type.String(), {
        description:
          "Why outputs in training follow from other examples too, or from chance: such models " +
          "have no kernels and train ordinarily only. Absent on models of earlier versions.",
      }),
    ),
    import: Type.Optional(Import),
    weights: Type.Optional(
      Type.Unsafe<string>({ ...Digest, description: "Weights that runs begin with." }),
    ),
    definition: nullable(Definition),
    digest: Digest,
    bytes: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "Stored for it, weights included. Absent on models of earlier versions.",
      }),
    ),
    created_at: Time,
  },
  { ...strict, $id: "Model" },
);
export type Model = Static<typeof Model>;
