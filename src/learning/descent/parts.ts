/**
 * Steps in parts: a batch whose activations do not fit in the processor's caches is worked off in
 * micro-batches, each an iteration of the program that adds to carried sums of gradients; the last
 * one of a step moves the weights. Knows no optimiser and no form.
 */
import { input } from "#engine/graph/build.ts";
import { dependsOn, ordered } from "#engine/graph/walk.ts";
import type { Network } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import { outputsOf, parameterInputs } from "#learning/examples.ts";
import type { Task } from "./step.ts";

/** Activations of a batch up to which it stays whole: 16 MB in float32. */
const wholeNumbersMax = 2 ** 22;
/** Numbers of a micro-batch's largest array: 2 MB in float32, the nearer cache of a core. */
const arrayNumbersMax = 2 ** 19;
/** Examples of a micro-batch at least: fewer leave matrix products too thin. */
const partExamplesMin = 4;

/** Not computed, or no array of its own. */
const free: ReadonlySet<string> = new Set(["input", "constant", "reshape", "broadcast"]);

/** Sizes of the arrays that the forward pass of one example writes. */
function activationsOf(network: Network): number[] {
  const x = input("x", [1, ...network.input.shape], network.input.kind);
  const weights = parameterInputs(network, "weights");
  const output = outputsOf(network, weights, { x, mode: "inference" });
  const reached = dependsOn([output], new Set<Node>([x]));
  return ordered([output])
    .filter((node) => reached.has(node) && !free.has(node.op))
    .map(({ shape }) => sizeOf(shape));
}

/**
 * Micro-batches of a step of `batch` examples: 1 unless the device is a processor, examples are
 * independent, and sums of gradients cost less than what is saved; as few as bring the largest
 * array into a cache, since each operator is started anew in each. Follows from sizes alone.
 */
export function partsFor(
  network: Network,
  { batch, device }: { readonly batch: number; readonly device: string },
): number {
  if (device !== "cpu" || network.coupling.length > 0 || (network.state ?? []).length > 0) return 1;
  const sizes = activationsOf(network);
  const numbers = sizes.reduce((sum, size) => sum + size, 0);
  const largest = Math.max(...sizes);
  if (numbers * batch <= wholeNumbersMax) return 1;
  const parameters = network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  for (let parts = 2; batch / parts >= partExamplesMin; parts += 1) {
    if (batch % parts !== 0) continue;
    if (parameters * parts > numbers * batch) return 1;
    if (largest * (batch / parts) <= arrayNumbersMax) return parts;
  }
  return 1;
}

/** Examples of one iteration; null: all, without an index. */
export function partSize({ batchSize, train }: Task, parts: number): number | null {
  if (parts === 1) return batchSize;
  return (batchSize ?? train.x.shape[0] ?? 0) / parts;
}

type Columns = Readonly<Record<string, Float64Array>>;

/** Columns of which every part of a step says its share; of others the last part tells all. */
const averaged: ReadonlySet<string> = new Set(["loss", "accuracy"]);

/** One value a step from one a part. */
export function joinParts(columns: Columns, parts: number): Columns {
  if (parts === 1) return columns;
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => {
      const steps = values.length / parts;
      const joint = Float64Array.from({ length: steps }, (_, step) => {
        const own = values.subarray(step * parts, (step + 1) * parts);
        const last = own.at(-1) ?? Number.NaN;
        return averaged.has(name) ? own.reduce((sum, value) => sum + value, 0) / parts : last;
      });
      return [name, joint];
    }),
  );
}
