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
  UploadId,
} from "./values.ts";

/** Body of `POST /v1/datasets` as JSON. Single uploads are binary bodies with `?name=&format=`. */
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

/** The other JSON body of `POST /v1/datasets`: a resumable upload that is complete. */
export const DatasetUpload = Type.Object(
  {
    upload: UploadId,
    format: oneOf(["npz", "safetensors", "csv"], "Of the file that was uploaded."),
    name: Type.Optional(Name),
    metadata: Type.Optional(Metadata),
    label: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: "csv: column of the label." }),
    ),
    task: Type.Optional(oneOf(["classification", "regression"], "csv: what the labels are.")),
    test_fraction: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295 })),
  },
  {
    ...strict,
    examples: [{ upload: "upl_0000000000000000000a", format: "npz", name: "digits" }],
    $id: "DatasetUpload",
  },
);
export type DatasetUpload = Static<typeof DatasetUpload>;

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
