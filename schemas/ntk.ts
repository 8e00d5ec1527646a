/** One-off neural tangent kernels: of any model, at any weights, on any examples. */
import Type, { type Static } from "typebox";
import { KernelVariant } from "./kernel.ts";
import { RunError, Score } from "./run.ts";
import { SnapshotFigures } from "./snapshot.ts";
import {
  CheckpointId,
  DatasetId,
  Digest,
  Figure,
  Metadata,
  ModelId,
  Name,
  NtkId,
  nullable,
  oneOf,
  RunId,
  Shape,
  strict,
  Time,
} from "./values.ts";

/** Examples of one set. */
export const ntkExamplesMax = 4096;

const Split = oneOf(["train", "test"], "Of the data set; test unless given.");

const StoredExamples = Type.Object(
  {
    dataset: Type.Optional(DatasetId),
    split: Type.Optional(Split),
    examples: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: ntkExamplesMax,
        description: "The first so many; 64 unless given.",
      }),
    ),
    indices: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0 }), {
        minItems: 1,
        maxItems: ntkExamplesMax,
        description: "These, in this order, in the place of `examples`.",
      }),
    ),
  },
  {
    ...strict,
    title: "Stored",
    description: "Of a data set; of the run's own when none is named.",
  },
);

const GivenExamples = Type.Object(
  {
    inputs: Type.Array(Type.Any(), {
      minItems: 1,
      maxItems: ntkExamplesMax,
      description: "Examples as nested lists of numbers, each of the model's input shape.",
    }),
  },
  { ...strict, title: "Given" },
);

const Examples = Type.Union([StoredExamples, GivenExamples]);
export type NtkExamples = Static<typeof Examples>;

const how = {
  kernel: KernelVariant,
  method: oneOf(
    ["structured", "explicit"],
    "Structured derivatives, or a Jacobian row at a time: slow and sure.",
  ),
  dtype: Type.Union([Type.Literal("float32"), Type.Literal("float64")]),
  eigenvalues: Type.Integer({ minimum: 0, maximum: 4096 }),
};

const KernelRegression = Type.Object(
  {
    ridge: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1e6,
        default: 0,
        description: "w of ‖f − y‖²/(2n) + w/2 ‖θ − θ_s‖²; 0 takes the solution of least norm.",
      }),
    ),
    prior: Type.Optional(
      Type.Union(
        [
          Type.Literal("network", {
            description: "Begin at the network's outputs: where lazy training ends.",
          }),
          Type.Literal("zero", { description: "Begin at zero: a machine of the kernel alone." }),
        ],
        { default: "network" },
      ),
    ),
  },
  {
    ...strict,
    description:
      "Kernel regression by the full kernel: fitted to the labels of `first`, it predicts `second`.",
  },
);

/** Body of `POST /v1/ntk`. */
export const NtkRequest = Type.Object(
  {
    name: Type.Optional(Name),
    metadata: Type.Optional(Metadata),
    model: Type.Optional(ModelId),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 4_294_967_295,
        default: 0,
        description: "Of the initial weights, where a model is named.",
      }),
    ),
    run: Type.Optional(RunId),
    checkpoint: Type.Optional(CheckpointId),
    first: Examples,
    second: Type.Optional(Examples),
    kernel: Type.Optional({ ...how.kernel, default: "full" }),
    method: Type.Optional({ ...how.method, default: "structured" }),
    dtype: Type.Optional({ ...how.dtype, default: "float32" }),
    eigenvalues: Type.Optional({ ...how.eigenvalues, default: 20 }),
    regression: Type.Optional(KernelRegression),
  },
  {
    ...strict,
    description:
      "`model`: at its initial weights. `run`: at a checkpoint, the latest unless named. With " +
      "`second` the kernel between the two sets: full [N₁, O, N₂, O], trace and pseudo " +
      "[N₁, N₂], diagonal [O, N₁, N₂].",
    examples: [
      {
        model: "mdl_0000000000000000000a",
        first: { dataset: "dst_0000000000000000000a", split: "train", examples: 64 },
        kernel: "full",
      },
    ],
    $id: "NtkRequest",
  },
);
export type NtkRequest = Static<typeof NtkRequest>;

const square = SnapshotFigures.properties;

/** What kernel regression reached. */
export const RegressionFigures = Type.Object(
  {
    train: Score,
    test: nullable(
      Type.Unsafe<Static<typeof Score>>({
        ...Score,
        description: "On the second set; null without one, or without its labels.",
      }),
    ),
    residual: Type.Unsafe<Figure>({ ...Figure, description: "Of the system, relative." }),
    converged: Type.Boolean({ description: "Whether the system was solved." }),
    directions_left_out: Type.Integer({
      minimum: 0,
      description: "Null directions of a singular kernel, without ridge.",
    }),
  },
  strict,
);
export type RegressionFigures = Static<typeof RegressionFigures>;

export const NtkFigures = Type.Object(
  {
    outputs: square.outputs,
    frobenius_norm: Figure,
    trace: nullable(square.trace),
    eigenvalues: square.eigenvalues,
    effective_rank: nullable(square.effective_rank),
    participation_ratio: nullable(square.participation_ratio),
    condition_number: nullable(square.condition_number),
    lambda_min: nullable(square.lambda_min),
    rank: nullable(square.rank),
    alignment: square.alignment,
    centred_alignment: square.centred_alignment,
    layer_share: square.layer_share,
    contractions: Type.Record(Type.String(), Type.String(), {
      description: "How each parameter was contracted.",
    }),
    regression: Type.Optional(RegressionFigures),
    seconds: Type.Number({ minimum: 0 }),
  },
  { ...strict, description: "Spectral figures are null between two sets." },
);
export type NtkFigures = Static<typeof NtkFigures>;

const ShownExamples = Type.Object(
  {
    source: oneOf(["dataset", "inputs"], "Where the examples come from."),
    dataset: nullable(DatasetId),
    split: nullable(Split),
    indices: nullable(Type.Array(Type.Integer())),
    examples: Type.Integer({ minimum: 1 }),
  },
  strict,
);
export type ShownExamples = Static<typeof ShownExamples>;

export const ntkStatuses = ["queued", "running", "succeeded", "failed"] as const;
export type NtkStatus = (typeof ntkStatuses)[number];

/** A kernel that was asked for, and what became of it. */
export const Ntk = Type.Object(
  {
    id: NtkId,
    name: nullable(Name),
    metadata: Metadata,
    status: oneOf(ntkStatuses, "What became of it."),
    model: ModelId,
    seed: nullable(Type.Integer()),
    run: nullable(RunId),
    checkpoint: nullable(CheckpointId),
    step: nullable(Type.Integer({ minimum: 0, description: "Of the checkpoint." })),
    first: ShownExamples,
    second: nullable(ShownExamples),
    regression: Type.Optional(nullable(Type.Required(KernelRegression, strict))),
    ...how,
    figures: nullable(NtkFigures),
    shape: Type.Unsafe<number[]>({ ...Shape, description: "Of the kernel." }),
    digest: nullable(Digest),
    error: nullable(RunError),
    created_at: Time,
    started_at: nullable(Time),
    finished_at: nullable(Time),
  },
  { ...strict, $id: "Ntk" },
);
export type Ntk = Static<typeof Ntk>;
