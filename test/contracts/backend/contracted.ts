/** Cases of matrix products and of convolutions in one to three dimensions. */
import * as g from "#engine/graph/build.ts";
import type { Window } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import type { Case } from "./case.ts";
import { real } from "./case.ts";

const matmul: Case[] = [
  { title: "of matrices", operands: [real(3, 4), real(4, 5)], build: (a, b) => g.matmul(a, b) },
  {
    title: "Aᵀ·B",
    operands: [real(4, 3), real(4, 5)],
    build: (a, b) => g.matmul(a, b, { transposeA: true }),
  },
  {
    title: "A·Bᵀ",
    operands: [real(3, 4), real(5, 4)],
    build: (a, b) => g.matmul(a, b, { transposeB: true }),
  },
  {
    title: "Aᵀ·Bᵀ",
    operands: [real(4, 3), real(5, 4)],
    build: (a, b) => g.matmul(a, b, { transposeA: true, transposeB: true }),
  },
  {
    title: "of batches",
    operands: [real(2, 3, 4), real(2, 4, 5)],
    build: (a, b) => g.matmul(a, b),
  },
  {
    title: "of transposed batches",
    operands: [real(2, 2, 4, 3), real(2, 2, 5, 4)],
    build: (a, b) => g.matmul(a, b, { transposeA: true, transposeB: true }),
  },
  { title: "of one row", operands: [real(1, 6), real(6, 1)], build: (a, b) => g.matmul(a, b) },
];

interface Windowed {
  readonly title: string;
  readonly x: Shape;
  readonly w: Shape;
  readonly window?: Partial<Window>;
}

/** Input sizes that strides do not divide stand here on purpose: rows at the end are unread. */
const windows: readonly Windowed[] = [
  { title: "in 1-D", x: [2, 7, 3], w: [3, 3, 4] },
  {
    title: "in 1-D, strided, dilated and padded",
    x: [2, 9, 2],
    w: [3, 2, 3],
    window: { strides: [2], dilations: [2], padding: [[3, 1]] },
  },
  { title: "in 2-D", x: [2, 5, 6, 3], w: [3, 2, 3, 4] },
  {
    title: "in 2-D, padded alike",
    x: [2, 4, 4, 1],
    w: [3, 3, 1, 2],
    window: {
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  {
    title: "in 2-D, strided unevenly with uneven padding",
    x: [1, 8, 6, 2],
    w: [3, 2, 2, 3],
    window: {
      strides: [3, 2],
      padding: [
        [0, 1],
        [1, 0],
      ],
    },
  },
  {
    title: "in 2-D, strided past the last rows",
    x: [2, 6, 7, 2],
    w: [1, 2, 2, 3],
    window: { strides: [2, 3] },
  },
  {
    title: "in 2-D, dilated",
    x: [1, 7, 7, 2],
    w: [2, 3, 2, 2],
    window: { dilations: [3, 2] },
  },
  {
    title:
      "in 2-D, dilated, padded beyond the kernel on one side, with fewer filters than channels",
    x: [2, 6, 5, 4],
    w: [2, 3, 4, 3],
    window: {
      dilations: [2, 1],
      padding: [
        [3, 0],
        [1, 2],
      ],
    },
  },
  { title: "in 2-D, in groups", x: [2, 4, 5, 4], w: [2, 2, 2, 6], window: { groups: 2 } },
  {
    title: "in 2-D, depthwise with two filters a channel",
    x: [1, 5, 5, 3],
    w: [3, 3, 1, 6],
    window: {
      groups: 3,
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  { title: "in 2-D, one by one", x: [2, 3, 3, 5], w: [1, 1, 5, 2] },
  {
    title: "in 3-D",
    x: [1, 4, 3, 5, 2],
    w: [2, 3, 2, 2, 3],
    window: {
      strides: [1, 1, 2],
      padding: [
        [1, 0],
        [0, 0],
        [0, 1],
      ],
    },
  },
];

const convolve = windows.map(({ title, x, w, window }) => ({
  title,
  operands: [real(...x), real(...w)],
  build: (a, b) => g.convolve(a, b, window),
})) satisfies Case[];

function outputOf({ x, w, window }: Windowed): Shape {
  return g.convolve(g.input("x", x), g.input("w", w), window).shape;
}

const convolveInput = windows.map((windowed) => {
  const { title, x, w, window } = windowed;
  return {
    title,
    operands: [real(...outputOf(windowed)), real(...w)],
    build: (a, b) => g.convolveInput(a, b, { ...window, inputSize: x.slice(1, -1) }),
  };
}) satisfies Case[];

const convolveFilter = windows.map((windowed) => {
  const { title, x, w, window } = windowed;
  return {
    title,
    operands: [real(...x), real(...outputOf(windowed))],
    build: (a, b) => g.convolveFilter(a, b, { ...window, kernelSize: w.slice(0, -2) }),
  };
}) satisfies Case[];

export const contractions = { matmul, convolve, convolveInput, convolveFilter };
