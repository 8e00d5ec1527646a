/** How many threads a run can use: for small steps, waking others costs more than they save. */
import { input } from "#engine/graph/build.ts";
import { countFlops } from "#engine/graph/flops.ts";
import type { Network } from "#engine/network.ts";
import type { RunSettings } from "#src/channel.ts";
import { countOf, type Examples, outputsOf, parameterInputs } from "./examples.ts";

/** FLOPs of one step that keep one thread busy for longer than another takes to wake. */
const flopsPerThread = 8e6;
/** A step is a forward pass and a backward pass of twice its price. */
const passes = 3;

/** Between 1 and `threadsMax`, by the size of one step alone: the same in every attempt. */
export function usefulThreads(
  { network, examples }: { readonly network: Network; readonly examples: Examples },
  settings: Pick<RunSettings, "batch_size">,
  threadsMax: number,
): number {
  const { batch_size: size } = settings;
  const batch = size === "full" ? countOf(examples.train) : size;
  const x = input("x", [1, ...network.input.shape], network.input.kind);
  const weights = parameterInputs(network, "weights");
  const { contraction } = countFlops([outputsOf(network, weights, { x, mode: "inference" })]);
  const step = passes * contraction * batch;
  return Math.max(1, Math.min(threadsMax, Math.floor(step / flopsPerThread)));
}
