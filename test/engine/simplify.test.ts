/** Rewriting: every rule keeps values and leaves the cheaper graph that it promises. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { vjp } from "#engine/autodiff/backward.ts";
import * as g from "#engine/graph/build.ts";
import { simplify } from "#engine/graph/simplify.ts";
import { inputsOf, ordered } from "#engine/graph/walk.ts";
import type { Node, OperationName } from "#engine/ops/operations.ts";
import { tensor } from "#engine/tensor.ts";
import type { Operand } from "#test/contracts/backend/case.ts";
import { built, drawn, flags, positive, real, uniform } from "#test/contracts/backend/case.ts";
import { assertClose } from "#test/contracts/backend/close.ts";
import { cases, operationNames } from "#test/contracts/backend/table.ts";
import { families } from "./arbitraries.ts";
import { evaluate } from "./derivatives.ts";

/** The simplified outputs, once their values, shapes and kinds are checked to be as before. */
async function simplified(
  outputs: readonly Node[],
  ranges: ReadonlyMap<Node, Operand> = new Map(),
): Promise<Node[]> {
  const random = uniform(5);
  const make: Record<Node["kind"], (...shape: number[]) => Operand> = {
    real: positive,
    integer: (...shape) => ({ ...real(...shape), kind: "integer", low: 0, high: 1, grain: 1 }),
    boolean: flags,
  };
  const point = new Map(
    inputsOf(outputs).map((node) => {
      const range = ranges.get(node) ?? make[node.kind](...node.shape);
      return [node, drawn(range, random)];
    }),
  );
  const after = simplify(outputs);
  const [expected, actual] = [await evaluate(outputs, point), await evaluate(after, point)];
  for (const [at, output] of outputs.entries()) {
    assert.equal(after[at]?.kind, output.kind);
    assertClose(actual[at], expected[at], { tolerance: 1e-14, what: output.op });
  }
  return after;
}

const operations = (outputs: readonly Node[]): OperationName[] =>
  ordered(outputs)
    .map(({ op }) => op)
    .filter((op) => op !== "input" && op !== "constant");

const x = g.input("x", [2, 3]);
const y = g.input("y", [2, 3]);
const row = g.input("row", [3]);
const batch = g.input("batch", [4, 2, 3]);
const squares = g.input("squares", [4, 3, 3]);
const matrix = g.input("matrix", [3, 5]);
const two = g.literal(2);

/** What is written, and the operations that should be left of it. */
const rules: Readonly<Record<string, readonly [Node, readonly OperationName[]]>> = {
  "a product with a literal is a scale": [g.multiply(two, x), ["scale"]],
  "a product with a stretched literal is a scale": [g.multiply(x, g.filled(3, [2, 3])), ["scale"]],
  "a literal that stretches its operand keeps the shape": [
    g.multiply(row, g.filled(3, [2, 3])),
    ["scale", "broadcast"],
  ],
  "a quotient by a literal is a scale": [g.divide(x, two), ["scale"]],
  "scales of scales join": [g.scale(g.scale(x, 2), 3), ["scale"]],
  "scales that undo each other vanish": [g.scale(g.scale(x, 2), 0.5), []],
  "a scale by −1 is a negation": [g.scale(x, -1), ["negate"]],
  "a negated scale is a scale": [g.negate(g.scale(x, 2)), ["scale"]],
  "a scaled negation is a scale": [g.scale(g.negate(x), 2), ["scale"]],
  "negations cancel": [g.negate(g.negate(x)), []],
  "a negated difference turns around": [g.negate(g.subtract(x, y)), ["subtract"]],
  "adding a negation subtracts": [g.add(g.negate(x), y), ["subtract"]],
  "subtracting a negation adds": [g.subtract(x, g.negate(y)), ["add"]],
  "adding zeros does nothing": [g.add(x, g.filled(0, [2, 3])), []],
  "subtracting zeros does nothing": [g.subtract(x, g.filled(0, [3])), []],
  "subtracting from zeros negates": [g.subtract(g.filled(0, [2, 3]), x), ["negate"]],
  "literals are added up": [g.add(x, g.subtract(g.add(two, two), two)), ["add"]],
  "integer literals are multiplied": [
    g.multiply(g.constant(tensor("int32", [], [6])), g.constant(tensor("int32", [], [7]))),
    [],
  ],
  "integer literals that overflow are left to the backend": [
    g.multiply(
      g.constant(tensor("int32", [], [2 ** 16])),
      g.constant(tensor("int32", [], [2 ** 15])),
    ),
    ["multiply"],
  ],
  "a square is a product": [g.power(x, two), ["multiply"]],
  "a power of one half is a root": [g.power(x, g.literal(0.5)), ["sqrt"]],
  "a power of −1 is a reciprocal": [g.power(x, g.literal(-1)), ["reciprocal"]],
  "a power of 1 does nothing": [g.power(x, g.literal(1)), []],
  "integer constants are cast beforehand": [
    g.add(x, g.cast(g.constant(tensor("int32", [3], [1, 2, 3])), "real")),
    ["add"],
  ],
  "stopGradient is gone": [g.stopGradient(g.stopGradient(x)), []],
  "a choice between equals is none": [g.select(g.greater(x, y), x, x), []],
  "elementwise operations come before stretching": [
    g.exp(g.broadcast(row, [2, 3])),
    ["exp", "broadcast"],
  ],
  "operands are not stretched beforehand": [g.add(x, g.broadcast(row, [2, 3])), ["add"]],
  "results are stretched instead of all operands": [
    g.add(g.broadcast(row, [4, 3]), g.broadcast(g.literal(1), [4, 3])),
    ["add", "broadcast"],
  ],
  "sums over stretched axes are products": [g.sum(g.broadcast(row, [5, 2, 3]), [0, 1]), ["scale"]],
  "sums over some stretched axes come before stretching": [
    g.sum(g.broadcast(row, [5, 2, 3]), [0, 2]),
    ["sum", "scale", "broadcast"],
  ],
  "sums over kept stretched axes come before stretching": [
    g.sum(g.broadcast(g.reshape(row, [3, 1]), [5, 3, 2]), [0, 1], { keepDims: true }),
    ["reshape", "sum", "scale", "broadcast"],
  ],
  "sums of scales scale the sum": [g.sum(g.scale(x, 2), [0]), ["sum", "scale"]],
  "sums over axes of length 1 are reshapes": [g.sum(g.reshape(x, [2, 1, 3]), [1]), []],
  "maxima over axes of length 1 are reshapes": [g.max(g.reshape(x, [2, 1, 3]), [1, 2]), ["max"]],
  "transposes of unit axes are reshapes": [
    g.transpose(g.reshape(x, [2, 1, 3]), [1, 0, 2]),
    ["reshape"],
  ],
  "stretching by unit axes is a reshape": [g.broadcast(x, [1, 2, 3]), ["reshape"]],
  "known numbers stay scalars under moves": [
    g.add(x, g.transpose(g.reshape(g.filled(2, [6]), [3, 2]), [1, 0])),
    ["add"],
  ],
  "what was concatenated is not sliced again": [
    g.slice(g.concat([x, y], 0), { starts: [2, 0], ends: [4, 3] }),
    [],
  ],
  "parts of what was concatenated are sliced": [
    g.slice(g.concat([x, y], 0), { starts: [2, 0], ends: [3, 3] }),
    ["concat", "slice"],
  ],
  "nested concatenations are one": [g.concat([g.concat([x, y], 0), x], 0), ["concat"]],
  "padded halves are concatenated": [
    g.add(g.pad(x, { low: [0, 0], high: [2, 0] }), g.pad(y, { low: [2, 0], high: [0, 0] })),
    ["concat"],
  ],
  "padded thirds are concatenated in any order": [
    g.add(
      g.add(g.pad(x, { low: [0, 4], high: [0, 3] }), g.pad(y, { low: [0, 7], high: [0, 0] })),
      g.pad(g.slice(x, { starts: [0, 0], ends: [2, 2] }), { low: [0, 2], high: [0, 6] }),
    ),
    ["slice", "concat", "pad"],
  ],
  "padded parts that overlap are added": [
    g.add(g.pad(x, { low: [0, 0], high: [1, 0] }), g.pad(y, { low: [1, 0], high: [0, 0] })),
    ["pad", "pad", "add"],
  ],
  "transposes become flags of the product": [
    g.matmul(g.transpose(x, [1, 0]), g.transpose(y, [1, 0]), { transposeA: true }),
    ["matmul"],
  ],
  "products of batches by one matrix become one": [
    g.matmul(batch, g.broadcast(matrix, [4, 3, 5])),
    ["reshape", "matmul", "reshape"],
  ],
  "a batch of one is a plain product": [
    g.matmul(g.reshape(x, [1, 2, 3]), g.reshape(matrix, [1, 3, 5])),
    ["matmul", "reshape"],
  ],
  "sums over the rows of products stay": [
    g.sum(g.matmul(batch, g.exp(batch), { transposeA: true }), [1]),
    ["exp", "matmul", "sum"],
  ],
  "sums of products by transposed matrices stay": [
    g.sum(g.matmul(squares, g.exp(squares), { transposeA: true, transposeB: true }), [0]),
    ["exp", "matmul", "sum"],
  ],
  "sums of products over the batch are one product": [
    g.sum(g.matmul(batch, g.exp(batch), { transposeA: true }), [0]),
    ["reshape", "exp", "reshape", "matmul"],
  ],
};

for (const [title, [before, left]] of Object.entries(rules)) {
  test(title, async () => assert.deepEqual(operations(await simplified([before])), left));
}

for (const op of operationNames) {
  test(`simplifying keeps the values of ${op} and of its derivative`, async () => {
    for (const one of cases[op]) {
      const { inputs, output } = built(one);
      const wrt = inputs.filter(({ kind }) => kind === "real");
      const u = g.input("u", output.shape);
      const slopes = output.kind === "real" ? vjp([output], wrt, [u]) : [];
      await simplified([output, ...slopes]);
    }
  });
}

test("simplifying keeps the values of random applications, summed and stretched", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(...Object.values(families)), async (one) => {
      const { inputs, output } = built(one);
      const wrt = inputs.filter(({ kind }) => kind === "real");
      const mean = g.scale(g.sum(output), 0.5);
      const ranges = new Map(one.operands.map((operand, at) => [inputs[at] ?? output, operand]));
      await simplified([mean, ...vjp([mean], wrt, [g.literal(-1)])], ranges);
    }),
    { numRuns: 200, seed: 7 },
  );
});

test("equal applications become one node", async () => {
  const once = g.exp(g.add(x, y));
  const again = g.exp(g.add(y, x));
  const [a, b] = await simplified([g.multiply(once, once), g.multiply(again, once)]);
  assert.equal(a, b);
  const [c, d] = await simplified([g.slice(x, { starts: [0, 0], ends: [1, 3] }), g.negate(x)]);
  assert.notEqual(c, d);
});

test("constants are equal by value when small, and −0 is not 0", () => {
  const [a, b, c] = simplify([g.literal(0), g.literal(0), g.literal(-0)]);
  assert.equal(a, b);
  assert.notEqual(a, c);
  const [d, e] = simplify([g.scale(x, NaN), g.scale(x, Infinity)]);
  assert.notEqual(d, e);
});

test("inputs of one name and shape stay apart", () => {
  const [a, b] = [g.input("same", [2]), g.input("same", [2])];
  assert.deepEqual(simplify([a, b]), [a, b]);
  assert.notEqual(simplify([a])[0], b);
});

test("a chain of ten thousand nodes is simplified without recursion and in linear time", () => {
  let node: Node = x;
  for (let i = 0; i < 10_000; i++) node = g.add(g.tanh(node), x);
  assert.equal(operations(simplify([node])).length, 20_000);
});
