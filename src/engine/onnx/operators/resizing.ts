/** Resize and its older form Upsample: along each axis, weighted sums of gathered cells. */
import { add, multiply } from "#engine/graph/build.ts";
import type { Call } from "../call.ts";
import { type Laid, single, withStored } from "../laid.ts";
import { picked } from "./indexing.ts";
import { entry, range, table } from "./translation.ts";

/** Longest axis that is resized to. */
const lengthMax = 65_536;

interface Axis {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** Place in the input, in cells, that output cell `at` shows. */
function placeOf(mode: string, at: number, { from, to, scale }: Axis): number {
  switch (mode) {
    case "asymmetric":
      return at / scale;
    case "align_corners":
      return to === 1 ? 0 : (at * (from - 1)) / (to - 1);
    case "pytorch_half_pixel":
      return to > 1 ? (at + 0.5) / scale - 0.5 : 0;
    case "half_pixel_symmetric": {
      const adjustment = to / (scale * from);
      return (from / 2) * (1 - adjustment) + (at + 0.5) / scale - 0.5;
    }
    case "half_pixel":
      return (at + 0.5) / scale - 0.5;
    default:
      throw new Error(`coordinate_transformation_mode "${mode}" is not read`);
  }
}

const roundings: Readonly<Record<string, (place: number) => number>> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Weights of the neighbours of a place, from the cell at or before it. */
function weightsOf(
  mode: string,
  fraction: number,
  a: number,
): readonly (readonly [number, number])[] {
  if (mode === "linear")
    return [
      [0, 1 - fraction],
      [1, fraction],
    ];
  const near = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return [
    [-1, far(1 + fraction)],
    [0, near(fraction)],
    [1, near(1 - fraction)],
    [2, far(2 - fraction)],
  ];
}

interface Manner {
  readonly mode: string;
  readonly places: string;
  readonly rounding: string;
  readonly cubic: number;
}

function resizedAlong(x: Laid, axis: Axis, manner: Manner): Laid {
  const places = range(axis.to).map((at) => placeOf(manner.places, at, axis));
  const last = axis.from - 1;
  const inside = (cell: number): number => Math.min(last, Math.max(0, cell));
  if (manner.mode === "nearest") {
    const round = roundings[manner.rounding];
    if (round === undefined) throw new Error(`nearest_mode "${manner.rounding}" is unknown`);
    // Rounding errors of the scale must not decide on which side of a half a place lies.
    const steady = places.map((place) => Math.round(place * 1e6) / 1e6);
    return picked(
      x,
      axis.axis,
      steady.map((place) => inside(round(place))),
    );
  }
  const terms = weightsOf(manner.mode, 0, manner.cubic).map(([offset], nth) => {
    const cells = picked(
      x,
      axis.axis,
      places.map((place) => inside(Math.floor(place) + offset)),
    );
    const { x: own, at } = single(cells, axis.axis);
    const behind = own.stored.shape.slice(at + 1).map(() => 1);
    const weights = table("float64", [axis.to, ...behind], (index) => {
      const place = places[index] ?? 0;
      return weightsOf(manner.mode, place - Math.floor(place), manner.cubic)[nth]?.[1] ?? 0;
    });
    return withStored(own, multiply(own.stored, weights));
  });
  return terms.reduce((a, b) => withStored(a, add(a.stored, b.stored)));
}

/** Lengths and scales of all axes, from scales or from sizes. */
function axesOf(call: Call, scales: readonly number[], sizes: readonly number[]): Axis[] {
  const shape = call.shape(0);
  const named = call.integers("axes");
  const axes = named === undefined ? range(shape.length) : call.axes(named, shape.length);
  const given = sizes.length > 0 ? sizes : scales;
  if (given.length !== axes.length) throw call.refuse("it needs one scale or size for each axis");
  const { file, present } = call.around.batch;
  return axes.map((axis, at): Axis => {
    const from = shape[axis] ?? 1;
    const size = sizes[at];
    // A size that repeats the file's own batch stands for the batch at hand.
    const own = axis === 0 && size === file ? present : size;
    const scale = own === undefined ? (scales[at] ?? 1) : own / from;
    const to = own ?? Math.floor(from * scale);
    if (!(to >= 1 && to <= lengthMax)) throw call.refuse(`it resizes ${from} to ${to}`);
    return { axis, from, to, scale };
  });
}

function resized(call: Call, axes: readonly Axis[], manner: Manner): Laid {
  const mode = manner.mode.replace("bilinear", "linear").replace("trilinear", "linear");
  if (!["nearest", "linear", "cubic"].includes(mode))
    throw call.refuse(`mode "${mode}" is unknown`);
  return axes
    .filter(({ from, to, scale }) => from !== to || scale !== 1)
    .reduce((x, axis) => resizedAlong(x, axis, { ...manner, mode }), call.x(0));
}

const resize = entry("x sampled anew: nearest, linear or cubic", (call) => {
  const mode = call.text("mode", "nearest");
  const old = { mode, places: "asymmetric", rounding: "floor", cubic: -0.75 };
  if (call.version < 11) return resized(call, axesOf(call, call.numbers(1) ?? [], []), old);
  if (call.integer("antialias", 0) === 1) throw call.refuse("antialias is not read");
  if (call.integer("exclude_outside", 0) === 1) throw call.refuse("exclude_outside is not read");
  if (call.text("keep_aspect_ratio_policy", "stretch") !== "stretch") {
    throw call.refuse("keep_aspect_ratio_policy must be stretch");
  }
  return resized(call, axesOf(call, call.numbers(2) ?? [], call.numbers(3) ?? []), {
    mode,
    places: call.text("coordinate_transformation_mode", "half_pixel"),
    rounding: call.text("nearest_mode", "round_prefer_floor"),
    cubic: call.float("cubic_coeff_a", -0.75),
  });
});

const upsample = entry("x with cells repeated, or lines drawn between them", (call) => {
  const scales = call.floats("scales") ?? call.numbers(1) ?? [];
  const manner = { places: "asymmetric", rounding: "floor", cubic: -0.75 };
  return resized(call, axesOf(call, scales, []), { mode: call.text("mode", "nearest"), ...manner });
});

export const resizingOperators = { Resize: resize, Upsample: upsample } as const;
