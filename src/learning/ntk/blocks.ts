/**
 * The contraction half of a kernel: a procedure from the factors of two blocks of examples to one
 * block of Θ, summed over pieces. Any block size gives the same numbers.
 */
import type { Procedure, Tensors } from "#engine/backend.ts";
import {
  add,
  constant,
  gather,
  input,
  literal,
  matmul,
  multiply,
  reshape,
  scale,
  sum,
} from "#engine/graph/build.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { tensor } from "#engine/tensor.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import {
  type ContractionOrder,
  contractGradients,
  contractProduct,
  diagonalProducts,
  gradients,
  gramOverUnits,
  gramTimesUnits,
} from "./contraction.ts";
import { contractLookup, type LookupOrder, lookupDiagonal, lookupTrace } from "./lookup.ts";

/** A piece with its numbers known: δ [N, U, D, C] with a or ids, or gradients [N, U, P]. */
export type Side =
  | {
      readonly form: "product";
      readonly name: string;
      readonly layer: string;
      readonly order: ContractionOrder;
      /** [N, D, F]. */
      readonly a: InputNode;
      readonly delta: InputNode;
    }
  | {
      readonly form: "lookup";
      readonly name: string;
      readonly layer: string;
      readonly order: LookupOrder;
      /** Integers [N, D] below `rows`. */
      readonly ids: InputNode;
      readonly rows: number;
      readonly delta: InputNode;
    }
  | {
      /** A product at one position whose δ [U, C] is the same for every example. */
      readonly form: "even";
      readonly name: string;
      readonly layer: string;
      /** [N, 1, F]. */
      readonly a: InputNode;
      readonly delta: InputNode;
    }
  | {
      readonly form: "gradient";
      readonly name: string;
      readonly layer: string;
      readonly gradient: InputNode;
    };

export interface BlockOptions {
  readonly sides: readonly Side[];
  readonly variant: KernelVariant;
  /** Examples of a block on the left. */
  readonly rows: number;
  /** Those on the right; null where both are the same block, which emits layers' traces too. */
  readonly columns: number | null;
  /** True outputs O, by which `trace` divides. */
  readonly outputs: number;
  /** Also emit each layer's own block; false unless given. */
  readonly layers?: boolean;
}

export type BlockSide = "left" | "right";

/** What a block's procedure calls a factor of its examples. */
export const blockInput = (side: BlockSide, factor: string): string => `${side}/${factor}`;

/**
 * From the factors of the examples on either side to `block`, [B·U, B'·U] or [U, B, B'], and where they are asked for
 * `trace/<layer>` (of each example) and `layer/<layer>`.
 */
export function blockProcedure(options: BlockOptions): Procedure {
  const { sides, rows, columns, variant } = options;
  const byLayer = new Map<string, Node>();
  const inputs = sides.flatMap(sharedOf);
  for (const side of sides) {
    const left = sideOf(side, "left", rows);
    const right = columns === null ? left : sideOf(side, "right", columns);
    for (const one of new Set([left, right])) inputs.push(...factorsOfSide(one));
    const part = asMatrix(contract({ left, right, variant }));
    const sofar = byLayer.get(side.layer);
    byLayer.set(side.layer, sofar === undefined ? part : add(sofar, part));
  }
  const total = [...byLayer.values()].reduce(add, literal(0));
  const factor = variant === "trace" ? 1 / options.outputs : 1;
  const outputs: Record<string, Node> = { block: scale(total, factor) };
  for (const [layer, part] of byLayer) {
    if (columns === null)
      outputs[`${tracePrefix}${layer}`] = scale(diagonalOf(part, options), factor);
    if (options.layers === true) outputs[`layer/${layer}`] = scale(part, factor);
  }
  const name = `kernel block${columns === null ? " with traces" : ""}`;
  return { name, constants: [], inputs, outputs };
}

/** What a block's procedure calls the trace of a layer. */
export const tracePrefix = "trace/";

/** Σ over the examples of a diagonal block, but for the `known` first ones. */
export function tracesIn(values: Tensors, known: number): ReadonlyMap<string, number> {
  const traces = new Map<string, number>();
  for (const [name, { data }] of Object.entries(values)) {
    if (!name.startsWith(tracePrefix)) continue;
    let sum = 0;
    for (const value of data.subarray(known)) sum += value;
    traces.set(name.slice(tracePrefix.length), sum);
  }
  return traces;
}

/** [B, U, B', U] → [B·U, B'·U]; [B, B'] and [U, B, B'] as they are. */
function asMatrix(block: Node): Node {
  const { shape } = block;
  if (shape.length < 4) return block;
  const [b = 0, u = 0, e = 0, v = 0] = shape;
  return reshape(block, [b * u, e * v]);
}

/** The same piece on some of its examples. */
function sideOf(side: Side, at: BlockSide, examples: number): Side {
  const part = ({ attributes, shape, kind }: InputNode): InputNode =>
    input(blockInput(at, attributes.name), [examples, ...shape.slice(1)], kind);
  switch (side.form) {
    case "product":
      return { ...side, a: part(side.a), delta: part(side.delta) };
    case "lookup":
      return { ...side, ids: part(side.ids), delta: part(side.delta) };
    case "even":
      return { ...side, a: part(side.a) };
    case "gradient":
      return { ...side, gradient: part(side.gradient) };
    default:
      return side satisfies never;
  }
}

/** What a side reads that has a part for each example, on its first axis. */
export function factorsOfSide(side: Side): readonly InputNode[] {
  switch (side.form) {
    case "product":
      return [side.a, side.delta];
    case "lookup":
      return [side.ids, side.delta];
    case "even":
      return [side.a];
    case "gradient":
      return [side.gradient];
    default:
      return side satisfies never;
  }
}

/** What a side reads that all examples have in common. */
export const sharedOf = (side: Side): readonly InputNode[] =>
  side.form === "even" ? [side.delta] : [];

interface Pair<One extends Side = Side> {
  readonly left: One;
  readonly right: One;
  readonly variant: KernelVariant;
}

/** `full`, `pseudo`: [B, U, B', U]; `trace`: [B, B']; `diagonal`: [U, B, B']. */
function contract({ left, right, variant }: Pair): Node {
  if (left.form === "product" && right.form === "product") {
    return contractFactors({ left, right, variant });
  }
  if (left.form === "lookup" && right.form === "lookup") {
    return contractIds({ left, right, variant });
  }
  if (left.form === "even" && right.form === "even") return contractEven({ left, right, variant });
  if (left.form !== "gradient" || right.form !== "gradient") {
    throw new Error("both sides of a piece have one form");
  }
  const [a, b] = [left.gradient, right.gradient];
  if (variant === "diagonal") return diagonalProducts(a, b);
  return variant === "trace" ? gramOverUnits(a, b) : contractGradients(a, b);
}

function contractFactors({ left, right, variant }: Pair<Side & { form: "product" }>): Node {
  if (variant === "full" || variant === "pseudo") return contractProduct(left.order, left, right);
  if (left.delta.shape[2] === 1) {
    // One position: the Gram of the inputs weighs the Gram of the cotangents.
    const gram = matmul(rowsOf(left.a), rowsOf(right.a), { transposeB: true });
    const deltas = [left, right].map(({ delta }) => withoutPositions(delta)) as [Node, Node];
    return variant === "trace"
      ? multiply(gram, gramOverUnits(...deltas))
      : multiply(reshape(gram, [1, ...gram.shape]), diagonalProducts(...deltas));
  }
  const [a, b] = [gradients(left), gradients(right)];
  return variant === "trace" ? gramOverUnits(a, b) : diagonalProducts(a, b);
}

function contractEven({ left, right, variant }: Pair<Side & { form: "even" }>): Node {
  const gram = matmul(rowsOf(left.a), rowsOf(right.a), { transposeB: true });
  const squares = sum(multiply(left.delta, left.delta), [1]);
  switch (variant) {
    case "trace":
      return multiply(gram, reshape(sum(squares, [0]), [1, 1]));
    case "diagonal":
      return multiply(
        reshape(gram, [1, ...gram.shape]),
        reshape(squares, [squares.shape[0] ?? 0, 1, 1]),
      );
    case "full":
    case "pseudo":
      return gramTimesUnits(gram, matmul(left.delta, left.delta, { transposeB: true }));
    default:
      return variant satisfies never;
  }
}

function contractIds({ left, right, variant }: Pair<Side & { form: "lookup" }>): Node {
  if (variant === "trace") return lookupTrace(left.order, left, right);
  if (variant === "diagonal") return lookupDiagonal(left.order, left, right);
  return contractLookup(left.order, left, right);
}

/** [B, 1, F] → [B, F]. */
function rowsOf(a: Node): Node {
  return reshape(a, [a.shape[0] ?? 0, a.shape[2] ?? 0]);
}

/** [B, U, 1, C] → [B, U, C]. */
function withoutPositions(delta: Node): Node {
  const [b = 0, u = 0, , c = 0] = delta.shape;
  return reshape(delta, [b, u, c]);
}

/** Diagonal of a square block, one number an example: [B]. */
function diagonalOf(part: Node, { rows, variant }: BlockOptions): Node {
  const places = (n: number): Node =>
    constant(
      tensor(
        "int32",
        [n],
        Int32Array.from({ length: n }, (_, at) => at * (n + 1)),
      ),
    );
  if (variant === "diagonal") {
    const flat = reshape(part, [part.shape[0] ?? 0, rows * rows]);
    return sum(gather(flat, places(rows), 1), [0]);
  }
  const [n = 0] = part.shape;
  const units = n / rows;
  return sum(reshape(gather(reshape(part, [n * n]), places(n), 0), [rows, units]), [1]);
}
