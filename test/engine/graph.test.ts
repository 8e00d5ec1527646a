/** Graphs as data: what constructors refuse and skip, walks, counts of operations and of bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gradient } from "#engine/autodiff/backward.ts";
import * as g from "#engine/graph/build.ts";
import { countFlops } from "#engine/graph/flops.ts";
import { peakBytes } from "#engine/graph/memory.ts";
import { dependsOn, inputsOf, ordered, substitute, usesOf } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";
import { tensor } from "#engine/tensor.ts";

const x = g.input("x", [2, 3]);
const w = g.input("w", [3, 4]);
const index = g.input("index", [5], "integer");
const flag = g.input("flag", [3], "boolean");

const refused: Readonly<Record<string, readonly [() => Node, RegExp]>> = {
  "shapes that do not broadcast": [() => g.add(x, w), /add\(real\[2,3\], real\[3,4\]\)/],
  "operands of two kinds": [() => g.add(x, g.input("i", [3], "integer")), /one kind/],
  "real functions of integers": [() => g.exp(index), /exp\(integer\[5\]\).*must be real/],
  "arithmetic of booleans": [() => g.add(flag, flag), /must be real\/integer/],
  "conditions that are not boolean": [() => g.select(x, x, x), /condition must be boolean/],
  "products whose inner axes differ": [() => g.matmul(x, x), /contracted axes differ/],
  "products of vectors": [() => g.matmul(flag, flag), /must be real/],
  "products of different batches": [
    () => g.matmul(g.input("a", [2, 3, 3]), g.input("b", [3, 3, 3])),
    /batch axes differ/,
  ],
  "reshapes to another size": [() => g.reshape(x, [5]), /sizes differ/],
  "stretching an axis that is not 1": [() => g.broadcast(x, [4, 3]), /broadcast/],
  "stretching twice to what one could not": [
    () => g.broadcast(g.broadcast(g.input("r", [1]), [2]), [3]),
    /broadcast/,
  ],
  "stretching to fewer axes": [() => g.broadcast(x, [3]), /broadcast/],
  "permutations that miss axes": [() => g.transpose(x, [0]), /misses axes/],
  "permutations that repeat axes": [() => g.transpose(x, [0, 0]), /repeat/],
  "axes that do not exist": [() => g.sum(x, [2]), /no axis 2/],
  "slices outside": [() => g.slice(x, { starts: [0, 0], ends: [3, 3] }), /outside/],
  "steps of 0": [() => g.slice(x, { starts: [0, 0], ends: [1, 1], steps: [0, 1] }), /at 1/],
  "negative padding": [() => g.pad(x, { low: [-1, 0], high: [0, 0] }), /from 0 upwards/],
  "concatenations of unlike shapes": [() => g.concat([x, w], 0), /other axes differ/],
  "real indices": [() => g.gather(x, x, 0), /indices must be integer/],
  "updates without the indices' axes": [
    () => g.scatterAdd(x, index, { axis: 0, size: 4 }),
    /lack the axes/,
  ],
  "maxima of nothing": [() => g.max(g.input("none", [0])), /maximum of nothing/],
  "windows larger than the input": [
    () => g.convolve(g.input("i", [1, 2, 1]), g.input("k", [3, 1, 1])),
    /does not fit/,
  ],
  "channels that groups do not explain": [
    () => g.convolve(g.input("i", [1, 4, 3]), g.input("k", [3, 1, 2]), { groups: 2 }),
    /3 channels are not 2 groups of 1/,
  ],
  "cotangents of another output size": [
    () => g.convolveInput(g.input("d", [1, 3, 1]), g.input("k", [2, 1, 1]), { inputSize: [9] }),
    /does not give that cotangent/,
  ],
};

for (const [title, [build, message]] of Object.entries(refused)) {
  test(`constructors refuse ${title}`, () => {
    assert.throws(build, message);
  });
}

test("constructors skip what changes nothing", () => {
  const flip = g.transpose(x, [1, 0]);
  assert.equal(g.add(x, g.literal(0)), x);
  assert.equal(g.multiply(g.literal(1), x), x);
  assert.equal(g.scale(x, 1), x);
  assert.equal(g.reshape(g.reshape(x, [6]), [2, 3]), x);
  assert.equal(g.transpose(flip, [1, 0]), x);
  assert.equal(g.broadcast(x, [2, 3]), x);
  assert.equal(g.sum(x, []), x);
  assert.equal(g.cast(x, "real"), x);
  assert.equal(g.concat([x], 0), x);
  assert.equal(g.slice(x, { starts: [0, 0], ends: [2, 3] }), x);
  assert.equal(g.pad(x, { low: [0, 0], high: [0, 0] }), x);
  assert.notEqual(g.add(x, g.filled(0, [4, 2, 3])).shape.length, x.shape.length);
});

test("nodes are frozen, and so is what they were made of", () => {
  const node = g.reshape(x, [6]);
  assert.ok(Object.isFrozen(node) && Object.isFrozen(node.inputs));
  assert.ok(Object.isFrozen(node.shape) && Object.isFrozen(node.attributes));
});

test("the order of a graph has operands first and each node once, at any depth", () => {
  let deep: Node = x;
  for (let i = 0; i < 100_000; i++) deep = g.tanh(deep);
  const order = ordered([deep, g.exp(deep), x]);
  assert.equal(order.length, 100_002);
  const place = new Map(order.map((node, at) => [node, at]));
  for (const [at, node] of order.entries()) {
    for (const operand of node.inputs) assert.ok((place.get(operand) ?? Infinity) < at);
  }
});

test("walks find inputs, dependence and uses", () => {
  const product = g.matmul(x, w);
  const twice = g.multiply(product, product);
  const apart = g.exp(w);
  assert.deepEqual(inputsOf([twice, apart]), [x, w]);
  assert.deepEqual(dependsOn([twice, apart], new Set([x])), new Set([x, product, twice]));
  assert.deepEqual(usesOf([twice, apart]).get(product), [twice, twice]);
  assert.deepEqual(usesOf([twice, apart]).get(apart), []);
});

test("substitution rebuilds what it must and shares the rest", () => {
  const shared = g.exp(w);
  const node = g.add(g.matmul(x, shared), g.literal(1));
  const other = g.input("other", [7, 3]);
  const [rebuilt] = substitute([node], new Map([[x, other]]));
  assert.deepEqual(rebuilt?.shape, [7, 4]);
  assert.equal(rebuilt?.inputs[0]?.inputs[1], shared);
  assert.deepEqual(inputsOf(rebuilt ? [rebuilt] : []), [other, w]);
  assert.equal(substitute([node], new Map())[0], node);
  assert.throws(() => substitute([node], new Map([[x, w]])), /contracted axes differ/);
});

test("products count 2·M·N·K operations and elementwise ones count each element", () => {
  const y = g.tanh(g.add(g.matmul(x, w), g.input("b", [4])));
  assert.deepEqual(countFlops([y, y]), { contraction: 2 * 2 * 3 * 4, elementwise: 2 * 8 });
  const flipped = g.matmul(g.input("a", [5, 3, 2]), g.input("c", [5, 4, 3]), {
    transposeA: true,
    transposeB: true,
  });
  assert.equal(countFlops([flipped]).contraction, 2 * 5 * 2 * 3 * 4);
});

test("a dense step counts 6PN operations less 2P₁N for the first layer", () => {
  const [n, a, b, c] = [32, 20, 30, 10];
  const data = g.input("data", [n, a]);
  const weights = [g.input("w1", [a, b]), g.input("w2", [b, c])] as const;
  const logits = g.matmul(g.relu(g.matmul(data, weights[0])), weights[1]);
  const slopes = gradient(g.sum(g.multiply(logits, logits)), weights);
  const [p1, p2] = [a * b, b * c];
  assert.equal(countFlops([logits, ...slopes]).contraction, 6 * (p1 + p2) * n - 2 * p1 * n);
});

test("a convolution and both its transposes count the same", () => {
  const [image, kernel] = [g.input("image", [2, 8, 8, 6]), g.input("kernel", [3, 3, 2, 9])];
  const window = { groups: 3, strides: [2, 2] };
  const out = g.convolve(image, kernel, window);
  const counted = 2 * 2 * 3 * 3 * 9 * (3 * 3) * 2;
  assert.deepEqual(out.shape, [2, 3, 3, 9]);
  const back = g.convolveInput(out, kernel, { ...window, inputSize: [8, 8] });
  const filter = g.convolveFilter(image, out, { ...window, kernelSize: [3, 3] });
  assert.equal(countFlops([out]).contraction, counted);
  assert.equal(countFlops([back]).contraction, 2 * counted);
  assert.equal(countFlops([filter]).contraction, 2 * counted);
});

test("the peak of a chain is its input and two neighbours", () => {
  const long = g.input("long", [1000]);
  const chain = g.exp(g.tanh(g.exp(g.tanh(long))));
  assert.equal(peakBytes([chain], "float32"), 3 * 4000);
  assert.equal(peakBytes([chain], "float64"), 3 * 8000);
  assert.equal(peakBytes([long], "float64"), 8000);
});

test("values read late count until they are read", () => {
  const long = g.input("long", [1000]);
  const early = g.tanh(long);
  const mask = g.greater(early, g.literal(0));
  const late = g.select(mask, g.exp(g.sin(early)), early);
  // long, 0, early, mask (1 byte), sin and exp at once.
  assert.equal(peakBytes([late], "float32"), 4 + 4 * 4000 + 1000);
});

test("scalars can be made from any number", () => {
  assert.equal(g.literalValue(g.literal(-0.1)), -0.1);
  assert.equal(g.literalValue(g.constant(tensor("float64", [1], [2]))), undefined);
});
