/**
 * Walks the graph of a file and writes it in the engine's primitives for one batch size. Faults are
 * collected, so that all of them can be told at once. What operators mean is in operators/.
 */
import { ordered } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { FieldError } from "#schemas/problem.ts";
import { Failure, failAt } from "#src/failure.ts";
import { type Batches, reshapeTarget } from "./batch.ts";
import { Call, type Results, type Surroundings } from "./call.ts";
import {
  domainOf,
  type FileAttribute,
  type FileFunction,
  type FileGraph,
  type FileNode,
  type FileTensor,
  type OnnxFile,
} from "./file.ts";
import { type FoldingBudget, folded } from "./fold.ts";
import { type Laid, laid, plain, shapeOf } from "./laid.ts";
import type { OnnxLimits } from "./limits.ts";
import { constantOf } from "./operators/constant.ts";
import { translationOf } from "./operators/table.ts";
import { type Frame, namesRead, resolved, Scope, withoutInputs } from "./scope.ts";

/** Where constants of the file come from, and who wants to know how they are read. */
export interface Sources {
  /** The parameter that a tensor has become, or the tensor as a constant. */
  nodeOf(tensor: FileTensor, name: string): Node;
  weight(x: Node, place: Place): void;
  plainly(x: Node, place: Place): void;
  frozen(x: Node, budget: FoldingBudget): Node;
}

/** Where a value is read. */
export interface Place {
  readonly node: FileNode;
  readonly operand: number;
}

export interface Walk {
  readonly file: OnnxFile;
  readonly limits: OnnxLimits;
  readonly batches: Batches;
  readonly sources: Sources;
  /** Values of the graph's inputs. */
  readonly inputs: ReadonlyMap<string, Node>;
}

/** Everything that one pass found out. */
export interface Walked {
  readonly values: ReadonlyMap<string, Laid | undefined>;
  readonly errors: readonly FieldError[];
  readonly warnings: ReadonlySet<string>;
}

const functionKey = (domain: string, name: string): string => `${domainOf(domain)}::${name}`;

export class Interpreter {
  readonly #walk: Walk;
  readonly #functions: ReadonlyMap<string, FileFunction>;
  readonly #errors: FieldError[] = [];
  readonly #warnings = new Set<string>();
  readonly #budget: FoldingBudget;
  readonly #seen = new Set<Node>();
  /** Names that any node reads, or that leave the graph. */
  readonly #read: ReadonlySet<string>;
  #applications = 0;
  #tableElements = 0;

  constructor(walk: Walk) {
    this.#walk = walk;
    this.#read = namesRead(walk.file);
    const { foldedElementsMax } = walk.limits;
    this.#budget = { elements: foldedElementsMax, small: foldedElementsMax };
    this.#functions = new Map(
      walk.file.functions.map((one) => [functionKey(one.domain, one.name), one]),
    );
  }

  /** Every value of the outermost graph, and what is wrong with it. */
  run(): Walked {
    const { file, inputs } = this.#walk;
    const scope = new Scope();
    const { operatorSets } = file;
    for (const [name, node] of inputs) scope.values.set(name, laid(node));
    this.#enter(file.graph, { scope, operatorSets, attributes: new Map(), depth: 0 });
    return { values: scope.values, errors: this.#errors, warnings: this.#warnings };
  }

  #enter(graph: FileGraph, frame: Frame): void {
    const { scope } = frame;
    for (const tensor of graph.initializers) {
      if (scope.values.has(tensor.name)) continue;
      scope.values.set(tensor.name, this.#ofFile(tensor, tensor.name));
    }
    for (const node of graph.nodes) this.#node(node, frame);
  }

  /** A tensor of the file, which counts as nothing that was made. */
  #ofFile(tensor: FileTensor, name: string): Laid {
    const node = this.#walk.sources.nodeOf(tensor, name);
    this.#seen.add(node);
    return laid(node);
  }

  #fault(node: FileNode, detail: string): void {
    if (this.#errors.length >= this.#walk.limits.errorsMax) return;
    const name = node.name === "" ? "without a name" : `"${node.name}"`;
    this.#errors.push({ pointer: node.pointer, detail: `${node.operator} ${name}: ${detail}` });
  }

  #node(node: FileNode, frame: Frame): void {
    const { scope } = frame;
    this.#applications += 1;
    if (this.#applications > this.#walk.limits.applicationsMax) {
      throw failAt("invalid_model", node.pointer, "loops or functions repeat too often");
    }
    for (const name of node.outputs) if (name !== "") scope.values.set(name, undefined);
    for (const name of node.inputs) {
      if (name !== "" && !scope.has(name)) {
        this.#fault(node, `its operand "${name}" is written by no node before it`);
        return;
      }
    }
    // What rests on a fault is not a fault of its own.
    if (node.inputs.some((name) => name !== "" && scope.get(name) === undefined)) return;
    try {
      this.#write(node, this.#results(node, frame), scope);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      this.#fault(node, cause instanceof Error ? cause.message : String(cause));
    }
  }

  #write(node: FileNode, results: Results, scope: Scope): void {
    const list = "stored" in results ? [results] : results;
    for (const [at, name] of node.outputs.entries()) {
      const value = list[at];
      if (name === "") continue;
      if (value === undefined) {
        if (this.#read.has(name))
          this.#fault(node, `its result ${at}, "${name}", has no meaning here`);
        continue;
      }
      if (sizeOf(value.stored.shape) > this.#walk.limits.valueElementsMax) {
        throw new Error(`its result [${shapeOf(value)}] is too large`);
      }
      if (sizeOf(shapeOf(value)) !== sizeOf(value.stored.shape)) throw new Error("axes got lost");
      this.#account(value.stored, node);
      scope.values.set(name, value);
    }
  }

  /** Counts the primitives that a node has added, and the numbers of their tables. */
  #account(result: Node, node: FileNode): void {
    const { primitivesMax, tableElementsMax } = this.#walk.limits;
    for (const made of ordered([result], this.#seen)) {
      this.#seen.add(made);
      if (made.op === "constant") this.#tableElements += sizeOf(made.shape);
    }
    if (this.#seen.size > primitivesMax || this.#tableElements > tableElementsMax) {
      throw failAt("invalid_model", node.pointer, "the graph unfolds to too much");
    }
  }

  #results(node: FileNode, frame: Frame): Results {
    const operands = node.inputs.map((name) => (name === "" ? undefined : frame.scope.get(name)));
    const attributes = resolved(node, frame);
    const called = this.#functions.get(functionKey(node.domain, node.operator));
    if (called !== undefined) return this.#call(called, operands, { attributes, frame });
    const tensor = node.operator === "Constant" ? attributes.get("value")?.tensor : undefined;
    if (tensor !== undefined) {
      return this.#ofFile(tensor, node.outputs[0] ?? "");
    }
    if (node.operator === "Constant") return laid(constantOf(attributes));
    const translate = translationOf(node.domain, node.operator);
    if (typeof translate === "string") throw new Error(translate);
    const results = translate(
      new Call(node, this.#surroundings(node, { operands, attributes, frame })),
    );
    const isConstant = operands.every((x) => x === undefined || x.stored.op === "constant");
    if (!isConstant) return results;
    const list = "stored" in results ? [results] : results;
    return list.map((value) => {
      if (value === undefined) return undefined;
      const constant = folded(plain(value), this.#budget);
      if (constant.op === "constant") this.#seen.add(constant);
      return laid(constant);
    });
  }

  /** A function of the file: its nodes in a scope of their own. */
  #call(
    called: FileFunction,
    operands: readonly (Laid | undefined)[],
    { attributes, frame }: { attributes: ReadonlyMap<string, FileAttribute>; frame: Frame },
  ): Results {
    if (frame.depth >= this.#walk.limits.depthMax) throw new Error("functions are nested too deep");
    const scope = new Scope();
    for (const [at, name] of called.inputs.entries()) {
      const operand = operands[at];
      if (operand !== undefined) scope.values.set(name, operand);
    }
    const given = new Map([...called.defaults, ...attributes]);
    const operatorSets = new Map([...this.#walk.file.operatorSets, ...called.operatorSets]);
    const inner = { scope, operatorSets, attributes: given, depth: frame.depth + 1 };
    const optional = called.inputs.filter((name) => !scope.has(name));
    for (const node of called.nodes) this.#node(withoutInputs(node, optional), inner);
    return called.outputs.map((name) => scope.get(name));
  }

  #subgraph(graph: FileGraph, inputs: readonly Laid[], frame: Frame): Laid[] {
    const scope = new Scope(frame.scope);
    for (const [at, { name }] of graph.inputs.entries()) scope.values.set(name, inputs[at]);
    this.#enter(graph, { ...frame, scope, depth: frame.depth + 1 });
    return graph.outputs.map(({ name }) => {
      const value = scope.get(name);
      if (value === undefined) throw new Error(`its subgraph does not give "${name}"`);
      return value;
    });
  }

  #surroundings(
    node: FileNode,
    how: {
      readonly operands: readonly (Laid | undefined)[];
      readonly attributes: ReadonlyMap<string, FileAttribute>;
      readonly frame: Frame;
    },
  ): Surroundings {
    const { sources, batches } = this.#walk;
    const { operands, attributes, frame } = how;
    return {
      version: frame.operatorSets.get(node.domain) ?? 1,
      operands,
      attributes,
      weight: (x) => sources.weight(x.stored, { node, operand: operands.indexOf(x) }),
      plainly: (x) => {
        sources.plainly(x.stored, { node, operand: operands.indexOf(x) });
        return x;
      },
      frozen: (x) => sources.frozen(plain(x), this.#budget),
      subgraph: (graph, inputs) => this.#subgraph(graph, inputs, frame),
      warn: (text) => this.#warnings.add(text),
      rebatched: (x, target, resolve) => reshapeTarget(node, x, { target, batches, resolve }),
      batch: { file: batches.file, present: batches.present },
    };
  }
}
