/**
 * A kernel in shares, for several devices: which rows of blocks each of them computes, and how
 * those of a symmetric kernel, from the diagonal on, become the whole. It computes nothing.
 */
import assert from "node:assert/strict";
import type { Tensors } from "#engine/backend.ts";
import { allocate, type DType, sizeOf, type Tensor, zeros } from "#engine/tensor.ts";
import { type KernelShape, placeBlock, planesOf, shapeOf } from "./assemble.ts";
import { tracesIn } from "./blocks.ts";
import { copyRows, copyUpper, type Numbers } from "./placing.ts";
import { examplesIn, type Span, type SpanPair } from "./spans.ts";

/** One of several parts of the work, from 0. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/**
 * The rows of an upper triangle that are a share's; the first of n rows has n blocks, and each one
 * fewer than that before it. Shares begin where the blocks before them are nearest to their part of
 * all, so that each has about as many.
 */
export function triangleShare<Row>(rows: readonly Row[], { index, of }: Share): readonly Row[] {
  const n = rows.length;
  const before = (row: number): number => row * n - (row * (row - 1)) / 2;
  const start = (part: number): number => {
    const wanted = (before(n) * part) / of;
    let row = 0;
    while (row < n && before(row + 1) <= wanted) row += 1;
    const isNext = row < n && before(row + 1) - wanted < wanted - before(row);
    return isNext ? row + 1 : row;
  };
  return rows.slice(start(index), start(index + 1));
}

/** Those of a rectangle: as many for each share, but for one. */
export function evenShare<Row>(rows: readonly Row[], { index, of }: Share): readonly Row[] {
  const start = (part: number): number => Math.floor((rows.length * part) / of);
  return rows.slice(start(index), start(index + 1));
}

/** Rows of a kernel from example `from` on, and its columns from the same example on. */
export interface UpperRows {
  readonly from: number;
  /** Examples; there may be none. */
  readonly count: number;
  /** full [R, O, N - from, O], trace and pseudo [R, N - from], diagonal [O, R, N - from]. */
  readonly tensor: Tensor;
  /** tr of each layer's part over these rows. */
  readonly layerTraces: ReadonlyMap<string, number>;
}

/** Rows that are filled block by block. */
export class RowAssembly implements UpperRows {
  readonly #shape: KernelShape;
  readonly #traces = new Map<string, number>();
  readonly from: number;
  readonly count: number;
  readonly tensor: Tensor;

  constructor(shape: KernelShape, spans: readonly Span[], dtype: DType) {
    const { variant, examples, outputs } = shape;
    const { from, count } = examplesIn(spans);
    this.#shape = shape;
    this.from = from;
    this.count = count;
    const columns = examples - this.from;
    const axes = { full: [this.count, outputs, columns, outputs], plane: [this.count, columns] };
    const shapes = {
      full: axes.full,
      trace: axes.plane,
      pseudo: axes.plane,
      diagonal: [outputs, ...axes.plane],
    } as const;
    this.tensor = zeros(dtype, shapes[variant]);
  }

  get layerTraces(): ReadonlyMap<string, number> {
    return this.#traces;
  }

  /** What the procedure of a block gave; its mirror image belongs to other rows. */
  add({ left, right }: SpanPair, values: Tensors): void {
    for (const [layer, trace] of tracesIn(values, left.known)) {
      this.#traces.set(layer, (this.#traces.get(layer) ?? 0) + trace);
    }
    const block = values["block"];
    assert(block !== undefined, "a block's procedure gives the block");
    const moved = (span: Span): Span => ({ ...span, from: span.from - this.from });
    placeBlock(this.tensor, block, {
      ...this.#shape,
      ...{ left: moved(left), right: moved(right) },
      columns: this.#shape.examples - this.from,
      copy: left === right ? copyUpper : copyRows,
    });
  }
}

/** A kernel that is filled share by share; each may be let go once it is added. */
export class ShareJoin {
  readonly #shape: KernelShape;
  readonly #traces = new Map<string, number>();
  #examples = 0;
  readonly tensor: Tensor;

  constructor(shape: KernelShape, dtype: DType) {
    const whole = shapeOf(shape);
    this.#shape = shape;
    this.tensor = { dtype, shape: whole, data: allocate(dtype, sizeOf(whole)) };
  }

  get layerTraces(): ReadonlyMap<string, number> {
    return this.#traces;
  }

  /** Whether every row has been added. */
  get isWhole(): boolean {
    return this.#examples === this.#shape.examples;
  }

  add({ from, count, tensor: { data }, layerTraces }: UpperRows): void {
    const { planes, units } = planesOf(this.#shape);
    const [width, top, height] = [this.#shape.examples * units, from * units, count * units];
    const [of, inRows] = [width ** 2, height * (width - top)];
    assert(data.length === planes * inRows, "rows begin at the diagonal");
    for (let plane = 0; plane < planes; plane += 1) {
      const target = this.tensor.data.subarray(plane * of, (plane + 1) * of);
      const rows = data.subarray(plane * inRows, (plane + 1) * inRows);
      unfold(target, rows, { width, top, height });
    }
    this.#examples += count;
    for (const [layer, trace] of layerTraces) {
      this.#traces.set(layer, (this.#traces.get(layer) ?? 0) + trace);
    }
  }
}

/** Rows and columns that are copied and mirrored together stay in the nearest cache. */
const tile = 64;

/** From rows of the upper triangle to those rows and their mirror image in the whole. */
function unfold(
  target: Numbers,
  rows: Numbers,
  { width, top, height }: { readonly width: number; readonly top: number; readonly height: number },
): void {
  const across = width - top;
  for (let row = 0; row < height; row += tile) {
    for (let column = row; column < across; column += tile) {
      for (let i = row; i < Math.min(row + tile, height); i += 1) {
        for (let j = Math.max(i, column); j < Math.min(column + tile, across); j += 1) {
          const value = rows[i * across + j] as number;
          target[(top + i) * width + top + j] = value;
          target[(top + j) * width + top + i] = value;
        }
      }
    }
  }
}
