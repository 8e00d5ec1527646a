/** What the nodes of one graph or function see: values by name, attributes, operator sets. */
import type { FileAttribute, FileNode, OnnxFile } from "./file.ts";
import type { Laid } from "./laid.ts";
import { readBy } from "./ports.ts";

/** Values by name; undefined is a value that could not be made. Inner graphs see outer ones. */
export class Scope {
  readonly values = new Map<string, Laid | undefined>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  get(name: string): Laid | undefined {
    return this.values.has(name) ? this.values.get(name) : this.#outer?.get(name);
  }

  has(name: string): boolean {
    return this.values.has(name) || this.#outer?.has(name) === true;
  }
}

/** What surrounds the nodes of one graph or function. */
export interface Frame {
  readonly scope: Scope;
  readonly operatorSets: ReadonlyMap<string, number>;
  /** Attributes of the function call. */
  readonly attributes: ReadonlyMap<string, FileAttribute>;
  readonly depth: number;
}

/** Names that any node reads, or that the outermost graph hands out. */
export function namesRead({ graph, functions }: OnnxFile): Set<string> {
  const nodes = [...graph.nodes, ...functions.flatMap((one) => one.nodes)];
  return new Set([...graph.outputs.map(({ name }) => name), ...nodes.flatMap(readBy)]);
}

/** The node's attributes, where references to the function's own are replaced by those. */
export function resolved(node: FileNode, frame: Frame): ReadonlyMap<string, FileAttribute> {
  const entries: [string, FileAttribute][] = [];
  for (const [name, attribute] of node.attributes) {
    const { reference } = attribute;
    const own = reference === undefined ? attribute : frame.attributes.get(reference);
    if (own !== undefined) entries.push([name, own]);
  }
  return new Map(entries);
}

/** Operands of a function that were not given are not given to its nodes either. */
export function withoutInputs(node: FileNode, missing: readonly string[]): FileNode {
  if (missing.length === 0 || !node.inputs.some((name) => missing.includes(name))) return node;
  return { ...node, inputs: node.inputs.map((name) => (missing.includes(name) ? "" : name)) };
}
