/**
 * A network that takes its examples with the channels last, as data sets hold them, in front of one
 * that takes them first, as most files do.
 */
import { transpose } from "#engine/graph/build.ts";
import { failAt } from "#src/failure.ts";
import type { ImportedNetwork } from "./import.ts";

/**
 * The network for examples [… space, C] instead of [C, … space]. Weights and outputs stay. Throws
 * Failure("invalid_model") where an example has one axis only.
 */
export function channelsLast(network: ImportedNetwork): ImportedNetwork {
  const { input, apply } = network;
  const [channels, ...space] = input.shape;
  if (channels === undefined || space.length === 0) {
    const detail = `an example of shape [${input.shape}] has no channels to move; leave it out`;
    throw failAt("invalid_model", "/query/input_layout", detail);
  }
  const order = [0, space.length + 1, ...space.map((_, axis) => axis + 1)];
  return {
    ...network,
    input: { ...input, shape: [...space, channels] },
    apply: (values, x, mode) => apply(values, transpose(x, order), mode),
  };
}
