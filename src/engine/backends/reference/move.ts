/** Kernels that reduce along axes or move elements without computing. */
import type { Shape, TensorData } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Kernels } from "./kernel.ts";
import { shapeOf, values } from "./kernel.ts";
import { broadcastStrides, offsetsOf, stridesOf } from "./offsets.ts";

/** For each element of x, where its result lies when `axes` are reduced away. */
function targets(shape: Shape, axes: readonly number[]): Int32Array {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return offsetsOf(shape, broadcastStrides(kept, shape));
}

type Reductions = "sum" | "max" | "argMax";
type Layout = "reshape" | "broadcast" | "transpose" | "slice" | "pad" | "concat";
type Indexed = "gather" | "scatterAdd";

const reductions: Kernels<Reductions> = {
  sum: (node, operands, out) => {
    const x = values(operands, 0);
    const to = targets(shapeOf(node, 0), node.attributes.axes);
    const sums = new Float64Array(out.length);
    for (let i = 0; i < x.length; i++) {
      const at = to[i] ?? 0;
      sums[at] = (sums[at] ?? 0) + (x[i] ?? 0);
    }
    out.set(sums);
  },
  max: (node, operands, out) => {
    const x = values(operands, 0);
    const to = targets(shapeOf(node, 0), node.attributes.axes);
    const best = new Float64Array(out.length).fill(-Infinity);
    for (let i = 0; i < x.length; i++) {
      const at = to[i] ?? 0;
      best[at] = Math.max(best[at] ?? 0, x[i] ?? 0);
    }
    out.set(best);
  },
  argMax: (node, operands, out) => {
    const x = values(operands, 0);
    const shape = shapeOf(node, 0);
    const { axis } = node.attributes;
    const [length = 0, inner] = [shape[axis], sizeOf(shape.slice(axis + 1))];
    for (let i = 0; i < out.length; i++) {
      const start = Math.floor(i / inner) * length * inner + (i % inner);
      let best = 0;
      for (let at = 1; at < length; at++) {
        if ((x[start + at * inner] ?? 0) > (x[start + best * inner] ?? 0)) best = at;
      }
      out[i] = best;
    }
  },
};

function read(source: TensorData, offsets: Int32Array, out: TensorData): void {
  for (let i = 0; i < out.length; i++) out[i] = source[offsets[i] ?? 0] ?? 0;
}

function write(source: TensorData, offsets: Int32Array, out: TensorData): void {
  for (let i = 0; i < source.length; i++) out[offsets[i] ?? 0] = source[i] ?? 0;
}

/** Σ place·stride: where an array that begins at these places begins in the flat data. */
function origin(places: readonly number[], strides: readonly number[]): number {
  return places.reduce((sum, place, axis) => sum + place * (strides[axis] ?? 0), 0);
}

const layout: Kernels<Layout> = {
  reshape: (_, operands, out) => out.set(values(operands, 0)),
  broadcast: (node, operands, out) => {
    const strides = broadcastStrides(shapeOf(node, 0), node.shape);
    read(values(operands, 0), offsetsOf(node.shape, strides), out);
  },
  transpose: (node, operands, out) => {
    const own = stridesOf(shapeOf(node, 0));
    const strides = node.attributes.permutation.map((axis) => own[axis] ?? 0);
    read(values(operands, 0), offsetsOf(node.shape, strides), out);
  },
  slice: (node, operands, out) => {
    const { starts, steps } = node.attributes;
    const own = stridesOf(shapeOf(node, 0));
    const strides = own.map((stride, axis) => stride * (steps[axis] ?? 1));
    read(values(operands, 0), offsetsOf(node.shape, strides, origin(starts, own)), out);
  },
  pad: (node, operands, out) => {
    const { low, interior } = node.attributes;
    const own = stridesOf(node.shape);
    const strides = own.map((stride, axis) => stride * ((interior[axis] ?? 0) + 1));
    write(values(operands, 0), offsetsOf(shapeOf(node, 0), strides, origin(low, own)), out);
  },
  concat: (node, operands, out) => {
    const strides = stridesOf(node.shape);
    let start = 0;
    for (const [at, x] of operands.entries()) {
      const shape = shapeOf(node, at);
      write(x, offsetsOf(shape, strides, start), out);
      start += (shape[node.attributes.axis] ?? 0) * (strides[node.attributes.axis] ?? 0);
    }
  },
};

/** The index at a place, refused outside [0, size). */
function indexAt(indices: TensorData, at: number, size: number): number {
  const index = indices[at] ?? -1;
  if (index < 0 || index >= size) throw new RangeError(`index ${index} is outside [0, ${size})`);
  return index;
}

const indexed: Kernels<Indexed> = {
  gather: (node, operands, out) => {
    const [data, indices] = [values(operands, 0), values(operands, 1)];
    const shape = shapeOf(node, 0);
    const { axis } = node.attributes;
    const [size = 0, inner] = [shape[axis], sizeOf(shape.slice(axis + 1))];
    const outer = sizeOf(shape.slice(0, axis));
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < indices.length; k++, to += inner) {
        const from = (o * size + indexAt(indices, k, size)) * inner;
        out.set(data.subarray(from, from + inner), to);
      }
    }
  },
  scatterAdd: (node, operands, out) => {
    const [updates, indices] = [values(operands, 0), values(operands, 1)];
    const { axis, size } = node.attributes;
    const inner = sizeOf(node.shape.slice(axis + 1));
    const outer = sizeOf(node.shape.slice(0, axis));
    const sums = new Float64Array(out.length);
    let from = 0;
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < indices.length; k++) {
        const to = (o * size + indexAt(indices, k, size)) * inner;
        for (let i = 0; i < inner; i++) {
          sums[to + i] = (sums[to + i] ?? 0) + (updates[from++] ?? 0);
        }
      }
    }
    out.set(sums);
  },
};

export const move = { ...reductions, ...layout, ...indexed };
