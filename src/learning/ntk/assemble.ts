/** From blocks of a symmetric kernel to the whole of it, in the shape its variant promises. */
import type { Tensors } from "#engine/backend.ts";
import { allocate, type DType, sizeOf, type Tensor } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/kernel.ts";

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

/** Numbers of two blocks, left ≤ right. */
export interface BlockPair {
  readonly left: number;
  readonly right: number;
}

/** The upper triangle of blocks of `block` examples; the last block may be ragged. */
export function blockPairs(examples: number, block: number): BlockPair[] {
  const blocks = Math.ceil(examples / block);
  const pairs: BlockPair[] = [];
  for (let left = 0; left < blocks; left += 1) {
    for (let right = left; right < blocks; right += 1) pairs.push({ left, right });
  }
  return pairs;
}

/**
 * What one run of the block program gave: `block` [pairs, …], `trace/<layer>` [pairs, B] and
 * `layer/<layer>` [pairs, …].
 */
export interface BlockValues {
  readonly pairs: readonly BlockPair[];
  readonly values: Tensors;
}

const prefixes = { trace: "trace/", layer: "layer/" } as const;

/**
 * A kernel that is filled from its upper triangle, a few blocks at a time, and beside it the kernel
 * of each layer whose blocks come along. Diagonal blocks are symmetrised from their own upper half,
 * so that the result is symmetric to the last bit.
 */
export class Assembly {
  readonly #shape: KernelShape;
  readonly #block: number;
  readonly #traces = new Map<string, number>();
  readonly #layers = new Map<string, Tensor>();
  readonly tensor: Tensor;

  constructor(shape: KernelShape, block: number, dtype: DType) {
    this.#shape = shape;
    this.#block = block;
    this.tensor = this.#empty(dtype);
  }

  /** Σ over examples of each layer's trace, from the diagonal blocks added so far. */
  get layerTraces(): ReadonlyMap<string, number> {
    return this.#traces;
  }

  get layers(): ReadonlyMap<string, Tensor> {
    return this.#layers;
  }

  add({ pairs, values }: BlockValues): void {
    const { examples } = this.#shape;
    for (const [name, value] of Object.entries(values)) {
      if (name.startsWith(prefixes.trace)) {
        const layer = name.slice(prefixes.trace.length);
        const sum = traceOf(value.data, pairs, { block: this.#block, examples });
        this.#traces.set(layer, (this.#traces.get(layer) ?? 0) + sum);
      } else {
        this.#placeAll(this.#targetOf(name), pairs, value.data);
      }
    }
  }

  #empty(dtype: DType): Tensor {
    const shape = shapeOf(this.#shape);
    return { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
  }

  /** Where blocks of that name belong. */
  #targetOf(name: string): Tensor {
    if (!name.startsWith(prefixes.layer)) return this.tensor;
    const layer = name.slice(prefixes.layer.length);
    const known = this.#layers.get(layer) ?? this.#empty(this.tensor.dtype);
    this.#layers.set(layer, known);
    return known;
  }

  #placeAll({ data }: Tensor, pairs: readonly BlockPair[], blocks: Numbers): void {
    const size = blocks.length / pairs.length;
    for (const [at, pair] of pairs.entries()) {
      const one = blocks.subarray(at * size, (at + 1) * size);
      place(data, one, { ...this.#shape, block: this.#block, pair });
    }
  }
}

function traceOf(
  data: Numbers,
  pairs: readonly BlockPair[],
  { block, examples }: { readonly block: number; readonly examples: number },
): number {
  let total = 0;
  for (const [at, pair] of pairs.entries()) {
    const real = Math.min(block, examples - pair.left * block);
    for (let i = 0; i < real; i += 1) total += data[at * block + i] ?? 0;
  }
  return total;
}

interface Placement extends KernelShape {
  readonly block: number;
  readonly pair: BlockPair;
}

type Numbers = Tensor["data"];

function place(target: Numbers, block: Numbers, where: Placement): void {
  const { variant, outputs } = where;
  switch (variant) {
    case "full":
      return placeBlock(target, block, { ...where, units: outputs });
    case "trace":
    case "pseudo":
      return placeBlock(target, block, { ...where, units: 1 });
    case "diagonal": {
      const plane = where.examples ** 2;
      const size = where.block ** 2;
      for (let o = 0; o < outputs; o += 1) {
        placeBlock(
          target.subarray(o * plane, (o + 1) * plane),
          block.subarray(o * size, (o + 1) * size),
          { ...where, units: 1 },
        );
      }
      return;
    }
    default:
      return variant satisfies never;
  }
}

/** Block [U, B, U, B] into [N, U, N, U], and its mirror image. */
function placeBlock(
  target: Numbers,
  block: Numbers,
  where: Placement & { readonly units: number },
): void {
  const { examples: n, units, block: size, pair } = where;
  const [top, left] = [pair.left * size, pair.right * size];
  const sizes = {
    ...{ units, size, width: n * units, top: top * units, left: left * units },
    rows: Math.min(size, n - top),
    columns: Math.min(size, n - left),
  };
  if (top === left) mirrorUpper(target, block, sizes);
  else {
    copyRows(target, block, sizes);
    copyMirrored(target, block, sizes);
  }
}

interface Extent {
  readonly units: number;
  /** Examples in a block, and those of them that there are. */
  readonly size: number;
  readonly rows: number;
  readonly columns: number;
  /** Of a row of the kernel. */
  readonly width: number;
  /** Row and column of the kernel where the block begins. */
  readonly top: number;
  readonly left: number;
}

/** Row by row of the kernel; a block's row of all outputs stays in the nearest cache. */
function copyRows(target: Numbers, block: Numbers, extent: Extent): void {
  const { units, size, rows, columns, width, top, left } = extent;
  for (let p = 0; p < units; p += 1) {
    for (let i = 0; i < rows; i += 1) {
      const from = (p * size + i) * units * size;
      let to = (top + i * units + p) * width + left;
      for (let j = 0; j < columns; j += 1) {
        for (let q = 0; q < units; q += 1) target[to++] = block[from + q * size + j] as number;
      }
    }
  }
}

/** Rows of the mirror image: outputs outside, so that columns of the block are read together. */
function copyMirrored(target: Numbers, block: Numbers, extent: Extent): void {
  const { units, size, rows, columns, width, top, left } = extent;
  const down = units * size;
  for (let q = 0; q < units; q += 1) {
    for (let j = 0; j < columns; j += 1) {
      const from = q * size + j;
      let to = (left + j * units + q) * width + top;
      for (let i = 0; i < rows; i += 1) {
        for (let p = 0; p < units; p += 1)
          target[to++] = block[from + (p * size + i) * down] as number;
      }
    }
  }
}

/** A block of the diagonal from its own upper half. */
function mirrorUpper(target: Numbers, block: Numbers, extent: Extent): void {
  const { units, size, rows, width, top } = extent;
  for (let i = 0; i < rows; i += 1) {
    for (let p = 0; p < units; p += 1) {
      const row = top + i * units + p;
      const from = (p * size + i) * units * size;
      for (let j = i; j < rows; j += 1) {
        for (let q = j === i ? p : 0; q < units; q += 1) {
          const column = top + j * units + q;
          const value = block[from + q * size + j] as number;
          target[row * width + column] = value;
          target[column * width + row] = value;
        }
      }
    }
  }
}
