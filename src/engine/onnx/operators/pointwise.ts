/** Operators of one operand that act on each number by itself. */
import {
  abs,
  add,
  cast,
  cos,
  divide,
  equal,
  erf,
  exp,
  floor,
  greater,
  greaterEqual,
  literal,
  log,
  log1p,
  maximum,
  minimum,
  multiply,
  negate,
  not,
  reciprocal,
  relu,
  scale,
  select,
  sigmoid,
  sign,
  sin,
  sqrt,
  subtract,
  tanh,
} from "#engine/graph/build.ts";
import { activate } from "#engine/layers/activations.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Call } from "../call.ts";
import { dtypeOfFile } from "../elements.ts";
import { shapeOf, withStored } from "../laid.ts";
import { entry, joinedBy, onReals, pointwise, type Translation } from "./translation.ts";

const plainly = (forward: string, f: (x: Node) => Node): Translation =>
  entry(
    forward,
    pointwise((x) => onReals(x, f)),
  );
const flat = (forward: string, f: (x: Node) => Node): Translation =>
  entry(
    forward,
    pointwise((x) => onReals(x, f)),
    { derivative: "zero" },
  );
const withSlope = (forward: string, f: (x: Node, call: Call) => Node): Translation =>
  entry(forward, pointwise(f));

/** α(eˣ − 1) below zero; the exponent is cut at zero, so that the unused branch stays finite. */
const negativeExponential = (x: Node, alpha: number): Node =>
  scale(subtract(exp(minimum(x, literal(0))), literal(1)), alpha);

const between = (x: Node, low: number, high: number): Node =>
  minimum(maximum(x, literal(low)), literal(high));

/** Halves go to the even neighbour. */
function round(x: Node): Node {
  const nearest = floor(add(x, literal(0.5)));
  const tie = equal(subtract(nearest, x), literal(0.5));
  const even = scale(floor(scale(nearest, 0.5)), 2);
  return select(tie, even, nearest);
}

const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

function shrink(x: Node, call: Call): Node {
  const [bias, threshold] = [call.float("bias", 0), call.float("lambd", 0.5)];
  const above = select(greater(x, literal(threshold)), subtract(x, literal(bias)), scale(x, 0));
  return select(greater(literal(-threshold), x), add(x, literal(bias)), above);
}

function gelu(call: Call): Parameters<typeof activate>[0] {
  return call.text("approximate", "none") === "tanh" ? "gelu_tanh" : "gelu";
}

const swish = (x: Node, alpha: number): Node => multiply(x, sigmoid(scale(x, alpha)));

const parametricRelu = entry(
  "max(x, 0) + slope · min(x, 0)",
  (call) => {
    const [x, slope] = [call.x(0), call.weight(1)];
    const [rank, own] = [shapeOf(x).length, shapeOf(slope)];
    // Before operator set 7 a vector of slopes meant the channels.
    const legacy = own.length === 1 && rank > 2 && own[0] !== 1 && own[0] !== shapeOf(x)[rank - 1];
    const slopes =
      legacy || (call.version < 7 && own.length === 1 && rank > 1)
        ? call.channels(slope, rank)
        : slope;
    const negative = withStored(x, minimum(x.stored, literal(0)));
    const scaled = joinedBy(negative, slopes, multiply);
    return joinedBy(withStored(x, relu(x.stored)), scaled, add);
  },
  { kernel: "gradient" },
);

/** Bounds are attributes before operator set 11, operands after. */
const clip = entry("min(max(x, low), high)", (call) => {
  let x = call.x(0);
  const isInteger = x.stored.kind === "integer";
  const bound = (value: number) => (isInteger ? cast(literal(value), "integer") : literal(value));
  if (call.version < 11) {
    const [low, high] = [call.float("min", -Infinity), call.float("max", Infinity)];
    const raised = low === -Infinity ? x.stored : maximum(x.stored, bound(low));
    return withStored(x, high === Infinity ? raised : minimum(raised, bound(high)));
  }
  if (call.has(1)) x = joinedBy(x, call.frozen(1), maximum);
  return call.has(2) ? joinedBy(x, call.frozen(2), minimum) : x;
});

const castTo = entry("the same numbers in another type; integers are cut towards zero", (call) => {
  const dtype = dtypeOfFile(call.integer("to", 1));
  if (dtype === undefined) throw call.refuse("it casts to a type without numbers");
  const kind = dtype === "int32" ? "integer" : dtype === "bool" ? "boolean" : "real";
  const x = call.x(0);
  return withStored(x, cast(x.stored, kind));
});

const castLike = entry("x in the type of the second operand", (call) => {
  const x = call.x(0);
  return withStored(x, cast(x.stored, call.x(1).stored.kind));
});

const identity = entry("x", (call) => call.any(0), { derivative: "moves values" });

const dropout = entry("x (dropout rests, as in inference)", (call) => {
  const training = call.has(2) ? call.known(2)?.data[0] : 0;
  if (training) call.around.warn("Dropout is exported in training mode; it rests here.");
  return [call.x(0), undefined];
});

const biasGelu = entry(
  "gelu(x + bias)",
  (call) => {
    const sum = joinedBy(call.x(0), call.weight(1), add);
    return withStored(sum, activate("gelu", sum.stored));
  },
  { kernel: "gradient" },
);

const fastGelu = entry(
  "gelu by tanh, of x + bias where there is one",
  (call) => {
    const x = call.has(1) ? joinedBy(call.x(0), call.weight(1), add) : call.x(0);
    return withStored(x, activate("gelu_tanh", x.stored));
  },
  { kernel: "gradient" },
);

const functions = {
  Abs: plainly("|x|", abs),
  Ceil: flat("⌈x⌉", (x) => negate(floor(negate(x)))),
  Cos: plainly("cos x", cos),
  Cosh: plainly("(eˣ + e⁻ˣ)/2", (x) => scale(add(exp(x), exp(negate(x))), 0.5)),
  Erf: plainly("erf x", erf),
  Exp: plainly("eˣ", exp),
  Floor: flat("⌊x⌋", floor),
  Log: plainly("log x", log),
  Neg: plainly("−x", negate),
  Reciprocal: plainly("1/x", reciprocal),
  Round: flat("the nearest integer, halves to even", round),
  Sign: flat("−1, 0 or 1", sign),
  Sin: plainly("sin x", sin),
  Sinh: plainly("(eˣ − e⁻ˣ)/2", (x) => scale(subtract(exp(x), exp(negate(x))), 0.5)),
  Sqrt: plainly("√x", sqrt),
  Tan: plainly("tan x", (x) => divide(sin(x), cos(x))),
  Asinh: plainly("sign(x) · log(|x| + √(x² + 1))", (x) =>
    multiply(sign(x), log(add(abs(x), sqrt(add(multiply(x, x), literal(1)))))),
  ),
  Acosh: plainly("log(x + √(x² − 1))", (x) =>
    log(add(x, sqrt(subtract(multiply(x, x), literal(1))))),
  ),
  Atanh: plainly("(log(1 + x) − log(1 − x))/2", (x) =>
    scale(subtract(log1p(x), log1p(negate(x))), 0.5),
  ),
  IsInf: entry(
    "whether x is infinite",
    pointwise((x) => equal(abs(x), literal(Infinity))),
    {
      derivative: "zero",
    },
  ),
  IsNaN: entry(
    "whether x is not a number",
    pointwise((x) => not(equal(x, x))),
    {
      derivative: "zero",
    },
  ),
} as const;

const activations = {
  Celu: withSlope("max(x, 0) + min(0, α(e^(x/α) − 1))", (x, call) => {
    const alpha = call.float("alpha", 1);
    return add(relu(x), negativeExponential(scale(x, 1 / alpha), alpha));
  }),
  Elu: withSlope("max(x, 0) + α(eˣ − 1) below 0", (x, call) =>
    add(relu(x), negativeExponential(x, call.float("alpha", 1))),
  ),
  Gelu: withSlope("x·Φ(x), or its approximation by tanh", (x, call) => activate(gelu(call), x)),
  HardSigmoid: withSlope("min(max(αx + β, 0), 1)", (x, call) =>
    between(add(scale(x, call.float("alpha", 0.2)), literal(call.float("beta", 0.5))), 0, 1),
  ),
  HardSwish: plainly("x · min(max(x/6 + ½, 0), 1)", (x) =>
    multiply(x, between(add(scale(x, 1 / 6), literal(0.5)), 0, 1)),
  ),
  LeakyRelu: withSlope("x above 0, αx below", (x, call) =>
    select(greaterEqual(x, literal(0)), x, scale(x, call.float("alpha", 0.01))),
  ),
  Mish: plainly("x · tanh(log(1 + eˣ))", (x) => activate("mish", x)),
  PRelu: parametricRelu,
  QuickGelu: withSlope("x · σ(αx)", (x, call) => swish(x, call.float("alpha", 1.702))),
  Relu: plainly("max(x, 0)", relu),
  Selu: withSlope("γ(max(x, 0) + α(eˣ − 1) below 0)", (x, call) => {
    const below = negativeExponential(x, call.float("alpha", seluAlpha));
    return scale(add(relu(x), below), call.float("gamma", seluScale));
  }),
  Shrink: withSlope("x moved towards 0 by the bias, 0 within ±λ", shrink),
  Sigmoid: plainly("1/(1 + e⁻ˣ)", sigmoid),
  Softplus: plainly("log(1 + eˣ)", (x) => activate("softplus", x)),
  Softsign: plainly("x/(1 + |x|)", (x) => activate("softsign", x)),
  Swish: withSlope("x · σ(αx)", (x, call) => swish(x, call.float("alpha", 1))),
  Tanh: plainly("tanh x", tanh),
  ThresholdedRelu: withSlope("x above α, 0 below", (x, call) =>
    select(greater(x, literal(call.float("alpha", 1))), x, scale(x, 0)),
  ),
} as const;

export const pointwiseOperators = {
  ...functions,
  ...activations,
  Clip: clip,
  Cast: castTo,
  CastLike: castLike,
  Identity: identity,
  Dropout: dropout,
} as const;

export const pointwiseExtensions = {
  BiasGelu: biasGelu,
  FastGelu: fastGelu,
  Gelu: activations.Gelu,
  QuickGelu: activations.QuickGelu,
} as const;
