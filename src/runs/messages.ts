/**
 * Whether something that came from a child is a message of the channel. A child may be broken or
 * out of date; what it says reaches the log only in the contract's shape.
 */
import Type, { type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { KernelsApart, WeightsApart } from "#schemas/comparison.ts";
import { Dataset } from "#schemas/dataset.ts";
import { Arithmetic } from "#schemas/device.ts";
import { RunEvent } from "#schemas/event.ts";
import { Model } from "#schemas/model.ts";
import { NtkFigures } from "#schemas/ntk.ts";
import { PlanAnswer } from "#schemas/plan.ts";
import { FieldError } from "#schemas/problem.ts";
import { Evaluation, Plan, RunError } from "#schemas/run.ts";
import { Digest, nullable } from "#schemas/values.ts";
import type { FromTrainer } from "#src/channel.ts";

const Count = Type.Integer({ minimum: 0 });

const events = RunEvent.anyOf
  .filter((variant) => variant.properties.type.const !== "status")
  .map((variant) =>
    Type.Object({
      kind: variant.properties.type,
      key: Type.String({ minLength: 1, maxLength: 200 }),
      data: variant.properties.data,
    }),
  );

const Outcome = Type.Union([
  Type.Object({ type: Type.Literal("succeeded"), result: Evaluation }),
  Type.Object({ type: Type.Literal("paused") }),
  Type.Object({ type: Type.Literal("cancelled"), result: nullable(Evaluation) }),
  Type.Object({ type: Type.Literal("failed"), error: RunError }),
]);

const { inputs, outputs, parameters, layers, operations, warnings } = Model.properties;
const Inspection = Type.Object({
  ...{ inputs, outputs, parameters, layers, operations, warnings },
  coupling: Type.Array(Type.String()),
  import: Model.properties.import,
});

const { digest, bytes, task, classes, class_names, input_shape, splits } = Dataset.properties;
const DatasetFacts = Type.Object({
  ...{ digest, bytes, task, classes, class_names, input_shape, splits },
});

const ErrandResult = Type.Union([
  Type.Object({
    kind: Type.Literal("probe"),
    provider: Type.String({ maxLength: 200 }),
    milliseconds: Type.Number({ minimum: 0 }),
    precision: Arithmetic,
  }),
  Type.Object({
    kind: Type.Literal("predict"),
    step: Count,
    shape: Type.Array(Count),
    outputs: Type.Unsafe<Float64Array>({}),
  }),
  Type.Object({ kind: Type.Literal("initial_weights"), digest: Digest, bytes: Count }),
  Type.Object({ kind: Type.Literal("plan"), answer: PlanAnswer }),
  Type.Object({
    kind: Type.Literal("kernel_share"),
    form: Type.Enum(["upper", "strips", "rows", "columns"]),
    from: Count,
    count: Count,
    digest: nullable(Digest),
    traces: Type.Record(Type.String(), Type.Number()),
    contractions: Type.Record(Type.String(), Type.String()),
    step: nullable(Count),
  }),
  Type.Object({
    kind: Type.Union([Type.Literal("kernel"), Type.Literal("kernel_join")]),
    figures: NtkFigures,
    step: nullable(Count),
    shape: Type.Array(Count),
    digest: Digest,
  }),
  Type.Object({ kind: Type.Literal("inspect"), inspection: Inspection }),
  Type.Object({
    kind: Type.Literal("export"),
    digest: Digest,
    bytes: Count,
    format: Type.Union([Type.Literal("onnx"), Type.Literal("tar")]),
  }),
  Type.Object({ kind: Type.Literal("gather_weights"), digest: Digest, bytes: Count }),
  Type.Object({
    kind: Type.Literal("compare"),
    kernels: Type.Array(nullable(KernelsApart)),
    weights: Type.Array(nullable(WeightsApart)),
  }),
  Type.Object({ kind: Type.Literal("read_dataset"), facts: DatasetFacts }),
]);

/** Message type → its other fields. */
const fields: Readonly<Record<FromTrainer["type"], Readonly<Record<string, TSchema>>>> = {
  ready: {},
  alive: {},
  started: { plan: Plan, step: Count },
  event: { event: Type.Union(events) },
  ended: { outcome: Outcome, seconds: Type.Number({ minimum: 0 }) },
  errand_done: { id: Count, result: ErrandResult },
  errand_failed: { id: Count, error: RunError, errors: Type.Optional(Type.Array(FieldError)) },
};

const checks = new Map(
  Object.entries(fields).map(([type, rest]) => [type, Compile(Type.Object(rest))]),
);

/** The message, or what is wrong with it as text. */
export function messageFrom(value: unknown): FromTrainer | string {
  if (typeof value !== "object" || value === null || !("type" in value)) return "not a message";
  const type = String(value.type);
  const check = checks.get(type);
  if (check === undefined) return `a message of unknown type ${type.slice(0, 40)}`;
  if (check.Check(value)) return value as FromTrainer;
  const [first] = check.Errors(value);
  return `a message of type ${type} whose ${first?.instancePath || "/"} ${first?.message}`;
}
