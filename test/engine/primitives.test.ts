/** Every primitive's derivative against central differences and against its own transpose. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gradient, transposeLinear, vjp } from "#engine/autodiff/backward.ts";
import { jvp } from "#engine/autodiff/forward.ts";
import * as g from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { tensor } from "#engine/tensor.ts";
import { cases, operationNames } from "#test/contracts/backend/table.ts";
import { families } from "./arbitraries.ts";
import { assertCase, evaluate } from "./derivatives.ts";

for (const op of operationNames) {
  // Differences of stopGradient are not its derivative, on purpose.
  if (op === "stopGradient") continue;
  test(`the jvp of ${op} agrees with differences and with its transpose`, async () => {
    for (const [at, one] of cases[op].entries()) await assertCase(one, 31 * at + op.length);
  });
}

for (const [family, cases] of Object.entries(families)) {
  test(`derivatives of ${family} hold for any shape and attributes`, async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(), (one, seed) => assertCase(one, seed)),
      { numRuns: 60, seed: 42 },
    );
  });
}

const x = g.input("x", [4]);
const slopes = async (y: Node, values: number[]): Promise<number[]> => {
  const point = new Map([[x, tensor("float64", [4], values)]]);
  const [slope] = await evaluate(gradient(g.sum(y), [x]), point);
  return [...(slope?.data ?? [])];
};

test("relu has slope 0 at 0", async () => {
  assert.deepEqual(await slopes(g.relu(x), [-1, 0, 2, -0]), [0, 0, 1, 0]);
});

test("equal maxima share the derivative evenly", async () => {
  assert.deepEqual(await slopes(g.max(x), [3, 1, 3, 3]), [1 / 3, 0, 1 / 3, 1 / 3]);
});

test("maximum and minimum give the derivative to the first of equal operands", async () => {
  const twice = g.scale(x, 1);
  const other = g.stopGradient(twice);
  assert.deepEqual(await slopes(g.maximum(x, other), [1, 2, 3, 4]), [1, 1, 1, 1]);
  assert.deepEqual(await slopes(g.maximum(other, x), [1, 2, 3, 4]), [0, 0, 0, 0]);
  assert.deepEqual(await slopes(g.minimum(x, other), [1, 2, 3, 4]), [1, 1, 1, 1]);
  assert.deepEqual(await slopes(g.minimum(other, x), [1, 2, 3, 4]), [0, 0, 0, 0]);
});

test("powers have finite slopes at 0 for exponents 0, 1 and 2", async () => {
  const exponents = g.constant(tensor("float64", [4], [0, 1, 2, 3]));
  assert.deepEqual(await slopes(g.power(x, exponents), [0, 0, 0, 2]), [0, 1, 0, 12]);
});

test("stopGradient lets nothing through", async () => {
  const [tangent] = jvp([g.stopGradient(x)], new Map([[x, x]]));
  assert.equal(tangent?.op, "broadcast");
  assert.deepEqual(await slopes(g.multiply(x, g.stopGradient(x)), [1, 2, 3, 4]), [1, 2, 3, 4]);
});

test("integer and boolean results carry no tangent", async () => {
  const index = g.argMax(x, 0);
  const picked = g.gather(x, index, 0);
  assert.deepEqual(await slopes(picked, [1, 5, 2, 5]), [0, 1, 0, 0]);
  assert.throws(() => vjp([x], [g.input("i", [2], "integer")], [x]), /has no tangent/);
});

test("a product of two tangents has no transpose", () => {
  const linear = { tangentInputs: [x], tangentOutputs: [g.multiply(x, x)] };
  assert.throws(() => transposeLinear(linear, [x]), /not linear/);
  const bent = { tangentInputs: [x], tangentOutputs: [g.exp(x)] };
  assert.throws(() => transposeLinear(bent, [x]), /not linear/);
});
