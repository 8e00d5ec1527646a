/**
 * One application of a primitive as data: operands by shape and range, and the graph over them.
 * Values come from a seed, so every backend sees the same. No primitive is named here.
 */
import { input, literal } from "#engine/graph/build.ts";
import type { InputNode, Kind, Node } from "#engine/ops/operations.ts";
import type { Shape, Tensor } from "#engine/tensor.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";

/** `low` to `high` in steps of `grain`, exact in float32; 0 means continuous in float64. */
export interface Operand {
  readonly kind: Kind;
  readonly shape: Shape;
  readonly low: number;
  readonly high: number;
  readonly grain: number;
}

export interface Case {
  readonly title: string;
  readonly operands: readonly Operand[];
  readonly build: (a: Node, b: Node, c: Node) => Node;
}

export const real = (...shape: number[]): Operand => ({
  kind: "real",
  shape,
  low: -3,
  high: 3,
  grain: 1 / 64,
});

export const positive = (...shape: number[]): Operand => ({
  ...real(...shape),
  low: 1 / 4,
  high: 4,
});

/** Few different values, so that many are equal. */
export const tied = (...shape: number[]): Operand => ({ ...real(...shape), low: -1, grain: 1 });

export const whole = (...shape: number[]): Operand => ({
  ...real(...shape),
  kind: "integer",
  grain: 1,
});

/** Indices into an axis of length `size`. */
export const indices = (size: number, ...shape: number[]): Operand => ({
  ...whole(...shape),
  low: 0,
  high: size - 1,
});

export const flags = (...shape: number[]): Operand => ({
  ...indices(2, ...shape),
  kind: "boolean",
});

const dtypes = { real: "float64", integer: "int32", boolean: "bool" } as const;

/** Numbers in [0, 1) from a seed. Source: Tommy Ettinger, mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values of an operand; `continuous` ignores the grain of real ones. */
export function drawn(operand: Operand, random: () => number, continuous = false): Tensor {
  const { kind, shape, low, high, grain } = operand;
  const values = Array.from({ length: sizeOf(shape) }, () => {
    if (continuous && kind === "real") return low + random() * (high - low);
    return low + grain * Math.floor(random() * ((high - low) / grain + 1));
  });
  return tensor(dtypes[kind], shape, values);
}

/** Input nodes for the operands, and the case's graph over them. */
export function built(
  { operands, build }: Case,
  prefix = "x",
): { readonly inputs: readonly InputNode[]; readonly output: Node } {
  const inputs = operands.map(({ shape, kind }, at) => input(`${prefix}${at}`, shape, kind));
  const [a = literal(0), b = literal(0), c = literal(0)] = inputs;
  return { inputs, output: build(a, b, c) };
}
