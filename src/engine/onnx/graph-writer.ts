/**
 * Collects the ONNX nodes of an exported graph: names values, shares constants, joins transposes.
 * Knows no primitive of the engine.
 */
import type { Tensor } from "#engine/tensor.ts";
import { convert } from "#engine/tensor.ts";
import { type Attributes, type Initializer, int, ints, type OnnxNode } from "./model.ts";

const bytesOf = (data: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

export class GraphWriter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Initializer[] = [];
  readonly #constants = new Map<string, string>();
  readonly #transposes = new Map<
    string,
    { readonly from: string; readonly order: readonly number[] }
  >();
  readonly #applications = new Map<string, string>();
  #count = 0;

  /** The result of one operator; an equal application made before is shared. */
  emit(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const key = JSON.stringify([operator, inputs, attributes]);
    const known = this.#applications.get(key);
    if (known !== undefined) return known;
    const output = `${operator}_${this.#count++}`;
    this.nodes.push({ name: output, operator, inputs, outputs: [output], attributes });
    this.#applications.set(key, output);
    return output;
  }

  /** A copy under a given name: an output of the graph. */
  named(value: string, name: string): void {
    this.nodes.push({ operator: "Identity", inputs: [value], outputs: [name], attributes: {} });
  }

  /** An array under its own name: a weight. Real numbers are float32. */
  weight(name: string, value: Tensor): string {
    const isReal = value.dtype === "float64" || value.dtype === "float32";
    const { dtype, shape, data } = isReal ? convert(value, "float32") : value;
    this.initializers.push({ name, type: dtype, shape, content: { raw: bytesOf(data) } });
    return name;
  }

  #shared(key: string, make: (name: string) => Initializer): string {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const initializer = make(`constant_${this.#constants.size}`);
    this.initializers.push(initializer);
    this.#constants.set(key, initializer.name);
    return initializer.name;
  }

  real(value: number): string {
    return this.#shared(`real ${Object.is(value, -0) ? "-0" : value}`, (name) => ({
      name,
      type: "float32",
      shape: [],
      content: { raw: bytesOf(Float32Array.of(value)) },
    }));
  }

  /** A list of int64: shapes, axes, bounds. */
  integers(values: readonly number[]): string {
    return this.#shared(`integers ${values}`, (name) => ({
      name,
      type: "int64",
      shape: [values.length],
      content: { raw: bytesOf(BigInt64Array.from(values, BigInt)) },
    }));
  }

  constant(value: Tensor): string {
    return this.weight(`constant_${this.#constants.size}_${this.#count++}`, value);
  }

  /** A transpose; one of a transpose is joined with it, and none is written that moves nothing. */
  transpose(value: string, order: readonly number[]): string {
    const earlier = this.#transposes.get(value);
    const from = earlier?.from ?? value;
    const joint = earlier === undefined ? order : order.map((axis) => earlier.order[axis] ?? 0);
    if (joint.every((axis, at) => axis === at)) return from;
    const result = this.emit("Transpose", [from], { perm: ints(joint) });
    this.#transposes.set(result, { from, order: joint });
    return result;
  }

  reshape(value: string, shape: readonly number[]): string {
    const attributes = shape.includes(0) ? { allowzero: int(1) } : {};
    return this.emit("Reshape", [value, this.integers(shape)], attributes);
  }
}
