/** The page of operators says what the tables say. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { refusedOperators } from "#engine/onnx/operators/refused.ts";
import { translated } from "#engine/onnx/operators/table.ts";
import { operatorsPage } from "../../bench/operators.ts";

it("is not stale", () => {
  const page = join(import.meta.dirname, "..", "..", "docs", "operators.md");
  assert.equal(readFileSync(page, "utf8"), operatorsPage(), "run node bench/operators.ts");
});

it("lists each operator once", () => {
  const both = Object.keys(refusedOperators).filter((name) => name in translated);
  assert.deepEqual(both, []);
});
