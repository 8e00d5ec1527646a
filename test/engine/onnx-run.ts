/** Runs files by ONNX Runtime and imported networks by the reference, and compares. */
import assert from "node:assert/strict";
import { InferenceSession, Tensor as NativeTensor } from "onnxruntime-node";
import { referenceBackend } from "#engine/backends/reference.ts";
import { input } from "#engine/graph/build.ts";
import type { Network } from "#engine/network.ts";
import type { ImportedNetwork } from "#engine/onnx/import.ts";
import type { Tensor } from "#engine/tensor.ts";
import { convert, tensor } from "#engine/tensor.ts";
import { numbers } from "./onnx-build.ts";

/** The file's own output for a batch, by ONNX Runtime. */
export async function byRuntime(bytes: Uint8Array, x: Tensor, name = "x"): Promise<Tensor> {
  const session = await InferenceSession.create(bytes, {
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
  });
  const integer = x.dtype === "int32";
  const feed = integer
    ? new NativeTensor("int64", BigInt64Array.from(x.data, BigInt), x.shape)
    : new NativeTensor("float32", Float32Array.from(x.data), x.shape);
  const results = await session.run({ [name]: feed });
  const first = results[session.outputNames[0] ?? ""];
  assert(first !== undefined);
  const values = Float64Array.from(first.data as ArrayLike<number>, Number);
  await session.release();
  return { dtype: "float64", shape: [...first.dims], data: values };
}

/** The network's output for a batch in float64, with its first weights unless others are given. */
export async function byReference(
  network: Network,
  x: Tensor,
  weights: ReadonlyMap<string, Tensor> = network.initialise(0),
): Promise<Tensor> {
  const node = input("x", x.shape, network.input.kind);
  const parameters = network.parameters.map(({ name, shape }) => input(name, shape));
  const byName = new Map(parameters.map((one) => [one.attributes.name, one]));
  const y = network.apply(byName, node, "inference");
  const inputs = [node, ...parameters];
  const procedure = { name: "test", constants: [], inputs, outputs: { y } };
  await using callable = await referenceBackend().compile(procedure, "float64");
  const found = (await callable.call({ x, ...Object.fromEntries(weights) }))["y"];
  assert(found !== undefined);
  return found;
}

/** A batch of random examples, or of integers below `below`. */
export function batchFor(network: Pick<Network, "input">, batch: number, below = 8): Tensor {
  const shape = [batch, ...network.input.shape];
  const random = numbers(`x${shape}`, shape);
  if (network.input.kind === "real") return convert(tensor("float32", shape, random), "float64");
  return tensor(
    "int32",
    shape,
    random.map((value) => Math.floor(Math.abs(value) * 4) % below),
  );
}

/** |a − b| ≤ bound·(1 + |b|) everywhere. */
export function assertClose(found: Tensor, expected: Tensor, bound = 1e-5): void {
  assert.deepEqual([...found.shape], [...expected.shape]);
  for (const [at, wanted] of expected.data.entries()) {
    const value = found.data[at] ?? Number.NaN;
    const near =
      Object.is(value, wanted) || Math.abs(value - wanted) <= bound * (1 + Math.abs(wanted));
    assert.ok(near, `at ${at}: ${value} for ${wanted}`);
  }
}

export const named = (network: ImportedNetwork): string[] =>
  network.parameters.map(({ name }) => name);
