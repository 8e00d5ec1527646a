/**
 * The ONNX messages that Linnet writes, as plain values, and their encoding (field numbers from
 * onnx.proto, IR version 10). What operators mean, and reading files, live elsewhere.
 */
import { Writer } from "./wire.ts";

/** TensorProto.DataType for the element types in use. */
export const elementTypes = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
} as const;

export type ElementType = keyof typeof elementTypes;

/** A value's name and type. A string dimension is symbolic. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** Little-endian elements, either inside the message or in a file that the session is given. */
export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly content:
    | { readonly raw: Uint8Array }
    | { readonly file: string; readonly bytes: number; readonly offset?: number };
}

export type Attribute =
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "tensor"; readonly value: Initializer }
  | { readonly type: "graph"; readonly value: Graph }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "ints"; readonly value: readonly number[] };

export type Attributes = Readonly<Record<string, Attribute>>;

/** One operator application; an empty input name means "not given". */
export interface OnnxNode {
  readonly name?: string;
  readonly operator: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

export interface Model {
  readonly graph: Graph;
  /** Version of the default operator set. */
  readonly operatorSet: number;
}

const irVersion = 10;
const dataLocationExternal = 1;

export const int = (value: number): Attribute => ({ type: "int", value });
export const float = (value: number): Attribute => ({ type: "float", value });
export const string = (value: string): Attribute => ({ type: "string", value });
export const ints = (value: readonly number[]): Attribute => ({ type: "ints", value });

/** ModelProto. */
export function encodeModel(model: Model): Writer {
  const operatorSet = new Writer().string(1, "").integer(2, model.operatorSet);
  const extensions = new Writer().string(1, "com.microsoft").integer(2, 1);
  return new Writer()
    .integer(1, irVersion)
    .string(2, "linnet")
    .message(7, encodeGraph(model.graph))
    .message(8, operatorSet)
    .message(8, extensions);
}

function encodeGraph(graph: Graph): Writer {
  const writer = new Writer();
  for (const node of graph.nodes) writer.message(1, encodeNode(node));
  writer.string(2, graph.name);
  for (const initializer of graph.initializers) writer.message(5, encodeTensor(initializer));
  for (const input of graph.inputs) writer.message(11, encodeValueInfo(input));
  for (const output of graph.outputs) writer.message(12, encodeValueInfo(output));
  return writer;
}

function encodeNode(node: OnnxNode): Writer {
  const writer = new Writer();
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  if (node.name !== undefined) writer.string(3, node.name);
  writer.string(4, node.operator);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    writer.message(5, encodeAttribute(name, attribute));
  }
  if (node.domain !== undefined) writer.string(7, node.domain);
  return writer;
}

function encodeAttribute(name: string, attribute: Attribute): Writer {
  const writer = new Writer().string(1, name);
  switch (attribute.type) {
    case "float":
      return writer.float(2, attribute.value).integer(20, 1);
    case "int":
      return writer.integer(3, attribute.value).integer(20, 2);
    case "string":
      return writer.string(4, attribute.value).integer(20, 3);
    case "tensor":
      return writer.message(5, encodeTensor(attribute.value)).integer(20, 4);
    case "graph":
      return writer.message(6, encodeGraph(attribute.value)).integer(20, 5);
    case "floats":
      return writer.floats(7, attribute.value).integer(20, 6);
    case "ints":
      return writer.integers(8, attribute.value).integer(20, 7);
    default:
      return attribute satisfies never;
  }
}

function encodeTensor(tensor: Initializer): Writer {
  const writer = new Writer()
    .integers(1, tensor.shape)
    .integer(2, elementTypes[tensor.type])
    .string(8, tensor.name);
  if ("raw" in tensor.content) return writer.bytes(9, tensor.content.raw);
  const { file, bytes, offset = 0 } = tensor.content;
  const entries = { location: file, offset: String(offset), length: String(bytes) };
  for (const [key, value] of Object.entries(entries)) {
    writer.message(13, new Writer().string(1, key).string(2, value));
  }
  return writer.integer(14, dataLocationExternal);
}

function encodeValueInfo(info: ValueInfo): Writer {
  const shape = new Writer();
  for (const length of info.shape) {
    const dimension = new Writer();
    if (typeof length === "number") dimension.integer(1, length);
    else dimension.string(2, length);
    shape.message(1, dimension);
  }
  const tensor = new Writer().integer(1, elementTypes[info.type]).message(2, shape);
  return new Writer().string(1, info.name).message(2, new Writer().message(1, tensor));
}
