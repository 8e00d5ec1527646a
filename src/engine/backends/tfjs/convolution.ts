/**
 * Convolutions as one gather of patches and a matrix product. The library's own kernels know no
 * groups and no strides together with dilations, are slow in plain JavaScript, and one of the three
 * is missing on wasm; this form is the same everywhere.
 */
import type { Geometry } from "#engine/backends/window-tables.ts";
import {
  geometryOf,
  inputRows,
  isPointwise,
  outputRows,
  tablesOf,
} from "#engine/backends/window-tables.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Kernel, Kernels, Site } from "./kernel.ts";
import { operand, reshaped, shapeOf } from "./kernel.ts";
import type { EagerTensor } from "./library.ts";
import { product } from "./product.ts";

/** A table of rows that is uploaded once. */
function table(name: string, geometry: Geometry, site: Site): EagerTensor {
  const { window, ...sizes } = geometry;
  return site.held(`${name} ${JSON.stringify([sizes, window])}`, () => {
    const { patches, inverse } = tablesOf(geometry, site.owner);
    const { places, width } = inverse;
    return name === "patches"
      ? site.tf.tensor(patches, [patches.length], "int32")
      : site.tf.tensor(places, [places.length / width, width], "int32");
  });
}

/** Appends a row of zeros to a matrix. */
function withZeroRow(matrix: EagerTensor, { tf }: Site): EagerTensor {
  return tf.pad(matrix, [
    [0, 1],
    [0, 0],
  ]);
}

/** [output rows, taps · channels]. */
function patchesOf(x: EagerTensor, geometry: Geometry, site: Site): EagerTensor {
  const { channels, kernel } = geometry;
  const matrix = reshaped(x, [inputRows(geometry), channels], site);
  if (isPointwise(geometry)) return matrix;
  const hasPadding = geometry.window.padding.flat().some((length) => length > 0);
  const source = hasPadding ? withZeroRow(matrix, site) : matrix;
  const rows = site.tf.gather(source, table("patches", geometry, site), 0);
  return reshaped(rows, [outputRows(geometry), sizeOf(kernel) * channels], site);
}

/** Rows, outer length, groups, inner length. */
type Grouping = readonly [number, number, number, number];

/** [rows, outer · groups · inner] → [groups, rows, outer · inner]. */
function byGroup(value: EagerTensor, sizes: Grouping, site: Site): EagerTensor {
  const [rows, outer, groups, inner] = sizes;
  const parted = reshaped(value, sizes, site);
  const moved = site.tf.transpose(parted, [2, 0, 1, 3]);
  return reshaped(moved, [groups, rows, outer * inner], site);
}

/** Back from [groups, rows, outer · inner]. */
function ungrouped(value: EagerTensor, sizes: Grouping, site: Site): EagerTensor {
  const [rows, outer, groups, inner] = sizes;
  return site.tf.transpose(reshaped(value, [groups, rows, outer, inner], site), [1, 2, 0, 3]);
}

/** Patches, filters and results as matrices, split by group where there are groups. */
function matrices(geometry: Geometry, site: Site) {
  const { channels, filters, kernel, window } = geometry;
  const { groups } = window;
  const taps = sizeOf(kernel);
  const rows = outputRows(geometry);
  const sizes = {
    patches: [rows, taps, groups, channels / groups],
    weights: [(taps * channels) / groups, 1, groups, filters / groups],
    results: [rows, 1, groups, filters / groups],
  } as const;
  const split = (name: keyof typeof sizes) => (value: EagerTensor) => {
    const [first, outer, , inner] = sizes[name];
    if (groups > 1) return byGroup(value, sizes[name], site);
    return reshaped(value, [first, outer * inner], site);
  };
  const joined = (name: keyof typeof sizes) => (value: EagerTensor) =>
    groups > 1 ? ungrouped(value, sizes[name], site) : value;
  return {
    patches: { split: split("patches"), joined: joined("patches") },
    weights: { split: split("weights"), joined: joined("weights") },
    results: { split: split("results"), joined: joined("results") },
  };
}

const convolve: Kernel<"convolve"> = (node, operands, site) => {
  const [x, w] = [operand(operands, 0), operand(operands, 1)];
  const window = node.attributes;
  const geometry = geometryOf({
    x: { shape: shapeOf(node, 0) },
    w: { shape: shapeOf(node, 1) },
    y: node,
    window,
  });
  const as = matrices(geometry, site);
  const patches = as.patches.split(patchesOf(x, geometry, site));
  const result = product(patches, as.weights.split(w), site);
  return reshaped(as.results.joined(result), node.shape, site);
};

const convolveFilter: Kernel<"convolveFilter"> = (node, operands, site) => {
  const [x, delta] = [operand(operands, 0), operand(operands, 1)];
  const window = node.attributes;
  const geometry = geometryOf({
    x: { shape: shapeOf(node, 0) },
    w: node,
    y: { shape: shapeOf(node, 1) },
    window,
  });
  const as = matrices(geometry, site);
  const patches = as.patches.split(patchesOf(x, geometry, site));
  const flags = { ...site, transposeA: true };
  const result = product(patches, as.results.split(delta), flags);
  return reshaped(as.weights.joined(result), node.shape, site);
};

/** δ·wᵀ gives what each window hands to each of its places; a place sums what it is handed. */
const convolveInput: Kernel<"convolveInput"> = (node, operands, site) => {
  const [delta, w] = [operand(operands, 0), operand(operands, 1)];
  const window = node.attributes;
  const geometry = geometryOf({
    x: node,
    w: { shape: shapeOf(node, 1) },
    y: { shape: shapeOf(node, 0) },
    window,
  });
  const { tf } = site;
  const as = matrices(geometry, site);
  const flags = { ...site, transposeB: true };
  const handed = as.patches.joined(product(as.results.split(delta), as.weights.split(w), flags));
  if (isPointwise(geometry)) return reshaped(handed, node.shape, site);
  const { inverse } = tablesOf(geometry, site.owner);
  if (inverse.width === 0) return tf.zeros([...node.shape]);
  const places = outputRows(geometry) * sizeOf(geometry.kernel);
  const rows = reshaped(handed, [places, geometry.channels], site);
  const source = inverse.filled ? withZeroRow(rows, site) : rows;
  const parts = tf.gather(source, table("inverse", geometry, site), 0);
  return reshaped(tf.sum(parts, 1), node.shape, site);
};

export const convolutions: Kernels<"convolve" | "convolveInput" | "convolveFilter"> = {
  convolve,
  convolveInput,
  convolveFilter,
};
