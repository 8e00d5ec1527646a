/** Operators of several operands that act place by place: arithmetic, comparison, logic, choice. */
import {
  add,
  and,
  cast,
  divide,
  equal,
  floor,
  greater,
  greaterEqual,
  literal,
  literalValue,
  maximum,
  minimum,
  multiply,
  not,
  or,
  power,
  reciprocal,
  scale,
  select,
  sqrt,
  subtract,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Call, Translate } from "../call.ts";
import { combined, type Laid, reshaped, shapeOf, withStored } from "../laid.ts";
import { entry, joinedBy, onReals, repeated, type Translation } from "./translation.ts";

type Join = (a: Node, b: Node) => Node;

/** The second operand; before operator set 7 an attribute says at which axis it is laid on. */
function second(call: Call): Laid {
  const b = call.x(1);
  const axis = call.version < 7 ? call.integer("axis", -1) : -1;
  const own = shapeOf(b);
  const behind = call.shape(0).length - axis - own.length;
  return axis < 0 || behind <= 0 ? b : reshaped(b, [...own, ...repeated(behind, 1)]);
}

const pair =
  (join: Join): Translate =>
  (call) =>
    joinedBy(call.x(0), second(call), join);

const arithmetic = (forward: string, join: Join): Translation =>
  entry(forward, pair(join), { kernel: "gradient" });

/** Quotients of integers are cut towards zero. */
const quotient: Join = (a, b) =>
  a.kind === "real" ? divide(a, b) : cast(divide(cast(a, "real"), cast(b, "real")), "integer");

/** a − ⌊a/b⌋·b, or with the sign of a where `fmod` is set. */
const modulo = entry("a modulo b, with the sign of b (of a where fmod is set)", (call) => {
  const truncates = call.integer("fmod", 0) === 1;
  return joinedBy(call.x(0), call.x(1), (a, b) => {
    const [x, y] = [cast(a, "real"), cast(b, "real")];
    const ratio = divide(x, y);
    const whole = truncates
      ? select(greater(literal(0), ratio), scale(floor(scale(ratio, -1)), -1), floor(ratio))
      : floor(ratio);
    return cast(subtract(x, multiply(whole, y)), a.kind);
  });
});

/** Small whole exponents are products, which have derivatives for negative x too. */
function raised(x: Node, exponent: Node): Node {
  const value = literalValue(exponent);
  if (value === 0.5) return sqrt(x);
  if (value === -0.5) return reciprocal(sqrt(x));
  if (value === -1) return reciprocal(x);
  if (value === 1) return x;
  if (value === 2) return multiply(x, x);
  if (value === 3) return multiply(multiply(x, x), x);
  return power(x, exponent);
}

const pow = entry("xᵖ", (call) => {
  const [x, p] = [call.x(0), call.frozen(1)];
  const single = sizeOf(p.stored.shape) === 1 && p.stored.op === "constant";
  const value = single ? p.stored : undefined;
  if (value?.op === "constant" && shapeOf(p).length <= shapeOf(x).length) {
    const exponent = literal(value.attributes.tensor.data[0] ?? 1);
    return withStored(
      x,
      onReals(x.stored, (node) => raised(node, exponent)),
    );
  }
  return joinedBy(x, p, (a, b) => cast(power(cast(a, "real"), cast(b, "real")), a.kind));
});

const comparison = (forward: string, join: Join): Translation =>
  entry(
    forward,
    pair((a, b) =>
      a.kind === "boolean" ? join(cast(a, "integer"), cast(b, "integer")) : join(a, b),
    ),
    { derivative: "zero" },
  );

const logic = (forward: string, join: Join): Translation =>
  entry(forward, pair(join), { derivative: "zero" });

/** A fold over any number of operands. */
const many = (forward: string, join: Join): Translation =>
  entry(forward, (call) => call.all().reduce((a, b) => joinedBy(a, b, join)), {
    kernel: "gradient",
  });

const mean = entry(
  "the mean of all operands",
  (call) => {
    const sum = call.all().reduce((a, b) => joinedBy(a, b, add));
    return withStored(sum, scale(sum.stored, 1 / call.count));
  },
  { kernel: "gradient" },
);

const where = entry(
  "a where the condition holds, else b",
  (call) =>
    combined([call.x(0), call.x(1), call.x(2)], ([condition, a, b]) => {
      if (condition === undefined || a === undefined || b === undefined) throw new Error("short");
      return select(cast(condition, "boolean"), a, b);
    }),
  { kernel: "explicit" },
);

export const pairwiseOperators = {
  Add: arithmetic("a + b", add),
  Sub: arithmetic("a − b", subtract),
  Mul: arithmetic("a · b", multiply),
  Div: arithmetic("a / b; of integers cut towards 0", quotient),
  Mod: modulo,
  Pow: pow,
  Equal: comparison("a = b", equal),
  Greater: comparison("a > b", greater),
  GreaterOrEqual: comparison("a ≥ b", greaterEqual),
  Less: comparison("a < b", (a, b) => greater(b, a)),
  LessOrEqual: comparison("a ≤ b", (a, b) => greaterEqual(b, a)),
  And: logic("a and b", and),
  Or: logic("a or b", or),
  Xor: logic("a or b but not both", (a, b) => and(or(a, b), not(and(a, b)))),
  Not: entry("not a", (call) => withStored(call.x(0), not(call.x(0).stored)), {
    derivative: "zero",
  }),
  Sum: many("the sum of all operands", add),
  Max: many("the largest operand; its derivative goes to the first of equal ones", maximum),
  Min: many("the smallest operand; its derivative goes to the first of equal ones", minimum),
  Mean: mean,
  Where: where,
} as const;
