/** The lowering of every primitive: the one table that the compiler checks for completeness. */
import type { OperationName } from "#engine/ops/operations.ts";
import { add, matmul, multiply, negate, scale, subtract } from "./contraction.ts";
import { convolve, convolveFilter, convolveInput } from "./convolution.ts";
import { cast, direct, same, select } from "./elementwise.ts";
import { gather, scatterAdd } from "./indexing.ts";
import type { Lowering } from "./lowering.ts";
import { cos, erf, log1p, power, sin, softplus } from "./special.ts";
import {
  argMax,
  broadcast,
  concat,
  max,
  pad,
  reshape,
  slice,
  sum,
  transpose,
} from "./structure.ts";

const input: Lowering<"input"> = ({ attributes }) => {
  throw new Error(`input ${attributes.name} is not bound by the program`);
};

const constant: Lowering<"constant"> = (node, _, { emit }) => emit.host(node.attributes.tensor);

export const lowerings: { readonly [Name in OperationName]: Lowering<Name> } = {
  input,
  constant,
  negate,
  scale,
  exp: direct("Exp"),
  log: direct("Log"),
  log1p,
  sqrt: direct("Sqrt"),
  reciprocal: direct("Reciprocal"),
  tanh: direct("Tanh"),
  sigmoid: direct("Sigmoid"),
  softplus,
  erf,
  abs: direct("Abs"),
  sign: direct("Sign"),
  floor: direct("Floor"),
  sin,
  cos,
  relu: direct("Relu"),
  stopGradient: same,
  add,
  subtract,
  multiply,
  divide: direct("Div"),
  maximum: direct("Max"),
  minimum: direct("Min"),
  power,
  greater: direct("Greater"),
  greaterEqual: direct("GreaterOrEqual"),
  equal: direct("Equal"),
  and: direct("And"),
  or: direct("Or"),
  not: direct("Not"),
  select,
  cast,
  sum,
  max,
  argMax,
  reshape,
  broadcast,
  transpose,
  slice,
  pad,
  concat,
  gather,
  scatterAdd,
  matmul,
  convolve,
  convolveInput,
  convolveFilter,
};
