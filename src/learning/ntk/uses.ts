/**
 * Where parameters enter a forward graph, and the per-example factors of their gradients there.
 * A gradient is kept as the pair (a, δ) whose product it is, or, when it is small, as itself. What
 * has no rule here is left to explicit contraction, never guessed.
 */
import {
  constant,
  divide,
  gather,
  multiply,
  pad,
  reshape,
  scale,
  slice,
  sum,
} from "#engine/graph/build.ts";
import { usesOf } from "#engine/graph/walk.ts";
import type { Node, NodeOf, Window } from "#engine/ops/operations.ts";
import { type Shape, sizeOf, tensor } from "#engine/tensor.ts";

/**
 * ∂f/∂p of example n as a function of δ, the cotangent of the node that reads p. `product`:
 * Σ_d a[n,d,:] ⊗ δ[n,d,:] with a [N, D, F] free of δ and δ reordered to [N, D, C]. `gradient`: the
 * gradient itself, [N, P].
 */
export type Factor =
  | { readonly form: "product"; readonly a: Node; readonly delta: (cotangent: Node) => Node }
  | { readonly form: "gradient"; readonly gradient: (cotangent: Node) => Node };

/** One reading of a parameter. Its factors are blocks of the parameter (groups), side by side. */
export interface Use {
  /** The node whose cotangent the factors need. */
  readonly node: Node;
  /** How the parameter was rearranged on the way; only equal layouts can be added up. */
  readonly layout: string;
  /** Empty when no rule applies. */
  readonly factors: readonly Factor[];
}

/** Every reading of `parameter` in the graph of `outputs`, for a batch of N examples. */
export function usesOfParameter(outputs: readonly Node[], parameter: Node, batch: number): Use[] {
  const readers = usesOf(outputs);
  const found: Use[] = [];
  const follow = (node: Node, factor: number, layout: string): void => {
    for (const reader of new Set(readers.get(node))) {
      const passed = passOn(reader, factor, layout);
      if (passed !== undefined) follow(reader, passed.factor, passed.layout);
      else
        found.push({ node: reader, layout, factors: factorsAt(reader, node, { batch, factor }) });
    }
  };
  follow(parameter, 1, "");
  return found;
}

/** Rearrangements and constant factors of a parameter are not uses: its value is read later. */
function passOn(
  node: Node,
  factor: number,
  layout: string,
): { factor: number; layout: string } | undefined {
  switch (node.op) {
    case "scale":
      return { factor: factor * node.attributes.factor, layout };
    case "negate":
      return { factor: -factor, layout };
    case "reshape":
      return { factor, layout: `${layout}reshape ${node.shape};` };
    case "transpose":
      return { factor, layout: `${layout}transpose ${node.attributes.permutation};` };
    default:
      return undefined;
  }
}

interface Scene {
  readonly batch: number;
  readonly factor: number;
}

/** The rule of the reading operation, or nothing when it has none. */
function factorsAt(node: Node, operand: Node, scene: Scene): Factor[] {
  const rows = node.shape[0];
  if (rows === undefined || rows % scene.batch !== 0) return [];
  if (node.inputs.filter((other) => other === operand).length !== 1) return [];
  const at = node.inputs.indexOf(operand);
  switch (node.op) {
    case "matmul":
      return at === 1 ? matmulFactors(node, scene) : [];
    case "convolve":
      return at === 1 ? convolveFactors(node, scene) : [];
    case "add":
      return elementwise(node, operand, { ...scene, weigh: (delta) => delta });
    case "subtract":
      return elementwise(node, operand, {
        ...scene,
        weigh: (delta) => (at === 0 ? delta : scale(delta, -1)),
      });
    case "multiply": {
      const [other] = node.inputs.filter((candidate) => candidate !== operand);
      return other === undefined
        ? []
        : elementwise(node, operand, { ...scene, weigh: (delta) => multiply(delta, other) });
    }
    case "divide": {
      const [, divisor] = node.inputs;
      return at === 1 || divisor === undefined
        ? []
        : elementwise(node, operand, { ...scene, weigh: (delta) => divide(delta, divisor) });
    }
    case "broadcast":
      return elementwise(node, operand, { ...scene, weigh: (delta) => delta });
    default:
      return [];
  }
}

/** y [N·D, C] = x [N·D, F] · w: the gradient is Σ_d x ⊗ δ (transposed alike for w [C, F]). */
function matmulFactors(node: NodeOf<"matmul">, { batch, factor }: Scene): Factor[] {
  const [x] = node.inputs;
  if (x === undefined || node.shape.length !== 2 || node.attributes.transposeA) return [];
  const [rows = 0, outputs = 0] = node.shape;
  const positions = rows / batch;
  const a = reshape(x, [batch, positions, sizeOf(x.shape) / rows]);
  const delta = (cotangent: Node) => scale(reshape(cotangent, [batch, positions, outputs]), factor);
  return [{ form: "product", a, delta }];
}

/** A convolution is a product over positions with the patches of x, group by group. */
function convolveFactors(node: NodeOf<"convolve">, { batch, factor }: Scene): Factor[] {
  const [x, w] = node.inputs;
  if (x === undefined || w === undefined || x.shape[0] !== batch) return [];
  const { groups } = node.attributes;
  const positions = sizeOf(node.shape.slice(1, -1));
  const channels = (node.shape.at(-1) ?? 0) / groups;
  const inputs = (x.shape.at(-1) ?? 0) / groups;
  return Array.from({ length: groups }, (_, group): Factor => {
    const from = group * channels;
    return {
      form: "product",
      a: patches(channelsOf(x, group * inputs, inputs), node.attributes, {
        kernel: w.shape.slice(0, -2),
        out: node.shape.slice(1, -1),
      }),
      delta: (cotangent) =>
        scale(reshape(channelsOf(cotangent, from, channels), [batch, positions, channels]), factor),
    };
  });
}

function channelsOf(x: Node, from: number, count: number): Node {
  const starts = x.shape.map(() => 0);
  const ends = [...x.shape];
  starts[starts.length - 1] = from;
  ends[ends.length - 1] = from + count;
  return slice(x, { starts, ends });
}

/** im2col: x [N, ...in, C] → [N, D, K·C], D output positions, K kernel cells in row-major order. */
export function patches(
  x: Node,
  window: Window,
  { kernel, out }: { readonly kernel: Shape; readonly out: Shape },
): Node {
  const [batch = 0] = x.shape;
  const channels = x.shape.at(-1) ?? 0;
  const low = window.padding.map(([before]) => before);
  const high = window.padding.map(([, after]) => after);
  const padded = pad(x, { low: [0, ...low, 0], high: [0, ...high, 0] });
  const inner = padded.shape.slice(1, -1);
  const cells = sizeOf(inner);
  const index: number[] = [];
  for (let d = 0; d < sizeOf(out); d += 1) {
    for (let k = 0; k < sizeOf(kernel); k += 1) {
      index.push(cellOf(d, k, { out, kernel, inner, window }));
    }
  }
  const rows = gather(
    reshape(padded, [batch, cells, channels]),
    constant(tensor("int32", [index.length], index)),
    1,
  );
  return reshape(rows, [batch, sizeOf(out), sizeOf(kernel) * channels]);
}

/** Flat padded input cell that kernel cell k reads for output position d. */
function cellOf(
  d: number,
  k: number,
  sizes: { out: Shape; kernel: Shape; inner: Shape; window: Window },
): number {
  const { out, kernel, inner, window } = sizes;
  let position = d;
  let cell = k;
  let flat = 0;
  let stride = 1;
  for (let axis = inner.length - 1; axis >= 0; axis -= 1) {
    const outLength = out[axis] ?? 1;
    const kernelLength = kernel[axis] ?? 1;
    const at =
      (position % outLength) * (window.strides[axis] ?? 1) +
      (cell % kernelLength) * (window.dilations[axis] ?? 1);
    flat += at * stride;
    stride *= inner[axis] ?? 1;
    position = Math.floor(position / outLength);
    cell = Math.floor(cell / kernelLength);
  }
  return flat;
}

/** A parameter stretched over the result: its gradient is the weighed cotangent, summed back. */
function elementwise(
  node: Node,
  operand: Node,
  { batch, factor, weigh }: Scene & { readonly weigh: (delta: Node) => Node },
): Factor[] {
  const rank = node.shape.length;
  const aligned = [...Array<number>(rank - operand.shape.length).fill(1), ...operand.shape];
  const [rows = 0] = node.shape;
  // A parameter with an entry per row would tie examples to their place in the batch.
  if (aligned[0] !== 1 || rank === 0) return [];
  const perExample = [batch, rows / batch, ...node.shape.slice(1)];
  // Axis 0 of the node becomes two, example and row within it; the latter is always summed.
  const stretched = aligned.flatMap((length, axis) => (axis > 0 && length === 1 ? [axis + 1] : []));
  const gradient = (cotangent: Node): Node => {
    const weighed = scale(weigh(cotangent), factor);
    const kept = sum(reshape(weighed, perExample), [1, ...stretched]);
    return reshape(kept, [batch, sizeOf(operand.shape)]);
  };
  return [{ form: "gradient", gradient }];
}
