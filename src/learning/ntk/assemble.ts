/** From blocks of a symmetric kernel to the whole of it, in the shape its variant promises. */
import assert from "node:assert/strict";
import type { Tensors } from "#engine/backend.ts";
import { allocate, type DType, sizeOf, type Tensor } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import { tracePrefix, tracesIn } from "./blocks.ts";
import { copyLower, copyRows, copyTurned, copyUpper, type Numbers, type Place } from "./placing.ts";
import type { SpanPair } from "./spans.ts";

export interface KernelShape {
  readonly variant: KernelVariant;
  readonly examples: number;
  readonly outputs: number;
}

/** full [N, O, N, O], trace and pseudo [N, N], diagonal [O, N, N]. */
export function shapeOf({ variant, examples, outputs }: KernelShape): number[] {
  switch (variant) {
    case "full":
      return [examples, outputs, examples, outputs];
    case "trace":
    case "pseudo":
      return [examples, examples];
    case "diagonal":
      return [outputs, examples, examples];
    default:
      return variant satisfies never;
  }
}

/** What an assembly fills. */
export interface Filled {
  readonly tensor: Tensor;
  readonly layers: ReadonlyMap<string, Tensor>;
}

const layerPrefix = "layer/";

/**
 * A kernel that is filled from its upper triangle, block by block, and beside it the kernel of each
 * layer whose blocks come along. Diagonal blocks are symmetrised from their own upper half, so that
 * the result is symmetric to the last bit.
 */
export class Assembly {
  readonly #shape: KernelShape;
  readonly #traces = new Map<string, number>();
  readonly #layers = new Map<string, Tensor>();
  readonly tensor: Tensor;

  /** @param into an earlier kernel of this shape, which is written over. */
  constructor(shape: KernelShape, dtype: DType, into?: Filled) {
    this.#shape = shape;
    this.tensor = into?.tensor ?? this.#empty(dtype);
    for (const [layer, tensor] of into?.layers ?? []) this.#layers.set(layer, tensor);
    assert.deepEqual(this.tensor.shape, shapeOf(shape), "a kernel is reused for one of its shape");
  }

  /** Σ over examples of each layer's trace, from the diagonal blocks added so far. */
  get layerTraces(): ReadonlyMap<string, number> {
    return this.#traces;
  }

  get layers(): ReadonlyMap<string, Tensor> {
    return this.#layers;
  }

  /** What the procedure of a block gave. */
  add(pair: SpanPair, values: Tensors): void {
    for (const [layer, trace] of tracesIn(values, pair.left.known)) {
      this.#traces.set(layer, (this.#traces.get(layer) ?? 0) + trace);
    }
    for (const [name, value] of Object.entries(values)) {
      if (name.startsWith(tracePrefix)) continue;
      const { variant, outputs, examples: columns } = this.#shape;
      for (const copy of copiesOf(pair)) {
        placeBlock(this.#targetOf(name), value, { ...pair, variant, outputs, columns, copy });
      }
    }
  }

  #empty(dtype: DType): Tensor {
    const shape = shapeOf(this.#shape);
    return { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
  }

  /** Where blocks of that name belong. */
  #targetOf(name: string): Tensor {
    if (!name.startsWith(layerPrefix)) return this.tensor;
    const layer = name.slice(layerPrefix.length);
    const known = this.#layers.get(layer) ?? this.#empty(this.tensor.dtype);
    this.#layers.set(layer, known);
    return known;
  }
}

/** A block and its mirror image; those on the diagonal mirror their upper half. */
const copiesOf = ({ left, right }: SpanPair): readonly BlockPlace["copy"][] =>
  left === right ? [copyUpper, copyLower] : [copyRows, copyTurned];

/** A block [B, U, B', U], or [U, B, B'], in a kernel that has `columns` examples across. */
export interface BlockPlace extends SpanPair, Omit<KernelShape, "examples"> {
  readonly columns: number;
  /** How a matrix of the block is copied. */
  readonly copy: (target: Numbers, block: Numbers, place: Place) => void;
}

/** Copies a block into its kernel, matrix by matrix. */
export function placeBlock(target: Tensor, block: Tensor, where: BlockPlace): void {
  const { planes } = planesOf(where);
  const [of, inBlock] = [target.data.length / planes, block.data.length / planes];
  const place = placeOf(where);
  if (planes === 1) return where.copy(target.data, block.data, place);
  for (let plane = 0; plane < planes; plane += 1) {
    const whole = target.data.subarray(plane * of, (plane + 1) * of);
    where.copy(whole, block.data.subarray(plane * inBlock, (plane + 1) * inBlock), place);
  }
}

function placeOf({ left, right, columns, variant, outputs }: BlockPlace): Place {
  const { units } = planesOf({ variant, outputs });
  return {
    height: left.count * units,
    width: right.count * units,
    top: left.from * units,
    left: right.from * units,
    skipRows: left.known * units,
    skipColumns: right.known * units,
    across: columns * units,
  };
}

/** How many matrices a kernel consists of, and how many of their rows are one example's. */
export function planesOf({ variant, outputs }: Omit<KernelShape, "examples">) {
  return { planes: variant === "diagonal" ? outputs : 1, units: variant === "full" ? outputs : 1 };
}
