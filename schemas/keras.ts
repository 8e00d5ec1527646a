/** Layers models of Keras and TF.js as they are sent, and how they are read. */
import Type, { type Static } from "typebox";
import { oneOf, strict } from "./values.ts";

const Json = Type.Record(Type.String(), Type.Unknown());

/**
 * `model.json` of a layers model, or what Keras' `to_json` writes. Which layers are in it is
 * checked where they are translated.
 */
export const LayersModel = Type.Object(
  {
    format: Type.Optional(Type.Literal("layers-model")),
    modelTopology: Type.Optional(Json),
    weightsManifest: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 10_000 })),
    class_name: Type.Optional(Type.String()),
    config: Type.Optional(Type.Unknown()),
    keras_version: Type.Optional(Type.String()),
  },
  { additionalProperties: true, $id: "LayersModel", title: "LayersModel" },
);
export type LayersModel = Static<typeof LayersModel>;

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
