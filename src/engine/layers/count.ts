/** Figures of a network for listings: its parameters and the primitives of its forward pass. */
import { input } from "#engine/graph/build.ts";
import { ordered } from "#engine/graph/walk.ts";
import { arraysOf, type Network } from "#engine/network.ts";
import { sizeOf } from "#engine/tensor.ts";

/** Number of trainable scalars. */
export function parameterCount(network: Network): number {
  return network.parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);
}

/**
 * How often each primitive stands in the forward graph of a batch in inference mode, by name in
 * alphabetical order. Inputs, parameters and constants are not counted.
 */
export function countOperations(network: Network, batch = 1): Record<string, number> {
  const arrays = new Map(arraysOf(network).map(({ name, shape }) => [name, input(name, shape)]));
  const x = input("x", [batch, ...network.input.shape], network.input.kind);
  const counts = new Map<string, number>();
  for (const { op } of ordered([network.apply(arrays, x, "inference")])) {
    if (op === "input" || op === "constant") continue;
    counts.set(op, (counts.get(op) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
