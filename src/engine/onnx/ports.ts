/** The one input and the one output of a file that are trained, and what the rest needs. */
import type { Kind } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import { failAt } from "#src/failure.ts";
import { dtypeOfFile } from "./elements.ts";
import type { FileGraph, FileNode, FileValue, OnnxFile } from "./file.ts";

export interface PortChoice {
  /** The input that carries the data, where there are several. */
  readonly input?: string;
  /** The output that is trained, where there are several; the first unless given. */
  readonly output?: string;
  /** Per-example shape, where the file leaves lengths open. */
  readonly inputShape?: Shape;
  /** One number that fills each further input, by name: 1 for an attention mask, say. */
  readonly fixed?: Readonly<Record<string, number>>;
}

export interface Port {
  readonly name: string;
  readonly kind: Kind;
  /** Without the batch axis. */
  readonly shape: Shape;
  /** The batch size that the file fixes. */
  readonly batch: number | undefined;
}

const kinds = { float32: "real", float64: "real", int32: "integer", bool: "boolean" } as const;

/** The file's inputs that are not constants. */
export function dataInputs({ graph }: OnnxFile): readonly FileValue[] {
  const constants = new Set(graph.initializers.map(({ name }) => name));
  return graph.inputs.filter(({ name }) => !constants.has(name));
}

function chosenInput(file: OnnxFile, choice: PortChoice): FileValue {
  const inputs = dataInputs(file);
  const open = inputs.filter(({ name }) => choice.fixed?.[name] === undefined);
  const names = inputs.map(({ name }) => `"${name}"`).join(", ");
  if (choice.input !== undefined) {
    const found = inputs.find(({ name }) => name === choice.input);
    if (found !== undefined && open.every(({ name }) => name === choice.input)) return found;
    if (found === undefined) {
      throw failAt(
        "invalid_model",
        "/graph/input",
        `There is no input "${choice.input}": ${names}.`,
      );
    }
  }
  const [first] = open;
  if (first === undefined) {
    throw failAt("invalid_model", "/graph/input", "The graph has no input that carries data.");
  }
  if (open.length > 1) {
    throw failAt(
      "invalid_model",
      "/graph/input",
      `The graph has ${open.length} inputs (${names}) and a network takes one; fix the others to ` +
        "a number each (`fixed`), or export the model with one input.",
    );
  }
  return first;
}

/** The shape of a value, with the open lengths of the examples taken from the choice. */
function exampleShape(value: FileValue, given: Shape | undefined): Shape {
  const declared = value.shape?.slice(1);
  const shape = declared?.map((length, axis) => {
    const own = given?.[axis];
    return typeof length === "number" && length >= 0 ? (own ?? length) : (own ?? -1);
  });
  if (given !== undefined && given.length === (declared ?? given).length) return given;
  if (shape === undefined || shape.includes(-1)) {
    const open = declared === undefined ? "any shape" : `[${declared.map((n) => n || "?")}]`;
    throw failAt(
      "invalid_model",
      "/graph/input",
      `The input "${value.name}" takes ${open} for each example; give \`inputShape\`.`,
    );
  }
  return shape;
}

/** The input that carries the data; throws Failure("invalid_model") when it is not clear. */
export function inputPort(file: OnnxFile, choice: PortChoice): Port {
  const value = chosenInput(file, choice);
  const dtype = dtypeOfFile(value.type ?? 1);
  if (dtype === undefined || dtype === "bool") {
    throw failAt("invalid_model", "/graph/input", `The input "${value.name}" is not of numbers.`);
  }
  if (value.shape?.length === 0) {
    throw failAt("invalid_model", "/graph/input", `The input "${value.name}" has no batch axis.`);
  }
  const [first] = value.shape ?? [];
  const batch = typeof first === "number" && first > 0 ? first : undefined;
  const shape = exampleShape(value, choice.inputShape);
  return { name: value.name, kind: kinds[dtype], shape, batch };
}

/** The name of the output that is trained. */
export function outputPort({ graph }: OnnxFile, choice: PortChoice): string {
  const names = graph.outputs.map(({ name }) => name);
  const name = choice.output ?? names[0];
  if (name === undefined || !names.includes(name)) {
    const all = names.map((one) => `"${one}"`).join(", ");
    throw failAt("invalid_model", "/graph/output", `There is no output "${name}": ${all}.`);
  }
  return name;
}

/** Names that a node reads, in its subgraphs too. */
export function readBy(node: FileNode): string[] {
  const inner = [...node.attributes.values()].flatMap(({ graph }) => graph?.nodes ?? []);
  const outputs = [...node.attributes.values()].flatMap(({ graph }) => graph?.outputs ?? []);
  return [...node.inputs, ...inner.flatMap(readBy), ...outputs.map(({ name }) => name)];
}

/** The graph without nodes and constants that the output does not need. */
export function neededFor(graph: FileGraph, output: string): FileGraph {
  const wanted = new Set([output]);
  const nodes: FileNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    nodes.push(node);
    for (const name of readBy(node)) wanted.add(name);
  }
  const initializers = graph.initializers.filter(({ name }) => wanted.has(name));
  const outputs = graph.outputs.filter(({ name }) => name === output);
  return { ...graph, nodes: nodes.reverse(), initializers, outputs };
}
