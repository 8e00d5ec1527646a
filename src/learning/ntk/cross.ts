/**
 * The kernel between two sets of examples, Θ₁₂ = J₁ J₂ᵀ: the factors of both sets come from one
 * pass over all examples, and only blocks with the first set on the left and the second on the
 * right are contracted.
 */
import assert from "node:assert/strict";
import type { Callable, Precision, Tensors } from "#engine/backend.ts";
import { allocate, type DType, sizeOf, type Tensor, zeros } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import { placeBlock } from "./assemble.ts";
import { blockProcedure } from "./blocks.ts";
import type { Contraction } from "./contraction.ts";
import { compileFactors, type FactorComputer, type KernelOptions } from "./factor-computer.ts";
import { copyRows } from "./placing.ts";
import { factorsOf, spansOf } from "./spans.ts";

export interface CrossKernelOptions extends KernelOptions {
  /** [N₂, ...input shape]; `x` is the first set. */
  readonly second: Tensor;
}

interface CrossShape {
  readonly variant: KernelVariant;
  /** N₁ and N₂. */
  readonly rows: number;
  readonly columns: number;
  readonly outputs: number;
}

export interface CrossKernel extends CrossShape {
  /** full [N₁, O, N₂, O], trace and pseudo [N₁, N₂], diagonal [O, N₁, N₂]. */
  readonly tensor: Tensor;
}

/** Compiles the kernel between `x` and `second`. Failures as of `createKernel`. */
export async function createCrossKernel(options: CrossKernelOptions): Promise<CrossComputer> {
  const { backend, precision, x, second } = options;
  const factors = await compileFactors({ ...options, x: joined(x, second) });
  const [rows = 0] = x.shape;
  const [columns = 0] = second.shape;
  const { block } = factors.parts;
  const sizes = { rows: Math.min(block, rows), columns: Math.min(block, columns) };
  const procedure = blockProcedure({ ...factors.parts, ...sizes });
  return new CrossComputer({
    ...{ factors, rows, columns, precision },
    blocks: await backend.compile(procedure, precision),
  });
}

/** The examples of both, the first set's before the second's. */
export function joined(first: Tensor, second: Tensor): Tensor {
  const [n = 0, ...inner] = first.shape;
  const [m = 0, ...other] = second.shape;
  assert.deepEqual(other, inner, "both sets have examples of one shape");
  const shape = [n + m, ...inner];
  const data = allocate(first.dtype, sizeOf(shape));
  data.set(first.data);
  data.set(second.data, first.data.length);
  return { dtype: first.dtype, shape, data };
}

interface CrossParts {
  readonly factors: FactorComputer;
  readonly blocks: Callable;
  /** N₁ and N₂. */
  readonly rows: number;
  readonly columns: number;
  readonly precision: Precision;
}

/** A compiled kernel between two sets. Holds device memory until it is disposed of. */
export class CrossComputer implements AsyncDisposable {
  readonly #parts: CrossParts;

  constructor(parts: CrossParts) {
    this.#parts = parts;
  }

  /** How each parameter is contracted, for the record. */
  get contractions(): ReadonlyMap<string, Contraction> {
    return this.#parts.factors.parts.contractions;
  }

  /** Θ₁₂ at `parameters` (by name, in either precision). */
  async compute(parameters: Tensors): Promise<CrossKernel> {
    const { factors: computer, blocks, rows, columns, precision } = this.#parts;
    const { variant, outputs, block } = computer.parts;
    const { byExample, shared } = await computer.compute(parameters);
    const cross = emptyOf({ variant, rows, columns, outputs }, precision);
    let scratch: Tensors | undefined;
    for (const left of spansOf(rows, block)) {
      const feeds = { ...shared, ...factorsOf(byExample, "left", left) };
      for (const right of spansOf(columns, block)) {
        const there = { ...right, from: rows + right.from };
        const others = factorsOf(byExample, "right", there);
        scratch = await blocks.call({ ...feeds, ...others }, scratch);
        const { block: found } = scratch;
        assert(found !== undefined, "the block procedure gives blocks");
        placeBlock(cross.tensor, found, { ...cross, left, right, copy: copyRows });
      }
    }
    return cross;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.factors[Symbol.asyncDispose]();
    await this.#parts.blocks[Symbol.asyncDispose]();
  }
}

/** Full of zeros. */
function emptyOf(shape: CrossShape, dtype: DType): CrossKernel {
  const { variant, rows: n, columns: m, outputs: o } = shape;
  const shapes: Readonly<Record<KernelVariant, readonly number[]>> = {
    full: [n, o, m, o],
    diagonal: [o, n, m],
    trace: [n, m],
    pseudo: [n, m],
  };
  return { ...shape, tensor: zeros(dtype, shapes[variant]) };
}
