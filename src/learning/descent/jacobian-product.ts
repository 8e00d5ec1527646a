/**
 * Products Θv of the tangent kernel with vectors, without the kernel: a vjp and a jvp of the
 * network at an anchor, on primals that are computed once for it. Solves nothing.
 */
import { transposeLinear } from "#engine/autodiff/backward.ts";
import type {
  Backend,
  Callable,
  Loop,
  Precision,
  Procedure,
  Program,
  Tensors,
} from "#engine/backend.ts";
import { input } from "#engine/graph/build.ts";
import { substitute } from "#engine/graph/walk.ts";
import type { Mode } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import { batchNodes, countOf, found, outputsOf, parameterInputs } from "#learning/examples.ts";
import type { Product } from "#learning/solve/conjugate-gradients.ts";
import { cutAtEntrances, imageOf } from "./entrances.ts";
import { type Hoisted, hoisted, valuesFor } from "./hoisting.ts";
import type { Task } from "./step.ts";
import { prefixedWith, type Tangents } from "./tangents.ts";

export interface ProductOptions {
  readonly backend: Backend;
  readonly precision: Precision;
  readonly task: Pick<Task, "network" | "train">;
  /** As the network is applied in; training unless given. */
  readonly mode?: Mode;
}

/** Examples up to which primals of all of them are kept; more go block by block, computed anew. */
const keptExamplesMax = 4096;
/** Numbers of such primals at most: 256 MB in float32. */
const keptNumbersMax = 2 ** 26;

/**
 * The graph of a product in two: what the anchor decides, and the rest. A layer whose Gram matrix
 * is the cheaper way is gone through by it: T = (AAᵀ + β²)·G in the place of a gradient and a jvp.
 */
function dividedProduct(
  { network, train }: ProductOptions["task"],
  mode: Mode = "training",
): Hoisted {
  const batch = batchNodes(train, null);
  const point = parameterInputs(network, "anchor");
  const f = outputsOf(network, point, { x: batch.x, mode });
  const u = input("cotangent", [countOf(train), sizeOf(network.outputShape)]);
  const nodes: Node[] = network.parameters.map(({ name }) => found(point, name));
  const { entrances, rest } = cutAtEntrances([f], nodes);
  const cotangents = transposeLinear(rest, [u]);
  const images = new Map<Node, Node>(
    entrances.map((entrance, at) => [entrance.moved, imageOf(entrance, cotangents[at] as Node)]),
  );
  const [product] = substitute(rest.tangentOutputs, images);
  return hoisted({
    name: "kernel product",
    constants: batch.constants,
    invariants: [...point.values()],
    carried: [],
    scanned: [u],
    emitted: { product: product as Node },
  });
}

/** The product in two where what the anchor decides is worth keeping; else null. */
export function keptProduct(task: ProductOptions["task"], mode?: Mode): Hoisted | null {
  if (countOf(task.train) > keptExamplesMax) return null;
  const divided = dividedProduct(task, mode);
  const kept = Object.values(divided.primals.outputs);
  const numbers = kept.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return numbers > keptNumbersMax ? null : divided;
}

/** Compiled where first used. Holds device memory until it is disposed of. */
export class JacobianProduct implements AsyncDisposable {
  readonly #options: ProductOptions;
  readonly #tangents: Tangents;
  /** Undefined until a product is asked for. */
  #divided: Hoisted | null | undefined;
  #compiled: Promise<readonly [Callable, Loop]> | null = null;

  constructor(options: ProductOptions, tangents: Tangents) {
    this.#options = options;
    this.#tangents = tangents;
  }

  /** Θ at this anchor. The product of an earlier anchor is no more. */
  async at(anchor: Tensors): Promise<Product> {
    if (this.#divided === undefined) {
      this.#divided = keptProduct(this.#options.task, this.#options.mode);
    }
    if (this.#divided === null) {
      return async (v) => await this.#tangents.push(anchor, await this.#tangents.pull(anchor, v));
    }
    const { precision } = this.#options;
    const { primals, steps: product } = this.#divided;
    const [callable, loop] = await this.#both(primals, product);
    const named = prefixedWith("anchor", anchor);
    const kept = await callable.call(valuesFor(primals.inputs, named));
    loop.write({ ...valuesFor(product.invariants, named), ...kept });
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
