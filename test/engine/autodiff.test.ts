/** Derivatives of whole programs: networks of every kind against differences and transposes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gradient, transposeLinear, vjp } from "#engine/autodiff/backward.ts";
import { jvp, linearise } from "#engine/autodiff/forward.ts";
import * as g from "#engine/graph/build.ts";
import { inputsOf, ordered } from "#engine/graph/walk.ts";
import type { InputNode, Node, Window } from "#engine/ops/operations.ts";
import { tensor } from "#engine/tensor.ts";
import { drawn, indices, real, uniform } from "#test/contracts/backend/case.ts";
import { assertClose } from "#test/contracts/backend/close.ts";
import { assertDerivative, evaluate } from "./derivatives.ts";

/** Continuous values in [−1, 1] for every real input of a graph, indices below 3 for integers. */
function pointOf(outputs: readonly Node[], seed = 3): Map<InputNode, ReturnType<typeof drawn>> {
  const random = uniform(seed);
  return new Map(
    inputsOf(outputs).map((node) => {
      const range =
        node.kind === "integer"
          ? indices(3, ...node.shape)
          : { ...real(...node.shape), low: -1, high: 1 };
      return [node, drawn(range, random, true)];
    }),
  );
}

/** Mean over rows of log Σ eᶻ − z_y, with the maximum taken out first. */
function crossEntropy(logits: Node, labels: Node): Node {
  const [rows = 1, classes = 1] = logits.shape;
  const shifted = g.subtract(logits, g.stopGradient(g.max(logits, [1], { keepDims: true })));
  const total = g.log(g.sum(g.exp(shifted), [1]));
  const range = g.constant(
    tensor(
      "int32",
      [classes],
      Array.from({ length: classes }, (_, at) => at),
    ),
  );
  const hot = g.cast(g.equal(g.reshape(labels, [rows, 1]), range), "real");
  const picked = g.sum(g.multiply(shifted, hot), [1]);
  return g.scale(g.sum(g.subtract(total, picked)), 1 / rows);
}

const dense = (x: Node, name: string, width: number): Node => {
  const weights = g.input(`${name}/w`, [x.shape.at(-1) ?? 0, width]);
  return g.add(g.matmul(x, weights), g.input(`${name}/b`, [width]));
};

test("the derivative of a perceptron with softmax cross-entropy is right", async () => {
  const hidden = g.tanh(dense(g.input("x", [4, 5]), "one", 6));
  const loss = crossEntropy(
    dense(g.sigmoid(dense(hidden, "two", 5)), "three", 3),
    g.input("labels", [4], "integer"),
  );
  await assertDerivative(loss, pointOf([loss]));
});

test("the gradient of cross-entropy is softmax minus one-hot", async () => {
  const logits = g.input("logits", [2, 3]);
  const labels = g.input("labels", [2], "integer");
  const point = new Map([
    [logits, tensor("float64", [2, 3], [1, 2, 3, 0, 0, 100])],
    [labels, tensor("int32", [2], [0, 2])],
  ]);
  const [slope] = await evaluate(gradient(crossEntropy(logits, labels), [logits]), point);
  const total = Math.exp(1) + Math.exp(2) + Math.exp(3);
  const first = [Math.exp(1) / total - 1, Math.exp(2) / total, Math.exp(3) / total];
  const second = [Math.exp(-100), Math.exp(-100), 0];
  const expected = tensor(
    "float64",
    [2, 3],
    [...first, ...second].map((value) => value / 2),
  );
  assertClose(slope, expected, { tolerance: 1e-15, what: "slope" });
});

test("the derivative of a residual graph with shared weights is right", async () => {
  const kernel = g.input("kernel", [3, 3, 4, 4]);
  const padding = [
    [1, 1],
    [1, 1],
  ] as const;
  let x: Node = g.input("x", [2, 5, 5, 4]);
  for (let block = 0; block < 3; block++) {
    x = g.add(x, g.softplus(g.convolve(x, kernel, { padding })));
  }
  const pooled = g.max(
    g.reshape(g.slice(x, { starts: [0, 0, 0, 0], ends: [2, 4, 4, 4] }), [2, 2, 2, 2, 2, 4]),
    [2, 4],
  );
  const out = dense(g.reshape(pooled, [2, 16]), "out", 2);
  await assertDerivative(out, pointOf([out]));
});

test("the derivative of normalisation and attention is right", async () => {
  const x = g.input("x", [2, 3, 4]);
  const mean = g.scale(g.sum(x, [2], { keepDims: true }), 1 / 4);
  const centred = g.subtract(x, mean);
  const variance = g.scale(g.sum(g.multiply(centred, centred), [2], { keepDims: true }), 1 / 4);
  const normal = g.divide(centred, g.sqrt(g.add(variance, g.literal(1e-3))));
  const project = (name: string): Node =>
    g.matmul(normal, g.broadcast(g.input(name, [4, 4]), [2, 4, 4]));
  const scores = g.matmul(project("query"), project("key"), { transposeB: true });
  const weights = g.exp(g.subtract(scores, g.max(scores, [2], { keepDims: true })));
  const shares = g.divide(weights, g.sum(weights, [2], { keepDims: true }));
  const out = g.add(x, g.matmul(shares, project("value")));
  await assertDerivative(out, pointOf([out]));
});

test("the derivative of an embedding that is used twice is right", async () => {
  const table = g.input("table", [3, 4]);
  const tokens = g.input("tokens", [2, 5], "integer");
  const out = g.matmul(
    g.gather(g.tanh(table), tokens, 0),
    g.broadcast(g.transpose(table, [1, 0]), [2, 4, 3]),
  );
  await assertDerivative(out, pointOf([out]));
});

/** One window of each kind, in one to three dimensions, below a nonlinearity and a second layer. */
const stacks: Readonly<Record<string, readonly [readonly number[], number[], Partial<Window>]>> = {
  "1-D": [[2, 9, 4], [3, 2, 6], { strides: [2], dilations: [2], padding: [[2, 1]], groups: 2 }],
  "2-D": [
    [2, 6, 7, 4],
    [2, 3, 2, 4],
    {
      strides: [2, 1],
      dilations: [1, 2],
      padding: [
        [0, 1],
        [2, 0],
      ],
      groups: 2,
    },
  ],
  "3-D": [
    [1, 4, 4, 5, 2],
    [2, 2, 3, 1, 4],
    {
      strides: [1, 2, 2],
      padding: [
        [0, 1],
        [1, 0],
        [0, 0],
      ],
      groups: 2,
    },
  ],
};

for (const [title, [image, kernel, window]] of Object.entries(stacks)) {
  test(`the derivative of stacked ${title} convolutions is right`, async () => {
    const first = g.tanh(g.convolve(g.input("x", image), g.input("k1", kernel), window));
    const rank = image.length - 2;
    const last = kernel.at(-1) ?? 0;
    const second = g.input("k2", [...Array<number>(rank).fill(1), last, 2]);
    const out = g.convolve(first, second);
    await assertDerivative(out, pointOf([out]));
  });
}

test("the derivative of random elementwise compositions is right", async () => {
  const unary = [g.tanh, g.sigmoid, g.softplus, g.sin, g.cos, g.erf, g.relu, g.exp];
  const binary = [g.add, g.subtract, g.multiply, g.maximum, g.minimum];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(999), { minLength: 1, maxLength: 8 }), async (picks) => {
      const nodes: Node[] = [g.input("a", [2, 1]), g.input("b", [3])];
      for (const pick of picks) {
        const at = (n: number): Node => nodes[n % nodes.length] ?? g.literal(0);
        const two = binary[pick % binary.length] ?? g.add;
        const one = unary[pick % unary.length] ?? g.tanh;
        nodes.push(g.tanh(pick % 3 === 0 ? one(at(pick)) : two(at(pick), one(at(pick >> 3)))));
      }
      const out = nodes.reduce((sum, node) => g.add(sum, node));
      await assertDerivative(out, pointOf([out]));
    }),
    { numRuns: 40, seed: 1 },
  );
});

test("the vjp is the transpose of the same linear program", () => {
  const x = g.input("x", [3]);
  const y = g.exp(g.multiply(x, x));
  const linear = linearise([y], [x]);
  const u = g.input("u", [3]);
  const [back] = transposeLinear(linear, [u]);
  assert.ok(back);
  assert.ok(!ordered([back]).some((node) => node === linear.tangentInputs[0]));
  assert.deepEqual(new Set(inputsOf([back])), new Set([x, u]));
  assert.ok(ordered([back]).includes(y), "the primal node is the residual");
});

test("what does not reach an output has a zero tangent and a zero cotangent", async () => {
  const [x, y] = [g.input("x", [2]), g.input("y", [3])];
  const [tangent] = jvp([g.exp(x)], new Map([[y, y]]));
  const [cotangent] = vjp([g.exp(x)], [y], [x]);
  assert.deepEqual(tangent?.shape, [2]);
  assert.deepEqual(cotangent?.shape, [3]);
  const values = await evaluate([tangent ?? x, cotangent ?? x], new Map());
  assert.deepEqual(
    values.map(({ data }) => [...data]),
    [
      [0, 0],
      [0, 0, 0],
    ],
  );
});

test("inner nodes can be differentiated by, and what is upstream stands still", async () => {
  const x = g.input("x", [2]);
  const inner = g.exp(x);
  const [slope] = gradient(g.sum(g.multiply(inner, inner)), [inner]).slice();
  const point = new Map([[x, tensor("float64", [2], [0, Math.LN2])]]);
  const [value] = await evaluate([slope ?? x], point);
  assert.deepEqual([...(value?.data ?? [])], [2, 4]);
});

test("an output may be one of the variables, and stand twice", async () => {
  const x = g.input("x", [2]);
  const [slope] = vjp([x, x, g.scale(x, 3)], [x], [x, x, x]);
  const point = new Map([[x, tensor("float64", [2], [1, 2])]]);
  const [value] = await evaluate([slope ?? x], point);
  assert.deepEqual([...(value?.data ?? [])], [5, 10]);
});

test("gradients of arrays and cotangents of wrong shapes are refused", () => {
  const x = g.input("x", [2]);
  assert.throws(() => gradient(x, [x]), /not a scalar/);
  assert.throws(() => vjp([x], [x], [g.literal(1)]), /cotangent 0 has shape/);
  assert.throws(() => vjp([x], [x], []), /cotangent 0 has shape/);
});
