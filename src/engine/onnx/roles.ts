/**
 * Which constants of a file are weights. One pass reads every float initialiser as if it were one;
 * how operators read it, and whether it reaches the output, decides.
 */
import { constant, input } from "#engine/graph/build.ts";
import { ordered } from "#engine/graph/walk.ts";
import type { InputNode, Node, OperationName } from "#engine/ops/operations.ts";
import { sizeOf, type Tensor, type TensorData } from "#engine/tensor.ts";
import { decodeTensor, elementTypeOf } from "./elements.ts";
import type { FileTensor } from "./file.ts";
import { type FoldingBudget, folded, foldedWith } from "./fold.ts";
import type { Place, Sources } from "./interpret.ts";
import { fits } from "./naming.ts";

/** Which tensors are trained, as patterns of names in which * stands for anything. */
export interface Choice {
  /** Tensors that are trained although they look like constants. */
  readonly include?: readonly string[];
  /** Tensors or layers that stay as they are in the file. */
  readonly exclude?: readonly string[];
  /** The same, of parameters: for fine-tuning. */
  readonly freeze?: readonly string[];
}

/** A tensor that may be a weight, and what speaks against it. */
export interface Candidate {
  readonly tensor: FileTensor;
  readonly name: string;
  readonly node: InputNode;
  /** Chosen by name, so that only a use as a constant speaks against it. */
  readonly forced: boolean;
  place: Place | undefined;
  isWeight: boolean;
  isPlain: boolean;
  isFrozen: boolean;
}

/** Values of constants, decoded once. */
export class Constants {
  readonly #known = new Map<FileTensor, Tensor>();

  valueOf(tensor: FileTensor): Tensor {
    const known = this.#known.get(tensor);
    if (known !== undefined) return known;
    const value = decodeTensor(tensor);
    this.#known.set(tensor, value);
    return value;
  }

  nodeOf(tensor: FileTensor): Node {
    return constant(this.valueOf(tensor));
  }
}

/** The first pass: watches how every float initialiser is read. */
export class Survey implements Sources {
  readonly #constants: Constants;
  readonly #choice: Choice;
  readonly #byTensor = new Map<FileTensor, Candidate>();
  readonly #byNode = new Map<Node, Candidate>();

  constructor(constants: Constants, choice: Choice) {
    this.#constants = constants;
    this.#choice = choice;
  }

  get candidates(): readonly Candidate[] {
    return [...this.#byTensor.values()];
  }

  nodeOf(tensor: FileTensor, name: string): Node {
    const known = this.#byTensor.get(tensor);
    if (known !== undefined) return known.node;
    const { dtype } = elementTypeOf(tensor);
    const { include = [], exclude = [] } = this.#choice;
    const forced = fits(name, include);
    const isInitialiser = tensor.pointer.includes("/initializer/");
    const isReal = dtype === "float32" || dtype === "float64";
    const may = isReal && sizeOf(tensor.shape) > 0 && (isInitialiser || forced);
    if (!may || fits(name, exclude)) return this.#constants.nodeOf(tensor);
    const node = input(`initializer/${this.#byTensor.size}/${name}`, tensor.shape);
    const candidate = {
      tensor,
      name,
      node,
      forced,
      place: undefined,
      isWeight: false,
      isPlain: false,
      isFrozen: false,
    };
    this.#byTensor.set(tensor, candidate);
    this.#byNode.set(node, candidate);
    return node;
  }

  weight(x: Node, place: Place): void {
    const candidate = this.#byNode.get(x);
    if (candidate === undefined) return;
    candidate.isWeight = true;
    candidate.place ??= place;
  }

  plainly(x: Node, place: Place): void {
    const candidate = this.#byNode.get(x);
    if (candidate === undefined) return;
    candidate.isPlain = true;
    candidate.place ??= place;
  }

  frozen(x: Node, budget: FoldingBudget): Node {
    if (x.op === "constant" || budget.small <= 0) return x;
    const order = ordered([x]);
    budget.small -= order.length;
    const inputs = order.filter(({ op }) => op === "input");
    const candidates = inputs.flatMap((node) => this.#byNode.get(node) ?? []);
    if (candidates.length < inputs.length) return x;
    for (const candidate of candidates) candidate.isFrozen = true;
    const values = candidates.map(
      ({ node, tensor }) => [node, this.#constants.valueOf(tensor)] as const,
    );
    return foldedWith(x, new Map(values), budget);
  }

  /** The candidates that are weights, in the order of the file's use of them. */
  weights(output: Node): Candidate[] {
    const roots = this.candidates.filter((candidate) => this.#mayMove(candidate));
    const moving = reaching(output, new Set(roots.map(({ node }) => node)));
    return roots.filter(({ node }) => moving.has(node));
  }

  /** Single numbers are weights only where weights stand; infinities are masks. */
  #mayMove({ tensor, forced, isFrozen, isPlain, isWeight }: Candidate): boolean {
    if (isFrozen) return false;
    if (forced) return true;
    const isNumber = sizeOf(tensor.shape) === 1;
    if (isNumber && (isPlain || !isWeight || tensor.shape.length === 0)) return false;
    return allFinite(this.#constants.valueOf(tensor).data);
  }
}

/** Weights are many, so this is a plain loop. */
function allFinite(data: TensorData): boolean {
  for (let at = 0; at < data.length; at += 1) if (!Number.isFinite(data[at])) return false;
  return true;
}

/** Step functions: whatever goes in, their derivative is zero. */
const still: ReadonlySet<OperationName> = new Set<OperationName>(["sign", "floor", "stopGradient"]);

/** The roots from which a derivative reaches the output. */
function reaching(output: Node, roots: ReadonlySet<Node>): Set<Node> {
  const order = ordered([output]);
  const moved = new Set<Node>();
  for (const node of order) {
    const passes = node.kind === "real" && !still.has(node.op);
    if (roots.has(node) || (passes && node.inputs.some((operand) => moved.has(operand)))) {
      moved.add(node);
    }
  }
  const needed = new Set<Node>(moved.has(output) ? [output] : []);
  for (const node of order.toReversed()) {
    if (!needed.has(node)) continue;
    for (const operand of node.inputs) if (moved.has(operand)) needed.add(operand);
  }
  return needed;
}

/** Later passes: tensors that have become parameters are those, others are constants. */
export class Settled implements Sources {
  readonly #constants: Constants;
  readonly #parameters: ReadonlyMap<FileTensor, Node>;

  constructor(constants: Constants, parameters: ReadonlyMap<FileTensor, Node>) {
    this.#constants = constants;
    this.#parameters = parameters;
  }

  nodeOf(tensor: FileTensor): Node {
    return this.#parameters.get(tensor) ?? this.#constants.nodeOf(tensor);
  }

  weight(): void {}

  plainly(): void {}

  frozen(x: Node, budget: FoldingBudget): Node {
    return folded(x, budget);
  }
}
