/** What a run would cost, and which rates it would bear, before it starts. */
import Type, { type Static } from "typebox";
import { Plan } from "./run.ts";
import { Figure, nullable, strict } from "./values.ts";

/** The answer of `POST /v1/plans`, whose body is that of `POST /v1/runs`. */
export const PlanAnswer = Type.Object(
  {
    parameters: Type.Integer({ minimum: 0, description: "Trainable numbers of the model." }),
    plan: Plan,
    linearisations: Type.Integer({
      minimum: 0,
      description: "Of the whole run; for an adaptive period, at most.",
    }),
    lambda_max: nullable(
      Type.Unsafe<Figure>({
        ...Figure,
        description: "Largest eigenvalue of Θ/n at the initial weights; null where not looked for.",
      }),
    ),
    rate_times_lambda_max: nullable(Figure),
    stable_learning_rate: nullable(
      Type.Unsafe<Figure>({
        ...Figure,
        description: "Largest rate at which a linear phase of more than one step is stable.",
      }),
    ),
    warning: nullable(Type.String()),
  },
  { ...strict, $id: "PlanAnswer" },
);
export type PlanAnswer = Static<typeof PlanAnswer>;
