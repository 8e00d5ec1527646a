/** Cases of elementwise primitives: every kind that they take, and numpy broadcasting. */
import * as g from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Case, Operand } from "./case.ts";
import { flags, positive, real, tied, whole } from "./case.ts";

/** The same function over operands of several shapes. */
const unary = (build: (x: Node) => Node, make: (...shape: number[]) => Operand = real): Case[] => [
  { title: "of a scalar", operands: [make()], build },
  { title: "of a vector", operands: [make(7)], build },
  { title: "of four axes", operands: [make(2, 3, 1, 4)], build },
];

type Make = (...shape: number[]) => Operand;

const broadcasts = (build: Case["build"], make: Make, second: Make = make): Case[] => [
  { title: "of equal shapes", operands: [make(3, 4), second(3, 4)], build },
  { title: "of a matrix and a row", operands: [make(3, 4), second(4)], build },
  { title: "of a column and a row", operands: [make(3, 1), second(1, 4)], build },
  { title: "of a scalar and a matrix", operands: [make(), second(3, 4)], build },
  { title: "of three axes and a middle one", operands: [make(2, 3, 4), second(3, 1)], build },
  { title: "of two scalars", operands: [make(), second()], build },
];

/** Values at which step functions and kinks show themselves. */
const atTies = (build: Case["build"], ...others: Operand[]): Case => ({
  title: "where many values are 0 or equal",
  operands: [tied(4, 6), ...others],
  build,
});

const wide = (...shape: number[]): Operand => ({ ...real(...shape), low: -40, high: 40 });

export const oneOperand = {
  negate: unary(g.negate),
  scale: unary((x) => g.scale(x, -0.375)),
  exp: unary(g.exp),
  log: unary(g.log, positive),
  log1p: unary(g.log1p, positive),
  sqrt: unary(g.sqrt, positive),
  reciprocal: unary(g.reciprocal, positive),
  tanh: [...unary(g.tanh), { title: "far out", operands: [wide(9)], build: g.tanh }],
  sigmoid: [...unary(g.sigmoid), { title: "far out", operands: [wide(9)], build: g.sigmoid }],
  softplus: [...unary(g.softplus), { title: "far out", operands: [wide(9)], build: g.softplus }],
  erf: [...unary(g.erf), { title: "far out", operands: [wide(9)], build: g.erf }],
  abs: [...unary(g.abs), atTies(g.abs)],
  sign: [...unary(g.sign), atTies(g.sign)],
  floor: [...unary(g.floor), atTies(g.floor)],
  sin: unary(g.sin),
  cos: unary(g.cos),
  relu: [...unary(g.relu), atTies(g.relu)],
  stopGradient: unary(g.stopGradient),
  not: unary(g.not, flags),
  cast: [
    { title: "of reals to integers", operands: [real(3, 5)], build: (x) => g.cast(x, "integer") },
    { title: "of reals to booleans", operands: [tied(3, 5)], build: (x) => g.cast(x, "boolean") },
    { title: "of integers to reals", operands: [whole(3, 5)], build: (x) => g.cast(x, "real") },
    { title: "of integers to flags", operands: [whole(9)], build: (x) => g.cast(x, "boolean") },
    { title: "of booleans to reals", operands: [flags(3, 5)], build: (x) => g.cast(x, "real") },
    { title: "of booleans to integers", operands: [flags()], build: (x) => g.cast(x, "integer") },
  ],
} satisfies Record<string, Case[]>;

const onIntegers = (build: Case["build"]): Case => ({
  title: "of integers",
  operands: [whole(3, 4), whole(4)],
  build,
});

const comparison = (build: Case["build"]): Case[] => [
  ...broadcasts(build, real),
  atTies(build, tied(6)),
  onIntegers(build),
];

export const twoOperands = {
  add: [...broadcasts(g.add, real), onIntegers(g.add)],
  subtract: [...broadcasts(g.subtract, real), onIntegers(g.subtract)],
  multiply: [...broadcasts(g.multiply, real), onIntegers(g.multiply)],
  divide: broadcasts(g.divide, real, positive),
  maximum: [...broadcasts(g.maximum, real), atTies(g.maximum, tied(6)), onIntegers(g.maximum)],
  minimum: [...broadcasts(g.minimum, real), atTies(g.minimum, tied(6)), onIntegers(g.minimum)],
  power: [
    ...broadcasts(g.power, positive, real),
    { title: "square", operands: [real(3, 4)], build: (x) => g.power(x, g.literal(2)) },
    { title: "cube", operands: [real(3, 4)], build: (x) => g.power(x, g.literal(3)) },
    { title: "root", operands: [positive(5)], build: (x) => g.power(x, g.literal(-0.5)) },
  ],
  greater: comparison(g.greater),
  greaterEqual: comparison(g.greaterEqual),
  equal: comparison(g.equal),
  and: broadcasts(g.and, flags),
  or: broadcasts(g.or, flags),
  select: [
    {
      title: "of equal shapes",
      operands: [flags(3, 4), real(3, 4), real(3, 4)],
      build: g.select,
    },
    { title: "by a column", operands: [flags(3, 1), real(3, 4), real(4)], build: g.select },
    { title: "by a scalar", operands: [flags(), real(2, 1), real(1, 4)], build: g.select },
    {
      title: "of integers",
      operands: [flags(2, 3, 1), whole(4), whole(3, 4)],
      build: g.select,
    },
  ],
} satisfies Record<string, Case[]>;
