/** Comparison of tensors in tests: exact unless real, then relative to the largest value. */
import assert from "node:assert/strict";
import type { Tensor, TensorData } from "#engine/tensor.ts";

/** Largest magnitude among finite values, at least 1. */
export function scaleOf(data: TensorData): number {
  let scale = 1;
  for (const value of data) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  return scale;
}

/** Fails unless shapes agree and values differ by at most tolerance · scale. */
export function assertClose(
  actual: Tensor | undefined,
  expected: Tensor | undefined,
  { tolerance, what }: { readonly tolerance: number; readonly what: string },
): void {
  assert.ok(actual && expected, `${what}: missing`);
  assert.deepEqual([...actual.shape], [...expected.shape], `${what}: shape`);
  assert.equal(actual.data.length, expected.data.length, `${what}: number of values`);
  const exact = expected.dtype === "int32" || expected.dtype === "bool";
  assert.equal(exact ? actual.dtype : "real", exact ? expected.dtype : "real", `${what}: dtype`);
  const bound = exact ? 0 : tolerance * scaleOf(expected.data);
  for (const [at, value] of expected.data.entries()) {
    const found: number = actual.data[at] ?? NaN;
    const near = Object.is(found, value) || Math.abs(found - value) <= bound;
    if (!near) assert.fail(`${what}: [${at}] is ${found}, not ${value} (bound ${bound})`);
  }
}
