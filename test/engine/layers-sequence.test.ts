/** Values of layers over sequences against plain loops: ids, positions, attention, cells. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { networkFrom } from "#engine/layers/definition.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import {
  at,
  close,
  graph,
  indicesOf,
  layerOutput,
  normals,
  outputOf,
  randomWeights,
} from "./layers-oracle.ts";

type Rows = number[][];
type Weights = ReadonlyMap<string, Tensor>;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** One example of [batch, length, features] as rows. */
const rowsOf = (x: Tensor, n: number): Rows =>
  Array.from({ length: x.shape[1] ?? 0 }, (_, t) =>
    Array.from({ length: x.shape[2] ?? 0 }, (__, c) => at(x, [n, t, c]) ?? 0),
  );

/** row·W + b. */
function affine(row: readonly number[], w: Tensor | undefined, b?: Tensor): number[] {
  assert(w !== undefined);
  return Array.from({ length: w.shape[1] ?? 0 }, (_, u) =>
    sum([b?.data[u] ?? 0, ...row.map((value, c) => value * (at(w, [c, u]) ?? Number.NaN))]),
  );
}

const ids = tensor("int32", [3, 4], [0, 4, 2, 2, 1, 1, 0, 3, 4, 4, 4, 4]);

test("an embedding reads the row of each id", async () => {
  const layer = { type: "embedding", name: "e", vocabulary: 5, units: 3 } as const;
  const { y, weights, network } = await layerOutput([4], layer, { x: ids });
  assert.deepEqual(network.input, { shape: [4], kind: "integer", vocabulary: 5 });
  const table = weights.get("e/table");
  assert(table !== undefined);
  close(
    y,
    [...ids.data].flatMap((id) => [0, 1, 2].map((c) => at(table, [id, c]) ?? 0)),
    0,
  );
});

test("ids lie below the smallest vocabulary that reads them", () => {
  const read = { type: "embedding" as const, inputs: ["input"], units: 2 };
  const network = networkFrom({
    ...graph(
      [4],
      [
        { ...read, id: "a", vocabulary: 7 },
        { ...read, id: "b", vocabulary: 5 },
        { type: "add", id: "c", inputs: ["a", "b"] },
      ],
    ),
    input: { shape: [4], dtype: "integer" },
  });
  assert.equal(network.input.vocabulary, 5);
});

test("positions are added, trained or as waves", async () => {
  const trained = await layerOutput([4, 5], { type: "positional_embedding", name: "p" });
  const table = trained.weights.get("p/table");
  close(
    trained.y,
    trained.x.data.map((value, i) => value + (table?.data[i % 20] ?? 0)),
  );
  const { x, y } = await layerOutput([4, 5], { type: "sinusoidal_encoding", base: 100 });
  const expected = [...indicesOf([3, 4, 5])].map(([n = 0, t = 0, c = 0]) => {
    const angle = t / 100 ** ((2 * Math.floor(c / 2)) / 5);
    return (at(x, [n, t, c]) ?? 0) + (c % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
  });
  close(y, expected);
});

interface Attention {
  readonly name: string;
  readonly heads: number;
  readonly keyUnits: number;
  readonly valueUnits: number;
  readonly sees: (query: number, key: number) => boolean;
}

/** One example of attention, head by head and query by query. */
function attended(
  [query, key, value]: readonly [Rows, Rows, Rows],
  weights: Weights,
  how: Attention,
): number[] {
  const own = (role: string): Tensor | undefined => weights.get(`${how.name}/${role}`);
  const project = (rows: Rows, name: string): Rows =>
    rows.map((row) => affine(row, own(`${name}_kernel`), own(`${name}_bias`)));
  const [q, k, v] = [project(query, "query"), project(key, "key"), project(value, "value")];
  return q.flatMap((row, i) => {
    const mixed: number[] = [];
    for (let h = 0; h < how.heads; h++) {
      const part = (r: readonly number[], width: number) => r.slice(h * width, (h + 1) * width);
      const scores = k.map((other, j) => {
        const products = part(row, how.keyUnits).map(
          (a, c) => a * (part(other, how.keyUnits)[c] ?? 0),
        );
        return how.sees(i, j) ? Math.exp(sum(products) / Math.sqrt(how.keyUnits)) : 0;
      });
      for (let c = 0; c < how.valueUnits; c++) {
        const terms = v.map(
          (r, j) => ((scores[j] ?? 0) / sum(scores)) * (r[h * how.valueUnits + c] ?? 0),
        );
        mixed.push(sum(terms));
      }
    }
    return affine(mixed, own("output_kernel"), own("output_bias"));
  });
}

for (const causal of [false, true]) {
  test(`attention mixes values by softmax of scores${causal ? ", causally" : ""}`, async () => {
    const layer = { type: "attention", name: "a", heads: 2, causal } as const;
    const { x, y, weights } = await layerOutput([4, 6], layer);
    const sees = (i: number, j: number): boolean => !causal || j <= i;
    const how = { name: "a", heads: 2, keyUnits: 3, valueUnits: 3, sees };
    const expected = [0, 1, 2].flatMap((n) => {
      const rows = rowsOf(x, n);
      return attended([rows, rows, rows], weights, how);
    });
    close(y, expected);
  });
}

test("attention looks from one sequence to another", async () => {
  const network = networkFrom(
    graph(
      [6, 4],
      [
        { type: "max_pool1d", id: "short", inputs: ["input"], size: 2 },
        {
          type: "attention",
          id: "a",
          inputs: ["short", "input", "input"],
          heads: 3,
          key_units: 2,
          value_units: 1,
          units: 5,
          use_bias: false,
        },
      ],
    ),
  );
  assert.deepEqual(network.outputShape, [3, 5]);
  const x = normals("x", [2, 6, 4]);
  const weights = randomWeights(network);
  const expected = [0, 1].flatMap((n) => {
    const long = rowsOf(x, n);
    const short = [0, 2, 4].map((t) =>
      (long[t] ?? []).map((value, c) => Math.max(value, long[t + 1]?.[c] ?? 0)),
    );
    const how = { name: "a", heads: 3, keyUnits: 2, valueUnits: 1, sees: () => true };
    return attended([short, long, long], weights, how);
  });
  close(await outputOf(network, x, weights), expected);
});

test("attention never looks at padding, and a sequence of nothing else stays finite", async () => {
  const network = networkFrom({
    input: { shape: [4], dtype: "integer" },
    layers: [
      { type: "embedding", name: "e", vocabulary: 5, units: 2 },
      { type: "attention", name: "a", heads: 1, padding_token: 4, causal: true },
    ],
  });
  const weights = randomWeights(network);
  const y = await outputOf(network, ids, weights);
  const table = weights.get("e/table");
  assert(table !== undefined);
  const expected = [0, 1].flatMap((n) => {
    const row = [...ids.data].slice(4 * n, 4 * n + 4);
    const rows = row.map((id) => [at(table, [id, 0]) ?? 0, at(table, [id, 1]) ?? 0]);
    const sees = (i: number, j: number): boolean => j <= i && row[j] !== 4;
    const how = { name: "a", heads: 1, keyUnits: 2, valueUnits: 2, sees };
    return attended([rows, rows, rows], weights, how);
  });
  close({ ...y, data: y.data.subarray(0, 16) }, expected);
  assert(y.data.every(Number.isFinite));
});

/** States of a cell along one example, each a list of vectors of which the first is the output. */
function unrolled(rows: Rows, units: number, next: (state: Rows, x: number[]) => Rows): Rows {
  let state: Rows = [0, 1].map(() => Array.from({ length: units }, () => 0));
  return rows.map((row) => {
    state = next(state, row);
    return state[0] ?? [];
  });
}

const cells = {
  simple_rnn: (weights: Weights) => (state: Rows, x: number[]) => {
    const fed = affine(x, weights.get("c/kernel"), weights.get("c/bias"));
    const back = affine(state[0] ?? [], weights.get("c/recurrent_kernel"));
    return [fed.map((value, u) => Math.tanh(value + (back[u] ?? 0)))];
  },
  gru: (weights: Weights) => (state: Rows, x: number[]) => {
    const [h = []] = state;
    const fed = affine(x, weights.get("c/kernel"), weights.get("c/bias"));
    const back = affine(h, weights.get("c/recurrent_kernel"));
    const offset = weights.get("c/recurrent_bias");
    const units = h.length;
    return [
      h.map((old, u) => {
        const gate = (g: number) => (fed[g * units + u] ?? 0) + (back[g * units + u] ?? 0);
        const [z, r] = [sigmoid(gate(0)), sigmoid(gate(1))];
        const recalled = (back[2 * units + u] ?? 0) + (offset?.data[u] ?? 0);
        return z * old + (1 - z) * Math.tanh((fed[2 * units + u] ?? 0) + r * recalled);
      }),
    ];
  },
  lstm: (weights: Weights) => (state: Rows, x: number[]) => {
    const [h = [], c = []] = state;
    const fed = affine(x, weights.get("c/kernel"), weights.get("c/bias"));
    const back = affine(h, weights.get("c/recurrent_kernel"));
    const gate = (g: number, u: number) =>
      (fed[g * h.length + u] ?? 0) + (back[g * h.length + u] ?? 0);
    const next = c.map(
      (old, u) => sigmoid(gate(1, u)) * old + sigmoid(gate(0, u)) * Math.tanh(gate(2, u)),
    );
    return [next.map((value, u) => sigmoid(gate(3, u)) * Math.tanh(value)), next];
  },
};

for (const type of ["simple_rnn", "gru", "lstm"] as const) {
  test(`${type} hands its state from step to step`, async () => {
    for (const use_bias of [true, false]) {
      const layer = { type, name: "c", units: 3, use_bias, return_sequences: true } as const;
      const { x, y, weights } = await layerOutput([4, 2], layer);
      const states = [0, 1, 2].map((n) => unrolled(rowsOf(x, n), 3, cells[type](weights)));
      close(y, states.flat(2));
      const last = await layerOutput([4, 2], { ...layer, return_sequences: false });
      close(
        last.y,
        states.flatMap((all) => all.at(-1) ?? []),
      );
    }
  });
}

test("recurrent kernels begin orthogonal and forget gates open", () => {
  const network = networkFrom({
    input: { shape: [3, 2] },
    layers: [{ type: "lstm", name: "c", units: 2 }],
  });
  const initial = network.initialise(1);
  assert.deepEqual([...(initial.get("c/bias")?.data ?? [])], [0, 0, 1, 1, 0, 0, 0, 0]);
  const kernel = initial.get("c/recurrent_kernel");
  assert(kernel !== undefined);
  const row = (r: number) => [...kernel.data].slice(8 * r, 8 * r + 8);
  close(
    tensor(
      "float64",
      [2],
      [sum(row(0).map((a) => a * a)), sum(row(0).map((a, i) => a * (row(1)[i] ?? 0)))],
    ),
    [1, 0],
  );
});
