/**
 * Looks at a linearisation on a few training examples in a fixed order: how far the network has
 * left the linear model, the loss of both, and the kernel's largest eigenvalue. Judges nothing.
 */

import type { Backend, Callable, Precision, Tensors } from "#engine/backend.ts";
import { subtract } from "#engine/graph/build.ts";
import type { Network } from "#engine/network.ts";
import type { Loss } from "#schemas/algorithm.ts";
import { JacobianProduct } from "./descent/jacobian-product.ts";
import { linearModel } from "./descent/linearised.ts";
import { Tangents } from "./descent/tangents.ts";
import { prefixed } from "./evaluation.ts";
import {
  batchNodes,
  countOf,
  firstOf,
  outputsOf,
  parameterInputs,
  type Split,
} from "./examples.ts";
import { lossOf, squaredNorm } from "./loss.ts";
import type { Product } from "./solve/conjugate-gradients.ts";
import { type LargestEigenvalue, largestEigenvalue } from "./solve/lanczos.ts";

/** Training examples on which the gap is looked at. */
export const gapExamplesMax = 256;

export interface ProbeOptions {
  readonly backend: Backend;
  readonly precision: Precision;
  readonly network: Network;
  readonly loss: Loss;
  readonly train: Split;
}

/** What one look sees. */
export interface GapLook {
  /** ‖f − f_lin‖ / ‖f_lin − f_s‖; 0 where nothing has moved. */
  readonly gap: number;
  /** Of f_lin at θ. */
  readonly lossLinear: number;
  /** Of f at θ. */
  readonly lossNetwork: number;
}

/** Compiles the look at the gap: one forward pass at θ, one with a jvp at θ_s. */
export class GapProbe implements AsyncDisposable {
  readonly #call: Callable;

  private constructor(call: Callable) {
    this.#call = call;
  }

  static async compile(options: ProbeOptions): Promise<GapProbe> {
    const { network, loss, backend, precision } = options;
    const split = firstOf(options.train, Math.min(countOf(options.train), gapExamplesMax));
    const batch = batchNodes(split, null);
    const weights = parameterInputs(network, "weights");
    const anchor = parameterInputs(network, "anchor");
    const where = { x: batch.x, mode: "inference" } as const;
    const f = outputsOf(network, weights, where);
    const { outputs, predicted } = linearModel(network, { anchor, weights }, where);
    const procedure = {
      name: "linearisation gap",
      constants: batch.constants,
      inputs: [...weights.values(), ...anchor.values()],
      outputs: {
        left: squaredNorm([subtract(f, predicted)]),
        moved: squaredNorm([subtract(predicted, outputs)]),
        lossLinear: lossOf(loss, predicted, batch.y),
        lossNetwork: lossOf(loss, f, batch.y),
      },
    };
    return new GapProbe(await backend.compile(procedure, precision));
  }

  async look(at: { readonly weights: Tensors; readonly anchor: Tensors }): Promise<GapLook> {
    const seen = await this.#call.call({
      ...prefixed(at.weights, "weights"),
      ...prefixed(at.anchor, "anchor"),
    });
    const scalar = (name: string): number => seen[name]?.data[0] ?? Number.NaN;
    const left = Math.sqrt(scalar("left"));
    const moved = Math.sqrt(scalar("moved"));
    return {
      gap: left === 0 ? 0 : left / moved,
      lossLinear: scalar("lossLinear"),
      lossNetwork: scalar("lossNetwork"),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#call[Symbol.asyncDispose]();
  }
}

/** Products of an estimate at most. */
export const productsMax = 48;

/** Relative residuals that are worth reaching: float32 products carry no more. */
const toleranceOf: Readonly<Record<Precision, number>> = { float32: 1e-4, float64: 1e-8 };

/** Largest eigenvalue of Θ/n on the first n training examples, by products u ↦ J(Jᵀu). */
export class KernelProbe implements AsyncDisposable {
  readonly #product: JacobianProduct;
  readonly #tangents: Tangents;
  readonly #examples: number;
  readonly #precision: Precision;

  /** Compiled where first used. */
  constructor(options: ProbeOptions, examples: number) {
    const { backend, precision, network, train } = options;
    const task = { network, train: firstOf(train, examples) };
    const how = { backend, precision, task, mode: "inference" } as const;
    this.#tangents = new Tangents(how);
    this.#product = new JacobianProduct(how, this.#tangents);
    this.#examples = examples;
    this.#precision = precision;
  }

  /** Θu for u [n · O] at an anchor. */
  async at(anchor: Tensors): Promise<Product> {
    return await this.#product.at(anchor);
  }

  async lambdaMax(anchor: Tensors, seed: number): Promise<LargestEigenvalue> {
    const product = await this.at(anchor);
    return await largestEigenvalue({
      size: this.#examples * this.#tangents.outputs,
      seed,
      tolerance: toleranceOf[this.#precision],
      productsMax,
      product: async (v) => (await product(v)).map((value) => value / this.#examples),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#product[Symbol.asyncDispose]();
    await this.#tangents[Symbol.asyncDispose]();
  }
}
