/** Everything that is ever learnt about a run: one ordered log of these events. */
import Type, { type Static, type TSchema } from "typebox";
import { Plan, RunError, RunStatus, Score, Steering } from "./run.ts";
import { SnapshotFigures } from "./snapshot.ts";
import { CheckpointId, Digest, Figure, nullable, SnapshotId, strict, Time } from "./values.ts";

const Step = Type.Integer({ minimum: 0, description: "Steps done when this was seen." });

export const StatusData = Type.Object(
  {
    status: RunStatus,
    attempt: Type.Integer({ minimum: 0 }),
    reason: Type.Optional(Type.String()),
    plan: Type.Optional(Plan),
    error: Type.Optional(RunError),
  },
  strict,
);

/** Column → one value a step, for the steps `from` … `to` (the first step is 1). */
export const MetricsData = Type.Object(
  {
    from: Type.Integer({ minimum: 1 }),
    to: Type.Integer({ minimum: 1 }),
    every: Type.Optional(
      Type.Integer({
        minimum: 2,
        description:
          "Values are of the steps from, from + every, …, not of each: a closed form takes no " +
          "step between. Absent: 1.",
      }),
    ),
    columns: Type.Record(Type.String(), Type.Array(Figure), {
      description:
        "loss, accuracy, gradient_norm, learning_rate, and for linearised training " +
        "distance_from_anchor and anchor_step.",
    }),
  },
  strict,
);

const Scores = Type.Object({ train: Score, test: Score }, strict);

export const EvaluationData = Type.Object(
  {
    step: Step,
    linearised: Scores,
    network: Scores,
    averaged: Type.Optional(
      Type.Object(Scores.properties, {
        ...strict,
        description: "The network at the averaged weights; with `optimizer.averaging` alone.",
      }),
    ),
    linearisations: Type.Optional(
      Type.Integer({ minimum: 0, description: "So far; linearised training alone." }),
    ),
  },
  strict,
);

/** What happened at a linearisation: θ_s ← θ. */
export const AnchorData = Type.Object(
  {
    step: Step,
    index: Type.Integer({ minimum: 0, description: "Linearisations before this one." }),
    period: nullable(Type.Integer({ description: "Steps since the one before." })),
    linearisation_gap: nullable(
      Type.Unsafe<Figure>({
        ...Figure,
        description: "‖f − f_lin‖ / ‖f_lin − f_s‖ on the probe, just before.",
      }),
    ),
    loss_before: nullable(Figure),
    loss_after: Figure,
    distance_from_anchor: Type.Unsafe<Figure>({
      ...Figure,
      description: "‖θ − θ_s‖, just before.",
    }),
    distance_from_start: Type.Unsafe<Figure>({ ...Figure, description: "‖θ − θ₀‖." }),
    relative_distance: Type.Unsafe<Figure>({ ...Figure, description: "‖θ − θ₀‖ / ‖θ₀‖." }),
    lambda_max: nullable(
      Type.Unsafe<Figure>({
        ...Figure,
        description:
          "Largest eigenvalue of Θ_s/n on training data; a lower bound where the warning says so.",
      }),
    ),
    rate_times_lambda_max: nullable(Figure),
    stable_learning_rate: nullable(
      Type.Unsafe<Figure>({ ...Figure, description: "Largest stable rate of the linear phase." }),
    ),
    warning: nullable(Type.String()),
  },
  strict,
);

export const SnapshotData = Type.Object(
  { id: SnapshotId, ...SnapshotFigures.properties, digest: nullable(Digest) },
  strict,
);

export const CheckpointData = Type.Object(
  {
    id: CheckpointId,
    step: Step,
    digest: Type.Unsafe<string>({ ...Digest, description: "Of the manifest." }),
    weights: Type.Unsafe<string>({ ...Digest, description: "Of the safetensors file." }),
    bytes: Type.Integer({ minimum: 0 }),
    final: Type.Boolean(),
  },
  strict,
);

export const SteeredData = Type.Object(
  { step: Step, changes: Steering, request: Type.Integer({ minimum: 1 }) },
  strict,
);

export const LogData = Type.Object(
  {
    step: Step,
    level: Type.Union([Type.Literal("info"), Type.Literal("warn"), Type.Literal("error")]),
    message: Type.String({ maxLength: 4000 }),
  },
  strict,
);

const eventOf = <K extends string, D extends TSchema>(kind: K, data: D) =>
  Type.Object(
    {
      seq: Type.Integer({ minimum: 1, description: "Gap-free position in the run's log." }),
      type: Type.Literal(kind),
      time: Time,
      data,
    },
    strict,
  );

export const RunEvent = Type.Union(
  [
    eventOf("status", StatusData),
    eventOf("metrics", MetricsData),
    eventOf("evaluation", EvaluationData),
    eventOf("anchor", AnchorData),
    eventOf("snapshot", SnapshotData),
    eventOf("checkpoint", CheckpointData),
    eventOf("steered", SteeredData),
    eventOf("log", LogData),
  ],
  { $id: "RunEvent", description: "One entry of a run's log." },
);
export type RunEvent = Static<typeof RunEvent>;
export type EventKind = RunEvent["type"];
export type EventOf<K extends EventKind> = Extract<RunEvent, { type: K }>;
export type EventData<K extends EventKind = EventKind> = EventOf<K>["data"];

export const eventKinds = [
  "status",
  "metrics",
  "evaluation",
  "anchor",
  "snapshot",
  "checkpoint",
  "steered",
  "log",
] as const satisfies readonly EventKind[];
