/** Runs definitions on the reference backend, and plain loops to compare their values with. */
import assert from "node:assert/strict";
import { referenceBackend } from "#engine/backends/reference.ts";
import { constant, input } from "#engine/graph/build.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { arraysOf, type Network } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import { type Shape, sizeOf, type Tensor, tensor } from "#engine/tensor.ts";
import type { GraphNode, Layer } from "#schemas/layer.ts";
import type { Definition } from "#schemas/model.ts";
import { stream } from "#src/random.ts";

/** Standard normal numbers that depend on the label alone. */
export function normals(label: string, shape: Shape): Tensor {
  const random = stream(7, label);
  return tensor(
    "float64",
    shape,
    Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );
}

/** Arrays of a network, every one random (biases and scales too); variances are positive. */
export const randomWeights = (network: Network): ReadonlyMap<string, Tensor> =>
  new Map(
    arraysOf(network).map(({ name, shape }) => {
      const drawn = normals(name, shape);
      const isVariance = name.endsWith("/variance");
      return [name, isVariance ? { ...drawn, data: drawn.data.map((v) => 0.5 + v * v) } : drawn];
    }),
  );

export const constants = (values: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Node> =>
  new Map([...values].map(([name, value]) => [name, constant(value)]));

/** Values of graph outputs in float64. */
export async function evaluate(outputs: Readonly<Record<string, Node>>, x?: [Node, Tensor]) {
  const inputs = x === undefined || x[0].op !== "input" ? [] : [x[0]];
  const procedure = { name: "test", constants: [], inputs, outputs };
  await using callable = await referenceBackend().compile(procedure, "float64");
  return await callable.call(x === undefined ? {} : { x: x[1] });
}

/** Output of a network for a batch with given (else random) weights. */
export async function outputOf(
  network: Network,
  batch: Tensor,
  weights: ReadonlyMap<string, Tensor> = randomWeights(network),
): Promise<Tensor> {
  const x = input("x", batch.shape, batch.dtype === "int32" ? "integer" : "real");
  const y = network.apply(constants(weights), x, "inference");
  assert.deepEqual(y.shape, [batch.shape[0], ...network.outputShape]);
  const { y: value } = await evaluate({ y }, [x, batch]);
  assert(value !== undefined);
  return value;
}

/** What stands around a layer; its batch. */
type About = Partial<Pick<Definition, "parameterization">> & { readonly x?: Tensor };

/** A chain of one layer, its batch of 3 examples (random unless given), weights and output. */
export async function layerOutput(shape: Shape, layer: Layer, about: About = {}) {
  const { x = normals("x", [3, ...shape]), ...rest } = about;
  const dtype = x.dtype === "int32" ? "integer" : "real";
  const network = networkFrom({ ...rest, input: { shape: [...shape], dtype }, layers: [layer] });
  const weights = randomWeights(network);
  return { network, x, weights, y: await outputOf(network, x, weights) };
}

/** A graph of nodes whose last one is the output. */
export const graph = (shape: Shape, nodes: GraphNode[]): Definition => ({
  input: { shape: [...shape] },
  nodes,
  output: nodes.at(-1)?.id ?? "",
});

export function close(actual: Tensor, expected: ArrayLike<number>, bound = 1e-12): void {
  assert.equal(actual.data.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a = Number.NaN, b = Number.NaN] = [actual.data[i], expected[i]];
    assert(Math.abs(a - b) <= bound * Math.max(1, Math.abs(b)), `at ${i}: ${a} for ${b}`);
  }
}

/** Reads an element by its indices; undefined outside. */
export function at(value: Tensor, indices: readonly number[]): number | undefined {
  let offset = 0;
  for (const [axis, index] of indices.entries()) {
    const length = value.shape[axis] ?? 0;
    if (index < 0 || index >= length) return undefined;
    offset = offset * length + index;
  }
  return value.data[offset];
}

/** All index tuples of a shape in row-major order. */
export function* indicesOf(shape: Shape): Generator<number[]> {
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    const indices: number[] = [];
    let rest = flat;
    for (const length of shape.toReversed()) {
      indices.unshift(rest % length);
      rest = Math.floor(rest / length);
    }
    yield indices;
  }
}
