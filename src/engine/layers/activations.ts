/**
 * Every activation of the contract as a composition of primitives, written so that neither the
 * value nor the derivative overflows where the activation itself does not.
 */
import {
  abs,
  add,
  divide,
  erf,
  exp,
  greater,
  literal,
  max,
  minimum,
  multiply,
  relu,
  scale,
  select,
  sigmoid,
  softplus,
  stopGradient,
  subtract,
  sum,
  tanh,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import type { Activation } from "#schemas/layer-fields.ts";
import { featuresOf, type Site } from "./layer.ts";

/** Slope of leaky_relu below zero where none is given. */
const leakySlope = 0.01;
/** Klambauer and others, Self-normalizing neural networks (2017), equation 2. */
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

/** α(eˣ − 1) below zero; the exponent is cut at zero so that the unused branch stays finite. */
const negativeExponential = (x: Node, alpha: number): Node =>
  scale(subtract(exp(minimum(x, literal(0))), literal(1)), alpha);

const relu6 = (x: Node): Node => minimum(relu(x), literal(6));

/** min(max(x + 3, 0), 6) / 6. */
const hardSigmoid = (x: Node): Node => scale(relu6(add(x, literal(3))), 1 / 6);

/** x·Φ(x) = x·(1 + erf(x/√2))/2. Hendrycks and Gimpel, Gaussian error linear units (2016). */
const gelu = (x: Node): Node =>
  multiply(scale(x, 0.5), add(erf(scale(x, Math.SQRT1_2)), literal(1)));

/** x·(1 + tanh u)/2 = x·σ(2u) with u = √(2/π)·(x + 0.044715·x³). */
function geluTanh(x: Node): Node {
  const cubic = multiply(x, add(scale(multiply(x, x), 0.044715), literal(1)));
  return multiply(x, sigmoid(scale(cubic, 2 * Math.sqrt(2 / Math.PI))));
}

/** eˣ / Σ eˣ over the last axis; subtracting the maximum changes nothing but the range. */
function softmax(x: Node): Node {
  const top = stopGradient(max(x, [-1], { keepDims: true }));
  const powers = exp(subtract(x, top));
  return divide(powers, sum(powers, [-1], { keepDims: true }));
}

const table: Readonly<Record<Activation, (x: Node, alpha: number | undefined) => Node>> = {
  linear: (x) => x,
  relu,
  leaky_relu: (x, alpha = leakySlope) => select(greater(x, literal(0)), x, scale(x, alpha)),
  elu: (x, alpha = 1) => add(relu(x), negativeExponential(x, alpha)),
  selu: (x) => scale(add(relu(x), negativeExponential(x, seluAlpha)), seluScale),
  gelu,
  gelu_tanh: geluTanh,
  silu: (x) => multiply(x, sigmoid(x)),
  sigmoid,
  tanh,
  softplus,
  softsign: (x) => divide(x, add(abs(x), literal(1))),
  relu6,
  hard_sigmoid: hardSigmoid,
  hard_swish: (x) => multiply(x, hardSigmoid(x)),
  mish: (x) => multiply(x, tanh(softplus(x))),
  exponential: exp,
  softmax,
};

/** `alpha` is the slope of leaky_relu (0.01 unless given) or the scale of elu (1 unless given). */
export function activate(name: Activation, x: Node, alpha?: number): Node {
  return table[name](x, alpha);
}

/** Refuses an activation that has no meaning for values of this shape. */
export function checkActivation(site: Site, name: Activation, shape: Shape): void {
  if (name === "softmax" && featuresOf(shape) === 1) {
    throw site.refuse(
      "activation",
      "softmax over a last axis of length 1 is always 1; use sigmoid, or at least two outputs",
    );
  }
}

const rectifying: ReadonlySet<Activation> = new Set<Activation>([
  "relu",
  "leaky_relu",
  "relu6",
  "elu",
  "gelu",
  "gelu_tanh",
  "silu",
  "hard_swish",
  "mish",
]);

/**
 * Whether about half of the signal's square is lost in it, so that weights should be √2 larger.
 * selu is not among them: it keeps variance with gain 1.
 */
export const isRectifying = (name: Activation): boolean => rectifying.has(name);
