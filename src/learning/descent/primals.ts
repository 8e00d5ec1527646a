/**
 * The kept primals of one anchor: evaluated for all training examples in blocks of a batch, then
 * handed to the step as invariants. Which values they are, residuals.ts found.
 */
import type { Backend, Loop, Precision, Tensors } from "#engine/backend.ts";
import type { InputNode } from "#engine/ops/operations.ts";
import { allocate, sizeOf, type Tensor } from "#engine/tensor.ts";
import { countOf } from "#learning/examples.ts";
import { linearisedParts } from "./linearised.ts";
import { partSize } from "./parts.ts";
import type { Kept } from "./residuals.ts";
import type { Task } from "./step.ts";

/** Blocks evaluated in one call, so that few blocks are held beside the result. */
const blocksPerCallMax = 16;

interface PrimalsOptions {
  readonly backend: Backend;
  readonly precision: Precision;
  readonly task: Task;
}

export class Primals implements AsyncDisposable {
  readonly #kept: Kept;
  readonly #loop: Loop;
  readonly #examples: number;
  readonly #block: number;

  private constructor(kept: Kept, loop: Loop, sizes: { examples: number; block: number }) {
    this.#kept = kept;
    this.#loop = loop;
    this.#examples = sizes.examples;
    this.#block = sizes.block;
  }

  static async compile({ backend, precision, task }: PrimalsOptions, kept: Kept): Promise<Primals> {
    const loop = await backend.compileLoop(kept.primals, precision);
    const examples = countOf(task.train);
    const block = partSize(task, linearisedParts(task, { anchor: "invariant" })) ?? examples;
    return new Primals(kept, loop, { examples, block });
  }

  /** The invariants of a step at this anchor (by the names of its inputs, `anchor/…`). */
  async at(anchor: Tensors): Promise<Tensors> {
    this.#loop.write(anchor);
    const whole = new Map<string, Tensor>();
    const blocks = Math.ceil(this.#examples / this.#block);
    for (let from = 0; from < blocks; from += blocksPerCallMax) {
      const count = Math.min(blocksPerCallMax, blocks - from);
      const emitted = await this.#loop.run(count, { index: this.#indices(from, count) });
      for (const { kept, name } of this.#kept.residuals) {
        const part = emitted[name];
        if (part === undefined) throw new Error(`${name} was not emitted`);
        this.#copy(part, {
          from,
          into: this.#place(whole, kept, part),
        });
      }
    }
    return Object.fromEntries(whole);
  }

  /** Indices of consecutive blocks; past the last example they begin again. */
  #indices(from: number, count: number): Tensor {
    const block = this.#block;
    const data = Int32Array.from(
      { length: count * block },
      (_, at) => (from * block + at) % this.#examples,
    );
    return { dtype: "int32", shape: [count, block], data };
  }

  #place(whole: Map<string, Tensor>, { attributes, shape }: InputNode, part: Tensor): Tensor {
    const known = whole.get(attributes.name);
    if (known !== undefined) return known;
    const made = { dtype: part.dtype, shape, data: allocate(part.dtype, sizeOf(shape)) };
    whole.set(attributes.name, made);
    return made;
  }

  #copy(part: Tensor, to: { readonly from: number; readonly into: Tensor }): void {
    const rowSize = to.into.shape[1] ?? 1;
    const start = to.from * this.#block * rowSize;
    const room = Math.min(part.data.length, to.into.data.length - start);
    to.into.data.set(part.data.subarray(0, room), start);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
  }
}
