/** What a compiled loop promises: state that runs on, values a step, values fixed for a call. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Backend, Precision, Program, Tensors } from "#engine/backend.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import * as g from "#engine/graph/build.ts";
import type { Tensor } from "#engine/tensor.ts";
import { tensor } from "#engine/tensor.ts";
import { drawn, indices, real, uniform } from "./case.ts";
import { assertClose } from "./close.ts";

/**
 * Heavy-ball descent of ½‖XᵢW − Yᵢ‖² + ½‖W − A‖²: X, Y constant, i and the rate scanned, A
 * invariant, W and the momentum carried.
 */
function descent(): Program {
  const x = g.input("data/x", [10, 4]);
  const y = g.input("data/y", [10, 3]);
  const anchor = g.input("anchor", [4, 3]);
  const w = g.input("dense/kernel", [4, 3]);
  const momentum = g.input("dense/kernel:momentum", [4, 3]);
  const batch = g.input("batch", [5], "integer");
  const rate = g.input("rate", []);
  const rows = g.gather(x, batch, 0);
  const residual = g.subtract(g.matmul(rows, w), g.gather(y, batch, 0));
  const pull = g.subtract(w, anchor);
  const gradient = g.add(g.matmul(rows, residual, { transposeA: true }), pull);
  const next = g.subtract(g.scale(momentum, 0.5), g.multiply(gradient, rate));
  const random = uniform(11);
  return {
    name: "descent",
    constants: [
      { input: x, value: drawn(real(10, 4), random) },
      { input: y, value: drawn(real(10, 3), random) },
    ],
    invariants: [anchor],
    carried: [
      { input: w, output: g.add(w, next) },
      { input: momentum, output: next },
    ],
    scanned: [batch, rate],
    emitted: {
      loss: g.scale(g.sum(g.multiply(residual, residual)), 0.5),
      classes: g.argMax(residual, 1),
      small: g.greater(g.literal(1), g.abs(residual)),
      before: w,
      batch,
      "norm/anchor": g.sqrt(g.sum(g.multiply(anchor, anchor))),
    },
  };
}

function start(seed: number): Tensors {
  const random = uniform(seed);
  return {
    anchor: drawn(real(4, 3), random),
    "dense/kernel": drawn(real(4, 3), random),
    "dense/kernel:momentum": drawn(real(4, 3), random),
  };
}

function schedule(steps: number, seed: number): Tensors {
  const random = uniform(seed);
  const rate = { ...real(steps), low: 1 / 1024, high: 1 / 64, grain: 1 / 1024 };
  return { batch: drawn(indices(10, steps, 5), random), rate: drawn(rate, random) };
}

/** total ← rate·total + xₜ, where rate is invariant and x scanned; emits the total before. */
function recurrence(): Program {
  const [total, rate, x] = [g.input("total", []), g.input("rate", []), g.input("x", [])];
  return {
    name: "recurrence",
    constants: [],
    invariants: [rate],
    carried: [{ input: total, output: g.add(g.multiply(g.exp(rate), total), x) }],
    scanned: [x],
    emitted: { total, double: g.scale(x, 2) },
  };
}

/** Two carried values that change places, one that never changes; nothing scanned or emitted. */
function exchange(): Program {
  const [a, b, still] = [g.input("a", [2]), g.input("b", [2]), g.input("still", [], "integer")];
  const carried = [
    { input: a, output: b },
    { input: b, output: a },
    { input: still, output: still },
  ];
  return { name: "exchange", constants: [], invariants: [], carried, scanned: [], emitted: {} };
}

function tests(backend: () => Backend, precision: Precision, tolerance: number): void {
  const close = (actual: Tensors, expected: Tensors): void => {
    assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
    for (const [name, value] of Object.entries(expected)) {
      assertClose(actual[name], value, { tolerance, what: name });
    }
  };

  test(`steps through a series in order in ${precision}, as worked out by hand`, async () => {
    await using loop = await backend().compileLoop(recurrence(), precision);
    const scalar = (value: number): Tensor => tensor("float64", [], [value]);
    const series = (...values: number[]): Tensor => tensor("float64", [values.length], values);
    loop.write({ total: scalar(1), rate: scalar(Math.log(2)) });
    const first = await loop.run(3, { x: series(5, 6, 7) });
    close(first, { total: series(1, 7, 20), double: series(10, 12, 14) });
    close(await loop.run(1, { x: series(1) }), { total: series(47), double: series(2) });
    loop.write({ rate: scalar(0) });
    await loop.run(1, { x: series(4) });
    close(await loop.read(), { total: scalar(99) });
  });

  for (const steps of [1, 7]) {
    test(`runs ${steps} steps of a loop in ${precision} as the reference does`, async () => {
      await using oracle = await referenceBackend().compileLoop(descent(), "float64");
      await using loop = await backend().compileLoop(descent(), precision);
      oracle.write(start(1));
      loop.write(start(1));
      close(await loop.run(steps, schedule(steps, 2)), await oracle.run(steps, schedule(steps, 2)));
      close(await loop.read(), await oracle.read());
    });
  }

  test(`carries state from call to call in ${precision}`, async () => {
    await using oracle = await referenceBackend().compileLoop(descent(), "float64");
    await using loop = await backend().compileLoop(descent(), precision);
    oracle.write(start(3));
    loop.write(start(3));
    for (const [steps, seed] of [
      [3, 5],
      [1, 6],
      [3, 7],
      [2, 8],
    ] as const) {
      const series = schedule(steps, seed);
      close(await loop.run(steps, series), await oracle.run(steps, series));
    }
    close(await loop.read(), await oracle.read());
  });

  test(`replaces invariants and carried values between calls in ${precision}`, async () => {
    await using oracle = await referenceBackend().compileLoop(descent(), "float64");
    await using loop = await backend().compileLoop(descent(), precision);
    const { anchor = tensor("float64", [], [0]), "dense/kernel": kernel = anchor } = start(9);
    for (const run of [oracle, loop]) {
      run.write(start(3));
      await run.run(2, schedule(2, 5));
      run.write({ anchor });
      await run.run(2, schedule(2, 6));
      run.write({ "dense/kernel": kernel });
    }
    close(await loop.read(["dense/kernel"]), { "dense/kernel": kernel });
    const series = schedule(2, 7);
    close(await loop.run(2, series), await oracle.run(2, series));
    close(await loop.read(), await oracle.read());
  });

  test(`exchanges carried values with nothing scanned or emitted in ${precision}`, async () => {
    await using loop = await backend().compileLoop(exchange(), precision);
    const [a, b] = [tensor("float64", [2], [1, 2]), tensor("float64", [2], [3, 4])];
    const still = tensor("int32", [], [5]);
    loop.write({ a, b, still });
    assert.deepEqual(await loop.run(3, {}), {});
    close(await loop.read(), { a: b, b: a, still });
  });

  test(`copies what is written and read in ${precision}`, async () => {
    await using loop = await backend().compileLoop(exchange(), precision);
    const a = tensor(precision, [2], [1, 2]);
    loop.write({ a, b: a, still: tensor("int32", [], [0]) });
    a.data.fill(9);
    const read = await loop.read(["a"]);
    close(read, { a: tensor("float64", [2], [1, 2]) });
    assert.equal(read["a"]?.dtype, precision);
    read["a"]?.data.fill(9);
    await loop.run(1, {});
    close(await loop.read(["b"]), { b: tensor("float64", [2], [1, 2]) });
  });
}

function refusals(backend: () => Backend, precision: Precision): void {
  test(`refuses steps, series and values that do not fit in ${precision}`, async () => {
    await using loop = await backend().compileLoop(descent(), precision);
    loop.write(start(1));
    await assert.rejects(loop.run(0, schedule(1, 1)));
    await assert.rejects(loop.run(2, schedule(3, 1)));
    await assert.rejects(loop.run(1, {}));
    assert.throws(() => loop.write({ anchor: tensor("float64", [3, 4], Array(12).fill(0)) }));
    assert.throws(() => loop.write({ nobody: tensor("float64", [], [0]) }));
  });

  test(`refuses a program whose carried value changes its shape in ${precision}`, async () => {
    const a = g.input("a", [2]);
    const program = { ...exchange(), carried: [{ input: a, output: g.sum(a) }] };
    await assert.rejects(backend().compileLoop(program, precision));
  });
}

/** Registers the tests of loops for one precision. */
export function loopContract(
  backend: () => Backend,
  precision: Precision,
  tolerance: number,
): void {
  tests(backend, precision, tolerance);
  refusals(backend, precision);
}
