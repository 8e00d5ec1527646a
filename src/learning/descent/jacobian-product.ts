/**
 * Products Θv of the tangent kernel with vectors, without the kernel: a vjp and a jvp of the
 * network at an anchor, on primals that are computed once for it. Solves nothing.
 */
import { transposeLinear } from "#engine/autodiff/backward.ts";
import type { Backend, Callable, Loop, Precision, Tensors } from "#engine/backend.ts";
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
export function dividedProduct(
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
  #primals: Promise<Callable> | null = null;
  #loop: Promise<Loop> | null = null;

  constructor(options: ProductOptions, tangents: Tangents) {
    this.#options = options;
    this.#tangents = tangents;
  }

  /** Θ at this anchor. The product of an earlier anchor is no more. */
  async at(anchor: Tensors): Promise<Product> {
    const { backend, precision } = this.#options;
    const divided = this.#kept();
    if (divided === null) {
      return async (v) => await this.#tangents.push(anchor, await this.#tangents.pull(anchor, v));
    }
    this.#loop ??= backend.compileLoop(divided.steps, precision);
    const loop = await this.#loop;
    loop.write(await this.primalsAt(anchor));
    const [u] = divided.steps.scanned;
    return async (v) => {
      const cotangent = tensor(precision, [1, ...(u?.shape ?? [])], v);
      const { product: image } = await loop.run(1, { cotangent });
      return Float64Array.from(image?.data ?? []);
    };
  }

  /** The invariants of the steps of a `dividedProduct` at an anchor. */
  async primalsAt(anchor: Tensors): Promise<Tensors> {
    const { backend, precision, task, mode } = this.#options;
    const { primals, steps } = this.#kept() ?? dividedProduct(task, mode);
    this.#primals ??= backend.compile(primals, precision);
    const named = prefixedWith("anchor", anchor);
    const kept = await (await this.#primals).call(valuesFor(primals.inputs, named));
    return { ...valuesFor(steps.invariants, named), ...kept };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#primals)?.[Symbol.asyncDispose]();
    await (await this.#loop)?.[Symbol.asyncDispose]();
  }

  #kept(): Hoisted | null {
    if (this.#divided === undefined) {
      this.#divided = keptProduct(this.#options.task, this.#options.mode);
    }
    return this.#divided;
  }
}
