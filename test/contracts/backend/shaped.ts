/** Cases of sources, reductions and primitives that move elements. */
import * as g from "#engine/graph/build.ts";
import { tensor } from "#engine/tensor.ts";
import type { Case } from "./case.ts";
import { flags, indices, real, tied, whole } from "./case.ts";

export const sources = {
  input: [
    { title: "of reals", operands: [real(2, 3)], build: (x) => x },
    { title: "of integers", operands: [whole(2, 3)], build: (x) => x },
    { title: "of booleans", operands: [flags()], build: (x) => x },
  ],
  constant: [
    {
      title: "of reals",
      operands: [],
      build: () => g.constant(tensor("float64", [2, 3], [1, -2.5, 3, 0.125, 5, -6])),
    },
    { title: "of float32", operands: [], build: () => g.constant(tensor("float32", [2], [1, 2])) },
    {
      title: "of integers",
      operands: [],
      build: () => g.constant(tensor("int32", [4], [-1, 0, 7, 2_000_000_000])),
    },
    { title: "of flags", operands: [], build: () => g.constant(tensor("bool", [3], [1, 0, 1])) },
    { title: "that is a scalar", operands: [real(3)], build: (x) => g.add(x, g.literal(0.5)) },
    { title: "that is stretched", operands: [], build: () => g.filled(0.75, [2, 3]) },
  ],
} satisfies Record<string, Case[]>;

const reduction = (build: typeof g.sum): Case[] => [
  { title: "over everything", operands: [real(3, 4)], build: (x) => build(x) },
  { title: "over the first axis", operands: [real(3, 4)], build: (x) => build(x, [0]) },
  { title: "over the last axis", operands: [real(2, 3, 4)], build: (x) => build(x, [-1]) },
  {
    title: "over outer axes, which are kept",
    operands: [real(2, 3, 4)],
    build: (x) => build(x, [0, 2], { keepDims: true }),
  },
  { title: "over an axis of length 1", operands: [real(3, 1)], build: (x) => build(x, [1]) },
  { title: "of a vector", operands: [tied(9)], build: (x) => build(x, [0], { keepDims: true }) },
  { title: "of ties", operands: [tied(4, 6)], build: (x) => build(x, [1]) },
  { title: "of integers", operands: [whole(3, 4)], build: (x) => build(x, [1]) },
];

export const reductions = {
  sum: reduction(g.sum),
  max: reduction(g.max),
  argMax: [
    { title: "along the last axis", operands: [real(3, 5)], build: (x) => g.argMax(x, -1) },
    { title: "along the first axis", operands: [real(3, 5)], build: (x) => g.argMax(x, 0) },
    { title: "along a middle axis", operands: [real(2, 4, 3)], build: (x) => g.argMax(x, 1) },
    { title: "takes the first of ties", operands: [tied(5, 7)], build: (x) => g.argMax(x, 1) },
    { title: "of integers", operands: [whole(6)], build: (x) => g.argMax(x, 0) },
  ],
} satisfies Record<string, Case[]>;

export const layout = {
  reshape: [
    { title: "flattens", operands: [real(2, 3, 4)], build: (x) => g.reshape(x, [24]) },
    { title: "regroups", operands: [real(6, 4)], build: (x) => g.reshape(x, [2, 3, 4]) },
    { title: "to a scalar", operands: [real(1, 1)], build: (x) => g.reshape(x, []) },
    { title: "from a scalar", operands: [whole()], build: (x) => g.reshape(x, [1, 1]) },
    { title: "of booleans", operands: [flags(4)], build: (x) => g.reshape(x, [2, 2]) },
  ],
  broadcast: [
    { title: "a scalar", operands: [real()], build: (x) => g.broadcast(x, [2, 3]) },
    { title: "a row", operands: [real(3)], build: (x) => g.broadcast(x, [2, 3]) },
    { title: "a column", operands: [real(2, 1)], build: (x) => g.broadcast(x, [2, 3]) },
    { title: "inside and out", operands: [real(3, 1)], build: (x) => g.broadcast(x, [2, 3, 4]) },
    { title: "integers", operands: [whole(1, 2)], build: (x) => g.broadcast(x, [3, 2]) },
    { title: "booleans", operands: [flags(1, 2)], build: (x) => g.broadcast(x, [3, 2]) },
  ],
  transpose: [
    { title: "a matrix", operands: [real(2, 5)], build: (x) => g.transpose(x, [1, 0]) },
    { title: "cyclically", operands: [real(2, 3, 4)], build: (x) => g.transpose(x, [2, 0, 1]) },
    {
      title: "of four axes",
      operands: [real(2, 3, 4, 5)],
      build: (x) => g.transpose(x, [0, 3, 1, 2]),
    },
    { title: "integers", operands: [whole(2, 3)], build: (x) => g.transpose(x, [1, 0]) },
    { title: "booleans", operands: [flags(2, 3)], build: (x) => g.transpose(x, [1, 0]) },
  ],
  slice: [
    {
      title: "a block",
      operands: [real(4, 5)],
      build: (x) => g.slice(x, { starts: [1, 0], ends: [3, 5] }),
    },
    {
      title: "every second and third",
      operands: [real(5, 7)],
      build: (x) => g.slice(x, { starts: [0, 1], ends: [5, 7], steps: [2, 3] }),
    },
    {
      title: "one element",
      operands: [whole(3)],
      build: (x) => g.slice(x, { starts: [2], ends: [3] }),
    },
  ],
  pad: [
    {
      title: "around",
      operands: [real(2, 3)],
      build: (x) => g.pad(x, { low: [1, 0], high: [0, 2] }),
    },
    {
      title: "between",
      operands: [real(3)],
      build: (x) => g.pad(x, { low: [0], high: [0], interior: [2] }),
    },
    {
      title: "around and between",
      operands: [real(2, 3, 2)],
      build: (x) => g.pad(x, { low: [0, 1, 2], high: [1, 0, 3], interior: [1, 0, 2] }),
    },
    { title: "integers", operands: [whole(3)], build: (x) => g.pad(x, { low: [2], high: [1] }) },
  ],
  concat: [
    {
      title: "rows",
      operands: [real(2, 3), real(1, 3), real(4, 3)],
      build: (a, b, c) => g.concat([a, b, c], 0),
    },
    {
      title: "columns",
      operands: [real(2, 3, 1), real(2, 3, 4)],
      build: (a, b) => g.concat([a, b], -1),
    },
    { title: "the same twice", operands: [real(2, 2)], build: (a) => g.concat([a, a], 1) },
    { title: "integers", operands: [whole(2), whole(3)], build: (a, b) => g.concat([a, b], 0) },
  ],
} satisfies Record<string, Case[]>;

export const indexed = {
  gather: [
    { title: "rows", operands: [real(5, 3), indices(5, 4)], build: (x, i) => g.gather(x, i, 0) },
    { title: "columns", operands: [real(2, 5), indices(5, 7)], build: (x, i) => g.gather(x, i, 1) },
    {
      title: "by a matrix of indices",
      operands: [real(2, 5, 3), indices(5, 2, 4)],
      build: (x, i) => g.gather(x, i, 1),
    },
    { title: "one row", operands: [real(5, 3), indices(5)], build: (x, i) => g.gather(x, i, 0) },
    { title: "integers", operands: [whole(6), indices(6, 3)], build: (x, i) => g.gather(x, i, 0) },
  ],
  scatterAdd: [
    {
      title: "rows, some of them twice",
      operands: [real(6, 3), indices(4, 6)],
      build: (x, i) => g.scatterAdd(x, i, { axis: 0, size: 4 }),
    },
    {
      title: "columns",
      operands: [real(2, 5, 3), indices(4, 5)],
      build: (x, i) => g.scatterAdd(x, i, { axis: 1, size: 4 }),
    },
    {
      title: "by a matrix of indices",
      operands: [real(2, 3, 4), indices(5, 3, 4)],
      build: (x, i) => g.scatterAdd(x, i, { axis: 1, size: 5 }),
    },
    {
      title: "one row",
      operands: [real(3), indices(4)],
      build: (x, i) => g.scatterAdd(x, i, { axis: 0, size: 4 }),
    },
  ],
} satisfies Record<string, Case[]>;
