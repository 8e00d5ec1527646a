/**
 * What the errand of a one-off kernel is given: the examples of each set and the weights. Computes
 * no kernel.
 */
import type { Backend, Tensors } from "#engine/backend.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf, type Tensor, tensor } from "#engine/tensor.ts";
import { readSafetensors } from "#formats/safetensors.ts";
import type { KernelExamples, KernelWork } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { countOf, type Examples, fitted, type Split } from "./examples.ts";

export interface KernelPorts {
  readonly network: Network;
  readonly backend: Backend;
  readonly artifacts: Artifacts;
  /** A data set by its digest. */
  readonly dataset: (digest: string) => Promise<Examples>;
}

/** Joining takes no engine. */
export type JoinPorts = Omit<KernelPorts, "backend">;

const inputsBytesMax = 1024 ** 3;

/** A split's rows in a given order. Failure `invalid_request` for a row that is not there. */
export function chosen(split: Split, indices: readonly number[]): Split {
  const rows = (value: Tensor): Tensor => {
    const width = sizeOf(value.shape.slice(1));
    const data = Float64Array.from({ length: indices.length * width }, (_, at) => {
      const row = indices[Math.floor(at / width)] ?? 0;
      return value.data[row * width + (at % width)] ?? Number.NaN;
    });
    return tensor(value.dtype, [indices.length, ...value.shape.slice(1)], data);
  };
  const count = countOf(split);
  const missing = indices.find((row) => row >= count);
  if (missing !== undefined) {
    throw new Failure("invalid_request", `There is no example ${missing}; the split has ${count}.`);
  }
  return { x: rows(split.x), y: rows(split.y) };
}

/** Inputs that fit the network, with targets where they have some. */
export async function examplesOf(ports: JoinPorts, from: KernelExamples) {
  const { network, artifacts } = ports;
  if (from.source === "dataset") {
    const split = (await ports.dataset(from.digest))[from.split];
    const wanted = from.indices ?? Array.from({ length: from.count }, (_, at) => at);
    const { x, y } = fitted(chosen(split, wanted), network);
    return { x, y };
  }
  const file = await artifacts.get(from.digest);
  const given = readSafetensors(file, { bytesMax: inputsBytesMax }).tensors.get("x");
  if (given === undefined) throw new Failure("storage_corrupt", "The given inputs are damaged.");
  const kind = network.input.kind === "integer" ? "int32" : "float64";
  return { x: tensor(kind, given.shape, given.data), y: null };
}

/** Initial weights, or those of a checkpoint with its step. */
export async function parametersOf({ network, artifacts }: JoinPorts, from: KernelWork["weights"]) {
  if ("seed" in from) {
    const parameters: Tensors = Object.fromEntries(network.initialise(from.seed));
    return { parameters, step: null };
  }
  const { state } = await readCheckpoint(artifacts, from.checkpoint);
  return { parameters: state.descent.weights, step: state.position.step };
}

/** Inputs of one set, with targets where it has some. */
export type Given = Awaited<ReturnType<typeof examplesOf>>;
