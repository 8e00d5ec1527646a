/**
 * Work of a short-lived kind that needs an engine: outputs for given inputs from a checkpoint, and
 * initial weights as an artifact. Trains nothing.
 */
import type { Backend, Procedure, Tensors } from "#engine/backend.ts";
import { input } from "#engine/graph/build.ts";
import type { Network } from "#engine/network.ts";
import { convert, sizeOf, type Tensor, tensor } from "#engine/tensor.ts";
import { writeSafetensors } from "#formats/safetensors.ts";
import type { Errand, ErrandResult } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { linearModel } from "./descent/linearised.ts";
import { prefixed } from "./evaluation.ts";
import { checkIds, outputsOf, parameterInputs } from "./examples.ts";

export interface ErrandPorts {
  readonly network: Network;
  readonly backend: Backend;
  readonly artifacts: Artifacts;
}

type Of<K extends Errand["kind"]> = Extract<Errand, { kind: K }>;
type ResultOf<K extends Errand["kind"]> = Extract<ErrandResult, { kind: K }>;

const blockMax = 256;
const weightsBytesMax = 16 * 1024 ** 3;

/** f(x; θ), or f_lin(x; θ) about θ_s, for a block of inputs. */
function predictor(network: Network, which: Of<"predict">["function"], block: number): Procedure {
  const x = input("x", [block, ...network.input.shape], network.input.kind);
  const weights = parameterInputs(network, "weights");
  const anchor = parameterInputs(network, "anchor");
  const where = { x, mode: "inference" } as const;
  const isLinear = which === "linearised";
  const outputs = isLinear
    ? linearModel(network, { anchor, weights }, where).predicted
    : outputsOf(network, weights, where);
  const inputs = isLinear ? [x, ...weights.values(), ...anchor.values()] : [x, ...weights.values()];
  return { name: "predict", constants: [], inputs, outputs: { outputs } };
}

/** Values of consecutive examples, the rest of the block zero. */
function blockOf(errand: Of<"predict">, network: Network, range: { from: number; size: number }) {
  const width = sizeOf(network.input.shape);
  const values = new Float64Array(range.size * width);
  values.set(errand.inputs.subarray(range.from * width, (range.from + range.size) * width));
  const shape = [range.size, ...network.input.shape];
  return tensor(network.input.kind === "integer" ? "int32" : "float64", shape, values);
}

/** Outputs for every given input. Failure `incompatible`, or what reading the checkpoint throws. */
export async function predict(
  { network, backend, artifacts }: ErrandPorts,
  errand: Of<"predict">,
): Promise<ResultOf<"predict">> {
  const width = sizeOf(network.input.shape);
  if (errand.inputs.length !== errand.examples * width) {
    const detail = `${errand.examples} inputs of [${network.input.shape}] are ${width} values each`;
    throw new Failure("incompatible", detail);
  }
  checkIds(errand.inputs, network);
  const { state, origin } = await readCheckpoint(artifacts, errand.checkpoint);
  const { weights, anchor } = state.descent;
  const known: Tensors = {
    ...prefixed(weights, "weights"),
    ...(errand.function === "linearised" ? prefixed(anchor ?? weights, "anchor") : {}),
  };
  const size = Math.min(blockMax, Math.max(1, errand.examples));
  const procedure = predictor(network, errand.function, size);
  await using callable = await backend.compile(procedure, origin.precision);
  const columns = sizeOf(network.outputShape);
  const outputs = new Float64Array(errand.examples * columns);
  for (let from = 0; from < errand.examples; from += size) {
    const x: Tensor = blockOf(errand, network, { from, size });
    const block = (await callable.call({ ...known, x }))["outputs"]?.data ?? new Float64Array(0);
    const rows = Math.min(size, errand.examples - from);
    outputs.set(block.subarray(0, rows * columns), from * columns);
  }
  return { kind: "predict", step: state.position.step, shape: network.outputShape, outputs };
}

/** Stores initial weights as float32 in safetensors. */
export async function storeInitialWeights(
  { network, artifacts }: Pick<ErrandPorts, "network" | "artifacts">,
  { seed }: Of<"initial_weights">,
): Promise<ResultOf<"initial_weights">> {
  const values = [...network.initialise(seed)].map(
    ([name, value]) => [name, convert(value, "float32")] as const,
  );
  const bytes = writeSafetensors(new Map(values));
  return {
    kind: "initial_weights",
    ...(await artifacts.put(bytes, { bytesMax: weightsBytesMax })),
  };
}
