/** Layers models of Keras and TF.js as they are sent, and how they are read. */
import Type, { type Static } from "typebox";
import { oneOf, strict } from "./values.ts";

const Json = Type.Record(Type.String(), Type.Unknown());

const described = { class_name: Type.String(), config: Type.Unknown() };
const version = { keras_version: Type.Optional(Type.String()) };
const open = { additionalProperties: true } as const;

/** `model.json` of TF.js. */
const Packed = Type.Object(
  {
    format: Type.Optional(Type.Literal("layers-model")),
    modelTopology: Json,
    weightsManifest: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 10_000 })),
  },
  { ...open, title: "PackedLayersModel" },
);

/** What Keras' `to_json` writes. */
const Bare = Type.Object({ ...described, ...version }, { ...open, title: "BareLayersModel" });

type AnyOf = Partial<Omit<Static<typeof Packed>, "format">> & Partial<Static<typeof Bare>>;

/** A layers model as it is sent. Which layers are in it is checked where they are translated. */
export const LayersModel = Type.Unsafe<AnyOf>(
  Type.Union([Packed, Bare], { $id: "LayersModel", description: "A model of Keras or TF.js." }),
);
export type LayersModel = AnyOf;

/** Choices where a topology says less than Linnet needs. */
export const KerasOptions = Type.Object(
  {
    statistics: Type.Optional(
      oneOf(["frozen", "batch"], "Keras: of batch normalisation; frozen unless told."),
    ),
    dropout: Type.Optional(
      oneOf(["keep", "remove"], "Keras: remove makes linearised training possible."),
    ),
    final_softmax: Type.Optional(
      oneOf(
        ["keep", "remove"],
        "Keras: remove where the loss is softmax_cross_entropy, which has one of its own.",
      ),
    ),
  },
  strict,
);
export type KerasOptions = Static<typeof KerasOptions>;
