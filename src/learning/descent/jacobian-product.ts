/**
 * Products Θv of the tangent kernel with vectors, without the kernel: a vjp and a jvp of the
 * network at an anchor, on primals that are computed once for it. Solves nothing.
 */
import { vjp } from "#engine/autodiff/backward.ts";
import { jvp } from "#engine/autodiff/forward.ts";
import type {
  Backend,
  Callable,
  Constant,
  Loop,
  Precision,
  Procedure,
  Program,
  Tensors,
} from "#engine/backend.ts";
import { input } from "#engine/graph/build.ts";
import { simplify } from "#engine/graph/simplify.ts";
import { dependsOn, inputsOf, substitute } from "#engine/graph/walk.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import { batchNodes, countOf, found, outputsOf, parameterInputs } from "#learning/examples.ts";
import type { Product } from "#learning/solve/conjugate-gradients.ts";
import type { Task } from "./step.ts";
import { prefixedWith, type Tangents } from "./tangents.ts";

export interface ProductOptions {
  readonly backend: Backend;
  readonly precision: Precision;
  readonly task: Pick<Task, "network" | "train">;
}

/** Examples up to which primals of all of them are kept; more go block by block, computed anew. */
export const keptExamplesMax = 4096;

/** The graph of a product in two: what the anchor decides, and the rest. */
export interface DividedProduct {
  readonly primals: Procedure;
  readonly product: Program;
}

/** `primals` yields the invariants of `product` that begin with "primal/". */
export function dividedProduct({ network, train }: ProductOptions["task"]): DividedProduct {
  const batch = batchNodes(train, null);
  const point = parameterInputs(network, "anchor");
  const f = outputsOf(network, point, { x: batch.x, mode: "training" });
  const u = input("cotangent", [countOf(train), sizeOf(network.outputShape)]);
  const nodes: Node[] = network.parameters.map(({ name }) => found(point, name));
  const gradients = vjp([f], nodes, [u]);
  const [whole] = jvp([f], new Map(nodes.map((node, at) => [node, gradients[at] as Node])));
  const [product] = simplify([whole as Node]);
  assertNode(product);
  const moving = dependsOn([product], new Set<Node>([u]));
  const kept = new Map<Node, InputNode>();
  for (const node of moving) {
    for (const operand of node.inputs) {
      const isLeaf = operand.op === "input" || operand.op === "constant";
      if (isLeaf || moving.has(operand) || kept.has(operand)) continue;
      kept.set(operand, input(`primal/${kept.size}`, operand.shape, operand.kind));
    }
  }
  const [rest] = substitute([product], kept);
  assertNode(rest);
  const own = [...kept.keys()];
  return {
    primals: {
      name: "primals of a kernel product",
      ...leavesOf(own, batch.constants),
      outputs: Object.fromEntries(
        [...kept].map(([node, { attributes }]) => [attributes.name, node]),
      ),
    },
    product: { ...productOf(rest, u, batch.constants), emitted: { product: rest } },
  };
}

function assertNode(node: Node | undefined): asserts node is Node {
  if (node === undefined) throw new Error("a graph has its output");
}

function leavesOf(outputs: readonly Node[], constants: readonly Constant[]) {
  const leaves = inputsOf(outputs);
  const isConstant = (node: InputNode) => constants.some((it) => it.input === node);
  return {
    constants: constants.filter((it) => leaves.includes(it.input)),
    inputs: leaves.filter((node) => !isConstant(node)),
  };
}

function productOf(product: Node, u: InputNode, constants: readonly Constant[]) {
  const { constants: own, inputs } = leavesOf([product], constants);
  return {
    name: "kernel product",
    constants: own,
    invariants: inputs.filter((node) => node !== u),
    carried: [],
    scanned: [u],
  };
}

/** Compiled where first used. Holds device memory until it is disposed of. */
export class JacobianProduct implements AsyncDisposable {
  readonly #options: ProductOptions;
  readonly #tangents: Tangents;
  readonly #divided: DividedProduct | null;
  #compiled: Promise<readonly [Callable, Loop]> | null = null;

  constructor(options: ProductOptions, tangents: Tangents) {
    this.#options = options;
    this.#tangents = tangents;
    const isKept = countOf(options.task.train) <= keptExamplesMax;
    this.#divided = isKept ? dividedProduct(options.task) : null;
  }

  /** Θ at this anchor. The product of an earlier anchor is no more. */
  async at(anchor: Tensors): Promise<Product> {
    if (this.#divided === null) {
      return async (v) => await this.#tangents.push(anchor, await this.#tangents.pull(anchor, v));
    }
    const { precision } = this.#options;
    const { primals, product } = this.#divided;
    const [callable, loop] = await this.#both(primals, product);
    const named = prefixedWith("anchor", anchor);
    const kept = await callable.call(pick(named, primals.inputs));
    loop.write({ ...pick(named, product.invariants), ...kept });
    const [u] = product.scanned;
    return async (v) => {
      const cotangent = tensor(precision, [1, ...(u?.shape ?? [])], v);
      const { product: image } = await loop.run(1, { cotangent });
      return Float64Array.from(image?.data ?? []);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of (await this.#compiled) ?? []) await each[Symbol.asyncDispose]();
  }

  async #both(primals: Procedure, product: Program): Promise<readonly [Callable, Loop]> {
    const { backend, precision } = this.#options;
    const make = async () =>
      [
        await backend.compile(primals, precision),
        await backend.compileLoop(product, precision),
      ] as const;
    this.#compiled ??= make();
    return await this.#compiled;
  }
}

function pick(values: Tensors, inputs: readonly InputNode[]): Tensors {
  return Object.fromEntries(
    inputs.flatMap(({ attributes: { name } }) => {
      const value = values[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
