/**
 * Every primitive as operators of ONNX, for exported graphs. Shapes leave the batch open: what
 * depends on it has it outermost, so that a single −1 or 1 stands for it.
 */
import type { Node, NodeOf, OperationName } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import type { GraphWriter } from "./graph-writer.ts";
import { type Attributes, elementTypes, int, ints } from "./model.ts";

/** Where a primitive is written. */
export interface Page {
  readonly write: GraphWriter;
  /** True when the first axis grows with the batch. */
  grows(node: Node): boolean;
  /** The rows of a grown node, as a list of one int64, from the batch at hand. */
  rowsOf(node: Node): string;
  valueOf(node: Node): string;
}

type Written<Name extends OperationName> = (
  node: NodeOf<Name>,
  operands: readonly string[],
  page: Page,
) => string;

const operand = (node: Pick<Node, "inputs" | "op">, at: number): Node => {
  const found = node.inputs[at];
  if (found === undefined) throw new Error(`${node.op} lacks operand ${at}`);
  return found;
};

/** NodeOf<Name> is a member of the union for every Name, which TypeScript cannot see. */
const asNode = <Name extends OperationName>(node: NodeOf<Name>): Node => node as Node;

const direct =
  (operator: string) =>
  (_: unknown, operands: readonly string[], { write }: Page): string =>
    write.emit(operator, operands);

const absent = (name: string) => (): string => {
  throw new Error(`${name} stands in gradients alone and is not exported`);
};

const first = (_: unknown, operands: readonly string[]): string => operands[0] ?? "";

/** Axis lengths with an open first one where the node grows. */
const openShape = (node: Node, page: Page, open: -1 | 1): Shape =>
  page.grows(node) ? node.shape.with(0, open) : node.shape;

const reshape: Written<"reshape"> = (node, [x = ""], page) =>
  page.write.reshape(x, openShape(asNode(node), page, -1));

const broadcast: Written<"broadcast"> = (node, [x = ""], page) => {
  const { write } = page;
  const self = asNode(node);
  if (!page.grows(self) || page.grows(operand(node, 0))) {
    return write.emit("Expand", [x, write.integers(openShape(self, page, 1))]);
  }
  const rest = write.integers(node.shape.slice(1));
  const rows = page.rowsOf(self);
  const shape =
    node.shape.length === 1 ? rows : write.emit("Concat", [rows, rest], { axis: int(0) });
  return write.emit("Expand", [x, shape]);
};

const slice: Written<"slice"> = (node, [x = ""], page) => {
  const { starts, ends, steps } = node.attributes;
  const lengths = operand(node, 0).shape;
  const axes = [...lengths.keys()].filter(
    (axis) => starts[axis] !== 0 || ends[axis] !== lengths[axis] || steps[axis] !== 1,
  );
  if (axes.length === 0) return x;
  const along = (list: readonly number[]) =>
    page.write.integers(axes.map((axis) => list[axis] ?? 0));
  const bounds = [along(starts), along(ends), page.write.integers(axes), along(steps)];
  return page.write.emit("Slice", [x, ...bounds]);
};

/** Gaps first: an axis becomes (length, 1), the 1 is padded, both join, the end is cut off. */
function withGaps(node: NodeOf<"pad">, x: string, page: Page): string {
  const { interior } = node.attributes;
  const source = operand(node, 0);
  const { write } = page;
  if (interior.every((gap) => gap === 0)) return x;
  const open = openShape(source, page, -1);
  const pairs = write.reshape(
    x,
    open.flatMap((length) => [length, 1]),
  );
  const gaps = [...interior.flatMap(() => [0, 0]), ...interior.flatMap((gap) => [0, gap])];
  const wide = write.emit("Pad", [pairs, write.integers(gaps)]);
  const spread = source.shape.map((length, axis) => length * (1 + (interior[axis] ?? 0)));
  const whole = write.reshape(wide, page.grows(source) ? spread.with(0, -1) : spread);
  const axes = [...interior.keys()].filter((axis) => (interior[axis] ?? 0) > 0);
  const ends = axes.map((axis) => (spread[axis] ?? 0) - (interior[axis] ?? 0));
  const zeros = write.integers(axes.map(() => 0));
  return write.emit("Slice", [whole, zeros, write.integers(ends), write.integers(axes)]);
}

const pad: Written<"pad"> = (node, [x = ""], page) => {
  const { low, high } = node.attributes;
  const value = withGaps(node, x, page);
  const ends = [...low, ...high];
  return ends.some((n) => n > 0)
    ? page.write.emit("Pad", [value, page.write.integers(ends)])
    : value;
};

const matmul: Written<"matmul"> = (node, [a = "", b = ""], { write }) => {
  const { transposeA, transposeB } = node.attributes;
  const rank = node.shape.length;
  if (rank === 2) {
    const flags: Attributes = {
      ...(transposeA ? { transA: int(1) } : {}),
      ...(transposeB ? { transB: int(1) } : {}),
    };
    return write.emit("Gemm", [a, b], flags);
  }
  const order = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  const turned = (x: string, swap: boolean) => (swap ? write.transpose(x, order) : x);
  return write.emit("MatMul", [turned(a, transposeA), turned(b, transposeB)]);
};

/** [N, ...spatial, C] → [N, C, ...spatial], and back. */
const channelsFirst = (rank: number): number[] => [0, rank - 1, ...range(1, rank - 1)];
const channelsLast = (rank: number): number[] => [0, ...range(2, rank), 1];
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);

function windowAttributes({ attributes }: NodeOf<"convolve" | "convolveInput">): Attributes {
  const { strides, dilations, padding, groups } = attributes;
  return {
    strides: ints(strides),
    dilations: ints(dilations),
    pads: ints([...padding.map(([before]) => before), ...padding.map(([, after]) => after)]),
    group: int(groups),
  };
}

/** Filters [...k, C, F] as [F, C, ...k], for both directions. */
const filters = (w: string, rank: number, { write }: Page): string =>
  write.transpose(w, [rank - 1, rank - 2, ...range(0, rank - 2)]);

const convolve: Written<"convolve"> = (node, [x = "", w = ""], page) => {
  const rank = node.shape.length;
  const source = page.write.transpose(x, channelsFirst(rank));
  const y = page.write.emit("Conv", [source, filters(w, rank, page)], windowAttributes(node));
  return page.write.transpose(y, channelsLast(rank));
};

const convolveInput: Written<"convolveInput"> = (node, [delta = "", w = ""], page) => {
  const rank = node.shape.length;
  const { inputSize, strides, dilations, padding } = node.attributes;
  const [given, kernel] = [operand(node, 0).shape, operand(node, 1).shape];
  const more = inputSize.map((length, axis) => {
    const reach = (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1;
    const full = (strides[axis] ?? 1) * ((given[axis + 1] ?? 1) - 1) + reach;
    const [before = 0, after = 0] = padding[axis] ?? [];
    return length - (full - before - after);
  });
  const source = page.write.transpose(delta, channelsFirst(rank));
  const attributes = { ...windowAttributes(node), output_padding: ints(more) };
  const y = page.write.emit("ConvTranspose", [source, filters(w, rank, page)], attributes);
  return page.write.transpose(y, channelsLast(rank));
};

const kinds = { real: "float32", integer: "int32", boolean: "bool" } as const;

const cast: Written<"cast"> = (node, [x = ""], { write }) =>
  write.emit("Cast", [x], { to: int(elementTypes[kinds[node.attributes.kind]]) });

const argMax: Written<"argMax"> = ({ attributes }, [x = ""], { write }) => {
  const found = write.emit("ArgMax", [x], { axis: int(attributes.axis), keepdims: int(0) });
  return write.emit("Cast", [found], { to: int(elementTypes.int32) });
};

export const written: { readonly [Name in OperationName]: Written<Name> } = {
  input: ({ attributes }) => {
    throw new Error(`input ${attributes.name} has no value`);
  },
  constant: (node, _, { write }) =>
    node.kind === "real" && node.shape.length === 0
      ? write.real(node.attributes.tensor.data[0] ?? 0)
      : write.constant(node.attributes.tensor),
  negate: direct("Neg"),
  scale: (node, [x = ""], { write }) => write.emit("Mul", [x, write.real(node.attributes.factor)]),
  exp: direct("Exp"),
  log: direct("Log"),
  log1p: (_, [x = ""], { write }) => write.emit("Log", [write.emit("Add", [x, write.real(1)])]),
  sqrt: direct("Sqrt"),
  reciprocal: direct("Reciprocal"),
  tanh: direct("Tanh"),
  sigmoid: direct("Sigmoid"),
  softplus: direct("Softplus"),
  erf: direct("Erf"),
  abs: direct("Abs"),
  sign: direct("Sign"),
  floor: direct("Floor"),
  sin: direct("Sin"),
  cos: direct("Cos"),
  relu: direct("Relu"),
  stopGradient: first,
  add: direct("Add"),
  subtract: direct("Sub"),
  multiply: direct("Mul"),
  divide: direct("Div"),
  maximum: direct("Max"),
  minimum: direct("Min"),
  power: direct("Pow"),
  greater: direct("Greater"),
  greaterEqual: direct("GreaterOrEqual"),
  equal: direct("Equal"),
  and: direct("And"),
  or: direct("Or"),
  not: direct("Not"),
  select: direct("Where"),
  cast,
  sum: ({ attributes }, [x = ""], { write }) =>
    write.emit("ReduceSum", [x, write.integers(attributes.axes)], {
      keepdims: int(attributes.keepDims ? 1 : 0),
    }),
  max: ({ attributes }, [x = ""], { write }) =>
    write.emit("ReduceMax", [x], {
      axes: ints(attributes.axes),
      keepdims: int(attributes.keepDims ? 1 : 0),
    }),
  argMax,
  reshape,
  broadcast,
  transpose: ({ attributes }, [x = ""], { write }) => write.transpose(x, attributes.permutation),
  slice,
  pad,
  concat: ({ attributes }, operands, { write }) =>
    write.emit("Concat", operands, { axis: int(attributes.axis) }),
  gather: ({ attributes }, operands, { write }) =>
    write.emit("Gather", operands, { axis: int(attributes.axis) }),
  scatterAdd: absent("scatterAdd"),
  matmul,
  convolve,
  convolveInput,
  convolveFilter: absent("convolveFilter"),
};
