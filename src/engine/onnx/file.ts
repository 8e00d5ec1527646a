/**
 * An ONNX file as it was read: messages as plain values, tensors as places of bytes. Only what an
 * importer needs; documentation strings and the like are passed over.
 */
import type { Shape } from "#engine/tensor.ts";
import type { Frame } from "./fields.ts";

/** Where the numbers of a tensor stand. */
export type Payload =
  /** Little-endian elements: `raw_data`, or a packed field of fixed width. */
  | {
      readonly form: "elements";
      readonly field: number;
      readonly start: number;
      readonly end: number;
    }
  /** A packed field of variable width. */
  | {
      readonly form: "varints";
      readonly field: number;
      readonly start: number;
      readonly end: number;
    }
  /** Numbers written one by one. */
  | { readonly form: "numbers"; readonly field: number; readonly values: readonly number[] };

export interface FileTensor {
  readonly name: string;
  readonly shape: Shape;
  /** TensorProto.DataType. */
  readonly type: number;
  readonly payload: Payload;
  /** The file that `payload` points into. */
  readonly bytes: Uint8Array;
  /** Messages around the tensor, outermost first; the last one is the tensor itself. */
  readonly frames: readonly Frame[];
  readonly pointer: string;
}

export interface FileAttribute {
  readonly name: string;
  readonly float: number | undefined;
  readonly integer: number | undefined;
  readonly text: string | undefined;
  readonly tensor: FileTensor | undefined;
  readonly graph: FileGraph | undefined;
  readonly floats: readonly number[];
  readonly integers: readonly number[];
  readonly texts: readonly string[];
  /** Name of the function's attribute that stands for this one. */
  readonly reference: string | undefined;
}

export interface FileNode {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, FileAttribute>;
  readonly pointer: string;
}

/** A value's name; `shape` is undefined when it is not a tensor or its rank is not known. */
export interface FileValue {
  readonly name: string;
  readonly type: number | undefined;
  /** A string is a symbolic length, "" an unknown one. */
  readonly shape: readonly (number | string)[] | undefined;
}

export interface FileGraph {
  readonly name: string;
  readonly nodes: readonly FileNode[];
  readonly initializers: readonly FileTensor[];
  readonly inputs: readonly FileValue[];
  readonly outputs: readonly FileValue[];
  readonly pointer: string;
}

export interface FileFunction {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly FileNode[];
  /** Attributes with defaults. */
  readonly defaults: ReadonlyMap<string, FileAttribute>;
  readonly operatorSets: ReadonlyMap<string, number>;
}

export interface OnnxFile {
  readonly bytes: Uint8Array;
  readonly irVersion: number;
  readonly producer: string;
  /** Domain → version; the default domain is "". */
  readonly operatorSets: ReadonlyMap<string, number>;
  readonly functions: readonly FileFunction[];
  readonly graph: FileGraph;
}

/** "ai.onnx" is another name of the default domain. */
export const domainOf = (domain: string): string => (domain === "ai.onnx" ? "" : domain);
