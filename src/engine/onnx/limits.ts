/**
 * Everything that a file may not exceed. Files come from strangers, so each count that a message
 * could claim has a limit before anything is allocated for it.
 */
import { Failure } from "#src/failure.ts";

export interface OnnxLimits {
  readonly fileBytesMax: number;
  /** Nodes of the graph, its subgraphs and functions together. */
  readonly nodesMax: number;
  /** Graphs inside attributes inside graphs. */
  readonly depthMax: number;
  /** Names and text attributes, in bytes. */
  readonly stringBytesMax: number;
  /** Axes of a tensor. */
  readonly rankMax: number;
  readonly tensorElementsMax: number;
  /** Initialisers and tensors in attributes together. */
  readonly tensorsMax: number;
  /** Entries of any other repeated field: attributes, integers of a list. */
  readonly entriesMax: number;
  /** Operands and results of all nodes together. */
  readonly operandsMax: number;
  /** Graph evaluations of nodes: what loops and functions unfold to. */
  readonly applicationsMax: number;
  /** Elements of one value for the batch at hand. */
  readonly valueElementsMax: number;
  /** Numbers computed while constants are folded, in one pass over the graph. */
  readonly foldedElementsMax: number;
  /** Numbers of the tables that translations write down, in one pass over the graph. */
  readonly tableElementsMax: number;
  /** Primitives that the graph unfolds to. */
  readonly primitivesMax: number;
  /** Faults that are told. */
  readonly errorsMax: number;
}

export const onnxLimits: OnnxLimits = {
  fileBytesMax: 2 ** 31 - 1,
  nodesMax: 100_000,
  depthMax: 8,
  stringBytesMax: 65_536,
  rankMax: 12,
  tensorElementsMax: 2 ** 31 - 1,
  tensorsMax: 100_000,
  entriesMax: 1_000_000,
  operandsMax: 1_000_000,
  applicationsMax: 100_000,
  valueElementsMax: 2 ** 31 - 1,
  foldedElementsMax: 2 ** 24,
  tableElementsMax: 2 ** 24,
  primitivesMax: 1_000_000,
  errorsMax: 1000,
};

/** A file that is not what it claims to be, and the place where that shows. */
export function malformed(pointer: string, detail: string): Failure {
  const place = pointer === "" ? "" : ` at ${pointer}`;
  return new Failure("malformed_body", `Not a readable ONNX file${place}: ${detail}.`, {
    errors: [{ pointer, detail }],
  });
}
