/** Derivatives of elementwise primitives of one operand: dy = f′(x)·dx, where y stands as node. */
import * as g from "./build.ts";
import type { Node, NodeOf, OperationName } from "./operations.ts";
import type { Family, JvpRule, Primitive } from "./primitive.ts";
import { operand, still } from "./primitive.ts";
import type { ShapeRule } from "./shapes.ts";
import { shapeRules } from "./shapes.ts";

/** A rule that only sees the tangent, the operand x and the result y. */
const along =
  <Name extends OperationName>(rule: (t: Node, x: Node, y: Node) => Node): JvpRule<Name> =>
  (node, [t]) =>
    t && rule(t, operand(node, 0), asNode(node));

/** NodeOf<Name> is a member of the union for every Name, which TypeScript cannot see. */
const asNode = <Name extends OperationName>(node: NodeOf<Name>): Node => node as Node;

const nonlinear = <Name extends OperationName>(
  shape: ShapeRule<Name>,
  jvp: JvpRule<Name>,
): Primitive<Name> & { readonly transpose: undefined } => ({ shape, jvp, transpose: undefined });

/** 2/√π, the slope of erf at 0. */
const erfSlope = 2 / Math.sqrt(Math.PI);

type Linear = "negate" | "scale";
type Growing = "exp" | "log" | "log1p" | "sqrt" | "reciprocal";
type Bounded = "tanh" | "sigmoid" | "softplus" | "erf" | "sin" | "cos";
type Kinked = "abs" | "sign" | "floor" | "relu" | "stopGradient";

const linear: Family<Linear> = {
  negate: {
    shape: shapeRules.negate,
    jvp: (_, [t]) => t && g.negate(t),
    transpose: (_, cotangent) => [g.negate(cotangent)],
  },
  scale: {
    shape: shapeRules.scale,
    jvp: ({ attributes }, [t]) => t && g.scale(t, attributes.factor),
    transpose: ({ attributes }, cotangent) => [g.scale(cotangent, attributes.factor)],
  },
};

const growing: Family<Growing> = {
  exp: nonlinear(
    shapeRules.exp,
    along((t, _, y) => g.multiply(t, y)),
  ),
  log: nonlinear(
    shapeRules.log,
    along((t, x) => g.divide(t, x)),
  ),
  log1p: nonlinear(
    shapeRules.log1p,
    along((t, x) => g.divide(t, g.add(x, g.literal(1)))),
  ),
  sqrt: nonlinear(
    shapeRules.sqrt,
    along((t, _, y) => g.divide(t, g.scale(y, 2))),
  ),
  reciprocal: nonlinear(
    shapeRules.reciprocal,
    along((t, _, y) => g.multiply(t, g.negate(g.multiply(y, y)))),
  ),
};

const bounded: Family<Bounded> = {
  // tanh′ = 1 − y²
  tanh: nonlinear(
    shapeRules.tanh,
    along((t, _, y) => g.multiply(t, g.subtract(g.literal(1), g.multiply(y, y)))),
  ),
  // σ′ = y(1 − y)
  sigmoid: nonlinear(
    shapeRules.sigmoid,
    along((t, _, y) => g.multiply(t, g.multiply(y, g.subtract(g.literal(1), y)))),
  ),
  softplus: nonlinear(
    shapeRules.softplus,
    along((t, x) => g.multiply(t, g.sigmoid(x))),
  ),
  // erf′ = 2/√π · exp(−x²)
  erf: nonlinear(
    shapeRules.erf,
    along((t, x) => g.multiply(t, g.scale(g.exp(g.negate(g.multiply(x, x))), erfSlope))),
  ),
  sin: nonlinear(
    shapeRules.sin,
    along((t, x) => g.multiply(t, g.cos(x))),
  ),
  cos: nonlinear(
    shapeRules.cos,
    along((t, x) => g.multiply(t, g.negate(g.sin(x)))),
  ),
};

const kinked: Family<Kinked> = {
  abs: nonlinear(
    shapeRules.abs,
    along((t, x) => g.multiply(t, g.sign(x))),
  ),
  sign: nonlinear(shapeRules.sign, still),
  floor: nonlinear(shapeRules.floor, still),
  // Told from y, which is positive where x is, so that nothing keeps x.
  relu: nonlinear(
    shapeRules.relu,
    along((t, _, y) => g.select(g.greater(y, g.literal(0)), t, g.literal(0))),
  ),
  stopGradient: nonlinear(shapeRules.stopGradient, still),
};

export const elementwise = { ...linear, ...growing, ...bounded, ...kinked };
