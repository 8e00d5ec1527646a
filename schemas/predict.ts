/** Outputs of a run's network for given inputs. */
import Type, { type Static } from "typebox";
import { CheckpointId, nullable, oneOf, Shape, strict } from "./values.ts";

export const PredictRequest = Type.Object(
  {
    inputs: Type.Array(Type.Any(), {
      minItems: 1,
      maxItems: 4096,
      description: "Examples as nested lists of numbers, each of the model's input shape.",
    }),
    checkpoint: Type.Optional(CheckpointId),
    function: Type.Optional(
      oneOf(["network", "linearised"], "f(x; θ), or f_lin(x; θ) at the anchor θ_s."),
    ),
  },
  { ...strict, examples: [{ inputs: [[0.5, -1.25, 3]] }], $id: "PredictRequest" },
);
export type PredictRequest = Static<typeof PredictRequest>;

export const Prediction = Type.Object(
  {
    checkpoint: CheckpointId,
    step: Type.Integer({ minimum: 0 }),
    shape: Shape,
    outputs: Type.Array(Type.Any(), { description: "Nested lists, one entry an example." }),
    classes: nullable(Type.Array(Type.Integer(), { description: "argmax for classification." })),
  },
  { ...strict, $id: "Prediction" },
);
export type Prediction = Static<typeof Prediction>;
