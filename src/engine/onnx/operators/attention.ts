/** Attention and embeddings as single operators: softmax(QKᵀ·scale + mask) V over heads. */
import {
  add,
  gather,
  literal,
  matmul,
  multiply,
  scale,
  select,
  tanh,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Call } from "../call.ts";
import { type Laid, laid, permuted, plain, reshaped, shapeOf } from "../laid.ts";
import { byMatrix } from "./contraction.ts";
import { picked } from "./indexing.ts";
import { standardised, sumOf } from "./normalisation.ts";
import { softmaxOver } from "./reduction.ts";
import { cut } from "./shaping.ts";
import { entry, joinedBy, range, table } from "./translation.ts";

/** [N, T, heads · d] → [N, heads, T, d]. */
function byHead(x: Laid, heads: number): Laid {
  const [batch = 1, length = 1, width = 1] = shapeOf(x);
  if (heads < 1 || width % heads !== 0) throw new Error(`${heads} heads do not divide ${width}`);
  return permuted(reshaped(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** [N, heads, T, d] → [N, T, heads · d]. */
function joinedHeads(x: Laid): Laid {
  const [batch = 1, heads = 1, length = 1, width = 1] = shapeOf(x);
  return reshaped(permuted(x, [0, 2, 1, 3]), [batch, length, heads * width]);
}

interface Manner {
  readonly scale: number | undefined;
  readonly causal: boolean;
  /** Added to the scores, or, where it is boolean, true for what may be seen. */
  readonly mask: Laid | undefined;
  readonly cap: number;
}

/** What is masked out gets this score: its share is 0 in every precision, and nothing overflows. */
const never = -1e30;

function causalMask(queries: number, keys: number): Node {
  return table("bool", [queries, keys], (at) => Number(at % keys <= Math.floor(at / keys)));
}

/** Heads of keys and values that serve several heads of queries are repeated. */
function repeatedHeads(x: Laid, heads: number): Laid {
  const own = shapeOf(x)[1] ?? 1;
  if (own === heads) return x;
  if (heads % own !== 0) throw new Error(`${own} heads do not serve ${heads}`);
  return picked(
    x,
    1,
    range(heads).map((head) => Math.floor(head / (heads / own))),
  );
}

/** softmax(s·QKᵀ + mask) V for Q, K, V [N, heads, T, d]; s is 1/√d unless given. */
function attended(q: Laid, [k, v]: readonly [Laid, Laid], manner: Manner): Laid {
  const heads = shapeOf(q)[1] ?? 1;
  const [query, key] = [plain(q), plain(repeatedHeads(k, heads))];
  const width = query.shape[3] ?? 1;
  const scores = scale(
    matmul(query, key, { transposeB: true }),
    manner.scale ?? 1 / Math.sqrt(width),
  );
  const capped = manner.cap === 0 ? scores : scale(tanh(scale(scores, 1 / manner.cap)), manner.cap);
  const { mask } = manner;
  let masked = capped;
  if (mask !== undefined) {
    const node = plain(mask);
    masked = node.kind === "boolean" ? select(node, capped, literal(never)) : add(capped, node);
  }
  if (manner.causal) {
    const seen = causalMask(query.shape[2] ?? 1, key.shape[2] ?? 1);
    masked = select(seen, masked, literal(never));
  }
  return laid(matmul(softmaxOver(masked, [3]), plain(repeatedHeads(v, heads))));
}

function without(call: Call, operands: Readonly<Record<number, string>>): void {
  for (const [at, name] of Object.entries(operands)) {
    if (call.has(Number(at))) throw call.refuse(`${name} is not read`);
  }
}

const attention = entry(
  "softmax(QKᵀ/√d + mask) V",
  (call) => {
    without(call, { 4: "past_key", 5: "past_value", 6: "nonpad_kv_seqlen" });
    const isFlat = call.x(0).axes.length === 3;
    const heads = call.integer("q_num_heads", 1);
    const others = call.integer("kv_num_heads", heads);
    const [q, k, v] = [0, 1, 2].map((at) =>
      isFlat ? byHead(call.x(at), at === 0 ? heads : others) : call.x(at),
    );
    if (q === undefined || k === undefined || v === undefined)
      throw call.refuse("it needs Q, K, V");
    const y = attended(q, [k, v], {
      scale: call.hasAttribute("scale") ? call.float("scale", 1) : undefined,
      causal: call.integer("is_causal", 0) === 1,
      mask: call.has(3) ? call.x(3) : undefined,
      cap: call.float("softcap", 0),
    });
    return [isFlat ? joinedHeads(y) : y, undefined, undefined, undefined];
  },
  { kernel: "none" },
);

/** A factor of 0 means the default. */
const scaleOf = (call: Call): number | undefined => {
  const factor = call.float("scale", 0);
  return factor === 0 ? undefined : factor;
};

const packedAttention = entry(
  "softmax(QKᵀ/√d) V of one projection of x to Q, K and V",
  (call) => {
    without(call, { 3: "mask_index", 4: "past", 5: "attention_bias", 6: "past_sequence_length" });
    const projected = byMatrix(call.x(0), plain(call.weight(1)), false);
    const all = call.has(2) ? joinedBy(projected, call.weight(2), add) : projected;
    const width = shapeOf(all)[2] ?? 0;
    const sizes = call.integers("qkv_hidden_sizes") ?? [width / 3, width / 3, width / 3];
    const heads = call.integer("num_heads", 1);
    const part = (at: number): Laid => {
      const start = sizes.slice(0, at).reduce((a, b) => a + b, 0);
      return byHead(cut(all, 2, [start, start + (sizes[at] ?? 0)]), heads);
    };
    const causal = call.integer("unidirectional", 0) === 1;
    const manner = { scale: scaleOf(call), causal, mask: undefined, cap: 0 };
    return [joinedHeads(attended(part(0), [part(1), part(2)], manner)), undefined];
  },
  { kernel: "product" },
);

const multiHeadAttention = entry(
  "softmax(QKᵀ/√d + bias) V over heads",
  (call) => {
    without(call, { 4: "key_padding_mask", 6: "past_key", 7: "past_value" });
    const heads = call.integer("num_heads", 1);
    const biased = (at: number): Laid => {
      const x = call.x(at);
      if (x.axes.length !== 3) throw call.refuse("packed Q, K and V are not read");
      if (!call.has(3)) return byHead(x, heads);
      const starts = [0, 1, 2].map((nth) => shapeOf(call.x(nth))[2] ?? 0);
      const start = starts.slice(0, at).reduce((a, b) => a + b, 0);
      const bias = cut(call.weight(3), 0, [start, start + (starts[at] ?? 0)]);
      return byHead(joinedBy(x, bias, add), heads);
    };
    const y = attended(biased(0), [biased(1), biased(2)], {
      scale: scaleOf(call),
      causal: call.integer("unidirectional", 0) === 1,
      mask: call.has(5) ? call.x(5) : undefined,
      cap: 0,
    });
    return [joinedHeads(y), undefined, undefined];
  },
  { kernel: "explicit" },
);

/** Sum of the rows for words, places and segments, normalised. */
const embedLayerNormalization = entry(
  "LayerNormalization of word + position + segment embeddings",
  (call) => {
    without(call, { 7: "mask" });
    const ids = plain(call.x(0));
    const length = ids.shape[1] ?? 0;
    const rows = (table_: Laid, indices: Node): Laid => laid(gather(plain(table_), indices, 0));
    const places = cut(call.weight(3), 0, [0, length]);
    const parts = [rows(call.weight(2), ids), places];
    if (call.has(4) && call.has(1)) parts.push(rows(call.weight(4), plain(call.x(1))));
    const total = sumOf(parts);
    const rank = total.stored.shape.length;
    const epsilon = call.float("epsilon", 1e-12);
    const unit = laid(standardised(plain(total), [rank - 1], epsilon));
    const scaled = joinedBy(unit, call.weight(5), multiply);
    return [joinedBy(scaled, call.weight(6), add), undefined, total];
  },
  { kernel: "explicit" },
);

export const attentionOperators = { Attention: attention } as const;
export const attentionExtensions = {
  Attention: packedAttention,
  MultiHeadAttention: multiHeadAttention,
  EmbedLayerNormalization: embedLayerNormalization,
} as const;
