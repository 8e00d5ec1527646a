/** Models: the JSON definition of a network, and what a stored model looks like. */
import Type, { type Static, type TLiteral, type TObject, type TSchema } from "typebox";
import { Digest, Metadata, ModelId, Name, nullable, oneOf, Shape, strict, Time } from "./values.ts";

export const activations = [
  "linear",
  "relu",
  "leaky_relu",
  "elu",
  "selu",
  "gelu",
  "gelu_tanh",
  "silu",
  "sigmoid",
  "tanh",
  "softplus",
  "softsign",
  "relu6",
  "hard_sigmoid",
  "hard_swish",
  "mish",
  "exponential",
  "softmax",
] as const;
export type Activation = (typeof activations)[number];
const Activation = oneOf(activations, "Applied elementwise (softmax: over the last axis).");

export const initialisers = [
  "he_normal",
  "he_uniform",
  "glorot_normal",
  "glorot_uniform",
  "lecun_normal",
  "lecun_uniform",
  "normal",
  "orthogonal",
  "zeros",
  "ones",
] as const;
export const Initialiser = oneOf(initialisers, "How weights begin; biases begin at zero.");

const size = (what: string) => Type.Integer({ minimum: 1, maximum: 65_536, description: what });
const perAxis = (what: string, minimum: number) =>
  Type.Union(
    [
      Type.Integer({ minimum, maximum: 4096 }),
      Type.Array(Type.Integer({ minimum, maximum: 4096 }), { minItems: 1, maxItems: 3 }),
    ],
    { description: `${what}: one number, or one for each axis.` },
  );
const Padding = Type.Union(
  [
    Type.Literal("valid"),
    Type.Literal("same"),
    Type.Integer({ minimum: 0, maximum: 4096 }),
    Type.Array(Type.Integer({ minimum: 0, maximum: 4096 }), { minItems: 1, maxItems: 3 }),
  ],
  { description: "valid: none; same: output = ⌈input / stride⌉; or zeros on both sides." },
);

const weights = {
  use_bias: Type.Optional(Type.Boolean({ default: true })),
  init: Type.Optional(Initialiser),
  activation: Type.Optional(Activation),
};
const convolution = {
  filters: size("Output channels."),
  kernel: perAxis("Kernel size", 1),
  strides: Type.Optional(perAxis("Strides", 1)),
  padding: Type.Optional(Padding),
  dilations: Type.Optional(perAxis("Dilations", 1)),
  groups: Type.Optional(size("Groups of channels.")),
  ...weights,
};
const pooling = {
  size: perAxis("Window", 1),
  strides: Type.Optional(perAxis("Strides; the window by default", 1)),
  padding: Type.Optional(Padding),
};

/** Fields of each layer type, beside `type`, `name` and, in a graph, `id` and `inputs`. */
export const layerFields = {
  dense: { units: size("Outputs; acts on the last axis."), ...weights },
  conv1d: convolution,
  conv2d: convolution,
  max_pool1d: pooling,
  max_pool2d: pooling,
  average_pool1d: pooling,
  average_pool2d: pooling,
  global_average_pool: {},
  global_max_pool: {},
  flatten: {},
  reshape: { shape: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 6 }) },
  layer_norm: {
    epsilon: Type.Optional(Type.Number({ exclusiveMinimum: 0, default: 1e-5 })),
    scale: Type.Optional(Type.Boolean({ default: true })),
    centre: Type.Optional(Type.Boolean({ default: true })),
  },
  activation: {
    activation: Activation,
    alpha: Type.Optional(Type.Number({ description: "Slope of leaky_relu, scale of elu." })),
  },
  scale: { factor: Type.Number() },
  add: {},
  multiply: {},
  concatenate: { axis: Type.Optional(Type.Integer({ minimum: -6, maximum: 5, default: -1 })) },
} as const;
export type LayerType = keyof typeof layerFields;

const LayerName = Type.String({ pattern: "^[A-Za-z0-9_.-]{1,64}$" });
const named = { name: Type.Optional(LayerName) };
const wired = {
  id: LayerName,
  inputs: Type.Array(Type.String({ maxLength: 64 }), {
    minItems: 1,
    maxItems: 64,
    description: 'Ids of nodes; "input" is the network\'s input.',
  }),
};

/** All fields of one variant in one object type, which the static type of a schema needs. */
type Joined<K extends LayerType, Common> = { readonly type: TLiteral<K> } & Common &
  (typeof layerFields)[K];
type Variant<K extends LayerType, Common> = TObject<{
  [Key in keyof Joined<K, Common>]: Extract<Joined<K, Common>[Key], TSchema>;
}>;
const variant = <K extends LayerType, Common>(type: K, common: Common) =>
  Type.Object(
    { type: Type.Literal(type), ...common, ...layerFields[type] },
    strict,
  ) as unknown as Variant<K, Common>;
const layer = <K extends LayerType>(type: K) => variant(type, named);
const node = <K extends LayerType>(type: K) => variant(type, wired);

export const Layer = Type.Union([
  layer("dense"),
  layer("conv1d"),
  layer("conv2d"),
  layer("max_pool1d"),
  layer("max_pool2d"),
  layer("average_pool1d"),
  layer("average_pool2d"),
  layer("global_average_pool"),
  layer("global_max_pool"),
  layer("flatten"),
  layer("reshape"),
  layer("layer_norm"),
  layer("activation"),
  layer("scale"),
]);
export type Layer = Static<typeof Layer>;

export const GraphNode = Type.Union([
  node("dense"),
  node("conv1d"),
  node("conv2d"),
  node("max_pool1d"),
  node("max_pool2d"),
  node("average_pool1d"),
  node("average_pool2d"),
  node("global_average_pool"),
  node("global_max_pool"),
  node("flatten"),
  node("reshape"),
  node("layer_norm"),
  node("activation"),
  node("scale"),
  node("add"),
  node("multiply"),
  node("concatenate"),
]);
export type GraphNode = Static<typeof GraphNode>;

const shared = {
  input: Type.Object(
    {
      shape: Type.Array(Type.Integer({ minimum: 1, maximum: 16_777_216 }), {
        minItems: 1,
        maxItems: 4,
        description: "Of one example: [features], [length, channels] or [height, width, channels].",
      }),
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
  { ...strict, $id: "ModelRequest" },
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
