/** Layers models for tests as Keras writes them, with weights in shards as TF.js cuts them. */
import type { LayersModel } from "#schemas/keras.ts";
import { numbers } from "#test/engine/onnx-build.ts";

type Json = Record<string, unknown>;

export interface KerasFile {
  readonly document: LayersModel;
  readonly shards: ReadonlyMap<string, Uint8Array>;
  /** By name in the manifest. */
  readonly values: ReadonlyMap<string, Float32Array>;
}

export const layer = (class_name: string, name: string, config: Json = {}): Json => ({
  class_name,
  name,
  config: { name, ...config },
});

/** As Keras 2 writes who feeds whom. */
export const fed = (from: readonly string[], own: Json): Json => ({
  ...own,
  inbound_nodes: from.length === 0 ? [] : [from.map((name) => [name, 0, 0, {}])],
});

/** As Keras 3 does. */
export const fed3 = (from: readonly string[], own: Json): Json => {
  const args = from.map((name) => ({
    class_name: "__keras_tensor__",
    config: { shape: [null, 4], dtype: "float32", keras_history: [name, 0, 0] },
  }));
  return {
    ...own,
    inbound_nodes: from.length === 0 ? [] : [{ args: args.length > 1 ? [args] : args, kwargs: {} }],
  };
};

/** Random weights under these names, in shards of a few bytes each. */
export function withWeights(
  topology: Json,
  shapes: Readonly<Record<string, readonly number[]>>,
  shardBytes = 64,
): KerasFile {
  const values = new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      positive(name, numbers(name, shape, 0.5)),
    ]),
  );
  const bytes = Buffer.concat([...values.values()].map((each) => Buffer.from(each.buffer)));
  const count = Math.max(1, Math.ceil(bytes.length / shardBytes));
  const paths = Array.from({ length: count }, (_, at) => `group1-shard${at + 1}of${count}.bin`);
  const shards = new Map(
    paths.map((path, at) => [path, bytes.subarray(at * shardBytes, (at + 1) * shardBytes)]),
  );
  const weights = Object.entries(shapes).map(([name, shape]) => ({
    name,
    shape,
    dtype: "float32",
  }));
  const document = {
    format: "layers-model",
    generatedBy: "keras v2.15.0",
    modelTopology: topology,
    weightsManifest: [{ paths, weights }],
  } as LayersModel;
  return { document, shards, values };
}

/** Variances are none below zero. */
const positive = (name: string, values: Float32Array): Float32Array =>
  name.includes("variance") ? values.map((value) => Math.abs(value) + 0.5) : values;

export const sequential = (layers: readonly Json[], keras_version = "2.15.0"): Json => ({
  keras_version,
  backend: "tensorflow",
  model_config: { class_name: "Sequential", config: { name: "sequential", layers } },
});

export const functional = (
  layers: readonly Json[],
  ends: { readonly input: string; readonly output: string },
  keras_version = "2.15.0",
): Json => ({
  keras_version,
  model_config: {
    class_name: "Functional",
    config: {
      name: "model",
      layers,
      input_layers: [[ends.input, 0, 0]],
      output_layers: [[ends.output, 0, 0]],
    },
  },
});
