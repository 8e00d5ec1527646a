/** What a compiled procedure promises beyond its primitives: binding, naming, refusing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Backend, Precision, Procedure, Tensors } from "#engine/backend.ts";
import * as g from "#engine/graph/build.ts";
import { tensor } from "#engine/tensor.ts";
import { assertClose } from "./close.ts";

function affine(): Procedure {
  const x = g.input("data/x", [2, 3]);
  const table = g.input("table", [4, 3]);
  const rows = g.input("rows", [2], "integer");
  const sum = g.add(x, g.gather(table, rows, 0));
  return {
    name: "affine",
    constants: [
      {
        input: table,
        value: tensor("float64", [4, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
      },
    ],
    inputs: [x, rows],
    outputs: { sum, "again/sum": sum, x, table, one: g.literal(1), large: g.greater(sum, x) },
  };
}

const rows = tensor("int32", [2], [3, 1]);
const sum = tensor("float64", [2, 3], [10, 12, 14, 7, 9, 11]);

/** Registers the tests of procedures for one precision. */
export function procedureContract(
  backend: () => Backend,
  precision: Precision,
  tolerance: number,
): void {
  const close = (actual: Tensors, name: string, expected: Tensors[string]): void =>
    assertClose(actual[name], expected, { tolerance, what: name });

  test(`hands out inputs, constants and one node under two names in ${precision}`, async () => {
    await using callable = await backend().compile(affine(), precision);
    for (const dtype of ["float64", "float32"] as const) {
      const x = tensor(dtype, [2, 3], [1, 2, 3, 4, 5, 6]);
      const out = await callable.call({ "data/x": x, rows });
      close(out, "sum", sum);
      close(out, "again/sum", sum);
      close(out, "x", x);
      close(out, "one", tensor("float64", [], [1]));
      close(out, "large", tensor("bool", [2, 3], [1, 1, 1, 1, 1, 1]));
      assert.deepEqual([...(out["table"]?.shape ?? [])], [4, 3]);
      assert.equal(out["sum"]?.dtype, precision);
    }
  });

  test(`yields nothing where nothing is asked in ${precision}`, async () => {
    const nothing = { ...affine(), constants: [], inputs: [], outputs: {} };
    await using callable = await backend().compile(nothing, precision);
    assert.deepEqual(await callable.call({}), {});
  });

  test(`keeps earlier results when a procedure is called again in ${precision}`, async () => {
    await using callable = await backend().compile(affine(), precision);
    const first = await callable.call({
      "data/x": tensor("float64", [2, 3], [1, 2, 3, 4, 5, 6]),
      rows,
    });
    await callable.call({ "data/x": tensor("float64", [2, 3], [9, 9, 9, 9, 9, 9]), rows });
    close(first, "sum", sum);
  });

  test(`writes results into the arrays of earlier ones in ${precision}`, async () => {
    await using callable = await backend().compile(affine(), precision);
    const nines = tensor("float64", [2, 3], [9, 9, 9, 9, 9, 9]);
    const first = await callable.call({ "data/x": nines, rows });
    const x = tensor("float64", [2, 3], [1, 2, 3, 4, 5, 6]);
    const again = await callable.call({ "data/x": x, rows }, first);
    for (const [name, value] of Object.entries(first)) assert.equal(again[name], value);
    close(first, "sum", sum);
    close(first, "x", x);
    const wrong = { ...first, sum: tensor(precision, [6], [0, 0, 0, 0, 0, 0]) };
    await assert.rejects(callable.call({ "data/x": x, rows }, wrong), /was to go into/);
  });

  test(`computes a procedure without inputs in ${precision}`, async () => {
    const y = g.sum(g.exp(g.filled(0.5, [3])));
    const procedure = { name: "closed", constants: [], inputs: [], outputs: { y } };
    await using callable = await backend().compile(procedure, precision);
    close(await callable.call({}), "y", tensor("float64", [], [3 * Math.exp(0.5)]));
  });

  test(`refuses missing, misshapen and unlisted inputs in ${precision}`, async () => {
    const procedure = affine();
    await using callable = await backend().compile(procedure, precision);
    await assert.rejects(callable.call({ rows }));
    const wrong = tensor("float64", [3, 2], [1, 2, 3, 4, 5, 6]);
    await assert.rejects(callable.call({ "data/x": wrong, rows }));
    await assert.rejects(backend().compile({ ...procedure, inputs: [] }, precision));
  });
}
