/** Metrics of a run as columns, one value a step, or fewer steps that keep the extremes. */
import Type, { type Static } from "typebox";
import { Figure, nullable, RunId, strict } from "./values.ts";

export const Metrics = Type.Object(
  {
    run: RunId,
    from: Type.Integer({ minimum: 1, description: "First step that was looked at." }),
    to: Type.Integer({ minimum: 0, description: "Last step that was looked at." }),
    rows: Type.Integer({ minimum: 0, description: "Length of every column." }),
    steps_seen: Type.Integer({ minimum: 0, description: "Steps from which the rows were taken." }),
    columns: Type.Record(Type.String(), Type.Array(nullable(Figure)), {
      description:
        "`step` and the metrics asked for. Rows are real steps, never averages: when there are " +
        "fewer than asked, each column's least and greatest values in every bucket are among them.",
    }),
  },
  { ...strict, $id: "Metrics" },
);
export type Metrics = Static<typeof Metrics>;
