/**
 * Index tables: which row of x [N · in, C] stands at each place of each window of a convolution,
 * and tables turned round. Plain index arithmetic that backends share.
 */
import type { Node, Window } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";

/** A convolution's sizes; `input`, `kernel` and `output` are spatial lengths. */
export interface Geometry {
  readonly batch: number;
  readonly input: Shape;
  readonly kernel: Shape;
  readonly output: Shape;
  readonly channels: number;
  readonly filters: number;
  readonly window: Window;
}

/** The three arrays that a convolution relates, whichever of them is the result. */
export interface Related {
  readonly x: Pick<Node, "shape">;
  readonly w: Pick<Node, "shape">;
  readonly y: Pick<Node, "shape">;
  readonly window: Window;
}

export function geometryOf({ x, w, y, window }: Related): Geometry {
  return {
    batch: x.shape[0] ?? 0,
    input: x.shape.slice(1, -1),
    kernel: w.shape.slice(0, -2),
    output: y.shape.slice(1, -1),
    channels: x.shape.at(-1) ?? 0,
    filters: y.shape.at(-1) ?? 0,
    window,
  };
}

/** Rows of x as a matrix: one for each example and place. */
export const inputRows = (geometry: Geometry): number => geometry.batch * sizeOf(geometry.input);
/** Rows of the result as a matrix. */
export const outputRows = (geometry: Geometry): number => geometry.batch * sizeOf(geometry.output);

/** A name that tells tables apart. */
function geometryKey({ batch, input, kernel, output, window }: Geometry): string {
  const { strides, padding, dilations } = window;
  return JSON.stringify([batch, input, kernel, output, strides, padding, dilations]);
}

/** True when windows are single places in order, so that x is its own matrix of patches. */
export function isPointwise({ input, kernel, output, window }: Geometry): boolean {
  const still = window.strides.every((stride) => stride === 1);
  const bare = window.padding.flat().every((length) => length === 0);
  return sizeOf(kernel) === 1 && still && bare && input.join() === output.join();
}

/**
 * [batch · output · kernel] rows of x, the kernel innermost. Row `inputRows` stands for places in
 * the padding.
 */
function patchTable(geometry: Geometry): Int32Array {
  const { batch, input, kernel } = geometry;
  const places = sizeOf(input);
  const single = placesOfOne(geometry);
  const table = new Int32Array(batch * single.length);
  const outside = batch * places;
  for (let example = 0, at = 0; example < batch; example += 1) {
    for (const place of single) table[at++] = place < 0 ? outside : example * places + place;
  }
  if (table.length !== outputRows(geometry) * sizeOf(kernel)) throw new Error("a table is short");
  return table;
}

/** The places for one example, −1 in the padding; built up axis by axis. */
function placesOfOne({ input, kernel, output, window }: Geometry): Int32Array {
  let outer: readonly number[] = [0];
  let inner: readonly number[] = [0];
  let table = Int32Array.of(0);
  for (const [axis, length] of input.entries()) {
    const outs = output[axis] ?? 0;
    const taps = kernel[axis] ?? 0;
    const [before = 0] = window.padding[axis] ?? [];
    const stride = window.strides[axis] ?? 1;
    const dilation = window.dilations[axis] ?? 1;
    const at = (out: number, tap: number): number => out * stride - before + tap * dilation;
    const wider = new Int32Array(table.length * outs * taps);
    const [rows, columns] = [outer.length, inner.length];
    for (let index = 0; index < wider.length; index += 1) {
      const tap = index % taps;
      const column = Math.floor(index / taps) % columns;
      const out = Math.floor(index / (taps * columns)) % outs;
      const row = Math.floor(index / (taps * columns * outs));
      const place = at(out, tap);
      const base = table[row * columns + column] ?? -1;
      wider[index] = base < 0 || place < 0 || place >= length ? -1 : base * length + place;
    }
    table = wider;
    outer = Array.from({ length: rows * outs }, (_, i) => i);
    inner = Array.from({ length: columns * taps }, (_, i) => i);
  }
  return table;
}

/** For each of `rows` targets, the places of a table that point to it. */
export interface Inverse {
  /** [rows, width]; `filler` where a target has fewer places than others. */
  readonly places: Int32Array;
  readonly width: number;
  /** Whether the filler occurs. */
  readonly filled: boolean;
}

/** Inverts a table of target rows. Entries outside 0 … rows − 1 point nowhere. */
export function invert(
  table: ArrayLike<number>,
  size: { readonly rows: number; readonly filler: number },
): Inverse {
  const counts = new Int32Array(size.rows);
  for (let place = 0; place < table.length; place += 1) {
    const row = table[place] ?? -1;
    if (row >= 0 && row < size.rows) counts[row] = (counts[row] ?? 0) + 1;
  }
  const width = counts.reduce((most, count) => Math.max(most, count), 0);
  const places = new Int32Array(size.rows * width).fill(size.filler);
  counts.fill(0);
  for (let place = 0; place < table.length; place += 1) {
    const row = table[place] ?? -1;
    if (row < 0 || row >= size.rows) continue;
    const nth = counts[row] ?? 0;
    places[row * width + nth] = place;
    counts[row] = nth + 1;
  }
  return { places, width, filled: places.length > counts.reduce((a, b) => a + b, 0) };
}

/** The tables of one convolution, made when they are first asked for. */
class ConvolutionTables {
  readonly #geometry: Geometry;
  #patches: Int32Array | undefined;
  #inverse: Inverse | undefined;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
  }

  /** [batch · output · kernel] rows of x. */
  get patches(): Int32Array {
    this.#patches ??= patchTable(this.#geometry);
    return this.#patches;
  }

  /** [batch · input, width] places in `patches`; the place after the last is the filler. */
  get inverse(): Inverse {
    const size = { rows: inputRows(this.#geometry), filler: this.patches.length };
    this.#inverse ??= invert(this.patches, size);
    return this.#inverse;
  }
}

const known = new WeakMap<object, Map<string, ConvolutionTables>>();

/** Tables that every convolution of this geometry shares within one program, the owner. */
export function tablesOf(geometry: Geometry, owner: object): Readonly<ConvolutionTables> {
  const own = known.get(owner) ?? new Map<string, ConvolutionTables>();
  known.set(owner, own);
  const key = geometryKey(geometry);
  const tables = own.get(key) ?? new ConvolutionTables(geometry);
  own.set(key, tables);
  return tables;
}
