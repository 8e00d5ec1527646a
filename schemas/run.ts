/** A run: what is asked for, what it is, and what may be changed while it lives. */
import Type, { type Static } from "typebox";
import { Algorithm, Loss, Optimizer, Period } from "./algorithm.ts";
import { Arithmetic } from "./device.ts";
import { Snapshots } from "./kernel.ts";
import { ProblemCode } from "./problem.ts";
import {
  CheckpointId,
  DatasetId,
  Figure,
  Metadata,
  ModelId,
  Name,
  nullable,
  oneOf,
  RunId,
  SweepId,
  strict,
  Time,
} from "./values.ts";

const every = (what: string) =>
  Type.Integer({ minimum: 1, description: `Steps between ${what}; the last step has one too.` });

export const Engine = Type.Union([
  Type.Literal("auto"),
  Type.Literal("onnxruntime"),
  Type.Literal("tfjs"),
  Type.Literal("reference", { description: "Plain float64 loops: slow and sure." }),
]);
export const Device = oneOf(
  [
    ...(["auto", "cpu", "webgpu", "cuda"] as const),
    ...(["cuda:0", "cuda:1", "cuda:2", "cuda:3", "cuda:4", "cuda:5", "cuda:6", "cuda:7"] as const),
  ],
  "auto: an NVIDIA GPU if one works, else cpu. cuda: the GPU with the fewest trainers; cuda:1: a " +
    "certain one.",
);

const priorities = ["low", "normal", "high"] as const;
export type Priority = (typeof priorities)[number];
const Priority = Type.Unsafe<Priority>({
  ...oneOf(priorities, "Of runs that wait, higher ones start first."),
  default: "normal",
});

/** Body of `POST /v1/runs`. */
export const RunRequest = Type.Object(
  {
    model: ModelId,
    dataset: DatasetId,
    name: Type.Optional(Name),
    metadata: Type.Optional(Metadata),
    priority: Type.Optional(Priority),
    loss: Type.Optional(Loss),
    algorithm: Type.Optional(Algorithm),
    optimizer: Optimizer,
    batch_size: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000 }), Type.Literal("full")], {
        default: 64,
      }),
    ),
    steps: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 4_294_967_295,
        default: 0,
        description: "Seeds initial weights and batches; equal seeds give equal batches for all K.",
      }),
    ),
    dtype: Type.Optional(
      Type.Union([Type.Literal("float32"), Type.Literal("float64")], { default: "float32" }),
    ),
    engine: Type.Optional(Engine),
    device: Type.Optional(Device),
    evaluate: Type.Optional(Type.Object({ every: every("evaluations") }, strict)),
    snapshots: Type.Optional(nullable(Snapshots)),
    checkpoints: Type.Optional(
      Type.Object(
        {
          every: Type.Optional(nullable(every("checkpoints"))),
          keep: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 3 })),
        },
        strict,
      ),
    ),
    stop: Type.Optional(
      Type.Object(
        {
          seconds: Type.Optional(nullable(Type.Number({ exclusiveMinimum: 0 }))),
          loss: Type.Optional(
            nullable(
              Type.Number({ description: "End when an evaluation's training loss is ≤ this." }),
            ),
          ),
          diverged: Type.Optional(Type.Boolean({ default: true })),
        },
        strict,
      ),
    ),
  },
  {
    ...strict,
    examples: [
      {
        model: "mdl_0000000000000000000a",
        dataset: "dst_0000000000000000000a",
        algorithm: { type: "linearised", period: 64 },
        optimizer: { type: "sgd", learning_rate: 0.1 },
        batch_size: 128,
        steps: 1000,
        evaluate: { every: 100 },
        snapshots: { every: 200, examples: 64, kernel: "trace" },
      },
    ],
    $id: "RunRequest",
  },
);
export type RunRequest = Static<typeof RunRequest>;

/** Body of `PATCH /v1/runs/{id}`: what may change while a run lives. */
export const Steering = Type.Object(
  {
    learning_rate: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1e6 })),
    period: Type.Optional(Period),
    relinearise: Type.Optional(Type.Literal(true, { description: "Linearise again, now." })),
    evaluate_every: Type.Optional(Type.Integer({ minimum: 1 })),
    snapshots_every: Type.Optional(nullable(Type.Integer({ minimum: 1 }))),
    name: Type.Optional(Name),
    metadata: Type.Optional(Metadata),
  },
  {
    ...strict,
    minProperties: 1,
    examples: [{ learning_rate: 0.05, period: 128 }],
    $id: "Steering",
  },
);
export type Steering = Static<typeof Steering>;

/** Body of `POST /v1/runs/{id}/fork`: a checkpoint and what to change. */
export const ForkRequest = Type.Object(
  {
    checkpoint: Type.Optional(CheckpointId),
    name: Type.Optional(Name),
    metadata: Type.Optional(Metadata),
    priority: Type.Optional(Priority),
    algorithm: Type.Optional(Algorithm),
    optimizer: Type.Optional(Type.Partial(Optimizer, strict)),
    steps: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })),
    evaluate: Type.Optional(Type.Object({ every: every("evaluations") }, strict)),
    snapshots: Type.Optional(nullable(Snapshots)),
  },
  { ...strict, examples: [{ steps: 2000, algorithm: { type: "standard" } }], $id: "ForkRequest" },
);
export type ForkRequest = Static<typeof ForkRequest>;

export const runStatuses = [
  "queued",
  "starting",
  "running",
  "pausing",
  "paused",
  "cancelling",
  "cancelled",
  "succeeded",
  "failed",
] as const;
export type RunStatus = (typeof runStatuses)[number];
export const RunStatus = oneOf(runStatuses, "What a run is.");

export const wishes = ["run", "pause", "cancel"] as const;
export type Wish = (typeof wishes)[number];
export const Wish = oneOf(wishes, "What was last asked of a run.");

export const RunError = Type.Object(
  { code: ProblemCode, message: Type.String(), retryable: Type.Boolean() },
  strict,
);
export type RunError = Static<typeof RunError>;

/** Loss and, for classification, share of right answers, on one set of examples. */
export const Score = Type.Object({ loss: Figure, accuracy: nullable(Figure) }, strict);
export type Score = Static<typeof Score>;

const Scores = Type.Object({ train: Score, test: Score }, strict);

/** Both functions: the linear model at (θ_s, θ), and the network at θ. */
export const Evaluation = Type.Object(
  {
    linearised: Scores,
    network: Scores,
    averaged: Type.Optional(
      Type.Object(Scores.properties, {
        ...strict,
        description: "The network at the averaged weights; with `optimizer.averaging` alone.",
      }),
    ),
  },
  strict,
);
export type Evaluation = Static<typeof Evaluation>;

/** What will be or was done, and why. */
export const Plan = Type.Object(
  {
    solver: Type.String({
      description: "standard, weight_space, function_space, closed_form, gauss_newton.",
    }),
    reason: Type.String(),
    engine: Type.String(),
    device: Type.String(),
    provider: Type.Optional(
      Type.String({ description: "What computes: the library, its version, its provider." }),
    ),
    precision: Type.Optional(Arithmetic),
    flops: Type.Number({ description: "Contraction FLOPs of the whole run, estimated." }),
    memory_bytes: Type.Integer({ description: "Estimated peak of the trainer." }),
    seconds: Type.Optional(Type.Number({ description: "Of training, estimated." })),
    primals: nullable(Type.Union([Type.Literal("keep"), Type.Literal("recompute")])),
    alternatives: Type.Array(
      Type.Object(
        {
          solver: Type.String(),
          flops: Type.Number(),
          memory_bytes: Type.Integer(),
          seconds: Type.Optional(Type.Number()),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type Plan = Static<typeof Plan>;

/** The answer to a run request, and what every reading of a run returns. */
export const Run = Type.Object(
  {
    id: RunId,
    ...Type.Required(RunRequest).properties,
    name: nullable(Name),
    status: RunStatus,
    wanted: Wish,
    pause_reason: Type.Optional(
      nullable(
        oneOf(["disk_full"], "Why the service paused it: it goes on by itself once there is room."),
      ),
    ),
    attempt: Type.Integer({ minimum: 0, description: "How often a trainer was started." }),
    progress: Type.Object(
      {
        step: Type.Integer({ minimum: 0 }),
        steps: Type.Integer({ minimum: 1 }),
        percent: Type.Number(),
        eta_seconds: nullable(Type.Number()),
        linearisations: Type.Optional(
          Type.Integer({ minimum: 0, description: "By the latest evaluation; linearised runs." }),
        ),
      },
      strict,
    ),
    plan: nullable(Plan),
    result: nullable(Evaluation),
    error: nullable(RunError),
    forked_from: nullable(
      Type.Object({ run: RunId, checkpoint: CheckpointId, step: Type.Integer() }, strict),
    ),
    sweep: Type.Optional(
      Type.Object(
        { id: SweepId, cell: Type.Integer({ minimum: 0 }) },
        { ...strict, description: "The sweep of which this run is a cell." },
      ),
    ),
    epoch: Type.String({ description: "Changes if the event log was rebuilt." }),
    last_seq: Type.Integer({ minimum: 0 }),
    version: Type.Integer({ minimum: 1, description: "Grows with every change; the ETag." }),
    created_at: Time,
    started_at: nullable(Time),
    finished_at: nullable(Time),
  },
  { ...strict, $id: "Run" },
);
export type Run = Static<typeof Run>;
