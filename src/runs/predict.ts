/** Outputs of a run's network: the request is checked here, a child does the mathematics. */
import assert from "node:assert/strict";
import { sizeOf } from "#engine/tensor.ts";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Prediction, PredictRequest } from "#schemas/predict.ts";
import { type Figure, toFigure } from "#schemas/values.ts";
import { Failure, failAt } from "#src/failure.ts";
import type { Reader } from "#storage/store.ts";
import { storedRun } from "./apply.ts";
import type { RunContext } from "./context.ts";
import type { Errands } from "./errands.ts";
import { latestCheckpoint } from "./retention.ts";

/** Numbers that one request may give, all examples together. */
export const predictNumbersMax = 4_000_000;

/**
 * Predicts from a named or the latest checkpoint. Failures: `not_found`, `no_checkpoint`,
 * `invalid_request` at the example at fault, and those of errands.
 */
export async function predictRun(
  context: RunContext & { readonly errands: Errands; readonly artifactsDir: string },
  id: string,
  asked: { readonly request: PredictRequest; readonly signal?: AbortSignal },
): Promise<Prediction> {
  const { request, signal } = asked;
  const found = await context.store.read(async (reader) => {
    const { run } = await storedRun(reader, id);
    const checkpoint = await checkpointFor(reader, id, request.checkpoint);
    const model = await reader.model(run.model);
    const dataset = await reader.dataset(run.dataset);
    return { run, checkpoint, model, classes: dataset?.classes ?? null };
  });
  const { model, checkpoint } = found;
  const [port] = model?.inputs ?? [];
  if (!model?.definition || port === undefined) {
    throw new Failure("conflict", `The model of run ${id} was deleted.`);
  }
  const inputs = flattened(request.inputs, port.shape);
  const errand = {
    kind: "predict",
    model: { kind: "definition", definition: model.definition },
    artifactsDir: context.artifactsDir,
    checkpoint: checkpoint.digest,
    function: request.function ?? "network",
    inputs,
    examples: request.inputs.length,
  } as const;
  const { step, shape, outputs } = await context.errands.perform(errand, signal);
  const width = sizeOf(shape);
  assert(
    outputs instanceof Float64Array && outputs.length === errand.examples * width,
    "a prediction has one output for each example",
  );
  const rows = Array.from({ length: errand.examples }, (_, i) =>
    outputs.subarray(i * width, (i + 1) * width),
  );
  return {
    checkpoint: checkpoint.id,
    step,
    shape: [...shape],
    outputs: rows.map((row) => nested(row, shape)),
    classes: found.classes === null ? null : rows.map(largest),
  };
}

async function checkpointFor(
  reader: Reader,
  run: string,
  id: string | undefined,
): Promise<Checkpoint> {
  if (id !== undefined) {
    const named = await reader.checkpoint(run, id);
    if (named !== undefined) return named;
    throw failAt("no_checkpoint", "/checkpoint", `Run ${run} has no checkpoint ${id}.`);
  }
  const latest = await latestCheckpoint(reader, run);
  if (latest !== undefined) return latest;
  throw new Failure("no_checkpoint", `Run ${run} has no checkpoint to predict from yet.`);
}

/** All examples as one row-major array; each must be nested lists of exactly `shape`. */
function flattened(examples: readonly unknown[], shape: readonly number[]): Float64Array {
  const width = sizeOf(shape);
  if (examples.length * width > predictNumbersMax) {
    const text = `At most ${Math.floor(predictNumbersMax / width)} examples fit into one request.`;
    throw failAt("body_too_large", "/inputs", text);
  }
  const values = new Float64Array(examples.length * width);
  let at = 0;
  const fill = (value: unknown, axis: number, pointer: string): void => {
    const length = shape[axis];
    if (length === undefined) {
      if (typeof value !== "number") throw misshapen(pointer, "a number is needed here", shape);
      values[at] = value;
      at += 1;
      return;
    }
    if (!Array.isArray(value) || value.length !== length) {
      throw misshapen(pointer, `a list of ${length} is needed here`, shape);
    }
    for (const [i, part] of value.entries()) fill(part, axis + 1, `${pointer}/${i}`);
  };
  for (const [i, example] of examples.entries()) fill(example, 0, `/inputs/${i}`);
  return values;
}

function misshapen(pointer: string, what: string, shape: readonly number[]): Failure {
  const text = `${what}: each example has the shape [${shape.join(", ")}].`;
  return failAt("invalid_request", pointer, `${text[0]?.toUpperCase()}${text.slice(1)}`);
}

type Nested = Figure | readonly Nested[];

function nested(values: Float64Array, shape: readonly number[]): Nested {
  const [length, ...rest] = shape;
  if (length === undefined) return toFigure(values[0] ?? Number.NaN);
  const width = sizeOf(rest);
  return Array.from({ length }, (_, i) =>
    nested(values.subarray(i * width, (i + 1) * width), rest),
  );
}

/** Index of the largest value: the predicted class. */
function largest(values: Float64Array): number {
  return values.reduce((best, value, i) => (value > (values[best] ?? 0) ? i : best), 0);
}
