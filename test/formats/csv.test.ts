/** Tables of numbers: what is read, and how errors say where they are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type CsvOptions, decimalOf, readCsv } from "#formats/csv.ts";
import { refuses, survivesDamage } from "./hostile.ts";

const limits = { bytesMax: 1 << 16 };
const read = (text: string, options: CsvOptions = {}) =>
  readCsv(Buffer.from(text, "utf8"), limits, options);

test("a table without a header has its labels in the last column", () => {
  const table = read("1,2.5,cat\n-3e2,.5,dog\n");
  assert.deepEqual(table.features, {
    dtype: "float64",
    shape: [2, 2],
    data: Float64Array.of(1, 2.5, -300, 0.5),
  });
  assert.deepEqual(table.labels, ["cat", "dog"]);
  assert.deepEqual(table.featureNames, ["column 1", "column 2"]);
});

test("a header is found by a feature that is no number", () => {
  const table = read("a,b,kind\n1,2,x\n3,4,y\n");
  assert.deepEqual(table.featureNames, ["a", "b"]);
  assert.equal(table.labelName, "kind");
  assert.deepEqual(table.features.shape, [2, 2]);
});

test("the label column is chosen by name, by index, or from the end", () => {
  const text = "a,kind,b\n1,x,2\n3,y,4\n";
  for (const label of ["kind", 1, -2]) {
    const table = read(text, { label });
    assert.deepEqual(table.labels, ["x", "y"]);
    assert.deepEqual([...table.features.data], [1, 2, 3, 4]);
  }
});

test("quotes, byte order marks, blank lines, spaces and Windows line ends are understood", () => {
  const table = read('\ufeff"a","b, c"\r\n\r\n 1 ,"x, y"\r\n2,z\r\n');
  assert.deepEqual(table.labels, ["x, y", "z"]);
  assert.equal(table.labelName, "b, c");
});

test("any finite numbers survive being written and read", () => {
  const row = fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
  fc.assert(
    fc.property(fc.array(row, { minLength: 1 }), (rows) => {
      const table = read(rows.map((cells) => cells.join(",")).join("\n"));
      // Through text, because JavaScript writes -0 as 0.
      const written = rows.map(([value]) => Number(String(value)));
      assert.deepEqual([...table.features.data], written);
      assert.deepEqual(
        table.labels,
        rows.map(([, label]) => String(label)),
      );
    }),
  );
});

test("what JavaScript would call a number is not enough", () => {
  for (const text of ["", " ", "0x10", "1_000", "NaN", "Infinity", "1e999", "1,5", "--1", "."]) {
    assert.equal(decimalOf(text), undefined, text);
  }
  for (const text of ["0", "-1", "+2.5", ".5", "5.", "1e-3", "1E+3"]) {
    assert.equal(decimalOf(text), Number(text));
  }
});

test("a cell that is no number is refused with line, column and name", async () => {
  await refuses(() => read("a,b,k\n1,2,x\n3,oops,y\n"), /line 3, column 2 \("b"\): "oops"/);
  await refuses(() => read("a,b,k\n1,,x\n"), /line 2, column 2 .*"" is not a finite number/);
});

test("rows of different length and open quotes are refused with their line", async () => {
  await refuses(() => read("1,2,x\n1,y\n"), /line 2: .*Length/);
  await refuses(() => read('1,2,x\n1,"y\n2,3,z\n'), /line \d+: .*Quote/);
  await refuses(() => read('1,a"b\n'), /line 1: .*Quote/);
});

test("labels and columns that do not work are refused", async () => {
  await refuses(() => read("1\n2\n"), /one column/);
  await refuses(() => read(""), /no rows/);
  await refuses(() => read("a,b\n"), /no rows/);
  await refuses(() => read("1,\n"), /label is empty/);
  await refuses(() => read("a,b\n1,2\n", { label: "c" }), /no column is called "c".*"a", "b"/);
  await refuses(() => read("1,2\n", { label: 2 }), /label column 2 does not exist/);
  await refuses(() => read("a,a,k\n1,2,x\n"), /two columns are called "a"/);
  await refuses(() => read("1,2\n", { delimiter: "" }), /./);
});

test("tables above the limit and text that is not UTF-8 are refused", async () => {
  const large = "1,2,3,4,5,6,7,x\n".repeat(2000);
  await refuses(() => read(large), /line \d+: the table takes more than 65536 bytes/);
  await refuses(() => readCsv(Buffer.of(0x31, 0x2c, 0xff), limits), /UTF-8/);
});

test("damaged tables are read or refused, nothing else", async () => {
  const bytes = Buffer.from('a,b,k\n1,2,"x"\n3,4,y\n');
  await survivesDamage((hostile) => readCsv(hostile, limits), bytes, 1000);
});
