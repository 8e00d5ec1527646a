/** Where elements lie in flat row-major arrays. Index arithmetic only, no values. */
import type { Shape } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";

/** Distance between neighbours along each axis of a dense array. */
export function stridesOf(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  }
  return strides;
}

/** Strides with which `shape` is read as `target` under numpy broadcasting. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape);
  const lead = target.length - shape.length;
  return target.map((_, axis) => (shape[axis - lead] === 1 ? 0 : (own[axis - lead] ?? 0)));
}

/** For each index of `shape` in row-major order, start + Σ index·stride. */
export function offsetsOf(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const offsets = new Int32Array(sizeOf(shape));
  if (offsets.length === 0) return offsets;
  offsets[0] = start;
  let filled = 1;
  // Repeats what is filled along one axis after another, innermost first.
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const stride = strides[axis] ?? 0;
    const block = filled;
    for (let at = 1; at < (shape[axis] ?? 1); at++) {
      for (let i = 0; i < block; i++) offsets[filled++] = (offsets[i] ?? 0) + at * stride;
    }
  }
  return offsets;
}
