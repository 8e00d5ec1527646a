/** The rows of the Jacobian as the span of a phase: BBᵀ is the tangent kernel. */
import type { Backend, Precision, Tensors } from "#engine/backend.ts";
import { createKernel, type KernelComputer } from "#learning/ntk/kernel.ts";
import { JacobianProduct } from "./jacobian-product.ts";
import { KernelProduct } from "./kernel-product.ts";
import type { Setting } from "./phase.ts";
import type { Span } from "./span.ts";
import type { Task } from "./step.ts";
import { Tangents } from "./tangents.ts";

export interface JacobianSpanOptions {
  readonly backend: Backend;
  /** Of the kernel and of the Jacobian's products. */
  readonly precision: Precision;
  readonly task: Pick<Task, "network" | "train">;
  /** What of the kernel steps work with: itself, or products, with it or without it. */
  readonly gives: "kernel" | "kernel_products" | "jacobian_products";
}

/** Compiled where first used. Holds device memory until it is disposed of. */
export class JacobianSpan implements Span {
  readonly #options: JacobianSpanOptions;
  readonly #tangents: Tangents;
  readonly #ofKernel: KernelProduct;
  readonly #ofJacobian: JacobianProduct;
  readonly size: number;
  #kernel: Promise<KernelComputer> | null = null;

  constructor(options: JacobianSpanOptions) {
    this.#options = options;
    this.#tangents = new Tangents(options);
    this.#ofKernel = new KernelProduct(options.backend, options.precision);
    this.#ofJacobian = new JacobianProduct(options, this.#tangents);
    this.size = this.#tangents.examples * this.#tangents.outputs;
  }

  async push(anchor: Tensors, direction: Tensors): Promise<Float64Array> {
    return await this.#tangents.push(anchor, direction);
  }

  async pull(anchor: Tensors, coefficients: Float64Array): Promise<Tensors> {
    return await this.#tangents.pull(anchor, coefficients);
  }

  async given(anchor: Tensors): Promise<Pick<Setting, "kernel" | "product" | "outputs">> {
    const outputs = await this.#tangents.outputsAt(anchor);
    const { gives } = this.#options;
    if (gives === "jacobian_products") {
      return { outputs, kernel: null, product: await this.#ofJacobian.at(anchor) };
    }
    const { tensor: kernel } = await (await this.#kernelComputer()).compute(anchor);
    const { size } = this;
    if (gives === "kernel_products") {
      return { outputs, kernel: null, product: await this.#ofKernel.of(kernel, size) };
    }
    const { examples } = this.#tangents;
    const shape = [examples, (size / examples) * size];
    return { outputs, kernel: { ...kernel, shape }, product: null };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tangents[Symbol.asyncDispose]();
    await this.#ofKernel[Symbol.asyncDispose]();
    await this.#ofJacobian[Symbol.asyncDispose]();
    await (await this.#kernel)?.[Symbol.asyncDispose]();
  }

  #kernelComputer(): Promise<KernelComputer> {
    const { backend, task, precision } = this.#options;
    const { network, train } = task;
    this.#kernel ??= createKernel({ network, backend, precision, x: train.x, variant: "full" });
    return this.#kernel;
  }
}
