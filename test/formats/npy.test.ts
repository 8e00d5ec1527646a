/** npy files: laws against our own writer and against npyjs, and files that must be refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dump, float16ToFloat32, parse, type TypedArray } from "npyjs";
import { readNpy, writeNpy } from "#formats/npy.ts";
import { refuses, refusesEveryPrefix, survivesDamage } from "./hostile.ts";
import { anyTensor } from "./tensors.ts";

const limits = { bytesMax: 1 << 20 };
const read = (bytes: Uint8Array) => readNpy(bytes, limits, "/x_train");

/** An npy file with any header text and any values. */
function npy(header: string, data: Uint8Array, version = 1): Uint8Array {
  const text = Buffer.from(`${header}\n`, "utf8");
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([
    Buffer.from("\x93NUMPY", "latin1"),
    Buffer.of(version, 0),
    length,
    text,
    data,
  ]);
}

const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

const bytesOf = (array: ArrayBufferView) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

test("reading what was written gives the same tensor", () => {
  fc.assert(
    fc.property(anyTensor, (value) => {
      assert.deepEqual(read(writeNpy(value)), value);
    }),
  );
});

test("npyjs reads what we write", () => {
  fc.assert(
    fc.property(anyTensor, (value) => {
      const parsed = parse(bytesOf(writeNpy(value)).slice().buffer);
      assert.deepEqual(parsed.shape, value.shape);
      assert.deepEqual(Array.from(parsed.data as Float64Array, Number), [...value.data]);
    }),
  );
});

test("we read what npyjs writes, whatever the element type", () => {
  const arrays: TypedArray[] = [
    Int8Array.of(-128, 0, 127),
    Uint8Array.of(0, 1, 255),
    Int16Array.of(-32768, 5, 32767),
    Uint16Array.of(0, 7, 65535),
    Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1),
    Uint32Array.of(0, 1, 2 ** 31 - 1),
    BigInt64Array.of(-(2n ** 31n), -1n, 2n ** 31n - 1n),
    BigUint64Array.of(0n, 9n, 2n ** 31n - 1n),
    Float32Array.of(0.1, -0, Number.POSITIVE_INFINITY),
    Float64Array.of(0.1, 5e-324, Number.NEGATIVE_INFINITY),
  ];
  for (const array of arrays) {
    const value = read(new Uint8Array(dump(array, [3, 1])));
    assert.deepEqual(value.shape, [3, 1]);
    assert.deepEqual([...value.data], Array.from(array, Number));
  }
});

test("all 65536 half precision numbers agree with npyjs", () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const value = read(npy(header("<f2", "(65536,)"), bytesOf(halves)));
  assert.equal(value.dtype, "float32");
  assert.deepEqual(
    [...value.data],
    Array.from(halves, (half) => float16ToFloat32(half)),
  );
});

test("big-endian values are swapped", () => {
  const data = Buffer.alloc(16);
  data.writeDoubleBE(0.1, 0);
  data.writeDoubleBE(-3, 8);
  assert.deepEqual([...read(npy(header(">f8", "(2,)"), data)).data], [0.1, -3]);
  const shorts = Buffer.of(0x01, 0x02, 0xff, 0xfe);
  assert.deepEqual([...read(npy(header(">i2", "(2,)"), shorts)).data], [0x102, -2]);
  const longs = Buffer.from("fffffffffffffffe", "hex");
  assert.deepEqual([...read(npy(header(">i8", "(1,)"), longs)).data], [-2]);
});

test("a column-major array becomes row-major, for any shape", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), (shape) => {
      const size = shape.reduce((product, length) => product * length, 1);
      // Value = its row-major position, laid down with the first axis fastest.
      const values = new Int32Array(size);
      const index = shape.map(() => 0);
      for (let at = 0; at < size; at++) {
        values[at] = index.reduce((flat, i, axis) => flat * (shape[axis] ?? 1) + i, 0);
        for (let axis = 0; axis < shape.length; axis++) {
          index[axis] = ((index[axis] ?? 0) + 1) % (shape[axis] ?? 1);
          if (index[axis] !== 0) break;
        }
      }
      const text = `(${shape.map((length) => `${length},`).join("")})`;
      const value = read(npy(header("<i4", text, "True"), bytesOf(values)));
      assert.deepEqual([...value.data], [...values.keys()]);
    }),
  );
});

test("header versions 2 and 3, and the spellings of old Pythons, are read", () => {
  const data = bytesOf(Float32Array.of(1, 2));
  for (const version of [2, 3]) {
    assert.deepEqual([...read(npy(header("<f4", "(2,)"), data, version)).data], [1, 2]);
  }
  const old = `{"shape": (2L,), "fortran_order": False, "descr": "<f4"}`;
  assert.deepEqual(read(npy(old, data)).shape, [2]);
});

test("values lie unaligned in a Buffer and are still read", () => {
  const file = writeNpy({ dtype: "float64", shape: [2], data: Float64Array.of(1.5, 2.5) });
  for (let shift = 0; shift < 8; shift++) {
    const buffer = Buffer.concat([Buffer.alloc(shift), file]).subarray(shift);
    assert.deepEqual(read(buffer).data, Float64Array.of(1.5, 2.5));
  }
});

test("an integer that does not fit 32 bits is refused with its place", async () => {
  const big = bytesOf(BigInt64Array.of(0n, 2n ** 31n));
  await refuses(() => read(npy(header("<i8", "(2,)"), big)), /flat index 1.*float64/, "/x_train");
  const low = bytesOf(BigInt64Array.of(-(2n ** 31n) - 1n));
  await refuses(() => read(npy(header("<i8", "(1,)"), low)), /flat index 0/);
  const unsigned = bytesOf(Uint32Array.of(2 ** 31));
  await refuses(() => read(npy(header("<u4", "(1,)"), unsigned)), /flat index 0/);
  const wide = bytesOf(BigUint64Array.of(2n ** 63n));
  await refuses(() => read(npy(header("<u8", "(1,)"), wide)), /flat index 0/);
});

test("objects, strings, complex numbers and records are refused with a remedy", async () => {
  await refuses(() => read(npy(header("|O", "(1,)"), Buffer.alloc(8))), /never read.*astype/);
  await refuses(() => read(npy(header("<U3", "(1,)"), Buffer.alloc(12))), /not supported/);
  await refuses(() => read(npy(header("<c8", "(1,)"), Buffer.alloc(8))), /not supported/);
  await refuses(() => read(npy(header("<bf16", "(1,)"), Buffer.alloc(2))), /not supported/);
  const record = `{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }`;
  await refuses(() => read(npy(record, Buffer.alloc(4))), /plain array of numbers/);
});

test("a boolean other than 0 and 1 is refused", async () => {
  await refuses(() => read(npy(header("|b1", "(2,)"), Buffer.of(1, 2))), /flat index 1.*as 2/);
});

test("declared sizes are refused before anything is allocated", async () => {
  const huge = ["(999999999999,)", "(65536, 65536, 65536)", "(0, 99999999999)", "(1048577,)"];
  for (const shape of huge) {
    await refuses(() => read(npy(header("|u1", shape), Buffer.alloc(0))), /limit|axis has length/);
  }
  await refuses(() => read(npy(header("|u1", `(${"1,".repeat(40)})`), Buffer.of(1))), /40 axes/);
  await refuses(() => read(npy(" ".repeat(20_000), Buffer.alloc(0))), /header has 20001 bytes/);
});

test("malformed headers are refused", async () => {
  const texts = [
    "",
    "{}",
    "{'descr': '<f4'}",
    "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
    header("<f4", "(-1,)"),
    header("<f4", "(1.5,)"),
    header("<f4", "[1]"),
    header("<f4", "()", "0"),
    `${header("<f4", "()")} + 1`,
    "__import__('os').system('true')",
  ];
  for (const text of texts) await refuses(() => read(npy(text, Buffer.alloc(4))), /header/);
});

test("missing and surplus values are refused", async () => {
  const text = header("<f4", "(2,)");
  await refuses(() => read(npy(text, Buffer.alloc(7))), /cut short/);
  await refuses(() => read(npy(text, Buffer.alloc(9))), /more data follows/);
  const sound = writeNpy({ dtype: "int32", shape: [2, 2], data: Int32Array.of(1, 2, 3, 4) });
  await refusesEveryPrefix(read, sound);
  await survivesDamage(read, sound);
});
