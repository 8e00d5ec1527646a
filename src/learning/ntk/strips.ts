/**
 * A full kernel as strips of its rows, one after the other, for kernels that are never whole in
 * memory. Blocks below the diagonal are computed once more, as mirror images of those above, so
 * that every number has the bits that it has in the whole kernel.
 */
import assert from "node:assert/strict";
import type { Tensors } from "#engine/backend.ts";
import { allocate, type DType, type Tensor } from "#engine/tensor.ts";
import { placeBlock } from "./assemble.ts";
import { tracesIn } from "./blocks.ts";
import { copyLower, copyRows, copyTurned, copyUpper } from "./placing.ts";
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
    const shape = { variant: "full", outputs, columns: examples } as const;
    for (const right of spans) {
      if (right === span) {
        diagonal = await blockOf({ left: span, right: span }, diagonal);
        const block = blockIn(diagonal);
        for (const copy of [copyUpper, copyLower]) {
          placeBlock(rows, block, { ...shape, left, right, copy });
        }
      } else if (right.from < span.from) {
        others = await blockOf({ left: right, right: span }, others);
        const mirror = { left: right, right: left, copy: copyTurned };
        placeBlock(rows, blockIn(others), { ...shape, ...mirror });
      } else {
        others = await blockOf({ left: span, right }, others);
        placeBlock(rows, blockIn(others), { ...shape, left, right, copy: copyRows });
      }
    }
    const layerTraces = tracesIn(diagonal ?? {}, span.known);
    yield { from: span.from + span.known, count, rows, layerTraces };
  }
}

function blockIn({ block }: Tensors): Tensor {
  assert(block !== undefined, "a block's procedure gives the block");
  return block;
}
