/**
 * Kernel rules: what an operation that reads a parameter says about the parameter's gradient, one
 * example at a time. What has no rule here is left to explicit contraction, never guessed.
 */
import {
  add,
  constant,
  divide,
  matmul,
  multiply,
  reshape,
  scale,
  scatterAdd,
  slice,
  sum,
  transpose,
} from "#engine/graph/build.ts";
import type { Known } from "#engine/graph/walk.ts";
import type { Node, NodeOf, Window } from "#engine/ops/operations.ts";
import { type Shape, sizeOf, tensor } from "#engine/tensor.ts";
import { patches } from "./patches.ts";

/**
 * A block of ∂f/∂p of example n as a function of δ, the cotangent of the node that reads p, laid
 * out as [N, D, C]. `product`: Σ_d a[n,d,:] ⊗ δ[n,d,:] with a [N, D, F]. `lookup`: row ids[n,d] of
 * the table receives δ[n,d,:], with ids [N, D]. Both a and ids are free of δ.
 */
export type Factor =
  | { readonly form: "product"; readonly a: Node; readonly delta: (cotangent: Node) => Node }
  | {
      readonly form: "lookup";
      readonly ids: Node;
      /** Rows of the table. */
      readonly rows: number;
      readonly delta: (cotangent: Node) => Node;
    };

/** What a reading says. */
export interface Rule {
  /** Blocks of the parameter side by side (groups); empty where only the whole gradient is. */
  readonly factors: readonly Factor[];
  /** Which of the operand's axes a and δ stand for; only equal ones can be added up. */
  readonly orientation: string;
  /** The operand's whole gradient, [N, ...operand shape]. */
  readonly gradient: (cotangent: Node) => Node;
}

/** Where a parameter is read. */
export interface Reading {
  /** N, examples. */
  readonly batch: number;
  /** The operand is the parameter, rearranged, times this. */
  readonly factor: number;
  /** Nodes that depend on the examples. */
  readonly reached: Known;
}

/** Convolutions of more groups than this are not split into as many products. */
const groupsSplitMax = 4;

/** The rule of the reading operation, or nothing when it has none. */
export function ruleOf(node: Node, operand: Node, reading: Reading): Rule | undefined {
  const rows = node.shape[0];
  // What does not depend on the examples has no rows that belong to them.
  if (rows === undefined || rows % reading.batch !== 0 || !reading.reached.has(node)) {
    return undefined;
  }
  if (node.inputs.filter((other) => other === operand).length !== 1) return undefined;
  const at = node.inputs.indexOf(operand);
  switch (node.op) {
    case "matmul":
      return at === 1 ? ofMatmul(node, reading) : undefined;
    case "convolve":
    case "convolveInput":
      return at === 1 ? ofConvolution(node, operand, reading) : undefined;
    case "gather":
      return at === 0 ? ofGather(node, operand, reading) : undefined;
    case "add":
    case "subtract":
    case "multiply":
    case "divide":
      return elementwise(node, operand, { ...reading, weigh: weighing(node, at) });
    default:
      return undefined;
  }
}

/** y [N·D, C] = x [N·D, F] · w: the gradient is Σ_d x ⊗ δ, turned around for w [C, F]. */
function ofMatmul(node: NodeOf<"matmul">, { batch, factor }: Reading): Rule | undefined {
  const [x] = node.inputs;
  const { transposeA, transposeB } = node.attributes;
  if (x === undefined || node.shape.length !== 2 || transposeA) return undefined;
  const [rows = 0, outputs = 0] = node.shape;
  const positions = rows / batch;
  const a = reshape(x, [batch, positions, sizeOf(x.shape) / rows]);
  const delta = (cotangent: Node) => scale(reshape(cotangent, [batch, positions, outputs]), factor);
  return {
    factors: [{ form: "product", a, delta }],
    orientation: transposeB ? "turned" : "",
    gradient: (cotangent) => {
      const [left, right] = transposeB ? [delta(cotangent), a] : [a, delta(cotangent)];
      return matmul(left, right, { transposeA: true });
    },
  };
}

/**
 * A convolution is a product over positions with the patches of x. Its transpose is one with the
 * patches of δ, so that a and δ change places.
 */
function ofConvolution(
  node: NodeOf<"convolve"> | NodeOf<"convolveInput">,
  w: Node,
  { batch, factor }: Reading,
): Rule | undefined {
  const [x] = node.inputs;
  if (x === undefined || x.shape[0] !== batch) return undefined;
  const window = node.attributes;
  const isForward = node.op === "convolve";
  const out = (isForward ? node : x).shape.slice(1, -1);
  const shapes = { window, w: w.shape, out };
  const factorOf = (group: number): Factor => {
    const rows = (wide: Node): Node => groupRows(wide, shapes, group);
    const cells = (narrow: Node): Node => groupCells(narrow, shapes, group);
    const [a, other] = isForward ? [rows(x), cells] : [cells(x), rows];
    return { form: "product", a, delta: (cotangent) => scale(other(cotangent), factor) };
  };
  const groups = window.groups > groupsSplitMax ? 0 : window.groups;
  return {
    factors: Array.from({ length: groups }, (_, group) => factorOf(group)),
    orientation: isForward ? "" : "turned",
    gradient: (cotangent) => {
      const [wide, narrow] = isForward ? [x, cotangent] : [cotangent, x];
      return scale(filterGradient(wide, narrow, shapes), factor);
    },
  };
}

/** What relates the wide array [N, ...in, C] and the narrow one [N, ...out, F]. */
interface Convolved {
  readonly window: Window;
  /** [...k, C/groups, F]. */
  readonly w: Shape;
  readonly out: Shape;
}

/** Patches of a group's channels, [N, D, K · C/groups]. */
function groupRows(wide: Node, { window, w, out }: Convolved, group: number): Node {
  const channels = w.at(-2) ?? 0;
  const part = channelsOf(wide, group * channels, channels);
  return patches(part, window, { kernel: w.slice(0, -2), out });
}

/** A group's filters, [N, D, F/groups]. */
function groupCells(narrow: Node, { window, w, out }: Convolved, group: number): Node {
  const filters = (w.at(-1) ?? 0) / window.groups;
  const part = channelsOf(narrow, group * filters, filters);
  return reshape(part, [narrow.shape[0] ?? 0, sizeOf(out), filters]);
}

function channelsOf(x: Node, from: number, count: number): Node {
  const starts = x.shape.map(() => 0).with(-1, from);
  return slice(x, { starts, ends: x.shape.with(-1, from + count) });
}

/** Σ over positions of patch ⊗ cell for each example and group: [N, ...k, C/groups, F]. */
function filterGradient(wide: Node, narrow: Node, { window, w, out }: Convolved): Node {
  const { groups } = window;
  const [batch = 0] = wide.shape;
  const [inputs = 0, filters = 0] = w.slice(-2);
  const [cells, positions] = [sizeOf(w.slice(0, -2)), sizeOf(out)];
  const rows = reshape(patches(wide, window, { kernel: w.slice(0, -2), out }), [
    batch,
    positions,
    cells,
    groups,
    inputs,
  ]);
  const turned = transpose(rows, [0, 3, 2, 4, 1]);
  const parted = reshape(narrow, [batch, positions, groups, filters / groups]);
  const product = matmul(
    reshape(turned, [batch * groups, cells * inputs, positions]),
    reshape(transpose(parted, [0, 2, 1, 3]), [batch * groups, positions, filters / groups]),
  );
  const byGroup = reshape(product, [batch, groups, cells * inputs, filters / groups]);
  return reshape(transpose(byGroup, [0, 2, 1, 3]), [batch, ...w]);
}

/** y [N·D, E] = table[ids]: row ids[n,d] of the gradient receives δ[n,d,:]. */
function ofGather(
  node: NodeOf<"gather">,
  table: Node,
  { batch, factor, reached }: Reading,
): Rule | undefined {
  const [, ids] = node.inputs;
  if (ids === undefined || node.attributes.axis !== 0 || !reached.has(ids)) return undefined;
  const [rows = 0, ...vector] = table.shape;
  const positions = sizeOf(ids.shape) / batch;
  const width = sizeOf(vector);
  const own = reshape(ids, [batch, positions]);
  const delta = (cotangent: Node) => scale(reshape(cotangent, [batch, positions, width]), factor);
  return {
    factors: [{ form: "lookup", ids: own, rows, delta }],
    orientation: "",
    gradient: (cotangent) =>
      reshape(scattered(own, delta(cotangent), rows), [batch, ...table.shape]),
  };
}

/** δ [N, D, E] added up by row: [N, rows, E]. */
export function scattered(ids: Node, delta: Node, rows: number): Node {
  const [batch = 0, positions = 0] = ids.shape;
  const width = delta.shape[2] ?? 0;
  const starts = Int32Array.from({ length: batch }, (_, n) => n * rows);
  const places = add(ids, constant(tensor("int32", [batch, 1], starts)));
  const sums = scatterAdd(
    reshape(delta, [batch * positions, width]),
    reshape(places, [batch * positions]),
    { axis: 0, size: batch * rows },
  );
  return reshape(sums, [batch, rows, width]);
}

/** What δ is multiplied by before it is summed back to the operand at a place. */
function weighing(node: Node, at: number): ((delta: Node) => Node) | undefined {
  const other = node.inputs[1 - at];
  switch (node.op) {
    case "add":
      return (delta) => delta;
    case "subtract":
      return (delta) => (at === 0 ? delta : scale(delta, -1));
    case "multiply":
      return other && ((delta) => multiply(delta, other));
    case "divide":
      return other && at === 0 ? (delta) => divide(delta, other) : undefined;
    default:
      return undefined;
  }
}

/** A parameter stretched over the result: its gradient is the weighed cotangent, summed back. */
function elementwise(
  node: Node,
  operand: Node,
  { batch, factor, weigh }: Reading & { readonly weigh: ReturnType<typeof weighing> },
): Rule | undefined {
  const rank = node.shape.length;
  const aligned = [...Array<number>(rank - operand.shape.length).fill(1), ...operand.shape];
  const [rows = 0] = node.shape;
  // A parameter with an entry per row would tie examples to their place in the batch.
  if (weigh === undefined || aligned[0] !== 1 || rank === 0) return undefined;
  const perExample = [batch, rows / batch, ...node.shape.slice(1)];
  // Axis 0 of the node becomes two, example and row within it; the latter is always summed.
  const stretched = aligned.flatMap((length, axis) => (axis > 0 && length === 1 ? [axis + 1] : []));
  const gradient = (cotangent: Node): Node => {
    const weighed = scale(weigh(cotangent), factor);
    const kept = sum(reshape(weighed, perExample), [1, ...stretched]);
    return reshape(kept, [batch, ...operand.shape]);
  };
  return { factors: [], orientation: "", gradient };
}
