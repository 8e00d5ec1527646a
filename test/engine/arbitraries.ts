/** Random shapes and attributes for every family of primitives with a derivative, as cases. */
import fc from "fast-check";
import * as g from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Case } from "#test/contracts/backend/case.ts";
import { flags, indices, positive, real } from "#test/contracts/backend/case.ts";

const length = fc.integer({ min: 1, max: 4 });
const shape = fc.array(length, { minLength: 0, maxLength: 3 });
const solid = fc.array(length, { minLength: 1, maxLength: 3 });

/** A shape that broadcasts to the given one: fewer leading axes, some of length 1. */
const narrower = (whole: readonly number[]): fc.Arbitrary<number[]> =>
  fc
    .tuple(
      fc.integer({ min: 0, max: whole.length }),
      fc.array(fc.boolean(), { minLength: whole.length, maxLength: whole.length }),
    )
    .map(([drop, thin]) => whole.map((n, at) => (thin[at] ? 1 : n)).slice(drop));

const perAxis = <T>(whole: readonly number[], one: (n: number) => fc.Arbitrary<T>) =>
  fc.tuple(...whole.map(one));

const binaries = [g.add, g.subtract, g.multiply, g.divide, g.maximum, g.minimum, g.power];

const elementwise: fc.Arbitrary<Case> = shape.chain((whole) =>
  fc.tuple(narrower(whole), narrower(whole), fc.constantFrom(...binaries)).map(([a, b, build]) => ({
    title: build.name,
    operands: [positive(...a), positive(...b)],
    build,
  })),
);

const selects: fc.Arbitrary<Case> = shape.chain((whole) =>
  fc.tuple(narrower(whole), narrower(whole), narrower(whole)).map(([c, a, b]) => ({
    title: "select",
    operands: [flags(...c), real(...a), real(...b)],
    build: g.select,
  })),
);

const reductions: fc.Arbitrary<Case> = solid.chain((whole) =>
  fc
    .tuple(fc.subarray([...whole.keys()]), fc.boolean(), fc.constantFrom(g.sum, g.max))
    .map(([axes, keepDims, build]) => ({
      title: build.name,
      operands: [real(...whole)],
      build: (x: Node) => build(x, axes, { keepDims }),
    })),
);

const broadcasts: fc.Arbitrary<Case> = shape.chain((whole) =>
  narrower(whole).map((own) => ({
    title: "broadcast",
    operands: [real(...own)],
    build: (x: Node) => g.broadcast(x, whole),
  })),
);

const transposes: fc.Arbitrary<Case> = solid.chain((whole) =>
  fc.shuffledSubarray([...whole.keys()], { minLength: whole.length }).map((permutation) => ({
    title: "transpose",
    operands: [real(...whole)],
    build: (x: Node) => g.transpose(x, permutation),
  })),
);

const slices: fc.Arbitrary<Case> = solid.chain((whole) =>
  perAxis(whole, (n) =>
    fc
      .tuple(fc.integer({ min: 0, max: n }), fc.integer({ min: 0, max: n }), length)
      .map(([a, b, step]) => [Math.min(a, b), Math.max(a, b), step] as const),
  ).map((bounds) => ({
    title: "slice",
    operands: [real(...whole)],
    build: (x: Node) =>
      g.slice(x, {
        starts: bounds.map(([start]) => start),
        ends: bounds.map(([, end]) => end),
        steps: bounds.map(([, , step]) => step),
      }),
  })),
);

const few = fc.integer({ min: 0, max: 2 });

const pads: fc.Arbitrary<Case> = solid.chain((whole) =>
  perAxis(whole, () => fc.tuple(few, few, few)).map((sides) => ({
    title: "pad",
    operands: [real(...whole)],
    build: (x: Node) =>
      g.pad(x, {
        low: sides.map(([low]) => low),
        high: sides.map(([, high]) => high),
        interior: sides.map(([, , interior]) => interior),
      }),
  })),
);

const concats: fc.Arbitrary<Case> = solid.chain((whole) =>
  fc.tuple(fc.nat({ max: whole.length - 1 }), length, length).map(([axis, second, third]) => ({
    title: "concat",
    operands: [real(...whole), real(...whole.with(axis, second)), real(...whole.with(axis, third))],
    build: (a: Node, b: Node, c: Node) => g.concat([a, b, c, a], axis),
  })),
);

const lookups: fc.Arbitrary<Case> = fc
  .tuple(solid, shape)
  .chain(([whole, at]) => fc.tuple(fc.constant(whole), fc.constant(at), fc.boolean(), fc.nat()))
  .map(([whole, at, scatter, pick]) => {
    const axis = pick % whole.length;
    const size = whole[axis] ?? 1;
    const updates = [...whole.slice(0, axis), ...at, ...whole.slice(axis + 1)];
    return scatter
      ? {
          title: "scatterAdd",
          operands: [real(...updates), indices(size, ...at)],
          build: (x: Node, i: Node) => g.scatterAdd(x, i, { axis, size }),
        }
      : {
          title: "gather",
          operands: [real(...whole), indices(size, ...at)],
          build: (x: Node, i: Node) => g.gather(x, i, axis),
        };
  });

const products: fc.Arbitrary<Case> = fc
  .tuple(fc.array(length, { maxLength: 2 }), length, length, length, fc.boolean(), fc.boolean())
  .map(([batch, m, k, n, transposeA, transposeB]) => ({
    title: "matmul",
    operands: [
      real(...batch, ...(transposeA ? [k, m] : [m, k])),
      real(...batch, ...(transposeB ? [n, k] : [k, n])),
    ],
    build: (a: Node, b: Node) => g.matmul(a, b, { transposeA, transposeB }),
  }));

/** One spatial axis whose window fits. */
const slide = fc
  .record({ kernel: length, stride: length, dilation: length, before: few, after: few, more: few })
  .map((axis) => ({ ...axis, size: axis.dilation * (axis.kernel - 1) + 1 + axis.more }));

const convolutions: fc.Arbitrary<Case> = fc
  .record({
    axes: fc.array(slide, { minLength: 1, maxLength: 2 }),
    groups: fc.integer({ min: 1, max: 3 }),
    channels: fc.integer({ min: 1, max: 2 }),
    filters: fc.integer({ min: 1, max: 2 }),
    role: fc.constantFrom("forward", "input", "filter"),
  })
  .map(({ axes, groups, channels, filters, role }) => {
    const window = {
      strides: axes.map(({ stride }) => stride),
      dilations: axes.map(({ dilation }) => dilation),
      padding: axes.map(({ before, after }) => [before, after] as const),
      groups,
    };
    const [inputSize, kernelSize] = [axes.map((a) => a.size), axes.map((a) => a.kernel)];
    const x = [2, ...inputSize, channels * groups];
    const w = [...kernelSize, channels, filters * groups];
    const out = g.convolve(g.input("x", x), g.input("w", w), window).shape;
    if (role === "input") {
      const build = (d: Node, k: Node): Node => g.convolveInput(d, k, { ...window, inputSize });
      return { title: "convolveInput", operands: [real(...out), real(...w)], build };
    }
    if (role === "filter") {
      const build = (a: Node, d: Node): Node => g.convolveFilter(a, d, { ...window, kernelSize });
      return { title: "convolveFilter", operands: [real(...x), real(...out)], build };
    }
    const build = (a: Node, k: Node): Node => g.convolve(a, k, window);
    return { title: "convolve", operands: [real(...x), real(...w)], build };
  });

/** Cases by family; each draws shapes and attributes anew. */
export const families: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  elementwise,
  selects,
  reductions,
  broadcasts,
  transposes,
  slices,
  pads,
  concats,
  lookups,
  products,
  convolutions,
};
