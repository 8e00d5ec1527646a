/** The inputs of each layer as the span of a phase: Bθ is what each layer's products make of θ. */
import type { Backend, Callable, Precision, Procedure, Tensors } from "#engine/backend.ts";
import { filled, input } from "#engine/graph/build.ts";
import { inputsOf } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import { enteringMove, gradientsAt } from "./entrances.ts";
import { valuesFor } from "./hoisting.ts";
import { layerPlaces, layersOf } from "./layer-program.ts";
import type { Setting } from "./phase.ts";
import type { Span } from "./span.ts";
import type { Task } from "./step.ts";
import { prefixedWith } from "./tangents.ts";

export interface LayerSpanOptions {
  readonly backend: Backend;
  readonly precision: Precision;
  readonly task: Pick<Task, "network" | "train">;
}

type Kind = "push" | "pull";

/** Compiled where first used. Holds device memory until it is disposed of. */
export class LayerSpan implements Span {
  readonly #options: LayerSpanOptions;
  readonly #layers: ReturnType<typeof layersOf>;
  readonly #compiled = new Map<Kind, Promise<readonly [Procedure, Callable]>>();
  readonly size: number;

  constructor(options: LayerSpanOptions) {
    this.#options = options;
    this.#layers = layersOf(options.task);
    this.size = layerPlaces(this.#layers.cut).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  async push(anchor: Tensors, direction: Tensors): Promise<Float64Array> {
    const found = await this.#call("push", anchor, prefixedWith("tangent", direction));
    const whole = new Float64Array(this.size);
    let from = 0;
    for (const [at, { shape }] of layerPlaces(this.#layers.cut).entries()) {
      whole.set(found[`image/${at}`]?.data ?? [], from);
      from += sizeOf(shape);
    }
    return whole;
  }

  async pull(anchor: Tensors, coefficients: Float64Array): Promise<Tensors> {
    let from = 0;
    const parts = layerPlaces(this.#layers.cut).map(({ shape }, at) => {
      const data = coefficients.subarray(from, from + sizeOf(shape));
      from += data.length;
      return [`cotangent/${at}`, tensor("float64", shape, data)] as const;
    });
    return await this.#call("pull", anchor, Object.fromEntries(parts));
  }

  /** Steps compute what they need from the anchor alone. */
  async given(): Promise<Pick<Setting, "kernel" | "product" | "outputs">> {
    return { kernel: null, product: null, outputs: new Float64Array(0) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const made of this.#compiled.values()) await (await made)[1][Symbol.asyncDispose]();
  }

  async #call(kind: Kind, anchor: Tensors, given: Tensors): Promise<Tensors> {
    const { backend, precision } = this.#options;
    const compile = async () => {
      const procedure = this.#procedure(kind);
      return [procedure, await backend.compile(procedure, precision)] as const;
    };
    const made = this.#compiled.get(kind) ?? compile();
    this.#compiled.set(kind, made);
    const [procedure, callable] = await made;
    const values = { ...prefixedWith("anchor", anchor), ...given };
    return await callable.call(valuesFor(procedure.inputs, values));
  }

  #procedure(kind: Kind): Procedure {
    const { batch } = this.#layers;
    const outputs = kind === "push" ? this.#images() : this.#gradients();
    const leaves = inputsOf(Object.values(outputs));
    const constants = batch.constants.filter(({ input: node }) => leaves.includes(node));
    const inputs = leaves.filter((node) => !constants.some((constant) => constant.input === node));
    return { name: `layers, ${kind}`, constants, inputs, outputs };
  }

  #images(): Readonly<Record<string, Node>> {
    const { cut } = this.#layers;
    const { parameters } = this.#options.task.network;
    const moves = parameters.map(({ name, shape }) => input(`tangent/${name}`, shape));
    return Object.fromEntries(
      cut.entrances.map((entrance, at) => [`image/${at}`, enteringMove(entrance, moves)]),
    );
  }

  /** By the names of parameters. */
  #gradients(): Readonly<Record<string, Node>> {
    const { cut, point } = this.#layers;
    const { parameters } = this.#options.task.network;
    const found = new Map<number, Node>();
    for (const [at, entrance] of cut.entrances.entries()) {
      const cotangent = input(`cotangent/${at}`, entrance.moved.shape);
      for (const [place, node] of gradientsAt(entrance, cotangent, point)) found.set(place, node);
    }
    return Object.fromEntries(
      parameters.map(({ name, shape }, at) => [name, found.get(at) ?? filled(0, shape)]),
    );
  }
}
