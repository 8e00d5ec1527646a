/**
 * The door: bytes of an ONNX file become a network in the engine's primitives, which trains by any
 * algorithm and gives exact kernels. Reading, operators and export are in the files beside it.
 */
import assert from "node:assert/strict";
import { input } from "#engine/graph/build.ts";
import { dependsOn, ordered } from "#engine/graph/walk.ts";
import type { LayerSummary, Network, Parameter } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf, type Tensor } from "#engine/tensor.ts";
import { Failure } from "#src/failure.ts";
import { meetingPlaces, type Written } from "./coupling.ts";
import type { FileNode, FileTensor, OnnxFile } from "./file.ts";
import { Importer, refuseAll } from "./importer.ts";
import type { Walked } from "./interpret.ts";
import { shapeOf } from "./laid.ts";
import type { OnnxLimits } from "./limits.ts";
import { fits, layerOf, Names, namesOf } from "./naming.ts";
import type { PortChoice } from "./ports.ts";
import { type Candidate, type Choice, Settled, Survey } from "./roles.ts";

export interface ImportOptions extends PortChoice, Choice {
  readonly limits?: Partial<OnnxLimits>;
}

/** A parameter and the tensor of the file that holds its first value. */
export interface ImportedParameter extends Parameter {
  readonly tensor: FileTensor;
  /** The name by which the graph reads it. */
  readonly source: string;
}

export interface ImportedNetwork extends Network {
  readonly parameters: readonly ImportedParameter[];
  /** What people should know: statistics that stay, dropout that rests, a batch that is fixed. */
  readonly warnings: readonly string[];
  readonly file: OnnxFile;
  readonly inputName: string;
  readonly outputName: string;
  /** The only batch size that the graph works for; undefined when any does. */
  readonly fixedBatch: number | undefined;
  /** First values of the parameters as they lie in the memory of the file. */
  stored(): ReadonlyMap<string, Tensor>;
}

function parametersOf(weights: readonly Candidate[], choice: Choice): ImportedParameter[] {
  const names = new Names();
  const { exclude = [], freeze = [] } = choice;
  return weights
    .map((candidate) => {
      const { name, layer } = names.take(namesOf(candidate.name, candidate.place));
      const { tensor, name: source } = candidate;
      return { name, layer, shape: tensor.shape, tensor, source };
    })
    .filter(({ name, layer, source }) => {
      const own = [name, layer, source];
      return !own.some((one) => fits(one, freeze) || fits(one, exclude));
    });
}

/** Nodes that only move values or make constants are no layers. */
const plumbing = new Set([
  ...["Constant", "Identity", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Shape", "Cast"],
  ...["Dropout", "Expand", "Split", "Slice"],
]);

function layersOf(
  walked: Walked,
  parameters: readonly ImportedParameter[],
  { x, output, file }: Written & { readonly file: OnnxFile },
): LayerSummary[] {
  const dependent = dependsOn([output], new Set([x]));
  const bySource = new Map(parameters.map((parameter) => [parameter.source, parameter]));
  const reads = (node: FileNode) =>
    [...new Set(node.inputs)].flatMap((name) => bySource.get(name) ?? []);
  const seen = new Set<FileTensor>();
  return file.graph.nodes.flatMap((node) => {
    const value = walked.values.get(node.outputs[0] ?? "");
    const own = reads(node).filter(({ tensor }) => !seen.has(tensor));
    if (value === undefined || (own.length === 0 && plumbing.has(node.operator))) return [];
    if (own.length === 0 && !dependent.has(value.stored)) return [];
    for (const { tensor } of own) seen.add(tensor);
    const outputShape = shapeOf(value).slice(1);
    const count = own.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return [{ name: layerOf(node), type: node.operator, outputShape, parameters: count }];
  });
}

/** What two passes over the graph have settled. */
interface Plan {
  readonly importer: Importer;
  readonly parameters: readonly ImportedParameter[];
  readonly warnings: string[];
}

/** The graph for one batch size. */
function written(
  { importer, parameters }: Plan,
  nodes: ReadonlyMap<string, Node>,
  x: Node,
): { readonly output: Node; readonly walked: Walked } {
  const byTensor = new Map<FileTensor, Node>();
  for (const { name, tensor, shape } of parameters) {
    const node = nodes.get(name);
    assert(node?.shape.join() === shape.join(), `parameter ${name} of shape [${shape}]`);
    byTensor.set(tensor, node);
  }
  const walked = importer.walk(x, new Settled(importer.constants, byTensor));
  return { output: importer.outputOf(walked), walked };
}

/** The graph for a batch of that size over parameters that are inputs. */
function sample(plan: Plan, batch: number): Written & { readonly walked: Walked } {
  const { shape, kind } = plan.importer.port;
  const x = input("x", [batch, ...shape], kind);
  const nodes = new Map(plan.parameters.map(({ name, shape }) => [name, input(name, shape)]));
  return { x, ...written(plan, nodes, x) };
}

/** A graph at another batch size, or why there is none. */
function tried(plan: Plan, batch: number): (Written & { readonly walked: Walked }) | string {
  try {
    return sample(plan, batch);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    return cause.errors[0]?.detail ?? cause.message;
  }
}

interface Examined {
  readonly coupling: readonly string[];
  readonly fixedBatch: number | undefined;
}

/** Whether other batch sizes work, and whether examples stay apart in them. */
function examine(plan: Plan, one: Written & { readonly walked: Walked }): Examined {
  const { port, outputName, file } = plan.importer;
  const batch = one.x.shape[0] ?? 0;
  if (one.output.shape[0] !== batch) {
    const detail =
      `the output "${outputName}" is [${one.output.shape}] for a batch of ${batch}; its first ` +
      "axis has to be the batch, so put a Transpose before it or choose another output";
    refuseAll([{ pointer: "/graph/output", detail }]);
  }
  // Axes of length 1 are laid out by other means, so that a batch of 1 says little about others.
  const [near, far] =
    batch === 1 ? [tried(plan, 2), tried(plan, 3)] : [one, tried(plan, batch + 1)];
  if (typeof far === "string" || typeof near === "string") {
    const detail = `the graph works for batches of ${batch} only: ${far}`;
    if (port.batch === undefined) refuseAll([{ pointer: "/graph", detail }]);
    plan.warnings.push(`${detail}; export it with a free first axis.`);
    return { coupling: [`the file is made for batches of ${batch}`], fixedBatch: batch };
  }
  const places = meetingPlaces(near, far);
  if (places === undefined) {
    return { coupling: ["the graph differs between batch sizes"], fixedBatch: undefined };
  }
  if (places.length === 0) return { coupling: [], fixedBatch: undefined };
  const reached = dependsOn([near.output], new Set(places));
  const node = file.graph.nodes.find(({ outputs }) => {
    const value = near.walked.values.get(outputs[0] ?? "");
    return value !== undefined && reached.has(value.stored);
  });
  const name = node === undefined ? "the output" : `${node.operator} "${layerOf(node)}"`;
  return { coupling: [`examples meet, or change places, in ${name}`], fixedBatch: undefined };
}

/** In float64, and apart from the bytes of the file. */
const copied = ({ shape, data }: Tensor): Tensor => ({
  dtype: "float64",
  shape,
  data: Float64Array.from(data),
});

/** Rows of the smallest table that the input, however laid out, is an index of. */
function vocabularyOf({ x, output }: Written): number | undefined {
  const ids = new Set<Node>([x]);
  let rows: number | undefined;
  for (const node of ordered([output])) {
    const [first, second] = node.inputs;
    const isId = first !== undefined && ids.has(first);
    if (isId && (node.op === "reshape" || node.op === "transpose")) ids.add(node);
    if (node.op !== "gather" || second === undefined || !ids.has(second)) continue;
    const own = first?.shape[node.attributes.axis] ?? 0;
    rows = Math.min(rows ?? own, own);
  }
  return rows;
}

/**
 * Reads a file and settles what is trained. Throws Failure("malformed_body") where the bytes are no
 * ONNX file, and Failure("invalid_model") with every node that has no meaning for training.
 */
export function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): ImportedNetwork {
  const importer = new Importer(bytes, options);
  const { port, constants, file } = importer;
  const survey = new Survey(constants, options);
  const x = input("x", [port.batch ?? 2, ...port.shape], port.kind);
  const first = importer.walk(x, survey);
  const known = new Set(first.errors.map(({ pointer }) => pointer));
  const refused = importer.refusedOperators().filter(({ pointer }) => !known.has(pointer));
  if (refused.length > 0) refuseAll([...first.errors, ...refused]);
  const output = importer.outputOf(first);
  const parameters = parametersOf(survey.weights(output), options);
  const plan: Plan = { importer, parameters, warnings: [...first.warnings] };
  if (parameters.length === 0) plan.warnings.push("Nothing in the file is trained.");
  const one = sample(plan, port.batch ?? 2);
  const { coupling, fixedBatch } = examine(plan, one);
  const vocabulary = port.kind === "integer" ? vocabularyOf(one) : undefined;
  return {
    input: { shape: port.shape, kind: port.kind, ...(vocabulary && { vocabulary }) },
    outputShape: one.output.shape.slice(1),
    parameters,
    layers: layersOf(one.walked, parameters, { ...one, file }),
    coupling,
    warnings: plan.warnings,
    file,
    inputName: port.name,
    outputName: importer.outputName,
    fixedBatch,
    apply: (nodes, batch) => {
      if (fixedBatch !== undefined && batch.shape[0] !== fixedBatch) {
        throw new Failure("incompatible", `The file is made for batches of ${fixedBatch} only.`);
      }
      return written(plan, nodes, batch).output;
    },
    stored: () => new Map(parameters.map(({ name, tensor }) => [name, constants.valueOf(tensor)])),
    initialise: (): ReadonlyMap<string, Tensor> =>
      new Map(parameters.map(({ name, tensor }) => [name, copied(constants.valueOf(tensor))])),
  };
}
