/** Weights and data of a comparison as files that every peer reads, float32 and int32. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensors } from "#engine/backend.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf, type Tensor } from "#engine/tensor.ts";
import { Batches } from "#learning/batches.ts";
import type { Split } from "#learning/examples.ts";
import { stream } from "#src/random.ts";
import { networkOf } from "./models.ts";
import type { Workload } from "./workloads.ts";

const classes = 10;

/** Writes what a workload reads into the folder. */
export function writeQuestion(folder: string, workload: Workload): void {
  const { examples, batch, steps, model } = workload;
  const network = networkOf(model);
  const initial = network.initialise(0);
  const random = stream(0, "peers/x");
  const size = examples * sizeOf(network.input.shape);
  const x = Float32Array.from({ length: size }, () => random.normal());
  const y = Int32Array.from({ length: examples }, (_, at) => (at * 7) % classes);
  const rows = new Batches({ seed: 0, examples, batchSize: batch }).indices(0, steps);
  const listed = network.parameters.map(({ name, shape }) => ({ name, shape }));
  const weights = network.parameters.flatMap(({ name }) => [...(initial.get(name)?.data ?? [])]);
  writeFileSync(join(folder, "weights.bin"), Float32Array.from(weights));
  writeFileSync(join(folder, "x.bin"), x);
  writeFileSync(join(folder, "y.bin"), y);
  writeFileSync(join(folder, "rows.bin"), rows);
  const { shape } = network.input;
  writeFileSync(join(folder, "shapes.json"), JSON.stringify({ weights: listed, input: shape }));
}

export function floatsIn(folder: string, name: string): Float32Array {
  const bytes = readFileSync(join(folder, name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

export function parametersIn(folder: string, { parameters }: Network): Tensors {
  const all = floatsIn(folder, "weights.bin");
  let at = 0;
  const values: Record<string, Tensor> = {};
  for (const { name, shape } of parameters) {
    const size = sizeOf(shape);
    values[name] = { dtype: "float32", shape, data: all.slice(at, at + size) };
    at += size;
  }
  return values;
}

export function splitIn(folder: string, { input }: Network, examples: number): Split {
  const bytes = readFileSync(join(folder, "y.bin"));
  const y = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const x = floatsIn(folder, "x.bin");
  return {
    x: { dtype: "float32", shape: [examples, ...input.shape], data: x },
    y: { dtype: "int32", shape: [examples], data: y },
  };
}
