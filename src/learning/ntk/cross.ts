/**
 * The kernel between two sets of examples, Θ₁₂ = J₁ J₂ᵀ: the factors of both sets come from one
 * pass over all examples, and only blocks with the first set on the left and the second on the
 * right are contracted.
 */
import assert from "node:assert/strict";
import type { Loop, Tensors } from "#engine/backend.ts";
import { allocate, sizeOf, type Tensor } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import type { BlockPair } from "./assemble.ts";
import { blockProgram } from "./blocks.ts";
import type { Contraction } from "./contraction.ts";
import { compileFactors, type FactorComputer, type KernelOptions } from "./factor-computer.ts";
import { blockRows } from "./kernel.ts";

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
  const program = blockProgram({ ...factors.parts, traces: false });
  const blocks = await backend.compileLoop(program, precision);
  return new CrossComputer(factors, blocks, x.shape[0] ?? 0);
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

/** A compiled kernel between two sets. Holds device memory until it is disposed of. */
export class CrossComputer implements AsyncDisposable {
  readonly #factors: FactorComputer;
  readonly #blocks: Loop;
  readonly #rows: number;

  constructor(factors: FactorComputer, blocks: Loop, rows: number) {
    this.#factors = factors;
    this.#blocks = blocks;
    this.#rows = rows;
  }

  /** How each parameter is contracted, for the record. */
  get contractions(): ReadonlyMap<string, Contraction> {
    return this.#factors.parts.contractions;
  }

  /** Θ₁₂ at `parameters` (by name, in either precision). */
  async compute(parameters: Tensors): Promise<CrossKernel> {
    const { variant, examples, outputs, block } = this.#factors.parts;
    const rows = this.#rows;
    const columns = examples - rows;
    const pairs = grid(Math.ceil(rows / block), Math.ceil(columns / block));
    const ranges = {
      left: { from: 0, count: rows },
      right: { from: rows, count: columns },
    };
    this.#blocks.write(await this.#factors.compute(parameters));
    const found = await this.#blocks.run(pairs.length, blockRows(pairs, block, ranges));
    const blocks = found["block"];
    assert(blocks !== undefined, "the block program emits blocks");
    const shape = { variant, rows, columns, outputs };
    return { ...shape, tensor: placed(shape, { block, pairs, blocks }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#factors[Symbol.asyncDispose]();
    await this.#blocks[Symbol.asyncDispose]();
  }
}

function grid(rows: number, columns: number): BlockPair[] {
  const pairs: BlockPair[] = [];
  for (let left = 0; left < rows; left += 1) {
    for (let right = 0; right < columns; right += 1) pairs.push({ left, right });
  }
  return pairs;
}

/** How far apart neighbours lie in memory: output p and example i on the left, q and j right. */
type Strides = readonly [p: number, i: number, q: number, j: number];

interface Layout {
  /** Outputs that have an axis of their own, on the left and on the right. */
  readonly left: number;
  readonly right: number;
  readonly shape: readonly number[];
  readonly whole: Strides;
  /** Of a block of `b` by `b` examples. */
  readonly inBlock: Strides;
}

function layoutOf({ variant, rows: n, columns: m, outputs: o }: CrossShape, b: number): Layout {
  switch (variant) {
    case "full": {
      const whole: Strides = [m * o, o * m * o, 1, o];
      return { left: o, right: o, shape: [n, o, m, o], whole, inBlock: [b * o * b, o * b, b, 1] };
    }
    case "diagonal": {
      const whole: Strides = [n * m, m, 0, 1];
      return { left: o, right: 1, shape: [o, n, m], whole, inBlock: [b * b, b, 0, 1] };
    }
    case "trace":
    case "pseudo":
      return { left: 1, right: 1, shape: [n, m], whole: [0, m, 0, 1], inBlock: [0, b, 0, 1] };
    default:
      return variant satisfies never;
  }
}

/** Blocks [pairs, …] put where they belong; what is past the end of a set is left out. */
function placed(
  shape: CrossShape,
  from: { readonly block: number; readonly pairs: readonly BlockPair[]; readonly blocks: Tensor },
): Tensor {
  const { block, pairs, blocks } = from;
  const layout = layoutOf(shape, block);
  const data = allocate(blocks.dtype, sizeOf(layout.shape));
  const size = blocks.data.length / pairs.length;
  for (const [number, pair] of pairs.entries()) {
    const [top, first] = [pair.left * block, pair.right * block];
    const height = Math.min(block, shape.rows - top);
    const width = Math.min(block, shape.columns - first);
    const [, wholeI, , wholeJ] = layout.whole;
    for (let p = 0; p < layout.left; p += 1) {
      for (let q = 0; q < layout.right; q += 1) {
        const to = p * layout.whole[0] + q * layout.whole[2] + top * wholeI + first * wholeJ;
        const at = number * size + p * layout.inBlock[0] + q * layout.inBlock[2];
        for (let i = 0; i < height; i += 1) {
          for (let j = 0; j < width; j += 1) {
            const value = blocks.data[at + i * layout.inBlock[1] + j * layout.inBlock[3]];
            data[to + i * wholeI + j * wholeJ] = value ?? 0;
          }
        }
      }
    }
  }
  return { dtype: blocks.dtype, shape: [...layout.shape], data };
}
