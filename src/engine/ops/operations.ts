/**
 * The closed set of primitive operations: their names and attributes, and the node that holds one.
 * Every table over operations (shape, derivative, transpose, kernel of a backend) is a Record over
 * `OperationName`, so the compiler lists what is missing. No mathematics here.
 */
import type { Shape, Tensor } from "../tensor.ts";

/**
 * Element kind of a node. `real` becomes float32 or float64 when a program is compiled, so a graph
 * says nothing about precision; `integer` is int32; `boolean` is bool.
 */
export type Kind = "real" | "integer" | "boolean";

type None = Readonly<Record<never, never>>;

/** Windows of a convolution over the spatial axes of [N, ...spatial, C] (channels last). */
export interface Window {
  readonly strides: readonly number[];
  /** [before, after] for each spatial axis; zeros are read there. */
  readonly padding: readonly (readonly [number, number])[];
  readonly dilations: readonly number[];
  readonly groups: number;
}

/** Attributes of each operation. Operands and results are described beside the name. */
export interface Operations {
  // ── sources ────────────────────────────────────────────────────────────────────────────────
  /** A value bound by name when the program is compiled or run. */
  input: { readonly name: string; readonly shape: Shape; readonly kind: Kind };
  /** A literal (float64, int32 or bool on the host; real literals are rounded when compiled). */
  constant: { readonly tensor: Tensor };

  // ── elementwise, one operand (real → real) ─────────────────────────────────────────────────
  negate: None;
  /** x · factor. */
  scale: { readonly factor: number };
  exp: None;
  log: None;
  log1p: None;
  sqrt: None;
  reciprocal: None;
  tanh: None;
  sigmoid: None;
  /** log(1 + eˣ), computed without overflow. */
  softplus: None;
  erf: None;
  abs: None;
  /** −1, 0 or 1; its derivative is zero. */
  sign: None;
  floor: None;
  sin: None;
  cos: None;
  /** max(x, 0); derivative 0 at 0. */
  relu: None;
  /** x forward, nothing backward. */
  stopGradient: None;

  // ── elementwise, two operands, numpy broadcasting ──────────────────────────────────────────
  add: None;
  subtract: None;
  multiply: None;
  divide: None;
  /** The derivative goes to the first operand where both are equal. */
  maximum: None;
  minimum: None;
  power: None;
  greater: None;
  greaterEqual: None;
  equal: None;
  and: None;
  or: None;
  not: None;
  /** (boolean, a, b) → a where true, else b; numpy broadcasting over all three. */
  select: None;
  cast: { readonly kind: Kind };

  // ── reductions ─────────────────────────────────────────────────────────────────────────────
  sum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  /** The derivative is shared evenly between equal maxima. */
  max: { readonly axes: readonly number[]; readonly keepDims: boolean };
  /** Index of the first maximum along an axis, which disappears; integer. */
  argMax: { readonly axis: number };

  // ── shape ──────────────────────────────────────────────────────────────────────────────────
  reshape: { readonly shape: Shape };
  /** numpy broadcast_to. */
  broadcast: { readonly shape: Shape };
  transpose: { readonly permutation: readonly number[] };
  /** Per axis: from `starts` up to but not including `ends`, every `steps` ≥ 1. */
  slice: {
    readonly starts: readonly number[];
    readonly ends: readonly number[];
    readonly steps: readonly number[];
  };
  /** Zeros: `low` before, `high` after, `interior` between neighbours; all ≥ 0. */
  pad: {
    readonly low: readonly number[];
    readonly high: readonly number[];
    readonly interior: readonly number[];
  };
  concat: { readonly axis: number };
  /** (data, integer indices of any shape): data's axis is replaced by the indices' axes. */
  gather: { readonly axis: number };
  /**
   * (updates, integer indices): the transpose of gather. `updates` has the indices' axes at `axis`;
   * the result has one axis of length `size` there, and equal indices are summed.
   */
  scatterAdd: { readonly axis: number; readonly size: number };

  // ── contractions ───────────────────────────────────────────────────────────────────────────
  /** [...b, M, K] · [...b, K, N] → [...b, M, N]; equal batch axes; flags swap the last two. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };
  /** (x [N, ...in, C], w [...k, C/groups, F]) → [N, ...out, F] (cross-correlation). */
  convolve: Window;
  /** Transpose of `convolve` in x: (δ [N, ...out, F], w) → [N, ...inputSize, C]. */
  convolveInput: Window & { readonly inputSize: readonly number[] };
  /** Transpose of `convolve` in w: (x, δ) → [...kernelSize, C/groups, F]. */
  convolveFilter: Window & { readonly kernelSize: readonly number[] };
}

export type OperationName = keyof Operations;

/** One application of a primitive. Immutable; a graph is what its outputs reach. */
export interface NodeOf<Name extends OperationName> {
  readonly op: Name;
  readonly inputs: readonly Node[];
  readonly attributes: Operations[Name];
  readonly shape: Shape;
  readonly kind: Kind;
}

export type Node = { [Name in OperationName]: NodeOf<Name> }[OperationName];

export type InputNode = NodeOf<"input">;
