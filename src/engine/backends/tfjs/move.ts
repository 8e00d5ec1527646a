/** Kernels that reduce along axes or move elements without computing. */
import type { Shape } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Kernel, Kernels, Site } from "./kernel.ts";
import { operand, reshaped, shapeOf } from "./kernel.ts";
import type { EagerTensor } from "./library.ts";
import { product } from "./product.ts";

/** Up to this size a product with a one-hot matrix is the scatter: always the same bits. */
const oneHotSizeMax = 1024;

type Reductions = "sum" | "max" | "argMax";
type Layout = "reshape" | "broadcast" | "transpose" | "slice" | "pad" | "concat";
type Indexed = "gather" | "scatterAdd";

const reductions: Kernels<Reductions> = {
  sum: ({ attributes: { axes, keepDims } }, operands, { tf }) => {
    const x = operand(operands, 0);
    return axes.length === 0 ? x : tf.sum(x, [...axes], keepDims);
  },
  max: ({ attributes: { axes, keepDims } }, operands, { tf }) => {
    const x = operand(operands, 0);
    return axes.length === 0 ? x : tf.max(x, [...axes], keepDims);
  },
  argMax: ({ attributes }, operands, { tf }) => tf.argMax(operand(operands, 0), attributes.axis),
};

const broadcast: Kernel<"broadcast"> = (node, operands, site) => {
  const own = shapeOf(node, 0);
  const lead = node.shape.length - own.length;
  const aligned = node.shape.map((_, axis) => own[axis - lead] ?? 1);
  const repeats = node.shape.map((length, axis) => (aligned[axis] === 1 ? length : 1));
  const value = reshaped(operand(operands, 0), aligned, site);
  return repeats.every((count) => count === 1) ? value : site.tf.tile(value, repeats);
};

const slice: Kernel<"slice"> = (node, operands, { tf }) => {
  const { starts, ends, steps } = node.attributes;
  const x = operand(operands, 0);
  if (node.shape.join() === shapeOf(node, 0).join()) return x;
  if (steps.every((step) => step === 1)) return tf.slice(x, [...starts], [...node.shape]);
  return tf.stridedSlice(x, [...starts], [...ends], [...steps]);
};

function padded(
  value: EagerTensor,
  sides: readonly (readonly [number, number])[],
  { tf }: Site,
): EagerTensor {
  if (sides.every(([low, high]) => low === 0 && high === 0)) return value;
  return tf.pad(
    value,
    sides.map(([low, high]): [number, number] => [low, high]),
  );
}

/**
 * Gaps, one axis after another: an axis becomes (length, 1), the 1 is padded, both are joined
 * again, and the gap after the last element is cut off. Then the ends.
 */
const pad: Kernel<"pad"> = (node, operands, site) => {
  const { low, high, interior } = node.attributes;
  let value = operand(operands, 0);
  let shape: Shape = shapeOf(node, 0);
  for (const [axis, gap] of interior.entries()) {
    const length = shape[axis] ?? 0;
    if (gap === 0 || length < 2) continue;
    const [before, after] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
    const rows = reshaped(value, [before * length, 1, after], site);
    const spread = padded(
      rows,
      [
        [0, 0],
        [0, gap],
        [0, 0],
      ],
      site,
    );
    const wide = reshaped(spread, [before, length * (gap + 1), after], site);
    const kept = length + (length - 1) * gap;
    shape = shape.with(axis, kept);
    value = reshaped(site.tf.slice(wide, [0, 0, 0], [before, kept, after]), shape, site);
  }
  const sides = low.map((n, axis) => [n, high[axis] ?? 0] as const);
  return padded(value, sides, site);
};

const layout: Kernels<Layout> = {
  reshape: (node, operands, site) => reshaped(operand(operands, 0), node.shape, site),
  broadcast,
  transpose: ({ attributes }, operands, { tf }) =>
    tf.transpose(operand(operands, 0), [...attributes.permutation]),
  slice,
  pad,
  concat: ({ attributes }, operands, { tf }) =>
    operands.length === 1 ? operand(operands, 0) : tf.concat([...operands], attributes.axis),
};

/** Updates as rows: [before, count, after] → [count, before · after]. */
const scatterAdd: Kernel<"scatterAdd"> = (node, operands, site) => {
  const { tf } = site;
  const { axis, size } = node.attributes;
  const before = sizeOf(node.shape.slice(0, axis));
  const after = sizeOf(node.shape.slice(axis + 1));
  const count = sizeOf(shapeOf(node, 1));
  const parted = reshaped(operand(operands, 0), [before, count, after], site);
  const rows = before === 1 ? parted : tf.transpose(parted, [1, 0, 2]);
  const updates = reshaped(rows, [count, before * after], site);
  const sums =
    site.flavour === "node-gpu" && size <= oneHotSizeMax
      ? product(oneHot(operand(operands, 1), { count, size }, site), updates, site)
      : tf.scatterND(reshaped(operand(operands, 1), [count, 1], site), updates, [
          size,
          before * after,
        ]);
  const result = reshaped(sums, [size, before, after], site);
  return reshaped(before === 1 ? result : tf.transpose(result, [1, 0, 2]), node.shape, site);
};

/** [size, count]: 1 where a place's index is the row. */
function oneHot(
  indices: EagerTensor,
  { count, size }: { readonly count: number; readonly size: number },
  site: Site,
): EagerTensor {
  const { tf } = site;
  const steps = site.held(`range ${size}`, () => tf.range(0, size, 1, "int32"));
  const equal = tf.equal(reshaped(indices, [1, count], site), reshaped(steps, [size, 1], site));
  return tf.cast(equal, "float32");
}

const indexed: Kernels<Indexed> = {
  gather: ({ attributes }, operands, { tf }) =>
    tf.gather(operand(operands, 0), operand(operands, 1), attributes.axis),
  scatterAdd,
};

export const move = { ...reductions, ...layout, ...indexed };
