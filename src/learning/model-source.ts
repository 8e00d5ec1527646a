/**
 * The network that a run or an errand is about: from its definition, with weights of its own where
 * it has some, or from its file.
 */
import { networkFrom } from "#engine/layers/definition.ts";
import { arraysOf, type Network } from "#engine/network.ts";
import { type ImportedNetwork, importOnnx } from "#engine/onnx/import.ts";
import { channelsLast } from "#engine/onnx/layout.ts";
import type { OnnxLimits } from "#engine/onnx/limits.ts";
import { convert, type Tensor } from "#engine/tensor.ts";
import { readSafetensors } from "#formats/safetensors.ts";
import type { ImportOptions } from "#schemas/model.ts";
import type { ModelSource } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { Artifacts } from "#storage/artifacts.ts";

const weightsLimits = { bytesMax: 16 * 1024 ** 3, arraysMax: 1_000_000 } as const;

/** What a file means under these options. Failures: those of `importOnnx`. */
export function networkOfFile(
  bytes: Uint8Array,
  options: ImportOptions,
  limits: Partial<OnnxLimits> = {},
): ImportedNetwork {
  const { input_shape: inputShape, input_layout: layout, ...same } = options;
  const network = importOnnx(bytes, {
    ...same,
    ...(inputShape === undefined ? {} : { inputShape }),
    limits,
  });
  return layout === "channels_last" ? channelsLast(network) : network;
}

/** The network with these first values instead of drawn ones; statistics among them stay. */
function beginningWith(network: Network, values: ReadonlyMap<string, Tensor>): Network {
  const own = new Map(
    arraysOf(network).map(({ name, shape }) => {
      const value = values.get(name);
      if (value === undefined || value.shape.join() !== shape.join()) {
        throw new Failure("storage_corrupt", `The stored weights have no ${name} of [${shape}].`);
      }
      return [name, convert(value, "float64")] as const;
    }),
  );
  const { calibrate: _, ...rest } = network;
  return { ...rest, initialise: () => own };
}

/** Failures `not_found` and `storage_corrupt`, and those of what the source is made of. */
export async function networkOf(model: ModelSource, artifacts: Artifacts): Promise<Network> {
  switch (model.kind) {
    case "definition": {
      const network = networkFrom(model.definition);
      if (model.weights === undefined) return network;
      const bytes = await artifacts.get(model.weights);
      return beginningWith(network, readSafetensors(bytes, weightsLimits).tensors);
    }
    case "onnx":
      return networkOfFile(await artifacts.get(model.digest), model.options);
    default:
      return model satisfies never;
  }
}
