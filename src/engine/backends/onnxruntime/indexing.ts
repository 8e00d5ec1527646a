/**
 * Gathers and scatters as ONNX nodes. A scatter is never left to threads that race for a sum: it is
 * a gather by the inverted table, a product with a one-hot matrix, or sequential.
 */

import type { Inverse } from "#engine/backends/window-tables.ts";
import { invert } from "#engine/backends/window-tables.ts";
import { elementTypes, int, string } from "#engine/onnx/model.ts";
import type { NodeOf } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Emitter } from "./emitter.ts";
import type { Lowering, Operand } from "./lowering.ts";
import { operandNode } from "./lowering.ts";
import { filled, reshaped } from "./structure.ts";

/** Up to this size a one-hot product, which uses every core, beats a sequential scatter. */
const oneHotSizeMax = 1024;

/** An inverted table may be this many times longer than the table itself. */
const fillerRatioMax = 4;

/** Appends a row of zeros to a [rows, columns] matrix. */
export function withZeroRow(emit: Emitter, matrix: string, columns: number): string {
  return emit.emit("Concat", [matrix, filled(emit, 0, [1, columns])], { axis: int(0) });
}

export const gather: Lowering<"gather"> = ({ attributes }, operand, { emit }) =>
  emit.emit("Gather", [operand(0), operand(1)], { axis: int(attributes.axis) });

/** Sizes of a scatter seen as [before, count, after] → [before, size, after]. */
interface Extent {
  readonly before: number;
  readonly count: number;
  readonly size: number;
  readonly after: number;
}

function extentOf(node: NodeOf<"scatterAdd">): Extent {
  const { axis, size } = node.attributes;
  const count = sizeOf(operandNode(node, 1).shape);
  const before = sizeOf(node.shape.slice(0, axis));
  return { before, count, size, after: sizeOf(node.shape.slice(axis + 1)) };
}

export const scatterAdd: Lowering<"scatterAdd"> = (node, operand, { emit }) => {
  const extent = extentOf(node);
  const indices = operandNode(node, 1);
  const { before, count, size, after } = extent;
  if (indices.op === "constant" && before === 1) {
    const inverse = invert(indices.attributes.tensor.data, { rows: size, filler: count });
    if (inverse.width > 0 && inverse.places.length <= fillerRatioMax * count) {
      const updates = reshaped(emit, operand(0), [count, after]);
      const sums = gatherSums(emit, withZeroRow(emit, updates, after), inverse);
      return reshaped(emit, sums, node.shape);
    }
  }
  const result =
    size <= oneHotSizeMax && before * count * size * after > 0
      ? byProduct(extent, operand, emit)
      : inSequence(extent, operand, emit);
  return reshaped(emit, result, node.shape);
};

/** Row r of the result is the sum of the rows that the inverse lists for r. */
export function gatherSums(emit: Emitter, matrix: string, inverse: Inverse): string {
  const { places, width } = inverse;
  if (width === 1) {
    const table = emit.literal("int32", [places.length], places);
    return emit.emit("Gather", [matrix, table], { axis: int(0) });
  }
  const table = emit.literal("int32", [places.length / width, width], places);
  const rows = emit.emit("Gather", [matrix, table], { axis: int(0) });
  const keepdims = int(0);
  return emit.emit("ReduceSum", [rows, emit.integers([1])], { keepdims });
}

/** The one-hot matrix [size, count] (or its transpose) times the updates. */
function byProduct(extent: Extent, operand: Operand, emit: Emitter): string {
  const { before, count, size, after } = extent;
  const transposed = after === 1;
  const steps = emit.literal("int32", transposed ? [size] : [size, 1], range(size));
  const indices = reshaped(emit, operand(1), transposed ? [count, 1] : [1, count]);
  const equal = emit.emit("Equal", [indices, steps]);
  const oneHot = emit.emit("Cast", [equal], { to: int(elementTypes[emit.precision]) });
  if (transposed) {
    return emit.emit("MatMul", [reshaped(emit, operand(0), [before, count]), oneHot]);
  }
  const updates = reshaped(emit, operand(0), [before, count, after]);
  return emit.emit("MatMul", [oneHot, updates]);
}

function inSequence(extent: Extent, operand: Operand, emit: Emitter): string {
  const { before, count, size, after } = extent;
  const zeros = filled(emit, 0, [before, size, after]);
  const updates = reshaped(emit, operand(0), [before, count, after]);
  const column = reshaped(emit, operand(1), [1, count, 1]);
  const indices = emit.emit("Expand", [column, emit.integers([before, count, after])]);
  const attributes = { axis: int(1), reduction: string("add") };
  return emit.emit("ScatterElements", [zeros, indices, updates], attributes);
}

const range = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);
