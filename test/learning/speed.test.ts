/** What a graph is thought to take: products get up to speed once, and no operation is free. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { input, matmul } from "#engine/graph/build.ts";
import { nominalSpeed, type Speed, secondsOf, smallProductFlops } from "#learning/speed.ts";

/** Memory and calls cost nothing here: products alone are looked at. */
const speed: Speed = {
  ...nominalSpeed({ engine: "onnxruntime", device: "cpu" }),
  contraction: { float32: 1e11, float64: 5e10 },
  ...{ smallContraction: 1e10, memoryBytes: Number.POSITIVE_INFINITY, node: 0 },
};

function productSeconds(rows: number, at = speed): number {
  const product = matmul(input("a", [rows, 32]), input("b", [32, 4]));
  return secondsOf([product], at, "float32");
}

const flops = (rows: number): number => 2 * rows * 32 * 4;

test("a small product takes what was measured of it", () => {
  const rows = smallProductFlops / (2 * 32 * 4);
  assert.ok(Math.abs(productSeconds(rows) * 1e10 - smallProductFlops) < 1e-6 * smallProductFlops);
});

test("a large one takes its FLOPs, and getting up to speed once", () => {
  const [rows, more] = [1e4, 3e4];
  const grown = productSeconds(more) - productSeconds(rows);
  assert.ok(Math.abs(grown * 1e11 - (flops(more) - flops(rows))) < 1);
  const overhead = productSeconds(rows) - flops(rows) / 1e11;
  assert.ok(Math.abs(overhead - smallProductFlops * (1e-10 - 1e-11)) < 1e-12);
});

test("a device that is quick at small products, too, has no overhead", () => {
  const quick = { ...speed, smallContraction: 1e12 };
  assert.ok(Math.abs(productSeconds(1e4, quick) - flops(1e4) / 1e11) < 1e-15);
});
