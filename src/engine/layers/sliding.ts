/**
 * How windows of convolutions and pools lie on each spatial axis: padding resolved, output lengths
 * counted, what does not fit refused. Writes no graph.
 */
import type { Shape } from "#engine/tensor.ts";
import { type Site, written } from "./layer.ts";

type PerAxis = number | readonly number[];

/** Windows along one spatial axis. */
export interface Sliding {
  readonly input: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding cells before and after. */
  readonly before: number;
  readonly after: number;
  readonly output: number;
}

export interface SlidingFields {
  /** Number of spatial axes; the input has channels behind them. */
  readonly rank: 1 | 2 | 3;
  /** Name of the field that holds the size. */
  readonly sizeField: "kernel" | "size";
  readonly size: PerAxis;
  readonly strides: PerAxis | undefined;
  readonly padding: "valid" | "same" | PerAxis | undefined;
  readonly dilations: PerAxis | undefined;
}

const layouts = {
  1: "[length, channels]",
  2: "[height, width, channels]",
  3: "[depth, height, width, channels]",
} as const;

/** One number for each of the spatial axes. */
export function spread(
  site: Site,
  rank: number,
  [field, value]: readonly [string, PerAxis],
): number[] {
  if (typeof value === "number") return Array.from({ length: rank }, () => value);
  if (value.length === rank) return [...value];
  throw site.refuse(
    field,
    `has ${value.length} numbers for ${rank} spatial axes; give one number, or ${rank}`,
  );
}

/** Zeros before and after so that ⌈input / stride⌉ windows fit; the odd one goes after. */
function samePadding(input: number, reach: number, stride: number): readonly [number, number] {
  const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + reach - input);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/** Fields resolved to one number for each axis; refuses an input of another rank. */
function resolved(site: Site, shape: Shape, fields: SlidingFields) {
  const { rank, sizeField, padding = "valid" } = fields;
  if (shape.length !== rank + 1) {
    throw site.refuse(
      "",
      `needs an input of ${layouts[rank]}, got ${written(shape)}; put a reshape before it`,
    );
  }
  const sizes = spread(site, rank, [sizeField, fields.size]);
  const strides = spread(site, rank, ["strides", fields.strides ?? 1]);
  const dilations = spread(site, rank, ["dilations", fields.dilations ?? 1]);
  const widths = spread(site, rank, ["padding", typeof padding === "string" ? 0 : padding]);
  return sizes.map((size, axis) => {
    const [length = 0, stride = 1] = [shape[axis], strides[axis]];
    const [dilation = 1, width = 0] = [dilations[axis], widths[axis]];
    const reach = dilation * (size - 1) + 1;
    return { length, size, stride, dilation, width, reach };
  });
}

/** Windows over each spatial axis of an input [...spatial, channels]. */
export function planSliding(site: Site, shape: Shape, fields: SlidingFields): readonly Sliding[] {
  const { sizeField, padding } = fields;
  return resolved(site, shape, fields).map((along, axis) => {
    const { length: input, size, stride, dilation, width, reach } = along;
    const [before, after] = padding === "same" ? samePadding(input, reach, stride) : [width, width];
    const room = before + input + after - reach;
    if (room < 0) {
      throw site.refuse(
        sizeField,
        `reaches over ${reach} cells of axis ${axis}, which has ${before + input + after} with ` +
          `padding; use a smaller ${sizeField} or padding "same"`,
      );
    }
    const output = Math.floor(room / stride) + 1;
    return { input, size, stride, dilation, before, after, output };
  });
}

/**
 * The windows whose transposed convolution takes an input [...spatial, channels]: `output` is the
 * length of that input, `input` that of the result, which is length · stride for padding "same",
 * (length − 1) · stride + max(reach, stride) for "valid", and (length − 1) · stride + reach − 2 ·
 * padding else.
 */
export function planSpreading(site: Site, shape: Shape, fields: SlidingFields): readonly Sliding[] {
  const { padding = "valid" } = fields;
  return resolved(site, shape, fields).map((along, axis) => {
    const { length: output, size, stride, dilation, width, reach } = along;
    const least = (output - 1) * stride;
    const rest = { size, stride, dilation, output };
    if (padding === "same") {
      const input = output * stride;
      const [before, after] = samePadding(input, reach, stride);
      return { ...rest, input, before, after };
    }
    const input = least + (padding === "valid" ? Math.max(reach, stride) : reach - 2 * width);
    if (input < 1) {
      throw site.refuse("padding", `${width} on axis ${axis} leaves nothing; use less padding`);
    }
    return { ...rest, input, before: width, after: width };
  });
}
