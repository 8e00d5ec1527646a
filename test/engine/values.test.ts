/** The reference backend against values worked out by hand and formulae written here anew. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { referenceBackend } from "#engine/backends/reference.ts";
import * as g from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import { evaluate } from "./derivatives.ts";

const array = (shape: Shape, values: readonly number[]): Node =>
  g.constant(tensor("float64", shape, values));
const integers = (shape: Shape, values: readonly number[]): Node =>
  g.constant(tensor("int32", shape, values));
const booleans = (values: readonly number[]): Node =>
  g.constant(tensor("bool", [values.length], values));
/** 0, 1, 2, … */
const counted = (...shape: number[]): Node =>
  array(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => i),
  );

const valuesOf = async (node: Node): Promise<number[]> => {
  const [value] = await evaluate([node], new Map());
  return [...(value?.data ?? [])];
};

const m = array([2, 3], [1, -2, 3, 4, 5, -6]);
const s = (...values: number[]): Node => array([values.length], values);
const ends = [-Infinity, -1, 0, 1, Infinity];

const table: Readonly<Record<string, readonly [Node, readonly number[]]>> = {
  negate: [g.negate(s(1, -2)), [-1, 2]],
  scale: [g.scale(s(1, -2), 3), [3, -6]],
  exp: [g.exp(s(0, 1, -Infinity)), [1, Math.E, 0]],
  log: [g.log(s(1, Math.E, 0, -1)), [0, 1, -Infinity, NaN]],
  log1p: [g.log1p(s(0, 1e-20, -1)), [0, 1e-20, -Infinity]],
  sqrt: [g.sqrt(s(4, 2, -1)), [2, Math.SQRT2, NaN]],
  reciprocal: [g.reciprocal(s(4, 0)), [0.25, Infinity]],
  tanh: [g.tanh(array([5], ends)), [-1, Math.tanh(-1), 0, Math.tanh(1), 1]],
  sigmoid: [g.sigmoid(s(-800, 0, Math.log(3), 800)), [0, 0.5, 0.75, 1]],
  softplus: [g.softplus(s(-800, 0, 800)), [0, Math.LN2, 800]],
  abs: [g.abs(s(-2, 0, 3)), [2, 0, 3]],
  sign: [g.sign(s(-2, 0, 3)), [-1, 0, 1]],
  floor: [g.floor(s(-1.5, 1.5, 2)), [-2, 1, 2]],
  sin: [g.sin(s(0, Math.PI / 2)), [0, 1]],
  cos: [g.cos(s(0, Math.PI)), [1, -1]],
  relu: [g.relu(array([5], ends)), [0, 0, 0, 1, Infinity]],
  stopGradient: [g.stopGradient(s(1, 2)), [1, 2]],
  add: [g.add(m, s(10, 20, 30)), [11, 18, 33, 14, 25, 24]],
  subtract: [g.subtract(m, array([2, 1], [1, 2])), [0, -3, 2, 2, 3, -8]],
  multiply: [g.multiply(array([2, 1], [2, 3]), s(5, 7)), [10, 14, 15, 21]],
  divide: [g.divide(s(1, -1, 0), s(4, 0, 0)), [0.25, -Infinity, NaN]],
  maximum: [g.maximum(s(1, 5), s(2, 4)), [2, 5]],
  minimum: [g.minimum(s(1, 5), s(2, 4)), [1, 4]],
  power: [g.power(s(2, 0, 9), s(3, 0, 0.5)), [8, 1, 3]],
  greater: [g.greater(s(1, 2, 3), s(2, 2, 2)), [0, 0, 1]],
  greaterEqual: [g.greaterEqual(s(1, 2, 3), s(2, 2, 2)), [0, 1, 1]],
  equal: [g.equal(s(1, 2, NaN), s(2, 2, NaN)), [0, 1, 0]],
  and: [g.and(booleans([0, 0, 1, 1]), booleans([0, 1, 0, 1])), [0, 0, 0, 1]],
  or: [g.or(booleans([0, 0, 1, 1]), booleans([0, 1, 0, 1])), [0, 1, 1, 1]],
  not: [g.not(booleans([0, 1])), [1, 0]],
  select: [g.select(booleans([1, 0]), s(1, 2), array([2, 1], [3, 4])), [1, 3, 1, 4]],
  "cast to integers": [g.cast(s(-1.7, 1.7, 3), "integer"), [-1, 1, 3]],
  "cast to booleans": [g.cast(s(-0.5, 0, 2), "boolean"), [1, 0, 1]],
  "cast to reals": [g.cast(booleans([0, 1]), "real"), [0, 1]],
  "integer arithmetic": [g.subtract(integers([2], [3, 4]), integers([], [5])), [-2, -1]],
  sum: [g.sum(m, [0]), [5, 3, -3]],
  "sum of rows": [g.sum(m, [1]), [2, 3]],
  max: [g.max(m, [1]), [3, 5]],
  argMax: [g.argMax(array([2, 3], [1, 7, 7, 5, 5, 4]), 1), [1, 0]],
  "argMax along columns": [g.argMax(m, 0), [1, 1, 0]],
  reshape: [g.reshape(m, [3, 2]), [1, -2, 3, 4, 5, -6]],
  broadcast: [g.broadcast(array([2, 1], [1, 2]), [2, 2, 3]), [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]],
  transpose: [g.transpose(counted(2, 1, 3), [2, 0, 1]), [0, 3, 1, 4, 2, 5]],
  slice: [g.slice(counted(3, 5), { starts: [0, 1], ends: [3, 5], steps: [2, 3] }), [1, 4, 11, 14]],
  pad: [g.pad(s(1, 2, 3), { low: [1], high: [2], interior: [1] }), [0, 1, 0, 2, 0, 3, 0, 0]],
  concat: [g.concat([counted(2, 1), counted(2, 2)], 1), [0, 0, 1, 1, 2, 3]],
  gather: [g.gather(counted(2, 3), integers([2], [2, 0]), 1), [2, 0, 5, 3]],
  scatterAdd: [
    g.scatterAdd(counted(3, 2), integers([3], [1, 1, 3]), { axis: 0, size: 4 }),
    [0, 0, 2, 4, 0, 0, 4, 5],
  ],
  matmul: [g.matmul(m, counted(3, 2)), [8, 10, -14, -11]],
  "matmul of transposes": [
    g.matmul(m, counted(3, 2), { transposeA: true, transposeB: true }),
    [4, 14, 24, 5, 11, 17, -6, -12, -18],
  ],
  // [1, 2, 3, 4] against [1, 10] with stride 1: 1 + 20, 2 + 30, 3 + 40.
  convolve: [g.convolve(array([1, 4, 1], [1, 2, 3, 4]), array([2, 1, 1], [1, 10])), [21, 32, 43]],
  "convolve, padded, strided and dilated": [
    g.convolve(array([1, 4, 1], [1, 2, 3, 4]), array([2, 1, 1], [1, 10]), {
      strides: [2],
      dilations: [3],
      padding: [[1, 1]],
    }),
    [30, 2],
  ],
  "convolve in groups": [
    g.convolve(array([1, 1, 2], [2, 3]), array([1, 1, 4], [1, 10, 100, 1000]), { groups: 2 }),
    [2, 20, 300, 3000],
  ],
  convolveInput: [
    g.convolveInput(s3(1, 2, 3), array([2, 1, 1], [1, 10]), { inputSize: [4] }),
    [1, 12, 23, 30],
  ],
  convolveFilter: [
    g.convolveFilter(array([1, 4, 1], [1, 2, 3, 4]), s3(1, 10, 100), { kernelSize: [2] }),
    [321, 432],
  ],
};

function s3(...values: number[]): Node {
  return array([1, values.length, 1], values);
}

for (const [title, [node, expected]] of Object.entries(table)) {
  test(`${title} has the values worked out by hand`, async () => {
    const actual = await valuesOf(node);
    assert.equal(actual.length, expected.length);
    for (const [at, value] of expected.entries()) {
      const found = actual[at] ?? NaN;
      const near = Object.is(found, value) || Math.abs(found - value) <= 4e-16 * Math.abs(value);
      assert.ok(near || (found === 0 && value === 0), `[${at}] is ${found}, not ${value}`);
    }
  });
}

test("erf agrees with glibc and is odd", async () => {
  // Source: glibc's erf (below one ulp), printed by Python.
  const known = new Map([
    [0, 0.0],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.49, 0.9648978648432042],
    [1.5, 0.9661051464753108],
    [2, 0.9953222650189527],
    [2.99, 0.9999764743969194],
    [3, 0.9999779095030014],
    [3.5, 0.9999992569016276],
    [5, 0.9999999999984626],
    [7, 1.0],
  ]);
  const [plus, minus] = await Promise.all([
    valuesOf(g.erf(s(...known.keys()))),
    valuesOf(g.erf(g.negate(s(...known.keys())))),
  ]);
  for (const [at, [x, value]] of [...known].entries()) {
    const near = Math.abs((plus[at] ?? NaN) - value) <= 4e-16;
    assert.ok(near, `erf(${x}) is ${plus[at]}, not ${value}`);
    assert.equal((minus[at] ?? NaN) + (plus[at] ?? NaN), 0);
  }
});

test("a 2-D convolution equals the sum that defines it", async () => {
  const [x, w] = [g.sin(counted(2, 5, 4, 2)), g.cos(counted(3, 2, 2, 3))];
  const window = {
    strides: [2, 1],
    padding: [
      [1, 0],
      [0, 1],
    ],
    dilations: [1, 2],
  } as const;
  const out = g.convolve(x, w, window);
  const [xs, ws, ys] = [await valuesOf(x), await valuesOf(w), await valuesOf(out)];
  const [, rows = 0, columns = 0] = out.shape;
  for (const [at, value] of ys.entries()) {
    const f = at % 3;
    const j = Math.floor(at / 3) % columns;
    const i = Math.floor(at / 3 / columns) % rows;
    const n = Math.floor(at / 3 / columns / rows);
    let sum = 0;
    for (let p = 0; p < 3; p++) {
      for (let q = 0; q < 2; q++) {
        const [r, c] = [2 * i + p - 1, j + 2 * q];
        if (r < 0 || r >= 5 || c < 0 || c >= 4) continue;
        for (let k = 0; k < 2; k++) {
          const a = xs[((n * 5 + r) * 4 + c) * 2 + k] ?? NaN;
          sum += a * (ws[((p * 2 + q) * 2 + k) * 3 + f] ?? NaN);
        }
      }
    }
    assert.ok(Math.abs(sum - value) < 1e-14, `[${at}] is ${value}, not ${sum}`);
  }
});

test("float32 programs round after every operation", async () => {
  const x = g.input("x", []);
  const y = g.subtract(g.add(x, g.literal(2 ** -30)), x);
  const procedure = { name: "rounding", constants: [], inputs: [x], outputs: { y } };
  const one = { x: tensor("float64", [], [1]) };
  await using wide = await referenceBackend().compile(procedure, "float64");
  await using narrow = await referenceBackend().compile(procedure, "float32");
  assert.equal((await wide.call(one))["y"]?.data[0], 2 ** -30);
  assert.equal((await narrow.call(one))["y"]?.data[0], 0);
});

test("indices outside an axis are refused", async () => {
  await assert.rejects(valuesOf(g.gather(m, integers([1], [2]), 0)), /outside \[0, 2\)/);
  await assert.rejects(valuesOf(g.gather(m, integers([1], [-1]), 0)), /outside \[0, 2\)/);
});
