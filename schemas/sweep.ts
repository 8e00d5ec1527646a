/** Sweeps: many runs from one request, over a grid or a list of any of its fields. */
import Type, { type Static } from "typebox";
import { Period } from "./algorithm.ts";
import { RunError, type RunStatus, runStatuses, Wish } from "./run.ts";
import { Figure, Metadata, Name, nullable, oneOf, RunId, SweepId, strict, Time } from "./values.ts";

/** Cells of one sweep. */
export const sweepCellsMax = 10_000;
/** Fields that one sweep varies. */
export const sweepFieldsMax = 16;

/** JSON pointer → value. */
const Values = Type.Record(Type.String({ pattern: "^/" }), Type.Any(), {
  maxProperties: sweepFieldsMax,
  description: "JSON pointer into the run request → its value.",
});

const Seeds = Type.Union([
  Type.Integer({ minimum: 1, maximum: sweepCellsMax, description: "How many: 0, 1, 2, …" }),
  Type.Array(Type.Integer({ minimum: 0, maximum: 4_294_967_295 }), {
    minItems: 1,
    maxItems: sweepCellsMax,
  }),
]);

/** Body of `POST /v1/sweeps`. */
export const SweepRequest = Type.Object(
  {
    name: Type.Optional(Name),
    metadata: Type.Optional(Metadata),
    base: Type.Unsafe<Readonly<Record<string, unknown>>>({
      type: "object",
      description:
        "A run request without what varies. `model` may also be a definition in JSON, so that " +
        "its fields can vary; each different one becomes a model once.",
    }),
    vary: Type.Optional(
      Type.Record(
        Type.String({ pattern: "^/" }),
        Type.Array(Type.Any(), { minItems: 1, maxItems: sweepCellsMax }),
        {
          maxProperties: sweepFieldsMax,
          description: "JSON pointer into `base` → its values; every combination is a cell.",
        },
      ),
    ),
    cells: Type.Optional(
      Type.Array(Values, {
        minItems: 1,
        maxItems: sweepCellsMax,
        description: "A list in the place of a grid; with `vary`, every pair of the two.",
      }),
    ),
    seeds: Type.Optional(Seeds),
    parallel: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: "Runs of this sweep that wait or train at the same time.",
      }),
    ),
  },
  {
    ...strict,
    examples: [
      {
        name: "K × rate",
        base: {
          model: {
            input: { shape: [20] },
            layers: [
              { type: "dense", units: 64, activation: "relu" },
              { type: "dense", units: 4 },
            ],
          },
          dataset: "dst_0000000000000000000a",
          algorithm: { type: "linearised", period: 1 },
          optimizer: { type: "sgd", learning_rate: 0.1 },
          steps: 4000,
        },
        vary: {
          "/algorithm/period": [1, 64, "never"],
          "/optimizer/learning_rate": [0.05, 0.1],
          "/model/layers/0/units": [32, 64],
        },
        seeds: 3,
        parallel: 4,
      },
    ],
    $id: "SweepRequest",
  },
);
export type SweepRequest = Static<typeof SweepRequest>;

export const sweepStatuses = [
  "running",
  "pausing",
  "paused",
  "cancelling",
  "cancelled",
  "completed",
  "failed",
] as const;
export type SweepStatus = (typeof sweepStatuses)[number];

const Count = Type.Integer({ minimum: 0 });

export const SweepCounts = Type.Object(
  {
    waiting: Type.Integer({ minimum: 0, description: "Cells that are no run yet." }),
    ...(Object.fromEntries(runStatuses.map((status) => [status, Count])) as Record<
      RunStatus,
      typeof Count
    >),
  },
  { ...strict, description: "Cells by the status of their runs." },
);
export type SweepCounts = Static<typeof SweepCounts>;

/** The answer to a sweep request, and an entry of the listing. */
export const Sweep = Type.Object(
  {
    id: SweepId,
    name: nullable(Name),
    metadata: Metadata,
    base: SweepRequest.properties.base,
    vary: nullable(SweepRequest.properties.vary),
    seeds: nullable(Seeds),
    parallel: nullable(Type.Integer()),
    status: oneOf(sweepStatuses, "completed: every cell has ended, in whatever way."),
    wanted: Wish,
    total: Type.Integer({ minimum: 1, description: "Cells." }),
    counts: SweepCounts,
    error: nullable(RunError),
    version: Type.Integer({ minimum: 1 }),
    created_at: Time,
  },
  { ...strict, $id: "Sweep" },
);
export type Sweep = Static<typeof Sweep>;

/** Columns of the table of results, in their order. */
export const resultNames = [
  "linearised_train_loss",
  "linearised_train_accuracy",
  "linearised_test_loss",
  "linearised_test_accuracy",
  "network_train_loss",
  "network_train_accuracy",
  "network_test_loss",
  "network_test_accuracy",
  "linearisations",
  "kernel_distance",
  "seconds",
] as const;
export type ResultName = (typeof resultNames)[number];

const byName = <const T>(of: T) =>
  Object.fromEntries(resultNames.map((name) => [name, of])) as Record<ResultName, T>;

const SweepRow = Type.Object(
  {
    cell: Type.Integer({ minimum: 0 }),
    values: Values,
    run: nullable(RunId),
    status: oneOf(["waiting", ...runStatuses], "Of the run; waiting: there is none yet."),
    error: nullable(Type.String({ description: "Code of the run's error." })),
    step: Count,
    figures: Type.Object(byName(nullable(Figure)), {
      ...strict,
      description:
        "Latest scores of both functions; linearisations so far (standard training: one a " +
        "step); distance of the last snapshot's kernel to the first; seconds of training.",
    }),
  },
  strict,
);
export type SweepRow = Static<typeof SweepRow>;

export const Estimate = Type.Object(
  {
    n: Type.Integer({ minimum: 0, description: "Finite values." }),
    mean: nullable(Type.Number()),
    deviation: nullable(Type.Number({ description: "Sample standard deviation." })),
    low: nullable(Type.Number({ description: "Lower end of the 95 % interval (Student's t)." })),
    high: nullable(Type.Number()),
  },
  strict,
);
export type Estimate = Static<typeof Estimate>;

const SweepGroup = Type.Object(
  {
    values: Values,
    cells: Type.Integer({ minimum: 1 }),
    succeeded: Count,
    diverged: Count,
    figures: Type.Object(byName(Estimate), {
      ...strict,
      description: "Over the group's cells that succeeded.",
    }),
  },
  { ...strict, description: "Cells that differ in their seed alone." },
);
export type SweepGroup = Static<typeof SweepGroup>;

const Reached = Type.Object(
  { period: Period, score: Type.Number(), linearisations: nullable(Type.Number()) },
  strict,
);

export const SweepSummary = Type.Object(
  {
    delta: Type.Number(),
    fewest_linearisations: Type.Array(
      Type.Object(
        {
          values: Values,
          score: oneOf(
            ["linearised_test_accuracy", "linearised_test_loss"],
            "Accuracy at most δ below that of K = 1; without one, loss at most δ above (relative).",
          ),
          reference: Reached,
          fewest: Reached,
        },
        strict,
      ),
      { description: "For equal other settings: the fewest linearisations within δ of K = 1." },
    ),
    stability_frontier: Type.Array(
      Type.Object(
        {
          values: Values,
          period: Period,
          largest_stable_rate: nullable(Type.Number()),
          smallest_diverged_rate: nullable(Type.Number()),
        },
        strict,
      ),
      {
        description:
          "For each period: the largest learning rate at which no seed diverged, and the " +
          "smallest at which one did.",
      },
    ),
  },
  strict,
);
export type SweepSummary = Static<typeof SweepSummary>;

/** What reading one sweep returns. */
export const SweepResults = Type.Object(
  {
    ...Sweep.properties,
    rows: Type.Array(SweepRow, { description: "One a cell." }),
    groups: Type.Array(SweepGroup),
    summary: SweepSummary,
  },
  { ...strict, $id: "SweepResults" },
);
export type SweepResults = Static<typeof SweepResults>;
