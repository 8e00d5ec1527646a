/**
 * The contraction half of a kernel: a loop over pairs of example blocks, the upper triangle only,
 * each giving one block of Θ summed over pieces. Any block size gives the same numbers.
 */
import type { Program } from "#engine/backend.ts";
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
  gradients,
  gramOverUnits,
} from "./contraction.ts";
import { contractLookup, type LookupOrder, lookupDiagonal, lookupTrace } from "./lookup.ts";

/** A piece with its numbers known: δ [U, N, D, C] with a or ids, or gradients [U, N, P]. */
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
      readonly form: "gradient";
      readonly name: string;
      readonly layer: string;
      readonly gradient: InputNode;
    };

export interface BlockOptions {
  readonly sides: readonly Side[];
  readonly variant: KernelVariant;
  /** Examples in a block. */
  readonly block: number;
  /** True outputs O, by which `trace` divides. */
  readonly outputs: number;
  /** Both blocks are the same, and each layer's trace is emitted too. */
  readonly traces: boolean;
  /** Also emit each layer's own block; false unless given. */
  readonly layers?: boolean;
}

/**
 * Scans `left` and, where blocks differ, `right` [B] (example numbers); emits `block`, and where
 * they are asked for `trace/<layer>` and `layer/<layer>`.
 */
export function blockProgram(options: BlockOptions): Program {
  const { sides, block } = options;
  const left = input("left", [block], "integer");
  const right = options.traces ? left : input("right", [block], "integer");
  const byLayer = new Map<string, Node>();
  for (const side of sides) {
    const part = contract(side, { left, right, variant: options.variant });
    const sofar = byLayer.get(side.layer);
    byLayer.set(side.layer, sofar === undefined ? part : add(sofar, part));
  }
  const total = [...byLayer.values()].reduce(add, literal(0));
  const factor = options.variant === "trace" ? 1 / options.outputs : 1;
  const emitted: Record<string, Node> = { block: scale(total, factor) };
  for (const [layer, part] of byLayer) {
    if (options.traces) emitted[`trace/${layer}`] = scale(diagonalOf(part, options), factor);
    if (options.layers === true) emitted[`layer/${layer}`] = scale(part, factor);
  }
  return {
    name: `kernel blocks${options.traces ? " with traces" : ""}`,
    constants: [],
    invariants: sides.flatMap(inputsOfSide),
    carried: [],
    scanned: options.traces ? [left] : [left, right],
    emitted,
  };
}

/** What a side reads. */
export function inputsOfSide(side: Side): readonly InputNode[] {
  switch (side.form) {
    case "product":
      return [side.a, side.delta];
    case "lookup":
      return [side.ids, side.delta];
    case "gradient":
      return [side.gradient];
    default:
      return side satisfies never;
  }
}

interface Pair {
  readonly left: Node;
  readonly right: Node;
  readonly variant: KernelVariant;
}

/** `full`, `pseudo`: [U, B, U, B]; `trace`: [B, B]; `diagonal`: [U, B, B]. */
function contract(side: Side, { left, right, variant }: Pair): Node {
  if (side.form === "lookup") return contractIds(side, { left, right, variant });
  if (side.form === "gradient") {
    const [a, b] = [left, right].map((rows) => gather(side.gradient, rows, 1));
    if (a === undefined || b === undefined) throw new Error("a pair has two sides");
    if (variant === "diagonal") return matmul(a, b, { transposeB: true });
    if (variant === "trace") return gramOverUnits(a, b);
    return contractGradients(a, b);
  }
  const blocks = [left, right].map((rows) => ({
    a: gather(side.a, rows, 0),
    delta: gather(side.delta, rows, 1),
  }));
  const [a, b] = blocks;
  if (a === undefined || b === undefined) throw new Error("a pair has two sides");
  if (variant === "full" || variant === "pseudo") return contractProduct(side.order, a, b);
  if (side.delta.shape[2] === 1) {
    // One position: the Gram of the inputs weighs the Gram of the cotangents.
    const [inputs, otherInputs] = [rowsOf(a.a), rowsOf(b.a)];
    const [deltas, otherDeltas] = [withoutPositions(a.delta), withoutPositions(b.delta)];
    const gram = matmul(inputs, otherInputs, { transposeB: true });
    return variant === "trace"
      ? multiply(gram, gramOverUnits(deltas, otherDeltas))
      : multiply(
          reshape(gram, [1, ...gram.shape]),
          matmul(deltas, otherDeltas, { transposeB: true }),
        );
  }
  const [ga, gb] = [gradients(a), gradients(b)];
  return variant === "trace" ? gramOverUnits(ga, gb) : matmul(ga, gb, { transposeB: true });
}

function contractIds(side: Side & { form: "lookup" }, { left, right, variant }: Pair): Node {
  const block = (rows: Node) => ({
    ids: gather(side.ids, rows, 0),
    rows: side.rows,
    delta: gather(side.delta, rows, 1),
  });
  const [a, b] = [block(left), block(right)];
  if (variant === "trace") return lookupTrace(side.order, a, b);
  if (variant === "diagonal") return lookupDiagonal(side.order, a, b);
  return contractLookup(side.order, a, b);
}

/** [B, 1, F] → [B, F]. */
function rowsOf(a: Node): Node {
  return reshape(a, [a.shape[0] ?? 0, a.shape[2] ?? 0]);
}

/** [U, B, 1, C] → [U, B, C]. */
function withoutPositions(delta: Node): Node {
  const [u = 0, b = 0, , c = 0] = delta.shape;
  return reshape(delta, [u, b, c]);
}

/** Diagonal of a square block, one number an example: [B]. */
function diagonalOf(part: Node, { block, variant }: BlockOptions): Node {
  const units = variant === "trace" ? 1 : (part.shape[0] ?? 1);
  if (variant === "diagonal") {
    const eye = identity(block);
    return sum(multiply(part, reshape(eye, [1, block, block])), [0, 2]);
  }
  const n = units * block;
  const weighed = multiply(reshape(part, [n, n]), identity(n));
  return sum(reshape(weighed, [units, block, n]), [0, 2]);
}

function identity(n: number): Node {
  const values = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) values[i * n + i] = 1;
  return constant(tensor("float64", [n, n], values));
}
