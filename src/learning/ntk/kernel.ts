/**
 * The empirical neural tangent kernel Θ = J Jᵀ of a network on fixed examples, for any parameters:
 * compiled once, computed as often as wanted. By structured derivatives (arXiv 2206.08720), or by
 * explicit Jacobians behind the same signature.
 */
import type { Loop, Precision, Tensors } from "#engine/backend.ts";
import { type Tensor, zeros } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import { Assembly, type BlockPair, blockPairs } from "./assemble.ts";
import { blockProgram } from "./blocks.ts";
import type { Contraction } from "./contraction.ts";
import { compileFactors, type FactorComputer, type KernelOptions } from "./factor-computer.ts";

export type { KernelOptions } from "./factor-computer.ts";

/** A kernel with its conventions: see `KernelVariant` for the shapes. */
export interface Kernel {
  readonly variant: KernelVariant;
  readonly examples: number;
  readonly outputs: number;
  /** full [N, O, N, O], trace and pseudo [N, N], diagonal [O, N, N]. */
  readonly tensor: Tensor;
  /** tr of each layer's part; they add up to the trace of the whole. */
  readonly layerTraces: ReadonlyMap<string, number>;
  /** Each layer's part, of the same shape; they add up to the whole. Empty unless asked for. */
  readonly layers: ReadonlyMap<string, Tensor>;
}

export interface SquareKernelOptions extends KernelOptions {
  /** Whether layers' kernels are computed beside their sum; false unless given. */
  readonly layers?: boolean;
}

/**
 * Compiles the kernel of a network on `x`. Failure `incompatible` when examples are coupled (batch
 * statistics, dropout), which makes a kernel meaningless; `too_large` when factors do not fit.
 */
export async function createKernel(options: SquareKernelOptions): Promise<KernelComputer> {
  const { backend, precision, layers = false } = options;
  const factors = await compileFactors(options);
  const { examples, block } = factors.parts;
  const program = (traces: boolean) => blockProgram({ ...factors.parts, traces, layers });
  const diagonal = await backend.compileLoop(program(true), precision);
  const others =
    examples > block ? await backend.compileLoop(program(false), precision) : undefined;
  return new KernelComputer(factors, { diagonal, others }, precision);
}

/** Numbers of kernel blocks that one call emits. */
const blockNumbersPerCall = 2 ** 21;

function portions<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, at) => items.slice(at * size, (at + 1) * size));
}

interface Loops {
  readonly diagonal: Loop;
  readonly others: Loop | undefined;
}

/** A compiled kernel. Holds device memory until it is disposed of. */
export class KernelComputer implements AsyncDisposable {
  readonly #factors: FactorComputer;
  readonly #loops: Loops;

  readonly #precision: Precision;

  constructor(factors: FactorComputer, loops: Loops, precision: Precision) {
    this.#factors = factors;
    this.#loops = loops;
    this.#precision = precision;
  }

  /** How each parameter is contracted, for the record. */
  get contractions(): ReadonlyMap<string, Contraction> {
    return this.#factors.parts.contractions;
  }

  /** Θ at `parameters` (by name, in either precision). */
  async compute(parameters: Tensors): Promise<Kernel> {
    const { variant, examples, outputs, block } = this.#factors.parts;
    const { diagonal, others } = this.#loops;
    const values = await this.#factors.compute(parameters);
    const pairs = blockPairs(examples, block);
    const shape = { variant, examples, outputs };
    const assembly = new Assembly(shape, block, this.#precision);
    const fill = async (loop: Loop, chosen: readonly BlockPair[]): Promise<void> => {
      loop.write(values);
      for (const some of portions(chosen, this.#pairsPerCall)) {
        assembly.add({ pairs: some, values: await loop.run(some.length, this.#rows(some)) });
      }
    };
    await fill(
      diagonal,
      pairs.filter(({ left, right }) => left === right),
    );
    if (others !== undefined) {
      await fill(
        others,
        pairs.filter(({ left, right }) => left !== right),
      );
    }
    const { tensor, layerTraces, layers } = assembly;
    return { ...shape, tensor, layerTraces, layers };
  }

  /** Few enough that their blocks are put in place before much memory is theirs. */
  get #pairsPerCall(): number {
    const { variant, units, block } = this.#factors.parts;
    const planes = variant === "trace" ? 1 : variant === "diagonal" ? units : units ** 2;
    return Math.max(1, Math.floor(blockNumbersPerCall / (planes * block ** 2)));
  }

  #rows(pairs: readonly BlockPair[]): Tensors {
    const { block, examples } = this.#factors.parts;
    const all = { from: 0, count: examples };
    return blockRows(pairs, block, { left: all, right: all });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of [this.#factors, ...Object.values(this.#loops)]) {
      await part?.[Symbol.asyncDispose]();
    }
  }
}

/** Consecutive examples of x. */
export interface ExampleRange {
  readonly from: number;
  readonly count: number;
}

/** Example numbers of the blocks on either side of each pair; past the end, the last example. */
export function blockRows(
  pairs: readonly BlockPair[],
  block: number,
  ranges: Readonly<Record<keyof BlockPair, ExampleRange>>,
): Tensors {
  const rows = (side: keyof BlockPair): Tensor => {
    const { from, count } = ranges[side];
    const value = zeros("int32", [pairs.length, block]);
    for (const [at, pair] of pairs.entries()) {
      for (let i = 0; i < block; i += 1) {
        value.data[at * block + i] = from + Math.min(pair[side] * block + i, count - 1);
      }
    }
    return value;
  };
  return { left: rows("left"), right: rows("right") };
}
