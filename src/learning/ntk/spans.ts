/**
 * How examples are divided into blocks of one size: the last reaches back over examples of the one
 * before, so that none is padded.
 */
import type { Tensors } from "#engine/backend.ts";
import type { Tensor } from "#engine/tensor.ts";
import { type BlockSide, blockInput } from "./blocks.ts";

/** A block of consecutive examples. */
export interface Span {
  readonly from: number;
  readonly count: number;
  /** How many of them, from the first, an earlier block has. */
  readonly known: number;
}

/** All of `examples` in blocks of `block`, or of all where there are fewer. */
export function spansOf(examples: number, block: number): Span[] {
  const count = Math.min(block, examples);
  return Array.from({ length: Math.ceil(examples / count) }, (_, at) => {
    const from = Math.min(at * count, examples - count);
    return { from, count, known: at * count - from };
  });
}

/** The examples of consecutive blocks that no earlier block has. */
export function examplesIn(spans: readonly Span[]): Pick<Span, "from" | "count"> {
  const [first, last] = [spans[0], spans.at(-1)];
  if (first === undefined || last === undefined) return { from: 0, count: 0 };
  const from = first.from + first.known;
  return { from, count: last.from + last.count - from };
}

/** Two blocks, left and right of a product. */
export interface SpanPair {
  readonly left: Span;
  readonly right: Span;
}

/** Blocks on and above the diagonal. */
export function upperPairs(spans: readonly Span[]): SpanPair[] {
  return spans.flatMap((left, at) => spans.slice(at).map((right) => ({ left, right })));
}

/** Views of the factors of a block, under the names that its procedure reads. */
export function factorsOf(factors: Tensors, side: BlockSide, { from, count }: Span): Tensors {
  const part = ({ dtype, shape, data }: Tensor): Tensor => {
    const [examples = 1, ...inner] = shape;
    const row = data.length / examples;
    return {
      dtype,
      shape: [count, ...inner],
      data: data.subarray(from * row, (from + count) * row),
    };
  };
  return Object.fromEntries(
    Object.entries(factors).map(([name, value]) => [blockInput(side, name), part(value)]),
  );
}
