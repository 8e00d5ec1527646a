/**
 * Collects ONNX nodes of one program: names values, shares equal applications, and puts each node
 * into the loop's body only when it depends on the body. Knows no primitive of the engine.
 */

import type { Precision } from "#engine/backend.ts";
import type { Attributes, ElementType, Initializer, OnnxNode } from "#engine/onnx/model.ts";
import type { Shape, Tensor, TensorData } from "#engine/tensor.ts";
import { inPrecision } from "./values.ts";

export type Device = "cpu" | "cuda" | "webgpu";

/** Elements that a session is given beside the model, under the name of their initializer. */
export interface ExternalData {
  readonly name: string;
  readonly elements: Elements;
}

/** What one graph (the outer one or the loop's body) consists of. */
export interface Section {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly Initializer[];
}

export type Elements = TensorData | BigInt64Array;

interface Literal {
  readonly type: ElementType;
  readonly shape: Shape;
  readonly elements: Elements;
}

/** Literals from this size on travel outside the message. */
const externalBytesMin = 1024;

const bytesOf = (elements: Elements): Uint8Array =>
  new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);

export class Emitter {
  readonly precision: Precision;
  /** Kernels of providers differ in accuracy, and in what they can do at all. */
  readonly device: Device;
  readonly #external: ExternalData[] = [];
  readonly #literals = new Map<string, Literal>();
  readonly #shared = new Map<string, string>();
  readonly #ids = new Map<Elements, string>();
  readonly #applications = new Map<string, readonly string[]>();
  readonly #inBody = new Set<string>();
  /** Names under which values of the outer graph leave. */
  readonly #leaving = new Map<string, string>();
  readonly #outer: OnnxNode[] = [];
  readonly #body: OnnxNode[] = [];
  #count = 0;

  constructor(precision: Precision, device: Device = "cpu") {
    this.precision = precision;
    this.device = device;
  }

  /** Declares a value that changes with every iteration: an input of the loop's body. */
  bodyInput(name: string): string {
    this.#inBody.add(name);
    return name;
  }

  /** The result of one operator; an equal application made before is shared. */
  emit(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const [result = ""] = this.emitAll(operator, inputs, { attributes, outputs: 1 });
    return result;
  }

  /** All results of an operator with several. */
  emitAll(
    operator: string,
    inputs: readonly string[],
    how: { readonly attributes: Attributes; readonly outputs: number },
  ): readonly string[] {
    const key = JSON.stringify([operator, inputs, how]);
    const known = this.#applications.get(key);
    if (known !== undefined) return known;
    const outputs = Array.from({ length: how.outputs }, () => this.#name());
    this.#applications.set(key, outputs);
    const inBody = inputs.some((input) => this.#inBody.has(input));
    const node = { operator, inputs, outputs, attributes: how.attributes };
    (inBody ? this.#body : this.#outer).push(node);
    if (inBody) for (const output of outputs) this.#inBody.add(output);
    return outputs;
  }

  /** A copy under a given name, inside the body when asked for. */
  identity(value: string, copy: { readonly name: string; readonly body: boolean }): string {
    const outputs = [copy.name];
    const node = { operator: "Identity", inputs: [value], outputs, attributes: {} };
    (copy.body ? this.#body : this.#outer).push(node);
    if (copy.body) this.#inBody.add(copy.name);
    return copy.name;
  }

  /**
   * A value of the outer graph, which leaves under a name: it is computed there where an operator
   * gives it, and copied where none does, or where it leaves under another name too.
   */
  leave(value: string, name: string): void {
    const isComputed = this.#outer.some(({ outputs }) => outputs.includes(value));
    if (isComputed && !this.#leaving.has(value)) this.#leaving.set(value, name);
    else this.identity(value, { name, body: false });
  }

  /** A real scalar, rounded to the precision; with so many axes of length 1, none unless given. */
  real(value: number, axes = 0): string {
    return this.literal(this.precision, Array<number>(axes).fill(1), this.realElements([value]));
  }

  realElements(values: readonly number[]): Float32Array | Float64Array {
    return this.precision === "float32" ? Float32Array.from(values) : Float64Array.from(values);
  }

  /** A list of int64: shapes, axes, bounds. */
  integers(values: readonly number[]): string {
    return this.literal("int64", [values.length], BigInt64Array.from(values, BigInt));
  }

  /** A constant array. Small ones are shared by content, large ones by identity. */
  literal(type: ElementType, shape: Shape, elements: Elements): string {
    const small = elements.byteLength < externalBytesMin;
    const content = small ? `${elements.join()} ${negativeZeros(elements)}` : this.#id(elements);
    const key = `${type}[${shape}] ${content}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const name = this.#name();
    this.#literals.set(name, { type, shape, elements });
    this.#shared.set(key, name);
    return name;
  }

  /** A tensor of the engine, in the program's precision when it is real. */
  host(value: Tensor): string {
    const { dtype, data } = inPrecision(value, this.precision);
    return this.literal(dtype, value.shape, data);
  }

  /** The two graphs, without nodes that the given values do not need. */
  sections(
    outerOutputs: readonly string[],
    bodyOutputs: readonly string[],
  ): { readonly outer: Section; readonly body: Section } {
    const bodyNodes = needed(this.#body, new Set(bodyOutputs));
    const fromBody = bodyNodes.flatMap((node) => node.inputs);
    const all = this.#outer.map((node) => this.#renamed(node));
    const outerNodes = needed(all, new Set([...outerOutputs, ...bodyOutputs, ...fromBody]));
    const body = this.#section(bodyNodes, "@body");
    const outer = this.#section(outerNodes, "");
    const large = new Set([...fromBody, ...outerOutputs].filter((name) => this.#isLarge(name)));
    for (const node of outerNodes) for (const name of node.inputs) large.delete(name);
    const shared = [...large].map((name) => this.#initializer(name, name));
    return { outer: { ...outer, initializers: [...outer.initializers, ...shared] }, body };
  }

  /** Data that the encoded sections refer to. */
  get external(): readonly ExternalData[] {
    return this.#external;
  }

  #renamed(node: OnnxNode): OnnxNode {
    const own = (name: string): string => this.#leaving.get(name) ?? name;
    return { ...node, inputs: node.inputs.map(own), outputs: node.outputs.map(own) };
  }

  #name(): string {
    this.#count += 1;
    return `v${this.#count}`;
  }

  #id(elements: Elements): string {
    const id = this.#ids.get(elements) ?? `#${this.#ids.size}`;
    this.#ids.set(elements, id);
    return id;
  }

  #isLarge(name: string): boolean {
    const literal = this.#literals.get(name);
    return literal !== undefined && literal.elements.byteLength >= externalBytesMin;
  }

  /**
   * Small literals are repeated in each graph that reads them, where shape inference sees them;
   * large ones belong to the outer graph, whose values the body can read.
   */
  #section(nodes: readonly OnnxNode[], suffix: string): Section {
    const initializers = new Map<string, Initializer>();
    const local = (name: string): string => {
      if (!this.#literals.has(name)) return name;
      const large = this.#isLarge(name);
      if (large && suffix !== "") return name;
      const own = large ? name : name + suffix;
      if (!initializers.has(own)) initializers.set(own, this.#initializer(own, name));
      return own;
    };
    const renamed = nodes.map((node) => ({ ...node, inputs: node.inputs.map(local) }));
    return { nodes: renamed, initializers: [...initializers.values()] };
  }

  #initializer(own: string, name: string): Initializer {
    const literal = this.#literals.get(name);
    if (literal === undefined) throw new Error(`${name} is not a literal`);
    const { type, shape, elements } = literal;
    const data = bytesOf(elements);
    if (!this.#isLarge(name)) return { name: own, type, shape, content: { raw: data } };
    this.#external.push({ name, elements });
    return { name: own, type, shape, content: { file: name, bytes: data.byteLength } };
  }
}

/** The nodes that contribute to `wanted`, which grows by everything that they read. */
function needed(nodes: readonly OnnxNode[], wanted: Set<string>): OnnxNode[] {
  const kept: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    for (const input of node.inputs) wanted.add(input);
    kept.push(node);
  }
  return kept.reverse();
}

/** Text does not tell −0 from 0, so keys list where it stands. */
function negativeZeros(elements: Elements): string {
  const places: number[] = [];
  elements.forEach((element: number | bigint, at: number) => {
    if (Object.is(element, -0)) places.push(at);
  });
  return places.join();
}
