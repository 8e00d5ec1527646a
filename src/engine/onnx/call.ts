/**
 * What a translation of an operator gets to see: operands, attributes, and ways to refuse. It hides
 * which constants are weights and how the graph around is walked.
 */
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf, type Tensor } from "#engine/tensor.ts";
import { decodeTensor } from "./elements.ts";
import type { FileAttribute, FileGraph, FileNode } from "./file.ts";
import { type Laid, laid, reshaped, shapeOf } from "./laid.ts";

/** A node that cannot be translated: why, and what would have to change. */
export class Refusal extends Error {}

/** Results in order; undefined for one that has no meaning here (reading it is refused). */
export type Results = Laid | readonly (Laid | undefined)[];

export type Translate = (call: Call) => Results;

/** What the walk around a node offers to its translation. */
export interface Surroundings {
  /** Version of the operator set that the node belongs to. */
  readonly version: number;
  readonly operands: readonly (Laid | undefined)[];
  /** Attributes, with references to a function's own resolved. */
  readonly attributes: ReadonlyMap<string, FileAttribute>;
  /** Says that an operand is read as a weight, so that even a single number may be one. */
  weight(x: Laid): void;
  /** The operand as a constant: weights that it rests on stay as they are in the file. */
  frozen(x: Laid): Node;
  /** Says that an operand is read as a general operand: single numbers stay constants. */
  plainly(x: Laid): Laid;
  /** Evaluates a subgraph in the node's surroundings. */
  subgraph(graph: FileGraph, inputs: readonly Laid[]): readonly Laid[];
  /** Adds a warning to the import. */
  warn(text: string): void;
  /** The shape that a hard-coded target means for another batch than the file's. */
  rebatched(
    x: Laid,
    target: readonly number[],
    resolve: (target: readonly number[]) => number[],
  ): number[];
  /** Batch of the file where it is fixed, and the present one. */
  readonly batch: { readonly file: number | undefined; readonly present: number };
}

export class Call {
  readonly node: FileNode;
  readonly around: Surroundings;

  constructor(node: FileNode, around: Surroundings) {
    this.node = node;
    this.around = around;
  }

  get version(): number {
    return this.around.version;
  }

  /** Number of operands written, trailing empty ones included. */
  get count(): number {
    return this.around.operands.length;
  }

  refuse(detail: string): Refusal {
    return new Refusal(detail);
  }

  has(at: number): boolean {
    return this.around.operands[at] !== undefined;
  }

  /** An operand that must be there. */
  x(at: number): Laid {
    const operand = this.around.operands[at];
    if (operand === undefined) throw this.refuse(`operand ${at} is missing`);
    return this.around.plainly(operand);
  }

  /** Every operand. */
  all(): Laid[] {
    return this.around.operands.map((_, at) => this.x(at));
  }

  /** An operand in a place where weights stand. */
  weight(at: number): Laid {
    const operand = this.around.operands[at];
    if (operand === undefined) throw this.refuse(`operand ${at} is missing`);
    this.around.weight(operand);
    return operand;
  }

  /** An operand that is handed on as it is. */
  any(at: number): Laid {
    const operand = this.around.operands[at];
    if (operand === undefined) throw this.refuse(`operand ${at} is missing`);
    return operand;
  }

  /** A vector laid along axis 1 of a value of that rank. */
  channels(vector: Laid, rank: number): Laid {
    const length = sizeOf(shapeOf(vector));
    return reshaped(vector, [length, ...Array.from({ length: Math.max(0, rank - 2) }, () => 1)]);
  }

  optionalWeight(at: number): Laid | undefined {
    return this.has(at) ? this.weight(at) : undefined;
  }

  /** An operand that is never trained. */
  frozen(at: number): Laid {
    const operand = this.around.operands[at];
    if (operand === undefined) throw this.refuse(`operand ${at} is missing`);
    return laid(this.around.frozen(operand));
  }

  /** An operand whose numbers must be known before the graph runs. */
  known(at: number): Tensor | undefined {
    if (!this.has(at)) return undefined;
    const { stored } = this.frozen(at);
    if (stored.op === "constant") return stored.attributes.tensor;
    throw this.refuse(
      `operand ${at} depends on the data; it has to be known when the model is imported`,
    );
  }

  /** Integers of a known operand. */
  numbers(at: number): number[] | undefined {
    const value = this.known(at);
    return value === undefined ? undefined : [...value.data];
  }

  #attribute(name: string): FileAttribute | undefined {
    return this.around.attributes.get(name);
  }

  integer(name: string, otherwise: number): number {
    return this.#attribute(name)?.integer ?? otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.#attribute(name)?.float ?? otherwise;
  }

  text(name: string, otherwise: string): string {
    return this.#attribute(name)?.text ?? otherwise;
  }

  integers(name: string): readonly number[] | undefined {
    const attribute = this.#attribute(name);
    if (attribute === undefined) return undefined;
    return attribute.integers;
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name)?.floats;
  }

  texts(name: string): readonly string[] | undefined {
    return this.#attribute(name)?.texts;
  }

  tensor(name: string): Tensor | undefined {
    const tensor = this.#attribute(name)?.tensor;
    return tensor === undefined ? undefined : decodeTensor(tensor);
  }

  graph(name: string): FileGraph {
    const graph = this.#attribute(name)?.graph;
    if (graph === undefined) throw this.refuse(`the subgraph "${name}" is missing`);
    return graph;
  }

  hasAttribute(name: string): boolean {
    return this.#attribute(name) !== undefined;
  }

  /** A list that is an attribute in old operator sets and an operand in new ones. */
  list(name: string, at: number): readonly number[] | undefined {
    return this.integers(name) ?? this.numbers(at);
  }

  /** An axis from 0, where negative ones count from the end. */
  axis(axis: number, rank: number): number {
    const own = axis < 0 ? axis + rank : axis;
    if (own < 0 || own >= rank) throw this.refuse(`there is no axis ${axis} among ${rank}`);
    return own;
  }

  axes(axes: readonly number[], rank: number): number[] {
    return axes.map((axis) => this.axis(axis, rank));
  }

  shape(at: number): readonly number[] {
    return shapeOf(this.x(at));
  }
}
