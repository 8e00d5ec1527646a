/** Data sets: generated or uploaded, split into training and test examples. */
import Type, { type Static } from "typebox";
import { Generator } from "./generator.ts";
import {
  DatasetId,
  Digest,
  Metadata,
  Name,
  nullable,
  oneOf,
  Shape,
  strict,
  Time,
} from "./values.ts";

/** Body of `POST /v1/datasets` as JSON. Uploads are binary bodies with `?name=&format=`. */
export const DatasetRequest = Type.Object(
  { name: Type.Optional(Name), metadata: Type.Optional(Metadata), generator: Generator },
  {
    ...strict,
    examples: [{ name: "wedge", generator: { type: "wedge", train: 1000, seed: 1 } }],
    $id: "DatasetRequest",
  },
);
export type DatasetRequest = Static<typeof DatasetRequest>;

const ArrayInfo = Type.Object(
  { shape: Shape, dtype: oneOf(["float32", "float64", "int32"], "Of its numbers.") },
  strict,
);
const Split = Type.Object(
  { examples: Type.Integer({ minimum: 0 }), x: ArrayInfo, y: ArrayInfo },
  strict,
);

export const Dataset = Type.Object(
  {
    id: DatasetId,
    name: nullable(Name),
    metadata: Metadata,
    source: oneOf(
      ["generator", "npz", "safetensors", "csv", "npy", "idx"],
      "What it was made from.",
    ),
    generator: nullable(Generator),
    task: oneOf(["classification", "regression"], "What the targets are."),
    classes: nullable(Type.Integer({ minimum: 1 })),
    class_names: nullable(Type.Array(Type.String())),
    input_shape: Shape,
    splits: Type.Object({ train: Split, test: Split }, strict),
    bytes: Type.Integer({ minimum: 0 }),
    digest: Digest,
    created_at: Time,
  },
  { ...strict, $id: "Dataset" },
);
export type Dataset = Static<typeof Dataset>;
