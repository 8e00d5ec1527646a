/** Attention with several heads, over the positions of one sequence or of another one. */
import {
  and,
  constant,
  equal,
  literal,
  matmul,
  not,
  reshape,
  scale,
  select,
  transpose,
} from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { type Shape, type Tensor, tensor } from "#engine/tensor.ts";
import { activate } from "./activations.ts";
import { affine } from "./dense.ts";
import { batchOf, type Fields, type Planner, type Site, type Weights, written } from "./layer.ts";
import { type Kernel, planKernel, planVector } from "./weights.ts";

type AttentionFields = Fields<"attention">;

/** The score of what is not looked at: its weight is 0, and float32 holds it. */
const unseen = -1e30;

/** Lengths and widths of a checked layer. */
interface Sizes {
  readonly heads: number;
  readonly keyUnits: number;
  readonly valueUnits: number;
  readonly units: number;
  readonly queries: number;
  readonly keys: number;
}

/** Shapes of query, key and value; one input serves as all three. */
function sourcesOf(site: Site): readonly [Shape, Shape, Shape] {
  const [query = [], key = query, value = key] = site.inputs;
  for (const shape of [query, key, value]) {
    if (shape.length !== 2) {
      const detail = `needs inputs of [length, features], got ${written(shape)}`;
      throw site.refuse("", `${detail}; put a reshape before it`);
    }
  }
  if (key[0] !== value[0]) {
    const detail = `keys ${written(key)} and values ${written(value)} differ in length`;
    throw site.refuse("inputs", `${detail}; take both from one sequence`);
  }
  return [query, key, value];
}

function sizesOf(fields: AttentionFields, site: Site): Sizes {
  const { heads } = fields;
  const [[queries = 0, features = 0], [keys = 0]] = sourcesOf(site);
  if (fields.key_units === undefined && features % heads !== 0) {
    const detail = `${heads} heads do not divide ${features} features`;
    throw site.refuse("heads", `${detail}; choose another number, or give key_units`);
  }
  const keyUnits = fields.key_units ?? features / heads;
  if (fields.causal === true && queries !== keys) {
    const detail = `${queries} queries and ${keys} keys are not positions of one sequence`;
    throw site.refuse("causal", `${detail}; leave causal out`);
  }
  const { kind, shape } = site.source;
  const isPlain = kind === "integer" && shape.length === 1 && shape[0] === keys;
  if (fields.padding_token !== undefined && !isPlain) {
    const detail = `needs a network input of ${keys} ids, one for each key; leave it out`;
    throw site.refuse("padding_token", detail);
  }
  const valueUnits = fields.value_units ?? keyUnits;
  return { heads, keyUnits, valueUnits, units: fields.units ?? features, queries, keys };
}

/** True where a query may look at a key, [queries, keys]. */
function triangle({ queries, keys }: Sizes): Tensor {
  const values = Uint8Array.from({ length: queries * keys }, (_, at) =>
    Number(at % keys <= Math.floor(at / keys)),
  );
  return tensor("bool", [1, 1, queries, keys], values);
}

/** Where queries may look, broadcast over [batch, heads, queries, keys]; undefined: everywhere. */
function maskOf(fields: AttentionFields, sizes: Sizes, source: Node): Node | undefined {
  const causal = fields.causal === true ? constant(triangle(sizes)) : undefined;
  if (fields.padding_token === undefined) return causal;
  const isPadding = equal(source, constant(tensor("int32", [], [fields.padding_token])));
  const filled = not(reshape(isPadding, [batchOf(source), 1, 1, sizes.keys]));
  return causal === undefined ? filled : and(causal, filled);
}

/** [batch · length, heads · width] → [batch, heads, length, width]. */
function byHead(rows: Node, [batch, heads]: readonly [number, number]): Node {
  const [count = 0, features = 0] = rows.shape;
  const parted = reshape(rows, [batch, count / batch, heads, features / heads]);
  return transpose(parted, [0, 2, 1, 3]);
}

/**
 * softmax(q·kᵀ)·v for each head, where queries have been divided by √width already; a query that
 * may look nowhere sees the mean of all values. Vaswani and others, Attention is all you need
 * (2017), equation 1.
 */
function attend(
  [query, key, value]: readonly [Node, Node, Node],
  sizes: Sizes,
  mask: Node | undefined,
): Node {
  const scores = matmul(query, key, { transposeB: true });
  const seen = mask === undefined ? scores : select(mask, scores, literal(unseen));
  const mixed = transpose(matmul(activate("softmax", seen), value), [0, 2, 1, 3]);
  const { queries, heads, valueUnits } = sizes;
  return reshape(mixed, [batchOf(query), queries, heads * valueUnits]);
}

/** The four projections: kernels [features, outputs] and biases. */
function planProjections(fields: AttentionFields, site: Site, sizes: Sizes) {
  const { heads, keyUnits, valueUnits, units } = sizes;
  const [[, query = 0], [, key = 0], [, value = 0]] = sourcesOf(site);
  const shapes = [
    ["query", query, heads * keyUnits],
    ["key", key, heads * keyUnits],
    ["value", value, heads * valueUnits],
    ["output", heads * valueUnits, units],
  ] as const;
  const kernels = new Map<string, Kernel>();
  for (const [name, fanIn, fanOut] of shapes) {
    const shape = [fanIn, fanOut];
    const more = { activation: "linear", init: fields.init, field: "heads" } as const;
    kernels.set(name, planKernel(site, { role: `${name}_kernel`, shape, fanIn, fanOut, ...more }));
  }
  const biases = shapes.map(([name, , length]) => planVector(`${name}_bias`, length, "zeros"));
  const useBias = fields.use_bias ?? true;
  return {
    parameters: [...kernels.values()].flatMap(({ parameter }, at) =>
      useBias ? [parameter, ...biases.slice(at, at + 1)] : [parameter],
    ),
    project: (name: (typeof shapes)[number][0], x: Node, weights: Weights): Node =>
      affine(x, {
        kernel: weights(`${name}_kernel`),
        bias: useBias ? weights(`${name}_bias`) : undefined,
        factor: kernels.get(name)?.factor ?? 1,
      }),
  };
}

/** Inputs: one sequence [length, features], or query, key and value. */
export const planAttention: Planner<"attention"> = (fields, site) => {
  const sizes = sizesOf(fields, site);
  const { parameters, project } = planProjections(fields, site, sizes);
  const outputShape = [sizes.queries, sizes.units];
  return {
    outputShape,
    parameters,
    forward: (inputs, weights, pass) => {
      const [query, key = query, value = key] = inputs;
      if (query === undefined || key === undefined || value === undefined) {
        throw new Error("attention without an input");
      }
      const heads = [batchOf(query), sizes.heads] as const;
      const queries = scale(project("query", query, weights), 1 / Math.sqrt(sizes.keyUnits));
      const mixed = attend(
        [
          byHead(queries, heads),
          byHead(project("key", key, weights), heads),
          byHead(project("value", value, weights), heads),
        ],
        sizes,
        maskOf(fields, sizes, pass.source),
      );
      return reshape(project("output", mixed, weights), [batchOf(query), ...outputShape]);
    },
  };
};
