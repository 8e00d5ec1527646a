/**
 * The network and its Jacobian J at an anchor, over all training examples in blocks: outputs,
 * pushed directions Jv and pulled cotangents Jᵀu. Builds no kernel.
 */
import { vjp } from "#engine/autodiff/backward.ts";
import { jvp } from "#engine/autodiff/forward.ts";
import type { Backend, Loop, Precision, Program, Tensors } from "#engine/backend.ts";
import { add, input } from "#engine/graph/build.ts";
import type { Mode } from "#engine/network.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf, type Tensor, tensor, zeros } from "#engine/tensor.ts";
import { batchNodes, countOf, found, outputsOf, parameterInputs } from "#learning/examples.ts";
import type { Task } from "./step.ts";

/** Examples in a block. */
export const tangentBlockMax = 256;

export interface TangentsOptions {
  readonly backend: Backend;
  readonly precision: Precision;
  readonly task: Pick<Task, "network" | "train">;
  /** As the network is applied in; training unless given. */
  readonly mode?: Mode;
}

type Kind = "outputs" | "push" | "pull";

export const prefixedWith = (prefix: string, values: Tensors): Tensors =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));

/** Compiled where first used. Holds device memory until it is disposed of. */
export class Tangents implements AsyncDisposable {
  readonly #options: TangentsOptions;
  readonly #loops = new Map<Kind, Promise<Loop>>();
  readonly examples: number;
  readonly outputs: number;
  readonly #block: number;
  readonly #blocks: number;

  constructor(options: TangentsOptions) {
    this.#options = options;
    this.examples = countOf(options.task.train);
    this.outputs = sizeOf(options.task.network.outputShape);
    this.#blocks = Math.ceil(this.examples / tangentBlockMax);
    this.#block = Math.ceil(this.examples / this.#blocks);
  }

  /** f(x; θ_s) of every example, [N · O]. */
  async outputsAt(anchor: Tensors): Promise<Float64Array> {
    const loop = await this.#loop("outputs");
    loop.write(prefixedWith("anchor", anchor));
    return this.#rows(await loop.run(this.#blocks, { index: this.#index() }), "outputs");
  }

  /** J v at θ_s for a direction v by parameter, [N · O]. */
  async push(anchor: Tensors, direction: Tensors): Promise<Float64Array> {
    const loop = await this.#loop("push");
    loop.write({ ...prefixedWith("anchor", anchor), ...this.#named("tangent", direction) });
    return this.#rows(await loop.run(this.#blocks, { index: this.#index() }), "pushed");
  }

  /** Jᵀu at θ_s for cotangents u [N · O], by parameter. */
  async pull(anchor: Tensors, cotangents: Float64Array): Promise<Tensors> {
    const { task, precision } = this.#options;
    const loop = await this.#loop("pull");
    const empty = task.network.parameters.map(
      ({ name, shape }) => [`sum/${name}`, zeros(precision, shape)] as const,
    );
    loop.write({ ...prefixedWith("anchor", anchor), ...Object.fromEntries(empty) });
    const shape = [this.#blocks, this.#block, this.outputs];
    const padded = zeros(precision, shape);
    padded.data.set(cotangents);
    await loop.run(this.#blocks, { index: this.#index(), cotangent: padded });
    const sums = await loop.read();
    return Object.fromEntries(
      task.network.parameters.map(({ name }) => [name, sums[`sum/${name}`] as Tensor]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const loop of this.#loops.values()) await (await loop)[Symbol.asyncDispose]();
  }

  #loop(kind: Kind): Promise<Loop> {
    const known = this.#loops.get(kind);
    if (known !== undefined) return known;
    const { backend, precision } = this.#options;
    const made = backend.compileLoop(this.#program(kind), precision);
    this.#loops.set(kind, made);
    return made;
  }

  #program(kind: Kind): Program {
    const { mode = "training", task } = this.#options;
    const { network, train } = task;
    const batch = batchNodes(train, this.#block);
    const anchor = parameterInputs(network, "anchor");
    const outputs = outputsOf(network, anchor, { x: batch.x, mode });
    const points: Node[] = network.parameters.map(({ name }) => found(anchor, name));
    const inputs = (prefix: string) =>
      network.parameters.map(({ name, shape }) => input(`${prefix}/${name}`, shape));
    const base = {
      name: kind,
      constants: batch.constants.filter(({ input: node }) => node.attributes.name === "examples/x"),
      invariants: [...anchor.values()],
      carried: [],
      scanned: batch.index === null ? [] : [batch.index],
      emitted: {},
    };
    if (kind === "outputs") return { ...base, emitted: { outputs } };
    if (kind === "push") {
      const directions = inputs("tangent");
      const tangents = new Map(points.map((node, at) => [node, directions[at] as Node]));
      const [pushed] = jvp([outputs], tangents);
      const invariants = [...base.invariants, ...directions];
      return { ...base, invariants, emitted: { pushed: pushed as Node } };
    }
    const cotangent = input("cotangent", [this.#block, this.outputs]);
    const gradients = vjp([outputs], points, [cotangent]);
    const carried = inputs("sum").map((node, at) => ({
      input: node,
      output: add(node, gradients[at] as Node),
    }));
    return { ...base, carried, scanned: [...base.scanned, cotangent] };
  }

  /** Consecutive examples; past the end they begin again, with cotangents of zero. */
  #index(): Tensor {
    const rows = Array.from({ length: this.#blocks * this.#block }, (_, at) => at % this.examples);
    return tensor("int32", [this.#blocks, this.#block], rows);
  }

  #named(prefix: string, values: Tensors): Tensors {
    const { parameters } = this.#options.task.network;
    return Object.fromEntries(
      parameters.map(({ name }) => [`${prefix}/${name}`, values[name] as Tensor]),
    );
  }

  #rows(emitted: Tensors, name: string): Float64Array {
    const data = emitted[name]?.data ?? new Float64Array(0);
    return Float64Array.from(data.subarray(0, this.examples * this.outputs));
  }
}
