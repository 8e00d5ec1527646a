/**
 * The empirical neural tangent kernel Θ = J Jᵀ of a network on fixed examples, for any parameters:
 * compiled once, computed as often as wanted. By structured derivatives (arXiv 2206.08720), or by
 * explicit Jacobians behind the same signature.
 */
import assert from "node:assert/strict";
import type { Callable, Precision, Tensors } from "#engine/backend.ts";
import type { Tensor } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import { Assembly } from "./assemble.ts";
import { blockProcedure } from "./blocks.ts";
import type { Contraction } from "./contraction.ts";
import {
  compileFactors,
  type FactorComputer,
  type Factors,
  type KernelOptions,
} from "./factor-computer.ts";
import { evenShare, RowAssembly, type Share, triangleShare, type UpperRows } from "./shares.ts";
import { examplesIn, factorsOf, type SpanPair, spansOf, upperPairs } from "./spans.ts";
import { type KernelStrip, stripsOf } from "./strips.ts";

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
  const { examples } = factors.parts;
  const rows = Math.min(factors.parts.block, examples);
  const compile = (columns: number | null) =>
    backend.compile(blockProcedure({ ...factors.parts, rows, columns, layers }), precision);
  const diagonal = await compile(null);
  const others = examples > rows ? await compile(rows) : undefined;
  return new KernelComputer(factors, { diagonal, others }, precision);
}

interface Blocks {
  readonly diagonal: Callable;
  readonly others: Callable | undefined;
}

/** A compiled kernel. Holds device memory until it is disposed of. */
export class KernelComputer implements AsyncDisposable {
  readonly #factors: FactorComputer;
  readonly #blocks: Blocks;
  readonly #precision: Precision;

  constructor(factors: FactorComputer, blocks: Blocks, precision: Precision) {
    this.#factors = factors;
    this.#blocks = blocks;
    this.#precision = precision;
  }

  /** How each parameter is contracted, for the record. */
  get contractions(): ReadonlyMap<string, Contraction> {
    return this.#factors.parts.contractions;
  }

  get examples(): number {
    return this.#factors.parts.examples;
  }

  get outputs(): number {
    return this.#factors.parts.outputs;
  }

  /**
   * Θ at `parameters` (by name, in either precision), into the arrays of `into` where it is given:
   * an earlier kernel of this computer that nobody reads any more.
   */
  async compute(parameters: Tensors, into?: Kernel): Promise<Kernel> {
    const { variant, examples, outputs, block } = this.#factors.parts;
    const shape = { variant, examples, outputs };
    const assembly = new Assembly(shape, this.#precision, into);
    await this.#fill(assembly, parameters, upperPairs(spansOf(examples, block)));
    const { tensor, layerTraces, layers } = assembly;
    return { ...shape, tensor, layerTraces, layers };
  }

  /** One of several shares of the rows at `parameters`: bit for bit what `compute` has there. */
  async rows(parameters: Tensors, share: Share): Promise<UpperRows> {
    const { variant, examples, outputs, block } = this.#factors.parts;
    const spans = spansOf(examples, block);
    const own = triangleShare(spans, share);
    const assembly = new RowAssembly({ variant, examples, outputs }, own, this.#precision);
    const pairs = upperPairs(spans).filter(({ left }) => own.includes(left));
    if (pairs.length > 0) await this.#fill(assembly, parameters, pairs);
    return assembly;
  }

  async #fill(
    assembly: Pick<Assembly, "add">,
    parameters: Tensors,
    pairs: readonly SpanPair[],
  ): Promise<void> {
    const factors = await this.#factors.compute(parameters);
    // Blocks of one kind are written over each other, and so stay in the processor's cache.
    const scratch: { diagonal?: Tensors; others?: Tensors } = {};
    for (const pair of pairs) {
      const kind = pair.left === pair.right ? "diagonal" : "others";
      const values = await this.#blockOf(factors, pair, scratch[kind]);
      assembly.add(pair, values);
      scratch[kind] = values;
    }
  }

  /**
   * The full kernel at `parameters` strip by strip, or the strips of a share: bit for bit as
   * `compute` has it, in the time of twice the products and the memory of one strip.
   */
  async *strips(parameters: Tensors, share?: Share): AsyncGenerator<KernelStrip> {
    const { variant, examples, outputs, block } = this.#factors.parts;
    assert(variant === "full", "only full kernels are taken apart");
    const factors = await this.#factors.compute(parameters);
    yield* stripsOf({
      ...{ examples, outputs, block, dtype: this.#precision },
      ...(share === undefined ? {} : { share }),
      blockOf: (pair, into) => this.#blockOf(factors, pair, into),
    });
  }

  /** Which examples the strips of a share are. */
  spanOf(share: Share): { readonly from: number; readonly count: number } {
    const { examples, block } = this.#factors.parts;
    return examplesIn(evenShare(spansOf(examples, block), share));
  }

  async #blockOf(factors: Factors, { left, right }: SpanPair, into?: Tensors): Promise<Tensors> {
    const { diagonal, others } = this.#blocks;
    const { byExample, shared } = factors;
    const rows = { ...shared, ...factorsOf(byExample, "left", left) };
    if (left === right) return await diagonal.call(rows, into);
    assert(others !== undefined, "several blocks have others beside the diagonal");
    return await others.call({ ...rows, ...factorsOf(byExample, "right", right) }, into);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of [this.#factors, ...Object.values(this.#blocks)]) {
      await part?.[Symbol.asyncDispose]();
    }
  }
}
