/**
 * The kernel between two sets of examples, Θ₁₂ = J₁ J₂ᵀ: the factors of both sets come from one
 * pass over all examples, and only blocks with the first set on the left and the second on the
 * right are contracted: all of them, or those of a share.
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
import { evenShare, type Share } from "./shares.ts";
import { examplesIn, factorsOf, type Span, spansOf } from "./spans.ts";

export interface CrossKernelOptions extends KernelOptions {
  /** [N₂, ...input shape]; `x` is the first set. */
  readonly second: Tensor;
}

export interface CrossShape {
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

/** Some rows or some columns, by the examples of the first set or of the second. */
export interface CrossShare extends Share {
  readonly axis: "rows" | "columns";
}

export interface CrossPart {
  readonly axis: CrossShare["axis"];
  /** The first example on that axis, and how many there are; there may be none. */
  readonly from: number;
  readonly count: number;
  /** As the whole, with `count` examples on that axis. */
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
    const { tensor } = await this.share(parameters, { axis: "rows", index: 0, of: 1 });
    return { ...this.#shape, tensor };
  }

  /** One of several shares of the rows or the columns: bit for bit what `compute` has there. */
  async share(parameters: Tensors, { axis, ...share }: CrossShare): Promise<CrossPart> {
    const { factors: computer } = this.#parts;
    const { rows, columns } = this.#shape;
    const spans = (examples: number) => spansOf(examples, computer.parts.block);
    const own = evenShare(spans(axis === "rows" ? rows : columns), share);
    const { from, count } = examplesIn(own);
    const shape = { ...this.#shape, [axis]: count };
    const value = zeros(this.#parts.precision, crossShapeOf(shape));
    const part = { axis, from, count, tensor: value };
    if (count === 0) return part;
    const moved = own.map((span) => ({ at: { ...span, from: span.from - from }, span }));
    const all = (examples: number) => spans(examples).map((span) => ({ at: span, span }));
    const lefts = axis === "rows" ? moved : all(rows);
    const rights = axis === "columns" ? moved : all(columns);
    await this.#fill(parameters, { lefts, rights, shape, value });
    return part;
  }

  async #fill(parameters: Tensors, { lefts, rights, shape, value }: Filling): Promise<void> {
    const { factors: computer, blocks } = this.#parts;
    const { byExample, shared } = await computer.compute(parameters);
    const { rows } = this.#shape;
    let scratch: Tensors | undefined;
    for (const left of lefts) {
      const feeds = { ...shared, ...factorsOf(byExample, "left", left.span) };
      for (const right of rights) {
        const there = { ...right.span, from: rows + right.span.from };
        const others = factorsOf(byExample, "right", there);
        scratch = await blocks.call({ ...feeds, ...others }, scratch);
        const { block: found } = scratch;
        assert(found !== undefined, "the block procedure gives blocks");
        const where = { left: left.at, right: right.at, copy: copyRows };
        placeBlock(value, found, { ...shape, ...where });
      }
    }
  }

  get #shape(): CrossShape {
    const { factors: computer, rows, columns } = this.#parts;
    const { variant, outputs } = computer.parts;
    return { variant, rows, columns, outputs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.factors[Symbol.asyncDispose]();
    await this.#parts.blocks[Symbol.asyncDispose]();
  }
}

/** A block of examples, and where it lies in the tensor that is filled. */
interface Placed {
  readonly span: Span;
  readonly at: Span;
}

interface Filling {
  readonly lefts: readonly Placed[];
  readonly rights: readonly Placed[];
  readonly shape: CrossShape;
  readonly value: Tensor;
}

/** full [N₁, O, N₂, O], trace and pseudo [N₁, N₂], diagonal [O, N₁, N₂]. */
function crossShapeOf({ variant, rows: n, columns: m, outputs: o }: CrossShape): readonly number[] {
  const shapes: Readonly<Record<KernelVariant, readonly number[]>> = {
    full: [n, o, m, o],
    diagonal: [o, n, m],
    trace: [n, m],
    pseudo: [n, m],
  };
  return shapes[variant];
}

/** A kernel between two sets that is filled share by share; each may be let go once it is added. */
export class CrossJoin {
  readonly #shape: CrossShape;
  #numbers = 0;
  readonly tensor: Tensor;

  constructor(shape: CrossShape, dtype: DType) {
    this.#shape = shape;
    this.tensor = zeros(dtype, crossShapeOf(shape));
  }

  /** Whether every number has been added. */
  get isWhole(): boolean {
    return this.#numbers === this.tensor.data.length;
  }

  add({ axis, from, count, tensor: value }: CrossPart): void {
    const shape = crossShapeOf({ ...this.#shape, [axis]: count });
    assert.equal(value.data.length, sizeOf(shape), "a share has the numbers of its rows");
    const whole = (examples: number): Span => ({ from: 0, count: examples, known: 0 });
    const own = { from, count, known: 0 };
    const left = axis === "rows" ? own : whole(this.#shape.rows);
    const right = axis === "columns" ? own : whole(this.#shape.columns);
    placeBlock(this.tensor, value, { ...this.#shape, left, right, copy: copyRows });
    this.#numbers += value.data.length;
  }
}
