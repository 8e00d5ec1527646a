/**
 * Convolutions as ONNX nodes: patches by one Gather of rows, then a matrix product. Unless patches
 * are large, the forward pass and the filter gradient share them: it is the same Gather.
 */
import type { Geometry } from "#engine/backends/window-tables.ts";
import {
  geometryOf,
  inputRows,
  isPointwise,
  outputRows,
  tablesOf,
} from "#engine/backends/window-tables.ts";
import { int, ints } from "#engine/onnx/model.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Emitter } from "./emitter.ts";
import { gatherSums, withZeroRow } from "./indexing.ts";
import type { Lowering } from "./lowering.ts";
import { operandNode } from "./lowering.ts";
import { filled, reshaped } from "./structure.ts";

/** Patches of up to so many elements are made for the whole batch at once. */
const wholeElementsMax = 1 << 21;

/** Elements of the patches in one block. */
const blockElementsMax = 1 << 19;

/** Patches this many times wider than the result are worth making in blocks. */
const wideRatioMin = 3;

/**
 * [output rows, taps · channels]. Blocks are made again for the filter gradient, under a table of
 * another shape, since keeping them all would take the memory that blocks are there to save.
 */
function patchesOf(
  emit: Emitter,
  { x, again = false }: { readonly x: string; readonly again?: boolean },
  geometry: Geometry,
): string {
  const { channels, kernel } = geometry;
  const rows = inputRows(geometry);
  const matrix = reshaped(emit, x, [rows, channels]);
  if (isPointwise(geometry)) return matrix;
  const { patches } = tablesOf(geometry, emit);
  const shape = again ? [patches.length, 1] : [patches.length];
  const table = emit.literal("int32", shape, patches);
  const padded = geometry.window.padding.flat().some((length) => length > 0);
  const source = padded ? withZeroRow(emit, matrix, channels) : matrix;
  const gathered = emit.emit("Gather", [source, table], { axis: int(0) });
  return reshaped(emit, gathered, [outputRows(geometry), sizeOf(kernel) * channels]);
}

/** Rows, outer length, groups, inner length. */
type Grouping = readonly [number, number, number, number];

/** [rows, outer · groups · inner] → [groups, rows, outer · inner]. */
function byGroup(emit: Emitter, value: string, sizes: Grouping): string {
  const [rows, outer, groups, inner] = sizes;
  const parted = reshaped(emit, value, [rows, outer, groups, inner]);
  const moved = emit.emit("Transpose", [parted], { perm: ints([2, 0, 1, 3]) });
  return reshaped(emit, moved, [groups, rows, outer * inner]);
}

/** Back from [groups, rows, outer · inner]. */
function ungrouped(emit: Emitter, value: string, sizes: Grouping): string {
  const [rows, outer, groups, inner] = sizes;
  const parted = reshaped(emit, value, [groups, rows, outer, inner]);
  return emit.emit("Transpose", [parted], { perm: ints([1, 2, 0, 3]) });
}

/** Sizes of patches, filters and results under `byGroup`. */
function groupings(geometry: Geometry) {
  const { groups } = geometry.window;
  const taps = sizeOf(geometry.kernel);
  const perGroup = geometry.channels / groups;
  const filters = geometry.filters / groups;
  const rows = outputRows(geometry);
  return {
    patches: [rows, taps, groups, perGroup],
    weights: [taps * perGroup, 1, groups, filters],
    results: [rows, 1, groups, filters],
  } as const;
}

const transposed = (emit: Emitter, value: string): string =>
  emit.emit("Transpose", [value], { perm: ints([0, 2, 1]) });

/**
 * Examples whose patches are made at a time. Patches of a whole batch that are much wider than the
 * result would go through main memory several times; those of a block stay in the cache.
 */
function blockLength(geometry: Geometry): number {
  const { batch, channels, filters, kernel, output, window } = geometry;
  const width = sizeOf(kernel) * channels;
  const elements = sizeOf(output) * width;
  const narrow = width < wideRatioMin * filters || isPointwise(geometry);
  if (narrow || window.groups > 1 || elements * batch <= wholeElementsMax) return batch;
  const lengths = Array.from({ length: batch }, (_, at) => batch - at);
  const fits = (length: number): boolean => length * elements <= blockElementsMax;
  return lengths.find((length) => batch % length === 0 && fits(length)) ?? 1;
}

function parts(emit: Emitter, value: string, count: number): readonly string[] {
  if (count === 1) return [value];
  const attributes = { axis: int(0), num_outputs: int(count) };
  return emit.emitAll("Split", [value], { attributes, outputs: count });
}

function whole(emit: Emitter, values: readonly string[]): string {
  const [first = ""] = values;
  return values.length === 1 ? first : emit.emit("Concat", values, { axis: int(0) });
}

export const convolve: Lowering<"convolve"> = (node, operand, { emit }) => {
  const [x, w] = [operandNode(node, 0), operandNode(node, 1)];
  const geometry = geometryOf({ x, w, y: node, window: node.attributes });
  const values = { x: operand(0), w: operand(1) };
  return reshaped(emit, convolved(emit, values, geometry), node.shape);
};

function convolved(
  emit: Emitter,
  { x, w }: { readonly x: string; readonly w: string },
  geometry: Geometry,
): string {
  const batch = blockLength(geometry);
  const values = parts(emit, x, geometry.batch / batch).map((part) =>
    forward(emit, { x: part, w }, { ...geometry, batch }),
  );
  return whole(emit, values);
}

function forward(
  emit: Emitter,
  values: { readonly x: string; readonly w: string },
  geometry: Geometry,
): string {
  const patches = patchesOf(emit, values, geometry);
  if (geometry.window.groups === 1) {
    const columns = sizeOf(geometry.kernel) * geometry.channels;
    const weights = reshaped(emit, values.w, [columns, geometry.filters]);
    return emit.emit("Gemm", [patches, weights]);
  }
  const sizes = groupings(geometry);
  const product = emit.emit("MatMul", [
    byGroup(emit, patches, sizes.patches),
    byGroup(emit, values.w, sizes.weights),
  ]);
  return ungrouped(emit, product, sizes.results);
}

export const convolveFilter: Lowering<"convolveFilter"> = (node, operand, { emit }) => {
  const [image, y] = [operandNode(node, 0), operandNode(node, 1)];
  const geometry = geometryOf({ x: image, w: node, y, window: node.attributes });
  const batch = blockLength(geometry);
  const count = geometry.batch / batch;
  const deltas = parts(emit, operand(1), count);
  const values = parts(emit, operand(0), count).map((x, at) => {
    const pair = { x, delta: deltas[at] ?? "", again: count > 1 };
    return filterGradient(emit, pair, { ...geometry, batch });
  });
  return reshaped(
    emit,
    values.reduce((a, b) => emit.emit("Add", [a, b])),
    node.shape,
  );
};

function filterGradient(
  emit: Emitter,
  values: { readonly x: string; readonly delta: string; readonly again: boolean },
  geometry: Geometry,
): string {
  const patches = patchesOf(emit, values, geometry);
  if (geometry.window.groups === 1) {
    const delta = reshaped(emit, values.delta, [outputRows(geometry), geometry.filters]);
    return emit.emit("Gemm", [patches, delta], { transA: int(1) });
  }
  const sizes = groupings(geometry);
  const product = emit.emit("MatMul", [
    transposed(emit, byGroup(emit, patches, sizes.patches)),
    byGroup(emit, values.delta, sizes.results),
  ]);
  return ungrouped(emit, product, sizes.weights);
}

/**
 * With steps of 1, a place's share of δ is a convolution of δ by the filters turned about, which
 * takes half the passes over memory unless there are more filters than channels. Otherwise δ·wᵀ
 * gives what each window hands to each of its places, and a place sums what it is handed.
 */
export const convolveInput: Lowering<"convolveInput"> = (node, operand, { emit }) => {
  const [y, w] = [operandNode(node, 0), operandNode(node, 1)];
  const geometry = geometryOf({ x: node, w, y, window: node.attributes });
  if (canTurn(geometry)) {
    const turned = turnedAbout(geometry);
    const weights = turnedFilters(emit, operand(1), geometry);
    return reshaped(emit, convolved(emit, { x: operand(0), w: weights }, turned), node.shape);
  }
  const batch = blockLength(geometry);
  const values = parts(emit, operand(0), geometry.batch / batch).map((part) =>
    inputGradient(emit, { delta: part, w: operand(1) }, { ...geometry, batch }),
  );
  return reshaped(emit, whole(emit, values), node.shape);
};

function canTurn(geometry: Geometry): boolean {
  const { channels, filters, window } = geometry;
  const isEveryPlace = window.strides.every((stride) => stride === 1);
  return isEveryPlace && window.groups === 1 && filters <= channels && !isPointwise(geometry);
}

/** The convolution from δ to the input: what was the result is what windows lie on. */
function turnedAbout({ input, output, channels, filters, ...same }: Geometry): Geometry {
  const { kernel, window } = same;
  const padding = window.padding.map(([before = 0, after = 0], axis): readonly [number, number] => {
    const reach = ((kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1);
    return [reach - before, reach - after];
  });
  const turned = { input: output, output: input, channels: filters, filters: channels };
  return { ...same, ...turned, window: { ...window, padding } };
}

/** [...k, C, F] as [...k, F, C], its taps from the last to the first. */
function turnedFilters(emit: Emitter, w: string, { kernel, channels, filters }: Geometry): string {
  const taps = sizeOf(kernel);
  const backward = emit.integers(Array.from({ length: taps }, (_, at) => taps - 1 - at));
  const byTap = reshaped(emit, w, [taps, channels, filters]);
  const reversed = emit.emit("Gather", [byTap, backward], { axis: int(0) });
  return emit.emit("Transpose", [reversed], { perm: ints([0, 2, 1]) });
}

function inputGradient(
  emit: Emitter,
  values: { readonly delta: string; readonly w: string },
  geometry: Geometry,
): string {
  const { channels, filters } = geometry;
  const rows = outputRows(geometry);
  const taps = sizeOf(geometry.kernel);
  const delta = reshaped(emit, values.delta, [rows, filters]);
  if (isPointwise(geometry)) return handed(emit, { delta, w: values.w }, geometry);
  const { inverse } = tablesOf(geometry, emit);
  if (inverse.width === 0) {
    return filled(emit, 0, [inputRows(geometry), channels]);
  }
  // A row of zeros in δ gives rows of zeros for places that lie in fewer windows than others.
  const extraRows = inverse.filled ? 1 : 0;
  const source = inverse.filled ? withZeroRow(emit, delta, filters) : delta;
  const given = handed(emit, { delta: source, w: values.w }, { ...geometry, extraRows });
  const handedRows = reshaped(emit, given, [(rows + extraRows) * taps, channels]);
  return gatherSums(emit, handedRows, inverse);
}

/** [rows, taps · channels] = δ [rows, filters] times the filters. */
function handed(
  emit: Emitter,
  values: { readonly delta: string; readonly w: string },
  geometry: Geometry & { readonly extraRows?: number },
): string {
  const { channels, filters, kernel, window } = geometry;
  if (window.groups === 1) {
    const weights = reshaped(emit, values.w, [sizeOf(kernel) * channels, filters]);
    return emit.emit("Gemm", [values.delta, weights], { transB: int(1) });
  }
  const sizes = groupings(geometry);
  const rows = outputRows(geometry) + (geometry.extraRows ?? 0);
  const [, ...results] = sizes.results;
  const [, ...patches] = sizes.patches;
  const product = emit.emit("MatMul", [
    byGroup(emit, values.delta, [rows, ...results]),
    transposed(emit, byGroup(emit, values.w, sizes.weights)),
  ]);
  return ungrouped(emit, product, [rows, ...patches]);
}
