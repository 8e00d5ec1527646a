/**
 * Statistics that stay frozen, taken once before the first step: from training examples in the
 * order of the first epoch, at the initial weights. Networks without such statistics pass through.
 */
import type { Backend, Tensors } from "#engine/backend.ts";
import { input } from "#engine/graph/build.ts";
import { sizeOf, type Tensor, zeros } from "#engine/tensor.ts";
import { Batches } from "./batches.ts";
import { prefixed } from "./evaluation.ts";
import { countOf, parameterInputs } from "./examples.ts";
import type { Prepared } from "./preparation.ts";
import type { Start } from "./starting-state.ts";

/** Examples that statistics are taken from, at most. */
export const calibrationExamplesMax = 512;

/** Rows of a tensor, one after another. */
function rowsOf(value: Tensor, indices: Int32Array): Tensor {
  const shape = [indices.length, ...value.shape.slice(1)];
  const width = sizeOf(shape.slice(1));
  const picked = zeros(value.dtype, shape);
  for (const [at, index] of indices.entries()) {
    picked.data.set(value.data.subarray(index * width, (index + 1) * width), at * width);
  }
  return picked;
}

/** The start with frozen statistics in place, where a run begins at step 0 with new weights. */
export async function calibrated(
  { network, precision, task, assignment }: Prepared,
  start: Start,
  backend: Backend,
): Promise<Start> {
  const { state, fresh } = start;
  if (network.calibrate === undefined || !fresh || state.position.step > 0) return start;
  const examples = countOf(task.train);
  const batchSize = Math.min(examples, calibrationExamplesMax);
  const { seed } = assignment.settings;
  const indices = new Batches({ seed, examples, batchSize }).indices(0, 1);
  const value = rowsOf(task.train.x, indices);
  const x = input("examples/x", value.shape, network.input.kind);
  const weights = parameterInputs(network, "weights");
  const outputs = Object.fromEntries(network.calibrate(weights, x));
  const inputs = [...weights.values()];
  const constants = [{ input: x, value }];
  const procedure = { name: "calibration", constants, inputs, outputs };
  await using callable = await backend.compile(procedure, precision);
  const statistics = await callable.call(prefixed(state.descent.weights, "weights"));
  const withThem = (weightsThen: Tensors): Tensors => ({ ...weightsThen, ...statistics });
  return {
    ...start,
    state: {
      ...state,
      descent: { ...state.descent, weights: withThem(state.descent.weights) },
      start: state.start === null ? null : withThem(state.start),
    },
  };
}
