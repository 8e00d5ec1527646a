/** What is refused, where the refusal points, and that it names a remedy. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDefinition } from "#engine/layers/check.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { GraphNode, Layer } from "#schemas/layer.ts";
import type { Definition } from "#schemas/model.ts";
import { Failure } from "#src/failure.ts";
import { graph } from "./layers-oracle.ts";
import { everything, everythingIn1d } from "./layers-zoo.ts";

function refusal(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    assert(error instanceof Failure, String(error));
    assert.equal(error.code, "invalid_model");
    assert(error.errors.length > 0 && error.message.length > 0);
    return error;
  }
  return assert.fail("was accepted");
}

const chain = (shape: number[], ...layers: Layer[]): Definition => ({ input: { shape }, layers });
const dense = (id: string, ...inputs: string[]): GraphNode => ({
  type: "dense",
  id,
  inputs,
  units: 2,
});
const conv = { type: "conv2d", filters: 4, kernel: 3 } as const;
const flat = { type: "flatten" } as const;

const meaningless: readonly (readonly [string, Definition, readonly string[], RegExp])[] = [
  [
    "a node that does not exist",
    graph([2], [dense("a", "b", "input")]),
    ["/nodes/0/inputs/0"],
    /no node "b"/,
  ],
  [
    "a ring",
    graph([2], [dense("a", "c"), dense("b", "a"), dense("c", "b")]),
    ["/nodes/0/inputs"],
    /a → b → c → a/,
  ],
  ["a node that feeds itself", graph([2], [dense("a", "a")]), ["/nodes/0/inputs"], /a → a/],
  [
    "a node that leads nowhere",
    graph([2], [dense("a", "input"), dense("b", "input"), dense("c", "a")]),
    ["/nodes/1"],
    /remove it/,
  ],
  [
    "two nodes of one id",
    graph([2], [dense("a", "input"), dense("a", "input")]),
    ["/nodes/1/id"],
    /"a"/,
  ],
  [
    "a node called input",
    graph([2], [dense("input", "input")]),
    ["/nodes/0/id", "/output"],
    /another id/,
  ],
  [
    "two faults at once",
    { ...graph([2], [dense("a", "x")]), output: "y" },
    ["/nodes/0/inputs/0", "/output"],
    /no node "x"/,
  ],
  [
    "two layers of one name",
    chain([2], { type: "dense", units: 2, name: "a" }, { type: "flatten", name: "a" }),
    ["/layers/1/name"],
    /its own/,
  ],
  ["a convolution of flat numbers", chain([4], conv), ["/layers/0"], /\[height, width, channels\]/],
  [
    "a pool of the wrong rank",
    chain([4, 4, 1], { type: "max_pool1d", size: 2 }),
    ["/layers/0"],
    /reshape/,
  ],
  [
    "a global pool of flat numbers",
    chain([4], { type: "global_max_pool" }),
    ["/layers/0"],
    /remove it/,
  ],
  ["a kernel over the edge", chain([2, 8, 1], conv), ["/layers/0/kernel"], /padding "same"/],
  [
    "a dilated kernel over the edge",
    chain([8, 8, 1], { ...conv, dilations: 5, padding: 1 }),
    ["/layers/0/kernel"],
    /11 cells of axis 0, which has 10/,
  ],
  [
    "a window over the edge",
    chain([4, 2], { type: "average_pool1d", size: 5 }),
    ["/layers/0/size"],
    /smaller size/,
  ],
  [
    "windows of nothing but padding",
    chain([4, 2], { type: "max_pool1d", size: 2, padding: 2 }),
    ["/layers/0/padding"],
    /at most 1/,
  ],
  [
    "sizes for another rank",
    chain([8, 8, 1], { ...conv, kernel: [3, 3, 3] }),
    ["/layers/0/kernel"],
    /2 spatial axes/,
  ],
  [
    "strides for another rank",
    chain([8, 8, 1], { ...conv, strides: [1] }),
    ["/layers/0/strides"],
    /2 spatial axes/,
  ],
  [
    "dilations for another rank",
    chain([8, 8, 1], { ...conv, dilations: [1, 1, 1] }),
    ["/layers/0/dilations"],
    /2/,
  ],
  [
    "padding for another rank",
    chain([8, 8, 1], { ...conv, padding: [1] }),
    ["/layers/0/padding"],
    /2 spatial/,
  ],
  [
    "groups that do not divide channels",
    chain([8, 8, 3], { ...conv, groups: 2 }),
    ["/layers/0/groups"],
    /3 input/,
  ],
  [
    "groups that do not divide filters",
    chain([8, 8, 3], { ...conv, groups: 3 }),
    ["/layers/0/groups"],
    /4 filters/,
  ],
  [
    "another number of numbers",
    chain([12], { type: "reshape", shape: [5, 2] }),
    ["/layers/0/shape"],
    /product is 12/,
  ],
  [
    "softmax of one number",
    chain([3], { type: "dense", units: 1, activation: "softmax" }),
    ["/layers/0/activation"],
    /sigmoid/,
  ],
  [
    "alpha without use",
    chain([3], { type: "activation", activation: "relu", alpha: 1 }),
    ["/layers/0/alpha"],
    /leaky_relu/,
  ],
  [
    "a sum of different shapes",
    graph([3], [dense("a", "input"), { type: "add", id: "b", inputs: ["a", "input"] }]),
    ["/nodes/1/inputs"],
    /\[2\] and \[3\]/,
  ],
  [
    "a product of one",
    graph([3], [{ type: "multiply", id: "b", inputs: ["input"] }]),
    ["/nodes/0/inputs"],
    /at least two/,
  ],
  [
    "two inputs for one",
    graph([3], [dense("a", "input", "input")]),
    ["/nodes/0/inputs"],
    /takes one/,
  ],
  [
    "concatenation of different rows",
    graph(
      [3, 2],
      [
        { type: "max_pool1d", id: "a", inputs: ["input"], size: 2 },
        { type: "concatenate", id: "b", inputs: ["a", "input"] },
      ],
    ),
    ["/nodes/1/inputs"],
    /other axes equal/,
  ],
  [
    "concatenation along no axis",
    graph([3], [{ type: "concatenate", id: "b", inputs: ["input", "input"], axis: 1 }]),
    ["/nodes/0/axis"],
    /no axis 1 in \[3\]/,
  ],
  ["an input too large for memory", chain([65_536, 65_536], flat), ["/input/shape"], /smaller/],
  [
    "a value too large for memory",
    chain([65_536, 1], { type: "dense", units: 65_536 }),
    ["/layers/0"],
    /one example/,
  ],
  [
    "a kernel too large for memory",
    chain([65_536], { type: "dense", units: 65_536 }),
    ["/layers/0/units"],
    /at most 2147483647/,
  ],
  [
    "too many parameters together",
    chain([40_000], ...Array.from({ length: 2 }, (): Layer => ({ type: "dense", units: 40_000 }))),
    ["/layers/1"],
    /passes 2147483647 parameters/,
  ],
  [
    "ids read as numbers",
    { input: { shape: [4], dtype: "integer" }, layers: [flat] },
    ["/layers/0"],
    /an embedding before/,
  ],
  [
    "numbers read as ids",
    chain([4], { type: "embedding", vocabulary: 3, units: 2 }),
    ["/layers/0"],
    /"dtype": "integer"/,
  ],
  [
    "ids added to numbers",
    {
      ...graph(
        [4],
        [
          { type: "embedding", id: "a", inputs: ["input"], vocabulary: 3, units: 4 },
          { type: "add", id: "b", inputs: ["a", "input"] },
        ],
      ),
      input: { shape: [4], dtype: "integer" },
    },
    ["/nodes/1"],
    /holds ids/,
  ],
  [
    "heads that do not divide",
    chain([4, 6], { type: "attention", heads: 4 }),
    ["/layers/0/heads"],
    /key_units/,
  ],
  [
    "attention over flat numbers",
    chain([4], { type: "attention", heads: 2 }),
    ["/layers/0"],
    /reshape/,
  ],
  [
    "attention of two inputs",
    graph([4, 6], [{ type: "attention", id: "a", inputs: ["input", "input"], heads: 2 }]),
    ["/nodes/0/inputs"],
    /query, key and value/,
  ],
  [
    "a padding token without tokens",
    chain([4, 6], { type: "attention", heads: 2, padding_token: 0 }),
    ["/layers/0/padding_token"],
    /4 ids/,
  ],
  [
    "causal attention of one sequence to another",
    graph(
      [4, 6],
      [
        { type: "max_pool1d", id: "a", inputs: ["input"], size: 2 },
        { type: "attention", id: "b", inputs: ["a", "input", "input"], heads: 2, causal: true },
      ],
    ),
    ["/nodes/1/causal"],
    /2 queries and 4 keys/,
  ],
  [
    "keys without their values",
    graph(
      [4, 6],
      [
        { type: "max_pool1d", id: "a", inputs: ["input"], size: 2 },
        { type: "attention", id: "b", inputs: ["a", "input", "a"], heads: 2 },
      ],
    ),
    ["/nodes/1/inputs"],
    /one sequence/,
  ],
  [
    "positions of no sequence",
    chain([4], { type: "positional_embedding" }),
    ["/layers/0"],
    /reshape/,
  ],
  ["a cell over no sequence", chain([4], { type: "gru", units: 2 }), ["/layers/0"], /reshape/],
  [
    "too long a sequence",
    chain([2000, 1], { type: "lstm", units: 2 }),
    ["/layers/0"],
    /at most 1024/,
  ],
  [
    "groups that do not divide for a norm",
    chain([4, 6], { type: "group_norm", groups: 4 }),
    ["/layers/0/groups"],
    /6 channels/,
  ],
  [
    "groups of one number",
    chain([6], { type: "group_norm", groups: 6 }),
    ["/layers/0/groups"],
    /one number each/,
  ],
  ["an instance without space", chain([6], { type: "instance_norm" }), ["/layers/0"], /layer_norm/],
  [
    "axes that are no order",
    chain([2, 3], { type: "permute", axes: [0, 0] }),
    ["/layers/0/axes"],
    /0, 1 once/,
  ],
  [
    "a transposed convolution without output",
    chain([1, 2], { type: "conv1d_transpose", filters: 1, kernel: 2, padding: 1 }),
    ["/layers/0/padding"],
    /less padding/,
  ],
  [
    "padding for flat numbers",
    chain([3], { type: "zero_padding", before: 1 }),
    ["/layers/0"],
    /remove it/,
  ],
  [
    "a table too large for memory",
    {
      input: { shape: [1], dtype: "integer" },
      layers: [{ type: "embedding", vocabulary: 2 ** 24, units: 512 }],
    },
    ["/layers/0/vocabulary"],
    /at most 2147483647/,
  ],
  [
    "orthogonal weights that take too long",
    chain([8192], { type: "dense", units: 8192, init: "orthogonal" }),
    ["/layers/0/init"],
    /he_normal/,
  ],
];
for (const [title, definition, pointers, remedy] of meaningless) {
  test(`refuses ${title} at ${pointers.join(" and ")}`, () => {
    checkDefinition(definition);
    const { errors } = refusal(() => networkFrom(definition));
    assert.deepEqual(
      errors.map(({ pointer }) => pointer),
      pointers,
    );
    assert.match(errors[0]?.detail ?? "", remedy);
  });
}

const input = { shape: [4] };
const malformed: readonly (readonly [string, unknown, readonly string[], RegExp])[] = [
  ["text", "dense", [""], /an object/],
  ["nothing", null, [""], /an object/],
  ["an empty object", {}, ["/input", "/layers"], /is missing/],
  ["a chain and a graph", { input, layers: [], nodes: [] }, ["/nodes"], /beside layers/],
  ["no layers", { input, layers: [] }, ["/layers"], /1 to 1000, each an object; it has 0/],
  ["a graph without output", { input, nodes: [dense("a", "input")] }, ["/output"], /is missing/],
  [
    "an unknown type",
    { input, layers: [{ type: "perceiver" }] },
    ["/layers/0/type"],
    /"dense".*it is "perceiver"/,
  ],
  ["no type", { input, layers: [{ units: 1 }] }, ["/layers/0/type"], /it is missing/],
  ["a sum in a chain", { input, layers: [{ type: "add" }] }, ["/layers/0/type"], /one of/],
  ["a layer that is a word", { input, layers: ["dense"] }, ["/layers/0"], /an object with a type/],
  [
    "fields of another type",
    { input, layers: [flat, { type: "dense", units: 0, kernel: 3 }] },
    ["/layers/1/kernel", "/layers/1/units"],
    /use one of type, name, units/,
  ],
  [
    "a fraction",
    { input, layers: [{ type: "dense", units: 1.5 }] },
    ["/layers/0/units"],
    /an integer from 1 to 65536; it is 1.5/,
  ],
  [
    "a missing field",
    { input, layers: [{ type: "dense" }] },
    ["/layers/0/units"],
    /is missing; give an integer/,
  ],
  [
    "a kernel of words",
    { input, layers: [{ type: "conv1d", filters: 1, kernel: "3" }] },
    ["/layers/0/kernel"],
    /an integer from 1 to 4096, or a list of 1 to 3, each an integer/,
  ],
  [
    "padding in another language",
    { input, layers: [{ type: "conv1d", filters: 1, kernel: 3, padding: "full" }] },
    ["/layers/0/padding"],
    /"valid", or "same", or an integer/,
  ],
  [
    "an unknown activation",
    { input, layers: [{ type: "dense", units: 1, activation: "swish" }] },
    ["/layers/0/activation"],
    /"silu"/,
  ],
  [
    "a length of zero",
    { input: { shape: [3, 0] }, layers: [flat] },
    ["/input/shape/1"],
    /an integer from 1/,
  ],
  ["a key with a slash", { input, layers: [flat], "a/b~": 1 }, ["/a~1b~0"], /remove it/],
  [
    "an inherited name",
    JSON.parse('{"__proto__":1,"input":{"shape":[4]},"layers":[{"type":"flatten"}]}'),
    ["/__proto__"],
    /remove/,
  ],
  [
    "a seed below zero",
    { input, layers: [flat], seed: -1 },
    ["/seed"],
    /an integer from 0 to 4294967295, or null/,
  ],
];
for (const [title, value, pointers, remedy] of malformed) {
  test(`refuses ${title} as a definition at ${pointers.join(" and ")}`, () => {
    const { errors } = refusal(() => checkDefinition(value));
    assert.deepEqual(
      errors.map(({ pointer }) => pointer),
      pointers,
    );
    assert.match(errors[0]?.detail ?? "", remedy);
  });
}

test("tells a bounded number of faults", () => {
  const layers = Array.from({ length: 1000 }, () => ({ type: "nothing" }));
  assert.equal(refusal(() => checkDefinition({ input, layers })).errors.length, 32);
});

test("accepts what fits", () => {
  for (const definition of [everything, everythingIn1d]) {
    assert.equal(checkDefinition(definition), definition);
  }
});

test("a graph of the largest allowed size is wired in time", () => {
  const nodes = Array.from({ length: 5000 }, (_, at): GraphNode => {
    const inputs = [at === 0 ? "input" : `n${at - 1}`];
    return { type: "scale", id: `n${at}`, inputs, factor: 1 };
  });
  const backwards = { input, nodes: nodes.toReversed(), output: "n4999" };
  assert.equal(networkFrom(checkDefinition(backwards)).layers.length, 5000);
});
