/**
 * A descent whose phases are computed in the span of the Jacobian: finds the kernel at each anchor,
 * or what its products need, lets a mover take the steps, and gives weights back by one vjp of the
 * coefficients. Which mover, its maker says.
 */
import assert from "node:assert/strict";
import type { Precision, Tensors } from "#engine/backend.ts";
import { averageName, averagesOf } from "#learning/averaging.ts";
import { createKernel, type Kernel, type KernelComputer } from "#learning/ntk/kernel.ts";
import { slotsOf } from "#learning/optimizer.ts";
import { type Columns, type DescentState, joined, type Stretch } from "./descent.ts";
import type { MoverOptions, PhaseMover, Written } from "./function-space.ts";
import { JacobianProduct } from "./jacobian-product.ts";
import { KernelProduct } from "./kernel-product.ts";
import {
  type Base,
  baseFrom,
  type Coordinates,
  combined,
  directionsOf,
  entryCoefficients,
  gramOf,
  type Setting,
} from "./phase.ts";
import { readBase, readWritten, writePhase } from "./phase-arrays.ts";
import { slotName } from "./step.ts";
import type { DescentSurface } from "./surface.ts";
import { Tangents } from "./tangents.ts";

export interface DualOptions extends MoverOptions {
  readonly resets: boolean;
  /** Precision of the kernel and of the Jacobian's products; the run's unless given. */
  readonly inner?: Precision;
  /** What the mover works with: the kernel, products with it or without it, or what they need. */
  readonly gives?: "kernel" | "kernel_products" | "jacobian_products" | "primals";
  /** Precision of the kernel that is found after all where products do not do; absent: never. */
  readonly whole?: Precision;
}

export class DualDescent implements DescentSurface {
  readonly #options: DualOptions;
  readonly #mover: PhaseMover;
  readonly #tangents: Tangents;
  readonly #parameters: readonly string[];
  readonly #hasMomentum: boolean;
  readonly #ofKernel: KernelProduct;
  readonly #ofJacobian: JacobianProduct;
  #latest: Kernel | null = null;
  readonly #kernels = new Map<Precision, Promise<KernelComputer>>();
  #base: Base | null = null;
  /** What the mover is given when steps are first asked for; null once it has begun. */
  #entry: { readonly state: DescentState; readonly written: Written | null } | null = null;
  /** θ and the velocity as they stand; null when steps were taken since. */
  #known: Pick<DescentState, "weights" | "optimizer"> | null = null;

  constructor(options: DualOptions, mover: PhaseMover) {
    const { backend, precision, task } = options;
    this.#options = options;
    this.#mover = mover;
    const inner = options.inner ?? precision;
    this.#tangents = new Tangents({ backend, precision: inner, task });
    this.#ofKernel = new KernelProduct(backend, inner);
    this.#ofJacobian = new JacobianProduct({ backend, precision: inner, task }, this.#tangents);
    this.#parameters = task.network.parameters.map(({ name }) => name);
    this.#hasMomentum = slotsOf(task.optimizer).includes("momentum");
  }

  async restore(state: DescentState): Promise<void> {
    const { phase } = state;
    const written = phase === undefined ? null : readWritten(phase, this.#mover.kind);
    this.#base =
      written === null
        ? baseFrom(this.#parameters, state, this.#averages)
        : readBase(state, phase ?? {});
    this.#entry = { state, written };
    this.#known = state;
  }

  async state(): Promise<DescentState> {
    const base = this.#begun;
    if (this.#entry !== null) return this.#entry.state;
    const phase = writePhase(base, await this.#mover.written(), this.#mover.kind);
    const { weights, optimizer } = await this.#read();
    return { weights, optimizer, anchor: base.anchor, phase };
  }

  async anchor(): Promise<Tensors | null> {
    return this.#begun.anchor;
  }

  async weights(): Promise<Tensors> {
    return (await this.#read()).weights;
  }

  async advance(stretch: Stretch): Promise<Columns> {
    const parts: Columns[] = [];
    let { from } = stretch;
    for (const anchor of [...stretch.anchors, stretch.to]) {
      if (anchor > from) {
        await this.#enter();
        this.#known = null;
        parts.push(await this.#mover.run({ ...stretch, from, to: anchor, anchors: [] }));
      }
      if (anchor === stretch.to) break;
      await this.#linearise();
      from = anchor;
    }
    return joined(parts);
  }

  notices(): readonly string[] {
    return this.#mover.notices?.() ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mover[Symbol.asyncDispose]();
    await this.#tangents[Symbol.asyncDispose]();
    await this.#ofKernel[Symbol.asyncDispose]();
    await this.#ofJacobian[Symbol.asyncDispose]();
    for (const kernel of this.#kernels.values()) await (await kernel)[Symbol.asyncDispose]();
  }

  get #averages(): boolean {
    return this.#options.task.optimizer.averaging !== null;
  }

  get #begun(): Base {
    assert(this.#base !== null, "restore comes first");
    return this.#base;
  }

  /** θ_s ← θ. */
  async #linearise(): Promise<void> {
    const { weights, optimizer } = await this.#read();
    const carried = this.#options.resets ? averagesOf(optimizer) : optimizer;
    await this.restore({ weights, anchor: null, optimizer: carried });
  }

  /** Hands the phase to the mover, unless it has it. */
  async #enter(): Promise<void> {
    if (this.#entry === null) return;
    const setting = await this.#setting(this.#begun);
    const { written } = this.#entry;
    const coefficients =
      written?.coefficients ??
      entryCoefficients(setting.outputs.length, setting.images, {
        momentum: this.#hasMomentum,
        average: this.#averages,
      });
    await this.#mover.begin(setting, coefficients, written?.beside ?? null);
    this.#entry = null;
  }

  async #setting(base: Base): Promise<Setting> {
    const { task } = this.#options;
    const { weightDecay, weightDecayTo } = task.optimizer;
    const toZero = weightDecay > 0 && weightDecayTo === "zero";
    const directions = directionsOf(this.#hasMomentum ? base : { ...base, velocity: null }, toZero);
    const size = this.#tangents.examples * this.#tangents.outputs;
    const images = async (): Promise<Float64Array[]> => {
      const found: Float64Array[] = [];
      for (const direction of directions) {
        const image =
          direction === null
            ? new Float64Array(size)
            : await this.#tangents.push(base.anchor, direction);
        found.push(image);
      }
      return found;
    };
    return {
      ...(await this.#givenOfKernel(base.anchor, size)),
      outputs: await this.#tangents.outputsAt(base.anchor),
      images: directions.every((direction) => direction === null) ? null : await images(),
      gram: gramOf(this.#parameters, directions),
    };
  }

  async #givenOfKernel(
    anchor: Tensors,
    size: number,
  ): Promise<Pick<Setting, "kernel" | "product" | "primals" | "whole">> {
    const { gives = "kernel", precision, inner = precision, whole: later } = this.#options;
    const whole =
      later === undefined
        ? {}
        : { whole: async () => (await this.#kernelAt(anchor, later)).tensor };
    const none = { kernel: null, product: null, primals: null };
    if (gives === "primals") {
      return { ...none, primals: await this.#ofJacobian.primalsAt(anchor) };
    }
    if (gives === "jacobian_products") {
      return { ...none, product: await this.#ofJacobian.at(anchor), ...whole };
    }
    // The phase before is over, and so the memory of its kernel is free for this one.
    this.#latest = await this.#kernelAt(anchor, inner, this.#latest ?? undefined);
    const { tensor: kernel } = this.#latest;
    if (gives === "kernel_products") {
      const known = later === inner ? { whole: async () => kernel } : whole;
      return { ...none, product: await this.#ofKernel.of(kernel, size), ...known };
    }
    const { examples } = this.#tangents;
    return { ...none, kernel: { ...kernel, shape: [examples, (size / examples) * size] } };
  }

  /** Computed by what stays compiled for its precision. */
  async #kernelAt(anchor: Tensors, precision: Precision, into?: Kernel): Promise<Kernel> {
    const { backend, task } = this.#options;
    const { network, train } = task;
    const known = this.#kernels.get(precision);
    const computer =
      known ?? createKernel({ network, backend, precision, x: train.x, variant: "full" });
    this.#kernels.set(precision, computer);
    return await (await computer).compute(anchor, into);
  }

  /** θ, the velocity and the average, by a vjp of their coefficients each. */
  async #read(): Promise<Pick<DescentState, "weights" | "optimizer">> {
    if (this.#known !== null) return this.#known;
    const base = this.#begun;
    const { weights, momentum, average } = await this.#mover.coefficients();
    const moved = await this.#vectorOf(base, weights, { anchor: 1, kept: 0 });
    const still = { anchor: 0, kept: 0 };
    const velocity = momentum === null ? {} : await this.#vectorOf(base, momentum, still);
    const mean =
      average === null
        ? {}
        : await this.#vectorOf(base, average, { anchor: 1 - average.kept, kept: average.kept });
    const known = {
      weights: { ...base.anchor, ...moved },
      optimizer: {
        ...renamed(velocity, (name) => slotName("momentum", name)),
        ...renamed(mean, averageName),
      },
    };
    this.#known = known;
    return known;
  }

  async #vectorOf(
    base: Base,
    { c, a }: Pick<Coordinates, "c" | "a">,
    shares: { readonly anchor: number; readonly kept: number },
  ): Promise<Tensors> {
    const pulled = await this.#tangents.pull(base.anchor, c);
    const { precision } = this.#options;
    return combined(this.#parameters, base, { pulled, a, ...shares, precision });
  }
}

const renamed = (values: Tensors, name: (from: string) => string): Tensors =>
  Object.fromEntries(Object.entries(values).map(([from, value]) => [name(from), value]));
