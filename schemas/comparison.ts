/** Several runs beside each other: what they differ in, their curves, how far apart they are. */
import Type, { type Static } from "typebox";
import { Evaluation, RunStatus } from "./run.ts";
import { Figure, Name, nullable, RunId, strict } from "./values.ts";

/** Runs in one comparison. */
export const comparedRunsMax = 10;

export const ComparisonQuery = Type.Object(
  {
    runs: Type.Array(RunId, {
      minItems: 2,
      maxItems: comparedRunsMax,
      uniqueItems: true,
      description: "Separated by commas. Distances are to the first.",
    }),
    names: Type.Optional(
      Type.Array(Type.String({ pattern: "^[a-z0-9_.]{1,64}$" }), {
        minItems: 1,
        maxItems: 16,
        default: ["loss", "accuracy"],
        description: "Columns of the metrics, separated by commas.",
      }),
    ),
    points: Type.Optional(
      Type.Integer({ minimum: 2, maximum: 2000, default: 200, description: "Most steps." }),
    ),
    distances: Type.Optional(
      Type.Boolean({
        default: true,
        description: "Whether kernels and weights are compared; that takes a moment.",
      }),
    ),
  },
  strict,
);
export type ComparisonQuery = Static<typeof ComparisonQuery>;

const figure = (description: string) => Type.Unsafe<Figure>({ ...Figure, description });

/** One list of values for each run, in the order of `runs`, with one value for each step. */
const Aligned = (description: string) =>
  Type.Object(
    {
      steps: Type.Array(Type.Integer({ minimum: 0 })),
      columns: Type.Record(Type.String(), Type.Array(Type.Array(nullable(Figure)))),
    },
    { ...strict, description },
  );

/** How far apart two kernels of one variant on one probe are. */
export const KernelsApart = Type.Object(
  {
    distance: figure("S = 1 − cosine of the two kernels."),
    cka: figure("Cosine of the two kernels after centring them over examples."),
    relative_change: figure("‖K − K_first‖ / ‖K_first‖."),
  },
  strict,
);

export const WeightsApart = Type.Object(
  { relative_distance: figure("‖θ − θ_first‖ / ‖θ_first‖.") },
  strict,
);

const apart = { run: RunId, reason: nullable(Type.String({ description: "Why there are none." })) };
const Step = Type.Integer({ minimum: 0, description: "Of both runs." });

export const Comparison = Type.Object(
  {
    runs: Type.Array(
      Type.Object(
        {
          id: RunId,
          name: nullable(Name),
          status: RunStatus,
          step: Type.Integer({ minimum: 0 }),
          steps: Type.Integer({ minimum: 1 }),
          linearisations: nullable(Type.Integer({ minimum: 0 })),
          result: nullable(Evaluation),
        },
        strict,
      ),
    ),
    differences: Type.Array(
      Type.Object(
        {
          pointer: Type.String({ description: "Of a setting, as in the run's request." }),
          values: Type.Array(Type.Any(), {
            description: "One for each run; null where the setting does not apply.",
          }),
        },
        strict,
      ),
      { description: "Settings in which the runs are not all the same." },
    ),
    metrics: Aligned(
      "Each run's value at the last reported step up to this one and after the step before; null " +
        "where it has none.",
    ),
    evaluations: Aligned(
      "Loss and accuracy of both functions on both splits; null where a run has no evaluation.",
    ),
    kernels: Type.Array(
      Type.Object(
        {
          ...apart,
          points: Type.Array(Type.Object({ step: Step, ...KernelsApart.properties }, strict)),
        },
        strict,
      ),
      {
        description:
          "Of each other run's snapshots to the first run's at equal steps, where both look at " +
          "the same probe and keep their kernels.",
      },
    ),
    parameters: Type.Array(
      Type.Object(
        {
          ...apart,
          points: Type.Array(Type.Object({ step: Step, ...WeightsApart.properties }, strict)),
        },
        strict,
      ),
      {
        description:
          "Of each other run's checkpoints to the first run's at equal steps, for equal networks.",
      },
    ),
  },
  { ...strict, $id: "Comparison" },
);
export type Comparison = Static<typeof Comparison>;
