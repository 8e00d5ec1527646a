/** Right classes of many residuals at once, given in an eigenbasis, and targets as numbers. */
import type { Backend, Program } from "#engine/backend.ts";
import { add, broadcast, input, matmul, reshape, sum } from "#engine/graph/build.ts";
import { sizeOf } from "#engine/tensor.ts";
import { batchNodes, countOf } from "#learning/examples.ts";
import { hitsOf, targetsOf } from "#learning/loss.ts";
import type { Task } from "./step.ts";

/** Rows of a product: enough to keep a processor busy. */
export const pointsPerCall = 32;

/** Emits `hits` [R], how many classes are right, for the scanned `residuals` [R, N · O], rows of coordinates in `basis`. */
export function accuracyProgram({ network, train, loss }: Task): Program {
  const examples = countOf(train);
  const outputs = sizeOf(network.outputShape);
  const size = examples * outputs;
  const basis = input("basis", [size, size]);
  const targets = input("targets", [size]);
  const residuals = input("residuals", [pointsPerCall, size]);
  const { y, constants } = batchNodes(train, null);
  const rows = pointsPerCall * examples;
  const f = reshape(add(matmul(residuals, basis), targets), [rows, outputs]);
  const labels = reshape(broadcast(reshape(y, [1, examples]), [pointsPerCall, examples]), [rows]);
  const hits = hitsOf(loss, f, labels);
  if (hits === null) throw new Error("there are no classes");
  return {
    name: "accuracy of residuals",
    constants: constants.filter(({ input: node }) => node === y),
    invariants: [basis, targets],
    carried: [],
    scanned: [residuals],
    emitted: { hits: sum(reshape(hits, [pointsPerCall, examples]), [1]) },
  };
}

/** Targets of every training example as numbers, [N · O]. */
export async function targetValues(
  { network, train, loss }: Pick<Task, "network" | "train" | "loss">,
  backend: Backend,
): Promise<Float64Array> {
  const { y, constants } = batchNodes(train, null);
  const outputs = sizeOf(network.outputShape);
  const f = input("f", [countOf(train), outputs]);
  const procedure = {
    name: "targets",
    constants: constants.filter(({ input: node }) => node === y),
    inputs: [],
    outputs: { targets: targetsOf(loss, y, f) },
  };
  const precision = backend.device === "webgpu" ? "float32" : "float64";
  await using callable = await backend.compile(procedure, precision);
  return Float64Array.from((await callable.call({}))["targets"]?.data ?? []);
}
