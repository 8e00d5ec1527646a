/** Data sets from arrays, tables and idx files; the canonical bytes; every refusal. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Dataset } from "#catalog/dataset.ts";
import { decode, encode, fromArrays, fromCsv, fromIdx, generate } from "#catalog/datasets.ts";
import { type DType, type Tensor, tensor } from "#engine/tensor.ts";
import { readCsv } from "#formats/csv.ts";
import { writeSafetensors } from "#formats/safetensors.ts";
import { refuses, refusesEveryPrefix, survivesDamage } from "#test/formats/hostile.ts";

const limits = { bytesMax: 1 << 20 };

const ramp = (dtype: DType, ...shape: number[]): Tensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(
    dtype,
    shape,
    Float64Array.from({ length: size }, (_, i) => i),
  );
};

const labels = (...values: number[]) => tensor("int32", [values.length], values);

/** A sound classification data set, some of its arrays replaced or (undefined) left out. */
function arrays(changes: Readonly<Record<string, Tensor | undefined>> = {}): Map<string, Tensor> {
  const all: Record<string, Tensor | undefined> = {
    x_train: ramp("float32", 4, 3),
    y_train: labels(0, 1, 2, 1),
    x_test: ramp("float32", 2, 3),
    y_test: labels(2, 0),
    ...changes,
  };
  return new Map(Object.entries(all).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

test("integer labels are class indices", () => {
  const dataset = fromArrays(arrays());
  assert.equal(dataset.task, "classification");
  assert.equal(dataset.classes, 3);
  assert.equal(dataset.classNames, undefined);
  assert.deepEqual(dataset.xTrain, ramp("float32", 4, 3));
});

test("float labels are targets, a vector of them a single column", () => {
  const dataset = fromArrays(
    arrays({ y_train: ramp("float64", 4), y_test: ramp("float64", 2, 1) }),
  );
  assert.equal(dataset.task, "regression");
  assert.equal(dataset.classes, undefined);
  assert.deepEqual(dataset.yTrain.shape, [4, 1]);
  assert.deepEqual(dataset.yTest.shape, [2, 1]);
});

test("booleans count as 0 and 1, and a column of class indices as a list", () => {
  const y = tensor("bool", [4, 1], [0, 1, 1, 0]);
  const x = tensor("bool", [4, 1], [1, 0, 0, 1]);
  const dataset = fromArrays(
    new Map([
      ["x_train", x],
      ["x_test", x],
      ["y_train", y],
      ["y_test", y],
    ]),
  );
  assert.deepEqual(dataset.yTrain, labels(0, 1, 1, 0));
  assert.deepEqual(dataset.xTrain, tensor("float32", [4, 1], [1, 0, 0, 1]));
});

test("integer inputs of rank two are tokens", () => {
  const dataset = fromArrays(arrays({ x_train: ramp("int32", 4, 3), x_test: ramp("int32", 2, 3) }));
  assert.equal(dataset.xTrain.dtype, "int32");
});

test("each unsound array is refused by name, with the remedy", async () => {
  const nan = tensor("float32", [4, 3], [0, 1, 2, 3, Number.NaN, 5, 6, 7, 8, 9, 10, 11]);
  const infinite = tensor("float64", [2, 1], [1, Number.NEGATIVE_INFINITY]);
  const cases: [string, Tensor | undefined, RegExp][] = [
    ["x_train", undefined, /is missing; give x_train/],
    ["y_test", undefined, /is missing/],
    ["x_train", ramp("float32", 4), /reshape to \(-1, 1\)/],
    ["x_train", ramp("int32", 4, 2, 2), /scale them to float32/],
    ["x_train", tensor("int32", [4, 1], [0, 1, -2, 3]), /is -2 at index \[2, 0\]/],
    ["x_train", nan, /is NaN at index \[1, 1\]; fill or drop/],
    ["x_train", ramp("float32", 4, 0), /is empty: its shape is \[4, 0\]/],
    ["x_test", ramp("float32", 2, 4), /shape \[4\] and x_train of shape \[3\]/],
    ["x_test", ramp("float64", 2, 3), /float64 and x_train holds float32/],
    ["y_train", labels(0, 1, 2), /3 labels for the 4 examples of x_train/],
    ["y_train", labels(0, 1, -1, 0), /is -1 at index \[2\]/],
    ["y_train", labels(0, 1, 3, 1), /up to 3 but none is 2; number the classes/],
    ["y_train", labels(0, 1, 2 ** 31 - 1, 1), /too high for its number of examples/],
    ["y_train", ramp("int32", 4, 2), /argmax of one-hot/],
    ["y_train", ramp("float32", 4, 1, 1), /labels are \[N\], targets/],
    ["y_test", labels(0, 3), /label 3 at index \[1\]; the classes are 0 to 2/],
    ["y_test", infinite, /is -Infinity at index \[1, 0\]/],
    ["y_test", ramp("float32", 2), /float32 and y_train holds int32/],
    ["z", ramp("float32", 1), /"z" is not expected/],
  ];
  for (const [name, value, message] of cases) {
    await refuses(() => fromArrays(arrays({ [name]: value })), message, `/${name}`);
  }
});

test("x and y are divided into disjoint sides that together are everything", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 60 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      fc.nat(),
      (count, testFraction, seed) => {
        const table = new Map([
          ["x", ramp("float64", count, 1)],
          ["y", ramp("float64", count)],
        ]);
        const dataset = fromArrays(table, { testFraction, seed });
        const train = [...dataset.xTrain.data];
        const held = [...dataset.xTest.data];
        assert.ok(train.length > 0 && held.length > 0);
        assert.ok(Math.abs(held.length - count * testFraction) <= 1);
        assert.deepEqual(
          [...train, ...held].sort((a, b) => a - b),
          [...Array(count).keys()],
        );
        assert.deepEqual([...dataset.yTrain.data], train, "labels go with their inputs");
        assert.deepEqual(fromArrays(table, { testFraction, seed }), dataset);
      },
    ),
  );
});

test("a division that cannot be made is refused", async () => {
  const table = (count: number) =>
    new Map([
      ["x", ramp("float32", count, 1)],
      ["y", ramp("float32", count)],
    ]);
  for (const testFraction of [0, 1, -1, Number.NaN]) {
    await refuses(() => fromArrays(table(4), { testFraction }), /above 0/, "/test_fraction");
  }
  await refuses(() => fromArrays(table(1)), /at least two/, "/x");
  const uneven = new Map([
    ["x", ramp("float32", 4, 1)],
    ["y", ramp("float32", 3)],
  ]);
  await refuses(() => fromArrays(uneven), /3 labels for 4 examples/, "/y");
  await refuses(() => fromArrays(new Map([["x", ramp("float32", 4, 1)]])), /missing/, "/y");
  const mixed = new Map([...table(4), ["x_test", ramp("float32", 1, 1)]] as [string, Tensor][]);
  await refuses(() => fromArrays(mixed), /not expected beside x, y/, "/x_test");
});

const csv = (text: string) => readCsv(Buffer.from(text), limits);

test("a table's words become named classes in sorted order", () => {
  const dataset = fromCsv(csv("1,dog\n2,cat\n3,dog\n4,cat\n5,emu\n"), { testFraction: 0.2 });
  assert.deepEqual(dataset.classNames, ["cat", "dog", "emu"]);
  assert.equal(dataset.classes, 3);
  const pairs = [dataset.xTrain, dataset.xTest].flatMap((x, side) =>
    Array.from(x.data, (value, i) => [value, (side ? dataset.yTest : dataset.yTrain).data[i]]),
  );
  assert.deepEqual(
    new Map(pairs as [number, number][]),
    new Map([
      [1, 1],
      [2, 0],
      [3, 1],
      [4, 0],
      [5, 2],
    ]),
  );
});

test("a table's integers are classes, renumbered with names where they have gaps", () => {
  const plain = fromCsv(csv("1,0\n2,1\n3,0\n4,1\n"));
  assert.equal(plain.classes, 2);
  assert.equal(plain.classNames, undefined);
  const gaps = fromCsv(csv("1,10\n2,9\n3,10\n4,9\n"));
  assert.deepEqual(gaps.classNames, ["9", "10"]);
});

test("a table's fractions are targets, and a task can be asked for", async () => {
  assert.equal(fromCsv(csv("1,0.5\n2,1\n")).task, "regression");
  assert.equal(fromCsv(csv("1,1\n2,2\n"), { task: "regression" }).task, "regression");
  assert.deepEqual(fromCsv(csv("1,0.5\n2,1\n"), { task: "classification" }).classNames, [
    "0.5",
    "1",
  ]);
  await refuses(
    () => fromCsv(csv("1,2\n2,x\n"), { task: "regression" }),
    /row 2 has the label "x"/,
    "/label",
  );
  const amounts = Array.from({ length: 40 }, (_, i) => `${i},${i * 7}`).join("\n");
  await refuses(() => fromCsv(csv(amounts)), /40 different integers in 40 rows/, "/label");
});

test("byte images from idx files are scaled and get a channel", async () => {
  const dataset = fromIdx(
    arrays({
      x_train: tensor("int32", [4, 1, 1], [0, 51, 255, 102]),
      x_test: tensor("int32", [2, 1, 1], [0, 255]),
    }),
  );
  assert.deepEqual(dataset.xTrain.shape, [4, 1, 1, 1]);
  assert.deepEqual([...dataset.xTest.data], [0, 1]);
  const wide = tensor("int32", [4, 1, 1], [0, 1, 256, 0]);
  await refuses(() => fromIdx(arrays({ x_train: wide })), /pixel 256/, "/x_train");
});

const samples: Dataset[] = [
  fromArrays(arrays()),
  fromArrays(arrays(), { classNames: ["a", "b", "ü"] }),
  fromArrays(arrays({ y_train: ramp("float32", 4), y_test: ramp("float32", 2) })),
  generate({ type: "tokens", train: 5, test: 3, rule: "induction" }),
  generate({ type: "shapes", train: 3, test: 2, size: 8 }),
];

test("decoding what was encoded gives the same data set, and equal data sets equal bytes", () => {
  for (const dataset of samples) {
    const bytes = encode(dataset);
    assert.deepEqual(decode(bytes, limits), dataset);
    assert.deepEqual(encode(decode(bytes, limits)), bytes);
  }
});

test("classes that training data do not use survive encoding when they were declared", () => {
  const dataset = generate({ type: "clusters", train: 2, test: 1, classes: 9 });
  assert.equal(decode(encode(dataset), limits).classes, 9);
});

test("bytes that are no stored data set are refused, whatever they are", async () => {
  await refuses(() => decode(writeSafetensors(arrays()), limits), /not the bytes/);
  const lies = (metadata: Record<string, string>) =>
    writeSafetensors(arrays(), {
      format: "linnet.dataset",
      version: "1",
      task: "classification",
      ...metadata,
    });
  await refuses(() => decode(lies({ task: "regression" }), limits), /does not fit/, "/y_train");
  await refuses(() => decode(lies({ classes: "x" }), limits), /NaN classes/, "/y_train");
  await refuses(() => decode(lies({ class_names: "[1]" }), limits), /list of strings/);
  await refuses(() => decode(lies({ class_names: '["a"]' }), limits), /label 1/);
  const sound = encode(fromArrays(arrays()));
  await refusesEveryPrefix((bytes) => decode(bytes, limits), sound);
  await survivesDamage((bytes) => decode(bytes, limits), sound, 1000);
});
