/** From blocks of a symmetric kernel to the whole of it, in the shape its variant promises. */
import type { Tensors } from "#engine/backend.ts";
import { allocate, sizeOf, type Tensor } from "#engine/tensor.ts";
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

/** Which of the emitted values are put together, of blocks of how many examples. */
export interface Assembled {
  readonly block: number;
  /** `block` unless given. */
  readonly name?: string;
}

/**
 * Fills the kernel from its upper triangle. Diagonal blocks are symmetrised from their own upper
 * half, so that the result is symmetric to the last bit.
 */
export function assemble(
  shape: KernelShape,
  { block, name = "block" }: Assembled,
  parts: readonly BlockValues[],
): Tensor {
  const dtype = parts[0]?.values[name]?.dtype ?? "float64";
  const full = shapeOf(shape);
  const data = allocate(dtype, sizeOf(full));
  for (const { pairs, values } of parts) {
    const blocks = values[name];
    if (blocks === undefined) throw new Error(`the block program emitted no ${name}`);
    const size = blocks.data.length / pairs.length;
    for (const [at, pair] of pairs.entries()) {
      const one = blocks.data.subarray(at * size, (at + 1) * size);
      place(data, one, { ...shape, block, pair });
    }
  }
  return { dtype, shape: full, data };
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
      return placeFull(target, block, where);
    case "trace":
    case "pseudo":
      return placePlane(target, block, where);
    case "diagonal": {
      const plane = where.examples ** 2;
      const size = where.block ** 2;
      for (let o = 0; o < outputs; o += 1) {
        placePlane(
          target.subarray(o * plane, (o + 1) * plane),
          block.subarray(o * size, (o + 1) * size),
          where,
        );
      }
      return;
    }
    default:
      return variant satisfies never;
  }
}

/** Block [B, B] into [N, N], and its mirror image. */
function placePlane(target: Numbers, block: Numbers, where: Placement): void {
  const { examples: n, block: size, pair } = where;
  const rows = Math.min(size, n - pair.left * size);
  const columns = Math.min(size, n - pair.right * size);
  for (let i = 0; i < rows; i += 1) {
    const row = pair.left * size + i;
    for (let j = 0; j < columns; j += 1) {
      const column = pair.right * size + j;
      if (column < row) continue;
      const value = block[i * size + j] ?? 0;
      target[row * n + column] = value;
      target[column * n + row] = value;
    }
  }
}

/** Block [O, B, O, B] into [N, O, N, O], and its mirror image. */
function placeFull(target: Numbers, block: Numbers, where: Placement): void {
  const { examples: n, outputs: o, block: size, pair } = where;
  const rows = Math.min(size, n - pair.left * size);
  const columns = Math.min(size, n - pair.right * size);
  const width = n * o;
  for (let i = 0; i < rows; i += 1) {
    for (let p = 0; p < o; p += 1) {
      const row = (pair.left * size + i) * o + p;
      const from = (p * size + i) * o * size;
      for (let j = 0; j < columns; j += 1) {
        for (let q = 0; q < o; q += 1) {
          const column = (pair.right * size + j) * o + q;
          if (column < row) continue;
          const value = block[from + q * size + j] ?? 0;
          target[row * width + column] = value;
          target[column * width + row] = value;
        }
      }
    }
  }
}

/** Σ over examples of each layer's trace, from the diagonal blocks. */
export function layerTraces(
  { examples }: KernelShape,
  block: number,
  part: BlockValues,
): Map<string, number> {
  const traces = new Map<string, number>();
  for (const [name, value] of Object.entries(part.values)) {
    if (!name.startsWith("trace/")) continue;
    let total = 0;
    for (const [at, pair] of part.pairs.entries()) {
      const real = Math.min(block, examples - pair.left * block);
      for (let i = 0; i < real; i += 1) total += value.data[at * block + i] ?? 0;
    }
    traces.set(name.slice("trace/".length), total);
  }
  return traces;
}
