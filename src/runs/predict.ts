/** Outputs of a run's network: the request is checked here, a child does the mathematics. */
import assert from "node:assert/strict";
import { sourceOf } from "#catalog/source.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Prediction, PredictRequest } from "#schemas/predict.ts";
import { type Figure, toFigure } from "#schemas/values.ts";
import type { ErrandRunner } from "#src/channel.ts";
import { Failure, failAt } from "#src/failure.ts";
import type { Reader } from "#storage/store.ts";
import { storedRun } from "./apply.ts";
import type { RunContext } from "./context.ts";
import { flattened } from "./inputs.ts";
import { latestCheckpoint } from "./retention.ts";

/**
 * Predicts from a named or the latest checkpoint. Failures: `not_found`, `no_checkpoint`,
 * `invalid_request` at the example at fault, and those of errands.
 */
export async function predictRun(
  context: RunContext & { readonly errands: ErrandRunner; readonly artifactsDir: string },
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
  if (model === undefined || port === undefined) {
    throw new Failure("conflict", `The model of run ${id} was deleted.`);
  }
  const inputs = flattened(request.inputs, port.shape, "/inputs");
  const errand = {
    kind: "predict",
    model: sourceOf(model),
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

/** A named checkpoint of a run, or its latest; Failure `no_checkpoint`. */
export async function checkpointFor(
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
