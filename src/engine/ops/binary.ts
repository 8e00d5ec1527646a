/**
 * Derivatives of elementwise primitives of two and three operands. They broadcast like numpy, so
 * transposes sum over stretched axes. Comparisons and logic carry no tangent.
 */
import * as g from "./build.ts";
import type { Node, NodeOf } from "./operations.ts";
import type { Family } from "./primitive.ts";
import { operand, still, stretched, total, unbroadcast } from "./primitive.ts";
import { shapeRules } from "./shapes.ts";

const zero = g.literal(0);
const one = g.literal(1);

type Arithmetic = "add" | "subtract" | "multiply" | "divide";
type Choosing = "maximum" | "minimum" | "power" | "select" | "cast";
type Logic = "greater" | "greaterEqual" | "equal" | "and" | "or" | "not";
type Tangent = Node | undefined;

/** The cotangent of operand `at` where the node is linear in it. */
function back(node: NodeOf<Arithmetic | "select">, at: number, cotangent: Node): Node {
  return unbroadcast(cotangent, operand(node, at).shape);
}

const arithmetic: Family<Arithmetic> = {
  add: {
    shape: shapeRules.add,
    jvp: (node, tangents) => stretched(node, total(tangents)),
    transpose: (node, c, isLinear) =>
      isLinear.map((yes, at) => (yes ? back(node, at, c) : undefined)),
  },
  subtract: {
    shape: shapeRules.subtract,
    jvp: (node, [a, b]) => stretched(node, a && b ? g.subtract(a, b) : (a ?? (b && g.negate(b)))),
    transpose: (node, c, [inA, inB]) => [
      inA ? back(node, 0, c) : undefined,
      inB ? back(node, 1, g.negate(c)) : undefined,
    ],
  },
  multiply: {
    shape: shapeRules.multiply,
    // d(ab) = da·b + a·db
    jvp: (node, [a, b]) =>
      stretched(
        node,
        total([a && g.multiply(a, operand(node, 1)), b && g.multiply(operand(node, 0), b)]),
      ),
    transpose: (node, c, [inA, inB]) => {
      if (inA && inB) throw new Error("linear in both operands is not linear");
      return [
        inA ? back(node, 0, g.multiply(c, operand(node, 1))) : undefined,
        inB ? back(node, 1, g.multiply(operand(node, 0), c)) : undefined,
      ];
    },
  },
  divide: {
    shape: shapeRules.divide,
    // d(a/b) = da/b − db·(y/b)
    jvp: (node, [a, b]) => {
      const denominator = operand(node, 1);
      const byB = b && g.multiply(b, g.negate(g.divide(node, denominator)));
      return stretched(node, total([a && g.divide(a, denominator), byB]));
    },
    transpose: (node, c, [inA]) => [
      inA ? back(node, 0, g.divide(c, operand(node, 1))) : undefined,
      undefined,
    ],
  },
};

/** The tangent of whichever operand is taken; a missing one is zero. */
function chosen(node: Pick<Node, "shape">, takeFirst: Node, [a, b]: readonly Tangent[]): Tangent {
  if (a === undefined && b === undefined) return undefined;
  return stretched(node, g.select(takeFirst, a ?? zero, b ?? zero));
}

/** ∂(aᵇ)/∂a = b·aᵇ⁻¹, which is 0 for b = 0 even at a = 0. */
function powerByBase(a: Node, b: Node): Node {
  const exponent = g.literalValue(b);
  if (exponent === 0) return zero;
  if (exponent === 1) return one;
  if (exponent === 2) return g.scale(a, 2);
  if (exponent !== undefined) return g.scale(g.power(a, g.literal(exponent - 1)), exponent);
  const never = g.equal(b, zero);
  return g.multiply(b, g.power(a, g.select(never, one, g.subtract(b, one))));
}

/** ∂(aᵇ)/∂b = aᵇ·log a, taken as 0 where a is not positive. */
function powerByExponent(node: Node, a: Node): Node {
  const positive = g.greater(a, zero);
  return g.multiply(node, g.select(positive, g.log(g.select(positive, a, one)), zero));
}

const choosing: Family<Choosing> = {
  maximum: {
    shape: shapeRules.maximum,
    jvp: (node, tangents) =>
      chosen(node, g.greaterEqual(operand(node, 0), operand(node, 1)), tangents),
    transpose: undefined,
  },
  minimum: {
    shape: shapeRules.minimum,
    jvp: (node, tangents) =>
      chosen(node, g.greaterEqual(operand(node, 1), operand(node, 0)), tangents),
    transpose: undefined,
  },
  power: {
    shape: shapeRules.power,
    jvp: (node, [ta, tb]) => {
      const [a, b] = [operand(node, 0), operand(node, 1)];
      const byBase = ta && g.multiply(ta, powerByBase(a, b));
      const byExponent = tb && g.multiply(tb, powerByExponent(node, a));
      return stretched(node, total([byBase, byExponent]));
    },
    transpose: undefined,
  },
  select: {
    shape: shapeRules.select,
    jvp: (node, [, a, b]) => chosen(node, operand(node, 0), [a, b]),
    transpose: (node, c, [, inA, inB]) => [
      undefined,
      inA ? back(node, 1, g.select(operand(node, 0), c, zero)) : undefined,
      inB ? back(node, 2, g.select(operand(node, 0), zero, c)) : undefined,
    ],
  },
  // A cast from real to real is never built, and other kinds carry no tangent.
  cast: { shape: shapeRules.cast, jvp: still, transpose: undefined },
};

const logic: Family<Logic> = {
  greater: { shape: shapeRules.greater, jvp: still, transpose: undefined },
  greaterEqual: { shape: shapeRules.greaterEqual, jvp: still, transpose: undefined },
  equal: { shape: shapeRules.equal, jvp: still, transpose: undefined },
  and: { shape: shapeRules.and, jvp: still, transpose: undefined },
  or: { shape: shapeRules.or, jvp: still, transpose: undefined },
  not: { shape: shapeRules.not, jvp: still, transpose: undefined },
};

export const binary = { ...arithmetic, ...choosing, ...logic };
