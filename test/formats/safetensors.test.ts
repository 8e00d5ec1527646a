/** safetensors files: laws of the writer, and headers that must be refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Tensor } from "#engine/tensor.ts";
import { readSafetensors, writeSafetensors } from "#formats/safetensors.ts";
import { refuses, refusesEveryPrefix, survivesDamage } from "./hostile.ts";
import { anyTensor } from "./tensors.ts";

const limits = { bytesMax: 1 << 16, arraysMax: 8 };
const read = (bytes: Uint8Array) => readSafetensors(bytes, limits);

/** A file with any header text. */
function file(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = Buffer.from(header, "utf8");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

const anyFile = fc.tuple(
  fc.uniqueArray(
    fc.tuple(
      fc.string().filter((name) => name !== "__metadata__"),
      anyTensor,
    ),
    { selector: ([name]) => name, maxLength: 6 },
  ),
  fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }),
);

test("reading what was written gives the same tensors and metadata", () => {
  fc.assert(
    fc.property(anyFile, ([entries, metadata]) => {
      const { tensors, metadata: found } = read(writeSafetensors(new Map(entries), metadata));
      assert.deepEqual(tensors, new Map(entries));
      assert.deepEqual(Object.entries(found).sort(), Object.entries(metadata).sort());
    }),
  );
});

test("the order in which tensors are given does not change the bytes", () => {
  fc.assert(
    fc.property(anyFile, ([entries, metadata]) => {
      const backwards = new Map([...entries].reverse());
      assert.deepEqual(
        writeSafetensors(backwards, metadata),
        writeSafetensors(new Map(entries), metadata),
      );
    }),
  );
});

test("aligned values are views on the file and unaligned ones are copies", () => {
  const data = Float64Array.of(1, 2, 3);
  const bytes = writeSafetensors(new Map([["w", { dtype: "float64", shape: [3], data }]]));
  const view = read(bytes).tensors.get("w") as Tensor;
  assert.equal(view.data.buffer, bytes.buffer);
  const shifted = Buffer.concat([Buffer.alloc(1), bytes]).subarray(1);
  const copy = read(shifted).tensors.get("w") as Tensor;
  assert.deepEqual(copy, view);
});

test("a file as the reference library writes it is read, in every supported type", () => {
  const data = Buffer.concat([
    Buffer.from(BigInt64Array.of(-5n).buffer),
    Buffer.from(Float32Array.of(1.5).buffer),
    Buffer.of(0x00, 0x3c),
    Buffer.of(0x80, 0x3f),
    Buffer.of(200),
    Buffer.of(1),
  ]);
  const header = [
    `"__metadata__":{"format":"pt"}`,
    `"i":${entry("I64", "[1]", "[0,8]")}`,
    `"f":${entry("F32", "[]", "[8,12]")}`,
    `"h":${entry("F16", "[1]", "[12,14]")}`,
    `"b":${entry("BF16", "[1]", "[14,16]")}`,
    `"u":${entry("U8", "[1]", "[16,17]")}`,
    `"o":${entry("BOOL", "[1]", "[17,18]")}`,
  ].join(",");
  const { tensors, metadata } = read(file(`{${header}}   `, data));
  const values = Object.fromEntries([...tensors].map(([name, { data }]) => [name, [...data]]));
  assert.deepEqual(values, { i: [-5], f: [1.5], h: [1], b: [1], u: [200], o: [1] });
  assert.deepEqual(metadata, { format: "pt" });
});

test("holes, overlaps, surplus bytes and spans that do not fit are refused", async () => {
  const two = (a: string, b: string) =>
    `{"a":${entry("U8", "[2]", a)},"b":${entry("U8", "[2]", b)}}`;
  await refuses(() => read(file(two("[0,2]", "[3,5]"), Buffer.alloc(5))), /hole/, "/b");
  await refuses(() => read(file(two("[0,2]", "[1,3]"), Buffer.alloc(3))), /overlaps/, "/b");
  await refuses(() => read(file(two("[0,2]", "[2,4]"), Buffer.alloc(5))), /5 are there/);
  await refuses(() => read(file(two("[0,2]", "[2,5]"), Buffer.alloc(5))), /span 3 bytes/, "/b");
  await refuses(() => read(file(two("[2,0]", "[0,2]"), Buffer.alloc(2))), /span -2/, "/a");
});

test("a key that occurs twice is refused, also when one is written with escapes", async () => {
  const one = entry("U8", "[0]", "[0,0]");
  await refuses(() => read(file(`{"a":${one},"a":${one}}`)), /key "a" twice/);
  await refuses(() => read(file(`{"a":${one},"\\u0061":${one}}`)), /key "a" twice/);
  const inner = `{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}`;
  await refuses(() => read(file(`{"a":${inner}}`)), /key "shape" twice/);
});

test("a key and a value of one spelling, and keys of different objects, are no repetition", () => {
  const metadata = `{"__metadata__":{"a":"a","b":"\\"a\\":"},"a":${entry("U8", "[0]", "[0,0]")}}`;
  assert.deepEqual(read(file(metadata)).metadata, { a: "a", b: '"a":' });
});

test("hostile sizes are refused before anything is allocated", async () => {
  const long = Buffer.alloc(8, 0xff);
  await refuses(() => read(long), /header has .* at most 4194304/);
  const side = 2 ** 31 - 1;
  const huge = `{"a":${entry("U8", `[${side},${side},${side}]`, "[0,8]")}}`;
  await refuses(() => read(file(huge, Buffer.alloc(8))), /limit/, "/a");
  const wrapping = `{"a":${entry("U8", "[4294967296,4294967296]", "[0,0]")}}`;
  await refuses(() => read(file(wrapping)), /axis has length/, "/a");
  const empty = entry("U8", "[0]", "[0,0]");
  const many = Array.from({ length: 9 }, (_, i) => `"t${i}":${empty}`).join(",");
  await refuses(() => read(file(`{${many}}`)), /more than 8 tensors/);
});

test("tensors count against one common limit", async () => {
  const half = { dtype: "float32", shape: [10_000], data: new Float32Array(10_000) } as const;
  const bytes = writeSafetensors(
    new Map([
      ["a", half],
      ["b", half],
    ]),
  );
  await refuses(() => read(bytes), /above the limit/, "/b");
});

test("headers that are no sound description are refused", async () => {
  const texts = [
    "",
    "[]",
    "null",
    ' {"a":1}',
    `{"a":1}`,
    `{"a":{}}`,
    `{"a":${entry("F8_E4M3", "[0]", "[0,0]")}}`,
    `{"a":${entry("U8", "[-1]", "[0,0]")}}`,
    `{"a":${entry("U8", '"0"', "[0,0]")}}`,
    `{"a":${entry("U8", "[0]", "[0]")}}`,
    `{"__metadata__":{"a":1}}`,
    `{"__proto__":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    "[".repeat(1_000_000),
  ];
  for (const text of texts) await refuses(() => read(file(text)), /./);
  const notUtf8 = file("{}");
  notUtf8[9] = 0xff;
  await refuses(() => read(notUtf8), /UTF-8/);
});

test("a name from the file stays a name, whatever it is", () => {
  const text = `{"__proto__":${entry("U8", "[1]", "[0,1]")}}`;
  const { tensors } = read(file(text, Buffer.of(3)));
  assert.deepEqual([...(tensors.get("__proto__")?.data ?? [])], [3]);
});

test("files cut short anywhere are refused and damaged ones never crash", async () => {
  const sound = writeSafetensors(
    new Map<string, Tensor>([
      ["x", { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) }],
      ["y", { dtype: "int32", shape: [1], data: Int32Array.of(3) }],
    ]),
    { step: "4" },
  );
  await refusesEveryPrefix(read, sound);
  await survivesDamage(read, sound, 1000);
});
