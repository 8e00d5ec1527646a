/** The form of an entry in the table of operators, and small moves that many entries share. */
import { cast, constant } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import { sizeOf, zeros } from "#engine/tensor.ts";
import type { Call, Translate } from "../call.ts";
import { combined, type Laid, withStored } from "../laid.ts";

/** How an operator is differentiated: by its primitives, not at all, or it is a constant. */
export type Derivative = "exact" | "zero" | "moves values" | "folded";

/** How per-example gradients of its weights enter a kernel. */
export type KernelRule = "product" | "gradient" | "explicit" | "none";

export interface Translation {
  /** What it computes, in one line. */
  readonly forward: string;
  readonly derivative: Derivative;
  readonly kernel: KernelRule;
  readonly translate: Translate;
}

type Rest = Partial<Pick<Translation, "derivative" | "kernel">>;

export const entry = (forward: string, translate: Translate, rest: Rest = {}): Translation => ({
  forward,
  derivative: rest.derivative ?? "exact",
  kernel: rest.kernel ?? "none",
  translate,
});

/** Longest list of numbers that a translation writes down. */
const listMax = 2 ** 22;

/** A constant from a function of the flat index; refuses what would be too long to write down. */
export function table(
  dtype: "float64" | "int32" | "bool",
  shape: Shape,
  at: (index: number) => number,
): Node {
  const size = sizeOf(shape);
  if (size > listMax) throw new Error(`it needs a table of ${size} numbers`);
  const value = zeros(dtype, shape);
  for (let index = 0; index < size; index += 1) value.data[index] = at(index);
  return constant(value);
}

/** A function of reals on any kind of number; integers come back as integers. */
export function onReals(x: Node, f: (x: Node) => Node): Node {
  return x.kind === "real" ? f(x) : cast(f(cast(x, "real")), x.kind);
}

/** An operator that acts on each number by itself. */
export const pointwise =
  (f: (x: Node, call: Call) => Node): Translate =>
  (call) => {
    const x = call.x(0);
    return withStored(x, f(x.stored, call));
  };

/** Two operands with broadcasting. */
export const joinedBy = (a: Laid, b: Laid, join: (a: Node, b: Node) => Node): Laid =>
  combined([a, b], ([first, second]) => {
    if (first === undefined || second === undefined) throw new Error("two operands are needed");
    return join(first, second);
  });

/** Integers 0, 1, …, length − 1. */
export function range(length: number): number[] {
  if (length > listMax) throw new Error(`it needs a list of ${length} numbers`);
  return Array.from({ length }, (_, i) => i);
}

export const repeated = (length: number, value: number): number[] =>
  Array.from({ length }, () => value);
