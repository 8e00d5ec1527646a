/** Programs on ONNX Runtime: equal bits however steps are split, hoisting, and fusions. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { gradient } from "#engine/autodiff/backward.ts";
import type { Program, Tensors } from "#engine/backend.ts";
import { writeLoop } from "#engine/backends/onnxruntime/loop.ts";
import { writeProcedure } from "#engine/backends/onnxruntime/procedure.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import * as g from "#engine/graph/build.ts";
import type { Graph, OnnxNode } from "#engine/onnx/model.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import { tensor } from "#engine/tensor.ts";
import { drawn, indices, real, uniform } from "#test/contracts/backend/case.ts";
import { assertClose } from "#test/contracts/backend/close.ts";

const backend = await onnxruntimeBackend({ device: "cpu" });
after(() => backend[Symbol.asyncDispose]());

const [examples, features, hidden, classes, batch] = [40, 6, 16, 3, 8];

/** Two dense layers, tanh and squared error, heavy ball; the norm of one gradient is emitted. */
function training(): Program {
  const random = uniform(5);
  const x = g.input("data/x", [examples, features]);
  const y = g.input("data/y", [examples, classes]);
  const rows = g.input("batch", [batch], "integer");
  const rate = g.input("rate", []);
  const shapes = [[features, hidden], [hidden], [hidden, classes], [classes]];
  const weights = shapes.map((shape, at) => g.input(`w/${at}`, shape));
  const momenta = shapes.map((shape, at) => g.input(`m/${at}`, shape));
  const [w0 = x, b0 = x, w1 = x, b1 = x] = weights;
  const affine = (a: Node, w: Node, b: Node): Node => {
    const product = g.matmul(a, w);
    return g.add(product, g.broadcast(b, product.shape));
  };
  const output = affine(g.tanh(affine(g.gather(x, rows, 0), w0, b0)), w1, b1);
  const error = g.subtract(output, g.gather(y, rows, 0));
  const loss = g.scale(g.sum(g.multiply(error, error)), 0.5 / batch);
  const slopes = gradient(loss, weights);
  const next = momenta.map((m, at) => g.add(g.scale(m, 0.9), slopes[at] ?? m));
  const [first = loss] = slopes;
  return {
    name: "training",
    constants: [
      { input: x, value: drawn(real(examples, features), random) },
      { input: y, value: drawn(real(examples, classes), random) },
    ],
    invariants: [],
    carried: [
      ...weights.map((input, at) => ({
        input,
        output: g.subtract(input, g.multiply(g.broadcast(rate, input.shape), next[at] ?? input)),
      })),
      ...momenta.map((input, at) => ({ input, output: next[at] ?? input })),
    ],
    scanned: [rows, rate],
    emitted: { loss, norm: g.sqrt(g.sum(g.multiply(first, first))) },
  };
}

function start(): Tensors {
  const random = uniform(17);
  const values: Record<string, Tensor> = {};
  for (const { input } of training().carried) {
    const { name } = input.attributes;
    const limit = name.startsWith("w") ? 0.5 : 0;
    const operand = { ...real(...input.shape), low: -limit, high: limit, grain: limit / 32 };
    values[name] = drawn(operand, random);
  }
  return values;
}

function schedule(from: number, steps: number): Tensors {
  const all = drawn(indices(examples, 64, batch), uniform(23)).data;
  const rows = all.subarray(from * batch, (from + steps) * batch);
  const rates = Array.from({ length: steps }, (_, i) => 0.05 / (1 + 0.01 * (from + i)));
  return {
    batch: tensor("int32", [steps, batch], rows),
    rate: tensor("float64", [steps], rates),
  };
}

for (const precision of ["float32", "float64"] as const) {
  test(`gives the same bits however steps are split into calls in ${precision}`, async () => {
    const runs = [[10], [1, 9], [4, 3, 2, 1]].map(async (chunks) => {
      await using loop = await backend.compileLoop(training(), precision);
      loop.write(start());
      const losses: number[] = [];
      let done = 0;
      for (const steps of chunks) {
        const { loss } = await loop.run(steps, schedule(done, steps));
        losses.push(...(loss?.data ?? []));
        done += steps;
      }
      return { losses, state: await loop.read() };
    });
    const [whole, ...parts] = await Promise.all(runs);
    assert.equal(whole?.losses.length, 10);
    for (const part of parts) assert.deepEqual(part, whole);
  });
}

test("trains a perceptron for 50 steps as the reference does, to 1e-10 in float64", async () => {
  await using oracle = await referenceBackend().compileLoop(training(), "float64");
  await using loop = await backend.compileLoop(training(), "float64");
  oracle.write(start());
  loop.write(start());
  const [expected, actual] = [
    await oracle.run(50, schedule(0, 50)),
    await loop.run(50, schedule(0, 50)),
  ];
  const [before, now] = [await oracle.read(), await loop.read()];
  for (const [name, value] of Object.entries({ ...expected, ...before })) {
    assertClose({ ...actual, ...now }[name], value, { tolerance: 1e-10, what: name });
  }
});

function bodyOf(graph: Graph): Graph {
  const body = graph.nodes.find(({ operator }) => operator === "Loop")?.attributes["body"];
  return body?.type === "graph" ? body.value : assert.fail("no body");
}

const operators = (graph: Graph): string[] => graph.nodes.map(({ operator }: OnnxNode) => operator);

test("computes what only constants and invariants determine once a call, before the loop", () => {
  const [anchor, w] = [g.input("anchor", [4]), g.input("w", [4])];
  const fixed = g.exp(g.scale(anchor, 2));
  const program: Program = {
    name: "hoisted",
    constants: [],
    invariants: [anchor],
    carried: [{ input: w, output: g.add(w, fixed) }],
    scanned: [],
    emitted: { size: g.sum(fixed) },
  };
  const { graph } = writeLoop(program, "float32");
  assert.deepEqual(operators(graph), ["Mul", "Exp", "ReduceSum", "Loop"]);
  assert.deepEqual(operators(bodyOf(graph)).sort(), ["Add", "Identity", "Identity", "Identity"]);
});

test("hands large constants over outside the message, without a copy", () => {
  const value = drawn(real(1000, 8), uniform(3));
  const data = g.input("data", [1000, 8]);
  const at = g.input("at", [2], "integer");
  const outputs = { rows: g.gather(data, at, 0) };
  const constants = [{ input: data, value }];
  const procedure = { name: "rows", constants, inputs: [at], outputs };
  const { external } = writeProcedure(procedure, "float64");
  assert.equal(external.length, 1);
  assert.equal(external[0]?.elements, value.data);
});

test("scales the small factor of a product, not the product", () => {
  const [a, b, rate] = [g.input("a", [2, 30]), g.input("b", [2, 20]), g.input("rate", [])];
  const product = g.matmul(a, b, { transposeA: true });
  const outputs = { y: g.multiply(g.broadcast(rate, product.shape), product) };
  const procedure = { name: "p", constants: [], inputs: [a, b, rate], outputs };
  const { graph } = writeProcedure(procedure, "float32");
  assert.deepEqual(operators(graph), ["Reshape", "Mul", "Gemm"]);
  const emitted = { ...procedure, outputs: { ...outputs, product } };
  assert.equal(operators(writeProcedure(emitted, "float32").graph).at(-1), "Mul");
});

test("adds a bias inside the product and shares patches between a convolution's passes", () => {
  const [x, w, b] = [g.input("x", [5, 4]), g.input("w", [4, 3]), g.input("b", [3])];
  const y = g.add(g.matmul(x, w), g.broadcast(b, [5, 3]));
  const affine = { name: "p", constants: [], inputs: [x, w, b], outputs: { y } };
  assert.deepEqual(operators(writeProcedure(affine, "float64").graph), ["Gemm"]);
  const [image, filter] = [g.input("x", [2, 6, 6, 3]), g.input("w", [3, 3, 3, 4])];
  const loss = g.sum(g.tanh(g.convolve(image, filter)));
  const [slope = loss] = gradient(loss, [filter]);
  const inputs = [image, filter];
  const procedure = { name: "p", constants: [], inputs, outputs: { loss, slope } };
  const gathers = operators(writeProcedure(procedure, "float32").graph).filter(
    (operator) => operator === "Gather",
  );
  assert.equal(gathers.length, 1);
});

test("joins parts that tile an axis instead of adding padded arrays", () => {
  const x = g.input("x", [2, 6]);
  const half = (start: number): Node => g.slice(x, { starts: [0, start], ends: [2, start + 3] });
  const loss = g.sum(g.multiply(half(0), g.exp(half(3))));
  const [slope = loss] = gradient(loss, [x]);
  const procedure = { name: "p", constants: [], inputs: [x], outputs: { slope } };
  const used = operators(writeProcedure(procedure, "float32").graph);
  assert.ok(used.includes("Concat") && !used.includes("Pad"), used.join());
});

test("copies what leaves only where nothing computes it, or under a second name", async () => {
  const x = g.input("x", [2]);
  const outputs = { first: g.exp(x), again: g.exp(x), more: g.scale(g.exp(x), 2), same: x };
  const procedure = { name: "p", constants: [], inputs: [x], outputs };
  const used = operators(writeProcedure(procedure, "float64").graph);
  assert.deepEqual(used, ["Exp", "Mul", "Identity", "Identity"]);
  await using callable = await backend.compile(procedure, "float64");
  const found = await callable.call({ x: tensor("float64", [2], Float64Array.of(0, 1)) });
  const numbers = Object.fromEntries(
    Object.entries(found).map(([name, { data }]) => [name, [...data]]),
  );
  const { first = [] } = numbers;
  assert.ok(Math.abs((first[1] ?? 0) - Math.E) < 1e-15);
  const more = first.map((value) => 2 * value);
  assert.deepEqual(numbers, { first, again: first, more, same: [0, 1] });
});

test("leaves no copies of results to the garbage collector", async () => {
  const x = g.input("x", [2 ** 20]);
  const procedure = { name: "p", constants: [], inputs: [x], outputs: { y: g.scale(x, 2) } };
  await using callable = await backend.compile(procedure, "float32");
  const value = tensor("float32", [2 ** 20], new Float32Array(2 ** 20));
  const into = await callable.call({ x: value });
  const before = process.memoryUsage().arrayBuffers;
  for (let call = 0; call < 8; call += 1) await callable.call({ x: value }, into);
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 2 ** 22, `${grown} bytes for eight results of 4 MiB each`);
});

test("refuses a device that is not there", async () => {
  await assert.rejects(onnxruntimeBackend({ device: "cuda" }), { code: "engine_unavailable" });
});
