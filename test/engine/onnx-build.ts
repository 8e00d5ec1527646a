/** Builds ONNX files for tests. Running them is in onnx-run.ts. */
import {
  type Attribute,
  encodeModel,
  type Graph,
  type Initializer,
  type Model,
  type OnnxNode,
  type ValueInfo,
} from "#engine/onnx/model.ts";
import type { Shape } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import { stream } from "#src/random.ts";

const bytesOf = (array: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Standard normal numbers in float32 that depend on the label alone. */
export function numbers(label: string, shape: Shape, scale = 1): Float32Array {
  const random = stream(23, label);
  return Float32Array.from({ length: sizeOf(shape) }, () => random.normal() * scale);
}

/** What files were built from. */
export const modelOf = new Map<Uint8Array, Model>();

export type Free = readonly (number | string)[];

/** Nodes and initialisers of one graph under construction. */
export class Build {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Initializer[] = [];
  #count = 0;

  /** A float initialiser; random unless values are given. */
  weight(name: string, shape: Shape, values?: ArrayLike<number>): string {
    const own = values === undefined ? numbers(name, shape, 0.5) : Float32Array.from(values);
    this.initializers.push({ name, type: "float32", shape, content: { raw: bytesOf(own) } });
    return name;
  }

  integers(values: readonly number[], shape: Shape = [values.length]): string {
    const name = `const_${this.#count++}`;
    const raw = bytesOf(BigInt64Array.from(values, BigInt));
    this.initializers.push({ name, type: "int64", shape, content: { raw } });
    return name;
  }

  booleans(values: readonly number[], shape: Shape): string {
    const name = `const_${this.#count++}`;
    const content = { raw: Uint8Array.from(values) };
    this.initializers.push({ name, type: "bool", shape, content });
    return name;
  }

  /** Attributes: whole numbers become integers; write { float: 1 } for a float. */
  node(operator: string, inputs: readonly string[], how: Partial<NodeOptions> = {}): string {
    return this.nodeOf(operator, inputs, how)[0] ?? "";
  }

  nodeOf(operator: string, inputs: readonly string[], how: Partial<NodeOptions>): string[] {
    const at = this.#count++;
    const name = how.name ?? `${operator}_${at}`;
    const outputs = Array.from({ length: how.outputs ?? 1 }, (_, i) => `${name}_out${i}`);
    const attributes = Object.fromEntries(
      Object.entries(how.attributes ?? {}).map(([key, value]) => [key, attributeOf(value)]),
    );
    const domain = how.domain === undefined ? {} : { domain: how.domain };
    this.nodes.push({ name, operator, inputs, outputs, attributes, ...domain });
    return outputs;
  }

  graph(inputs: readonly ValueInfo[], outputs: readonly ValueInfo[]): Graph {
    return { name: "g", nodes: this.nodes, initializers: this.initializers, inputs, outputs };
  }

  /** The file; outputs are float with free lengths unless said otherwise. */
  model(
    inputs: Readonly<Record<string, Free>>,
    outputs: readonly string[],
    how: { opset?: number; integers?: readonly string[]; rank?: number } = {},
  ): Uint8Array {
    const type = (name: string) => (how.integers?.includes(name) ? "int64" : "float32");
    const free = Array.from({ length: how.rank ?? 0 }, (_, i) => `out${i}`);
    const graph = this.graph(
      Object.entries(inputs).map(([name, shape]) => ({ name, type: type(name), shape })),
      outputs.map((name) => ({ name, type: "float32", shape: free })),
    );
    const model = { graph, operatorSet: how.opset ?? 17 };
    const bytes = encodeModel(model).toBytes();
    modelOf.set(bytes, model);
    return bytes;
  }
}

export interface NodeOptions {
  readonly name: string;
  readonly outputs: number;
  readonly domain: string;
  readonly attributes: Readonly<Record<string, Plain>>;
}

export type Plain = number | string | readonly number[] | { readonly float: number } | Attribute;

function attributeOf(value: Plain): Attribute {
  if (typeof value === "number") {
    return Number.isInteger(value) ? { type: "int", value } : { type: "float", value };
  }
  if (typeof value === "string") return { type: "string", value };
  if ("float" in value) return { type: "float", value: value.float };
  if ("type" in value) return value;
  return { type: "ints", value };
}

export const floats = (value: readonly number[]): Attribute => ({ type: "floats", value });
