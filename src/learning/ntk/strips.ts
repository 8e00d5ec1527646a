/**
 * A full kernel as strips of its rows, one after the other, for kernels that are never whole in
 * memory. Blocks below the diagonal are computed once more, as mirror images of those above, so
 * that every number has the bits that it has in the whole kernel.
 */
import type { Tensors } from "#engine/backend.ts";
import { allocate, type DType, type Tensor } from "#engine/tensor.ts";
import { placeBlock } from "./assemble.ts";
import { mirrorOf, tracesIn } from "./blocks.ts";
import { copyLower, copyRows, copyUpper } from "./placing.ts";
import { evenShare, type Share } from "./shares.ts";
import { type Span, type SpanPair, spansOf } from "./spans.ts";

/** Rows of consecutive examples. */
export interface KernelStrip {
  /** The first example, and how many there are. */
  readonly from: number;
  readonly count: number;
  /** [count, O, N, O]; written over by the next strip. */
  readonly rows: Tensor;
  /** Σ over these examples of each layer's trace. */
  readonly layerTraces: ReadonlyMap<string, number>;
}

export interface StripsOptions {
  readonly examples: number;
  readonly outputs: number;
  readonly block: number;
  readonly dtype: DType;
  /** Whose strips; of all unless given. */
  readonly share?: Share;
  /** What the procedure of a pair of blocks gives, into the arrays of `into` where it is given. */
  readonly blockOf: (pair: SpanPair, into: Tensors | undefined) => Promise<Tensors>;
}

/** All strips of a share, from its first row to its last. */
export async function* stripsOf(options: StripsOptions): AsyncGenerator<KernelStrip> {
  const { examples, outputs, block, dtype, share, blockOf } = options;
  const spans = spansOf(examples, block);
  const width = outputs * examples * outputs;
  const data = allocate(dtype, (spans[0]?.count ?? 0) * width);
  let others: Tensors | undefined;
  let diagonal: Tensors | undefined;
  for (const span of share === undefined ? spans : evenShare(spans, share)) {
    const count = span.count - span.known;
    const rows = {
      dtype,
      shape: [count, outputs, examples, outputs],
      data: data.subarray(0, count * width),
    };
    // The strip begins where the examples do that no earlier strip has.
    const left: Span = { ...span, from: -span.known };
    const where = { variant: "full", outputs, columns: examples, left } as const;
    for (const right of spans) {
      if (right === span) {
        diagonal = await blockOf({ left: span, right: span }, diagonal);
        const place = { ...where, right };
        placeBlock(rows, found(diagonal, "block"), { ...place, copy: copyUpper });
        placeBlock(rows, found(diagonal, mirrorOf("block")), { ...place, copy: copyLower });
        continue;
      }
      const isBelow = right.from < span.from;
      const pair = isBelow ? { left: right, right: span } : { left: span, right };
      others = await blockOf(pair, others);
      const name = isBelow ? mirrorOf("block") : "block";
      placeBlock(rows, found(others, name), { ...where, right, copy: copyRows });
    }
    const layerTraces = tracesIn(diagonal ?? {}, span.known);
    yield { from: span.from + span.known, count, rows, layerTraces };
  }
}

function found(values: Tensors, name: string): Tensor {
  const value = values[name];
  if (value === undefined) throw new Error(`the block procedure gives no ${name}`);
  return value;
}
