/** Kernels of matrix products and convolutions: plain loops that accumulate in float64. */
import type { Window } from "#engine/ops/operations.ts";
import type { Shape, TensorData } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Kernel, Kernels } from "./kernel.ts";
import { shapeOf, values } from "./kernel.ts";
import { stridesOf } from "./offsets.ts";

/** One matrix of a batch, swapped to plain row-major order where a flag asks for it. */
function matrix(data: TensorData, at: number, [rows, columns, swap]: Layout): TensorData {
  const block = data.subarray(at * rows * columns, (at + 1) * rows * columns);
  if (!swap) return block;
  const plain = block.slice();
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) plain[i * columns + j] = block[j * rows + i] ?? 0;
  }
  return plain;
}

type Layout = readonly [rows: number, columns: number, swap: boolean];

/** out[i, :] = Σₖ a[i, k]·b[k, :], rows innermost so that memory is read in order. */
const matmul: Kernel<"matmul"> = (node, operands, out) => {
  const { transposeA, transposeB } = node.attributes;
  const [m = 0, n = 0] = node.shape.slice(-2);
  const depth = shapeOf(node, 0).at(transposeA ? -2 : -1) ?? 0;
  const row = new Float64Array(n);
  for (let batch = 0; batch < sizeOf(node.shape.slice(0, -2)); batch++) {
    const a = matrix(values(operands, 0), batch, [m, depth, transposeA]);
    const b = matrix(values(operands, 1), batch, [depth, n, transposeB]);
    for (let i = 0; i < m; i++) {
      row.fill(0);
      for (let k = 0; k < depth; k++) {
        const factor = a[i * depth + k] ?? 0;
        const from = k * n;
        for (let j = 0; j < n; j++) row[j] = (row[j] ?? 0) + factor * (b[from + j] ?? 0);
      }
      out.set(row, (batch * m + i) * n);
    }
  }
};

/** Sizes that a convolution and both its transposes share; spatial shapes are flat positions. */
interface Geometry {
  readonly batch: number;
  readonly input: Shape;
  readonly kernel: Shape;
  readonly output: Shape;
  readonly channels: number;
  readonly filters: number;
  readonly window: Window;
}

function geometry(x: Shape, w: Shape, [out, window]: readonly [Shape, Window]): Geometry {
  return {
    batch: x[0] ?? 0,
    input: x.slice(1, -1),
    kernel: w.slice(0, -2),
    output: out.slice(1, -1),
    channels: x.at(-1) ?? 0,
    filters: w.at(-1) ?? 0,
    window,
  };
}

/** Flat input position that an output position reads through a kernel position; −1 is padding. */
function tap({ input, kernel, output, window }: Geometry, o: number, k: number): number {
  const [outStrides, kernelStrides] = [stridesOf(output), stridesOf(kernel)];
  let position = 0;
  for (const [axis, length] of input.entries()) {
    const out = Math.floor(o / (outStrides[axis] ?? 1)) % (output[axis] ?? 1);
    const inKernel = Math.floor(k / (kernelStrides[axis] ?? 1)) % (kernel[axis] ?? 1);
    const at =
      out * (window.strides[axis] ?? 1) +
      inKernel * (window.dilations[axis] ?? 1) -
      (window.padding[axis]?.[0] ?? 0);
    if (at < 0 || at >= length) return -1;
    position = position * length + at;
  }
  return position;
}

/**
 * Visits every product of out[o, f] += x[i, c]·w[k, c, f] as the flat places of x, w and out at
 * f's group start; `run` filters follow each other in w and out.
 */
function eachProduct(geo: Geometry, visit: (x: number, w: number, out: number) => void): void {
  const { batch, channels, filters, window } = geo;
  const [positions, size] = [sizeOf(geo.output), sizeOf(geo.input)];
  const perGroup = channels / window.groups;
  const run = filters / window.groups;
  for (let k = 0; k < sizeOf(geo.kernel); k++) {
    for (let o = 0; o < positions; o++) {
      const i = tap(geo, o, k);
      if (i < 0) continue;
      for (let n = 0; n < batch; n++) {
        for (let c = 0; c < channels; c++) {
          const first = Math.floor(c / perGroup) * run;
          const w = (k * perGroup + (c % perGroup)) * filters + first;
          visit((n * size + i) * channels + c, w, (n * positions + o) * filters + first);
        }
      }
    }
  }
}

const convolve: Kernel<"convolve"> = (node, operands, out) => {
  const [x, w] = [values(operands, 0), values(operands, 1)];
  const geo = geometry(shapeOf(node, 0), shapeOf(node, 1), [node.shape, node.attributes]);
  const run = geo.filters / geo.window.groups;
  const sums = new Float64Array(out.length);
  eachProduct(geo, (atX, atW, atOut) => {
    const factor = x[atX] ?? 0;
    for (let f = 0; f < run; f++) {
      sums[atOut + f] = (sums[atOut + f] ?? 0) + factor * (w[atW + f] ?? 0);
    }
  });
  out.set(sums);
};

const convolveInput: Kernel<"convolveInput"> = (node, operands, out) => {
  const [delta, w] = [values(operands, 0), values(operands, 1)];
  const geo = geometry(node.shape, shapeOf(node, 1), [shapeOf(node, 0), node.attributes]);
  const run = geo.filters / geo.window.groups;
  const sums = new Float64Array(out.length);
  eachProduct(geo, (atX, atW, atOut) => {
    let sum = 0;
    for (let f = 0; f < run; f++) sum += (delta[atOut + f] ?? 0) * (w[atW + f] ?? 0);
    sums[atX] = (sums[atX] ?? 0) + sum;
  });
  out.set(sums);
};

const convolveFilter: Kernel<"convolveFilter"> = (node, operands, out) => {
  const [x, delta] = [values(operands, 0), values(operands, 1)];
  const geo = geometry(shapeOf(node, 0), node.shape, [shapeOf(node, 1), node.attributes]);
  const run = geo.filters / geo.window.groups;
  const sums = new Float64Array(out.length);
  eachProduct(geo, (atX, atW, atOut) => {
    const factor = x[atX] ?? 0;
    for (let f = 0; f < run; f++) {
      sums[atW + f] = (sums[atW + f] ?? 0) + factor * (delta[atOut + f] ?? 0);
    }
  });
  out.set(sums);
};

type Contraction = "matmul" | "convolve" | "convolveInput" | "convolveFilter";

export const contract: Kernels<Contraction> = {
  matmul,
  convolve,
  convolveInput,
  convolveFilter,
};
