/** Lowerings that take special paths on ONNX Runtime, compared with the reference in float64. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Procedure, Tensors } from "#engine/backend.ts";
import { writeProcedure } from "#engine/backends/onnxruntime/procedure.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import * as g from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import { tensor } from "#engine/tensor.ts";
import { drawn, real, uniform } from "#test/contracts/backend/case.ts";
import { assertClose } from "#test/contracts/backend/close.ts";

const backend = await onnxruntimeBackend({ device: "cpu" });
after(() => backend[Symbol.asyncDispose]());

interface Checked {
  readonly values: readonly Tensor[];
  readonly build: (...operands: Node[]) => Node;
}

const kinds = { float32: "real", float64: "real", int32: "integer", bool: "boolean" } as const;

function procedureOf({ values, build }: Checked): { procedure: Procedure; inputs: Tensors } {
  const nodes = values.map(({ shape, dtype }, at) => g.input(`x${at}`, shape, kinds[dtype]));
  const inputs = Object.fromEntries(values.map((value, at) => [`x${at}`, value]));
  const outputs = { y: build(...nodes) };
  return { procedure: { name: "checked", constants: [], inputs: nodes, outputs }, inputs };
}

/** Compares with the reference in both precisions, and returns the operators that were written. */
async function check(checked: Checked, tolerance = 1e-13): Promise<string[]> {
  const { procedure, inputs } = procedureOf(checked);
  await using oracle = await referenceBackend().compile(procedure, "float64");
  const expected = (await oracle.call(inputs))["y"];
  for (const precision of ["float64", "float32"] as const) {
    await using callable = await backend.compile(procedure, precision);
    const actual = (await callable.call(inputs))["y"];
    const bound = precision === "float64" ? tolerance : 1e-5;
    assertClose(actual, expected, { tolerance: bound, what: precision });
  }
  return writeProcedure(procedure, "float64").graph.nodes.map(({ operator }) => operator);
}

const random = uniform(41);
const made = (...shape: number[]): Tensor => drawn(real(...shape), random);
const places = (...values: number[]): Tensor => tensor("int32", [values.length], values);
const grid = (from: number, to: number): Tensor =>
  tensor(
    "float64",
    [401],
    Array.from({ length: 401 }, (_, i) => from + ((to - from) * i) / 400),
  );

for (const [op, range] of [
  [g.erf, grid(-7, 7)],
  [g.erf, grid(-1e-3, 1e-3)],
  [g.softplus, grid(-60, 60)],
  [g.log1p, grid(-0.9990234375, 0.01)],
  [g.log1p, grid(0, 1000)],
] as const) {
  test(`computes ${op(g.literal(0)).op} to 2e-15 from ${range.data[0]} to ${range.data.at(-1)}`, async () => {
    await check({ values: [range], build: (x = g.literal(0)) => op(x) }, 2e-15);
  });
}

test("keeps the limits of special functions", async () => {
  const limits = tensor("float64", [3], [-Infinity, 0, Infinity]);
  for (const op of [g.erf, g.softplus]) {
    await check({ values: [limits], build: (x = g.literal(0)) => op(x) });
  }
  const ends = tensor("float64", [3], [-1, 0, Infinity]);
  await check({ values: [ends], build: (x = g.literal(0)) => g.log1p(x) });
});

const window = {
  padding: [
    [1, 1],
    [1, 1],
  ],
} as const;
/** Large enough for blocks: 32 · 256 · 288 elements of patches. */
const [image, filter, delta] = [made(32, 16, 16, 32), made(3, 3, 32, 2), made(32, 16, 16, 2)];

test("convolves in blocks of examples", async () => {
  const build = (x = g.literal(0), w = x): Node => g.convolve(x, w, window);
  const used = await check({ values: [image, filter], build });
  assert.ok(used.filter((operator) => operator === "Gemm").length > 1);
});

test("sums filter gradients over blocks of examples", async () => {
  const build = (x = g.literal(0), d = x): Node =>
    g.convolveFilter(x, d, { ...window, kernelSize: [3, 3] });
  const used = await check({ values: [image, delta], build });
  assert.ok(used.includes("Add"));
});

test("joins input gradients of blocks of examples", async () => {
  const build = (d = g.literal(0), w = d): Node =>
    g.convolveInput(d, w, { ...window, inputSize: [16, 16] });
  const used = await check({ values: [delta, filter], build });
  assert.ok(used.includes("Concat"));
});

test("joins short rows beside an array that has the same one for many of them", async () => {
  const wide = made(3, 48, 32, 16);
  for (const narrow of [made(16), made(3, 1, 1, 16)]) {
    const { shape } = narrow;
    const minus = (x = g.literal(0), y = x): Node => g.subtract(x, g.broadcast(y, wide.shape));
    const used = await check({ values: [wide, narrow], build: minus });
    assert.ok(used.includes("Expand"), `${shape}: ${used.join()}`);
    const over = (x = g.literal(0), y = x): Node => g.divide(g.broadcast(x, wide.shape), y);
    const turned = await check({ values: [narrow, wide], build: over });
    assert.ok(turned.includes("Expand"), `${shape}: ${turned.join()}`);
  }
  const across = (x = g.literal(0), y = x): Node => g.add(x, g.broadcast(y, wide.shape));
  const others = [made(48, 1, 16), made(3, 48, 32, 1), made(3, 1, 32, 16)];
  for (const narrow of others) {
    const used = await check({ values: [wide, narrow], build: across });
    assert.ok(!used.includes("Expand"), `${narrow.shape}: ${used.join()}`);
  }
});

test("turns filters about for the input gradient of a convolution in steps of one", async () => {
  const inputSize = [7, 5];
  const given = {
    padding: [
      [1, 1],
      [0, 2],
    ] as const,
    inputSize,
  };
  const build = (d = g.literal(0), w = d): Node => g.convolveInput(d, w, given);
  const used = await check({ values: [made(2, 7, 5, 3), made(3, 3, 4, 3)], build });
  assert.ok(used.includes("Gather") && !used.includes("ReduceSum"), used.join());
  const wider = await check({ values: [made(2, 7, 5, 5), made(3, 3, 4, 5)], build });
  assert.ok(wider.includes("ReduceSum"), wider.join());
});

test("scatters by a gather, a product or in sequence, whichever suits the indices", async () => {
  const rows = places(0, 2, 2, 1);
  const updates = made(4, 5);
  const fixed = (u = g.literal(0)): Node => g.scatterAdd(u, g.constant(rows), { axis: 0, size: 3 });
  assert.ok((await check({ values: [updates], build: fixed })).includes("Gather"));
  const into =
    (axis: number, size: number) =>
    (u = g.literal(0), i = u) =>
      g.scatterAdd(u, i, { axis, size });
  for (const [value, axis] of [
    [updates, 0],
    [made(3, 4), 1],
    [made(2, 4, 3), 1],
  ] as const) {
    const few = await check({ values: [value, rows], build: into(axis, 3) });
    assert.ok(few.includes("MatMul") && !few.includes("ScatterElements"));
    const many = await check({ values: [value, rows], build: into(axis, 3000) });
    assert.ok(many.includes("ScatterElements"));
  }
});

test("masks by a product only what cannot be infinite", async () => {
  const flags = tensor("bool", [4], [0, 1, 0, 1]);
  const zero = g.filled(0, [4]);
  const guarded = (m = g.literal(0), x = m): Node => g.select(m, g.log(x), zero);
  const risky = tensor("float64", [4], [0, 1, -1, 2]);
  assert.ok((await check({ values: [flags, risky], build: guarded })).includes("Where"));
  for (const build of [
    (m = g.literal(0), x = m): Node => g.select(m, g.tanh(x), g.literal(0)),
    (m = g.literal(0), x = m): Node => g.select(m, g.literal(0), g.tanh(x)),
  ]) {
    assert.ok(!(await check({ values: [flags, made(4)], build })).includes("Where"));
  }
});

test("takes factors and biases into products without losing float64", async () => {
  const values = [made(2, 6), made(2, 5), made(6, 5), tensor("float64", [], [0.1])];
  const product = (a: Node, b: Node): Node => g.matmul(a, b, { transposeA: true });
  const wide = (scalar: Node): Node => g.broadcast(scalar, [6, 5]);
  type Form = (a: Node, b: Node, c: Node, s: Node) => Node;
  const forms: Form[] = [
    (a, b) => g.scale(product(a, b), 0.1),
    (a, b) => g.negate(g.scale(product(a, b), 0.3)),
    (a, b, c, s) => g.subtract(c, g.multiply(wide(s), product(a, b))),
    (a, b, c, s) => g.subtract(g.scale(c, 0.9), g.multiply(g.scale(product(a, b), 3), s)),
    (a, b, c) => g.add(product(a, b), g.slice(c, { starts: [0, 0], ends: [1, 5] })),
    (a, b, c) => g.subtract(g.slice(c, { starts: [0, 0], ends: [6, 1] }), product(a, b)),
    (a, b, _, s) => g.subtract(g.scale(product(a, b), 0.7), wide(s)),
    (a, b) => g.add(product(a, b), product(a, b)),
  ];
  for (const form of forms) {
    const build = (a = g.literal(0), b = a, c = a, s = a): Node => form(a, b, c, s);
    await check({ values, build });
  }
});
