/**
 * A new ONNX graph of any network with its weights, or of its linearisation around an anchor, with
 * a free batch wherever the network allows one. Weights too large for one message go beside it.
 */
import { jvp } from "#engine/autodiff/forward.ts";
import { add, input, subtract } from "#engine/graph/build.ts";
import { simplify } from "#engine/graph/simplify.ts";
import { ordered } from "#engine/graph/walk.ts";
import { arraysOf, type Network } from "#engine/network.ts";
import type { InputNode, Node, NodeOf, OperationName } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import { GraphWriter } from "./graph-writer.ts";
import { elementTypes, encodeModel, type Initializer, int, type ValueInfo } from "./model.ts";
import { type Page, written } from "./primitives-written.ts";
import { type Pieces, piecesOf } from "./splice.ts";

/** ONNX 1.12, which every runtime of the last years serves. */
const operatorSet = 17;

/** Weights beyond this are written into a file of their own: one message holds 2 GB. */
const inlineBytesMax = 1.5 * 2 ** 30;

/** External tensors begin at multiples of this, so that they can be mapped. */
const externalAlignBytes = 4096;

export interface ExportOptions {
  /** Of the graph. */
  readonly name?: string;
  /** Names of the input and the output: those of the file it came from, say. */
  readonly input?: string;
  readonly output?: string;
  /** File name of the weights where they are written beside the model. */
  readonly dataFile?: string;
  readonly inlineBytesMax?: number;
}

/** A model and, where its weights are too large for it, their file. */
export interface OnnxParts {
  readonly model: Pieces;
  readonly data: (Pieces & { readonly name: string }) | undefined;
  /** The batch size, where the graph works for one only. */
  readonly fixedBatch: number | undefined;
}

/** A graph over weights that are inputs, for one batch size. */
interface Draft {
  readonly x: InputNode;
  readonly weights: ReadonlyMap<string, InputNode>;
  readonly output: Node;
}

type Drafting = (batch: number) => Draft;

/** Of a node in the first of two drafts, whether its first axis grows with the batch. */
interface Growth {
  readonly draft: Draft;
  readonly growing: ReadonlySet<Node>;
  readonly fixedBatch: number | undefined;
}

/** Compares the graphs of two batch sizes; without agreement the graph of one example is used. */
function growthOf(drafting: Drafting): Growth {
  const [draft, other] = [drafting(2), drafting(3)];
  const [order, others] = [ordered([draft.output]), ordered([other.output])];
  const growing = new Set<Node>();
  let agrees = order.length === others.length;
  for (const [at, node] of order.entries()) {
    const twin = others[at];
    agrees &&= twin?.op === node.op && twin.shape.length === node.shape.length;
    if (!agrees || twin === undefined || node.shape.join() === twin.shape.join()) continue;
    const [rows = 0, ...rest] = node.shape;
    agrees = rows * 3 === (twin.shape[0] ?? 0) * 2 && rest.join() === twin.shape.slice(1).join();
    // A table that grows with the batch would have to be computed by the graph.
    agrees &&= node.op !== "constant";
    growing.add(node);
  }
  if (agrees) return { draft, growing, fixedBatch: undefined };
  return { draft: drafting(1), growing: new Set(), fixedBatch: 1 };
}

function writeNode<Name extends OperationName>(node: NodeOf<Name>, page: Page): string {
  const write = written[node.op];
  return write(
    node,
    node.inputs.map((operand) => page.valueOf(operand)),
    page,
  );
}

class NodePage implements Page {
  readonly write = new GraphWriter();
  readonly #growth: Growth;
  readonly #input: string;
  readonly #values = new Map<Node, string>();

  constructor(growth: Growth, inputName: string) {
    this.#growth = growth;
    this.#input = inputName;
  }

  bind(node: Node, value: string): void {
    this.#values.set(node, value);
  }

  grows(node: Node): boolean {
    return this.#growth.growing.has(node);
  }

  rowsOf(node: Node): string {
    const batch = this.#growth.draft.x.shape[0] ?? 1;
    const shape = this.write.emit("Shape", [this.#input]);
    const bounds = [this.write.integers([0]), this.write.integers([1])];
    const rows = this.write.emit("Slice", [shape, ...bounds]);
    const factor = (node.shape[0] ?? 0) / batch;
    return factor === 1 ? rows : this.write.emit("Mul", [rows, this.write.integers([factor])]);
  }

  valueOf(node: Node): string {
    const value = this.#values.get(node);
    if (value === undefined) throw new Error(`${node.op} is read before it is written`);
    return value;
  }

  /** Writes every node that is not bound yet. */
  fill(output: Node): string {
    for (const node of ordered([output])) {
      if (!this.#values.has(node)) this.#values.set(node, writeNode(node, this));
    }
    return this.valueOf(output);
  }
}

/** Moves the weights out of the message. */
function besides(
  initializers: readonly Initializer[],
  file: string,
): { readonly initializers: Initializer[]; readonly data: Pieces & { readonly name: string } } {
  const chunks: Uint8Array[] = [];
  let at = 0;
  const moved = initializers.map((initializer): Initializer => {
    const { content } = initializer;
    if (!("raw" in content) || content.raw.byteLength < externalAlignBytes) return initializer;
    const bytes = content.raw.byteLength;
    const gap = (externalAlignBytes - (bytes % externalAlignBytes)) % externalAlignBytes;
    const offset = at;
    chunks.push(content.raw, new Uint8Array(gap));
    at += bytes + gap;
    return { ...initializer, content: { file, bytes, offset } };
  });
  return { initializers: moved, data: { name: file, byteLength: at, chunks: () => chunks } };
}

function encoded(
  drafting: Drafting,
  values: ReadonlyMap<string, Tensor>,
  options: ExportOptions,
): OnnxParts {
  const { input: inputName = "input", output: outputName = "output" } = options;
  const growth = growthOf(drafting);
  const { draft, fixedBatch } = growth;
  const page = new NodePage(growth, inputName);
  const { write } = page;
  const isReal = draft.x.kind === "real";
  const to = int(elementTypes.int32);
  page.bind(draft.x, isReal ? inputName : write.emit("Cast", [inputName], { to }));
  const reached = new Set<Node>(ordered([draft.output]));
  for (const [name, node] of draft.weights) {
    const value = values.get(name);
    if (value === undefined) throw new Error(`there is no value for ${name}`);
    if (reached.has(node)) page.bind(node, write.weight(name, value));
  }
  write.named(page.fill(draft.output), outputName);
  const bytes = write.initializers.reduce(
    (sum, { content }) => sum + ("raw" in content ? content.raw.byteLength : 0),
    0,
  );
  const isLarge = bytes > (options.inlineBytesMax ?? inlineBytesMax);
  const outside = isLarge
    ? besides(write.initializers, options.dataFile ?? "weights.bin")
    : undefined;
  const port = (name: string, node: Node): ValueInfo => ({
    name,
    type: node.kind === "real" ? "float32" : "int64",
    shape: [fixedBatch ?? "batch", ...node.shape.slice(1)],
  });
  const graph = {
    name: options.name ?? "network",
    nodes: write.nodes,
    initializers: outside?.initializers ?? write.initializers,
    inputs: [port(inputName, draft.x)],
    outputs: [port(outputName, draft.output)],
  };
  const model = piecesOf(encodeModel({ graph, operatorSet }));
  return { model, data: outside?.data, fixedBatch };
}

function weightInputs(network: Network, prefix: string): Map<string, InputNode> {
  return new Map(
    arraysOf(network).map(({ name, shape }) => [name, input(`${prefix}${name}`, shape)]),
  );
}

const simplified = (draft: Draft): Draft => {
  const [output = draft.output] = simplify([draft.output]);
  return { ...draft, output };
};

/** The network in inference mode with these values of its parameters and its state. */
export function exportNetwork(
  network: Network,
  values: ReadonlyMap<string, Tensor>,
  options: ExportOptions = {},
): OnnxParts {
  const drafting: Drafting = (batch) => {
    const x = input("x", [batch, ...network.input.shape], network.input.kind);
    const weights = weightInputs(network, "");
    return simplified({ x, weights, output: network.apply(weights, x, "inference") });
  };
  return encoded(drafting, values, options);
}

/**
 * f(x; θs) + J(x; θs)(θ − θs): the network's linearisation around the anchor θs at the weights θ.
 * The graph holds both, the anchor under names that begin with `anchor/`.
 */
export function exportLinearised(
  network: Network,
  { anchor, weights }: Record<"anchor" | "weights", ReadonlyMap<string, Tensor>>,
  options: ExportOptions = {},
): OnnxParts {
  const drafting: Drafting = (batch) => {
    const x = input("x", [batch, ...network.input.shape], network.input.kind);
    const at = weightInputs(network, "anchor/");
    const own = new Map(network.parameters.map(({ name, shape }) => [name, input(name, shape)]));
    const primal = network.apply(at, x, "inference");
    const moves = [...own].flatMap(([name, node]) => {
      const from = at.get(name);
      return from === undefined ? [] : [[from, subtract(node, from)] as const];
    });
    const [tangent = primal] = jvp([primal], new Map<Node, Node>(moves));
    const all = new Map([
      ...own,
      ...[...at].map(([name, node]) => [`anchor/${name}`, node] as const),
    ]);
    return simplified({ x, weights: all, output: add(primal, tangent) });
  };
  const both = new Map([
    ...weights,
    ...[...anchor].map(([name, value]) => [`anchor/${name}`, value] as const),
  ]);
  return encoded(drafting, both, options);
}
