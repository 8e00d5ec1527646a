/** Which statements get a name. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { statementNames } from "#storage/store/prepared.ts";

test("a statement that comes again gets a name of its own, and keeps it", () => {
  const nameOf = statementNames();
  const names = ["a", "a", "b", "a", "b", "b", "a"].map(nameOf);
  assert.deepEqual(names.slice(0, 3), [undefined, undefined, undefined]);
  const [, , , a, , b, again] = names;
  assert.ok(a !== undefined && b !== undefined && a !== b);
  assert.equal(again, a);
});

test("of ever new statements no more are remembered than there is room for", () => {
  const nameOf = statementNames();
  const ask = (text: string) => [1, 2, 3].map(() => nameOf(text)).at(-1);
  const named = Array.from({ length: 3000 }, (_, at) => ask(`select ${at}`));
  assert.equal(named.filter((name) => name !== undefined).length, 1000);
});
