/** Reductions and changes of shape as ONNX nodes. Gathers and scatters are in indexing.ts. */
import { int, ints } from "#engine/onnx/model.ts";
import type { Node, NodeOf } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Emitter } from "./emitter.ts";
import type { Lowering } from "./lowering.ts";
import { operandNode } from "./lowering.ts";

/** Up to this many windows' elements, a maximum of parts beats a reduction. */
const splitElementsMax = 9;

export function reshaped(emit: Emitter, value: string, shape: Shape): string {
  const attributes = shape.includes(0) ? { allowzero: int(1) } : {};
  return emit.emit("Reshape", [value, emit.integers(shape)], attributes);
}

/** An array of one real value, made once a call. */
export function filled(emit: Emitter, value: number, shape: Shape): string {
  return emit.emit("Expand", [emit.real(value), emit.integers(shape)]);
}

function reduceBy(operator: string, where: Reduced): string {
  const { emit, value } = where;
  const keepdims = int(where.keepDims ? 1 : 0);
  if (where.axes.length === 0) return value;
  return emit.emit(operator, [value, emit.integers(where.axes)], { keepdims });
}

interface Reduced {
  readonly emit: Emitter;
  readonly value: string;
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** The node whose squares are added up to one number, if that is what a sum does. */
function squared({ attributes, inputs }: NodeOf<"sum">): Node | undefined {
  const [product] = inputs;
  if (product?.op !== "multiply" || product.kind !== "real") return undefined;
  const [a, b] = product.inputs;
  const isWhole = attributes.axes.length === product.shape.length && !attributes.keepDims;
  return isWhole && a === b && a?.shape.length === product.shape.length ? a : undefined;
}

export const sum: Lowering<"sum"> = (node, operand, site) => {
  const { emit } = site;
  const { axes, keepDims } = node.attributes;
  const { shape } = operandNode(node, 0);
  const base = squared(node);
  if (base !== undefined) {
    return emit.emit("ReduceSumSquare", [site.valueOf(base)], { keepdims: int(0) });
  }
  const rows = sizeOf(shape.slice(0, axes.length));
  const columns = sizeOf(shape.slice(axes.length));
  const leading = axes.every((axis) => axis < axes.length);
  if (node.kind === "real" && leading && rows > 1 && columns > 1) {
    const matrix = reshaped(emit, operand(0), [rows, columns]);
    // A product with ones uses every core, which ReduceSum over leading axes does not.
    return reshaped(emit, emit.emit("Gemm", [filled(emit, 1, [1, rows]), matrix]), node.shape);
  }
  return reduceBy("ReduceSum", { emit, value: operand(0), axes, keepDims });
};

/** Maxima over a few elements that lie far apart, as in pooling, are taken between their parts. */
export const max: Lowering<"max"> = (node, operand, { emit }) => {
  const { axes, keepDims } = node.attributes;
  const { shape } = operandNode(node, 0);
  const elements = sizeOf(axes.map((axis) => shape[axis] ?? 1));
  const last = shape.length - 1;
  if (elements > splitElementsMax || axes.includes(last) || axes.length === 0) {
    return reduceBy("ReduceMax", { emit, value: operand(0), axes, keepDims });
  }
  let value = operand(0);
  for (const axis of axes) {
    const length = shape[axis] ?? 1;
    if (length === 1) continue;
    const attributes = { axis: int(axis), num_outputs: int(length) };
    value = emit.emit("Max", emit.emitAll("Split", [value], { attributes, outputs: length }));
  }
  return reshaped(emit, value, node.shape);
};

export const argMax: Lowering<"argMax"> = ({ attributes }, operand, { emit }) => {
  const where = { axis: int(attributes.axis), keepdims: int(0) };
  return emit.emit("Cast", [emit.emit("ArgMax", [operand(0)], where)], { to: int(6) });
};

export const reshape: Lowering<"reshape"> = (node, operand, { emit }) =>
  reshaped(emit, operand(0), node.shape);

export const broadcast: Lowering<"broadcast"> = (node, operand, { emit }) =>
  emit.emit("Expand", [operand(0), emit.integers(node.shape)]);

export const transpose: Lowering<"transpose"> = ({ attributes }, operand, { emit }) =>
  emit.emit("Transpose", [operand(0)], { perm: ints(attributes.permutation) });

export const slice: Lowering<"slice"> = (node, operand, { emit }) => {
  const { starts, ends, steps } = node.attributes;
  const lengths = operandNode(node, 0).shape;
  const axes = [...lengths.keys()].filter(
    (axis) => starts[axis] !== 0 || ends[axis] !== lengths[axis] || steps[axis] !== 1,
  );
  const along = (list: readonly number[]) => emit.integers(axes.map((axis) => list[axis] ?? 0));
  const bounds = [along(starts), along(ends), emit.integers(axes), along(steps)];
  return axes.length === 0 ? operand(0) : emit.emit("Slice", [operand(0), ...bounds]);
};

/**
 * Gaps first: an axis becomes (length, 1), the 1 is padded, both are joined again, and the gap
 * after the last element is cut off. Then the ends.
 */
export const pad: Lowering<"pad"> = (node, operand, { emit }) => {
  const { low, high, interior } = node.attributes;
  const { shape } = operandNode(node, 0);
  let value = operand(0);
  if (interior.some((gap, axis) => gap > 0 && (shape[axis] ?? 0) > 1)) {
    const spread = shape.map((length, axis) => length * (1 + (interior[axis] ?? 0)));
    const kept = shape.map((length, axis) => length + (length - 1) * (interior[axis] ?? 0));
    const pairs = reshaped(
      emit,
      value,
      shape.flatMap((length) => [length, 1]),
    );
    const none = shape.flatMap(() => [0, 0]);
    const gaps = [...none, ...interior.flatMap((gap) => [0, gap])];
    const wide = reshaped(emit, emit.emit("Pad", [pairs, emit.integers(gaps)]), spread);
    const zero = emit.integers(shape.map(() => 0));
    value = emit.emit("Slice", [wide, zero, emit.integers(kept)]);
  }
  const ends = [...low, ...high];
  return ends.some((n) => n > 0) ? emit.emit("Pad", [value, emit.integers(ends)]) : value;
};

export const concat: Lowering<"concat"> = (node, operand, { emit }) =>
  emit.emit(
    "Concat",
    node.inputs.map((_, index) => operand(index)),
    {
      axis: int(node.attributes.axis),
    },
  );
