/** idx files, as MNIST comes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readIdx } from "#formats/idx.ts";
import { refuses, refusesEveryPrefix, survivesDamage } from "./hostile.ts";

const limits = { bytesMax: 4096 };
const read = (bytes: Uint8Array) => readIdx(bytes, limits, "/x_train");

function idx(code: number, shape: readonly number[], data: Uint8Array): Uint8Array {
  const axes = Buffer.alloc(4 * shape.length);
  for (const [axis, length] of shape.entries()) axes.writeUInt32BE(length, 4 * axis);
  return Buffer.concat([Buffer.of(0, 0, code, shape.length), axes, data]);
}

test("bytes become int32 of the declared shape", () => {
  const value = read(idx(0x08, [2, 1, 3], Buffer.of(0, 1, 2, 3, 254, 255)));
  assert.deepEqual(value, {
    dtype: "int32",
    shape: [2, 1, 3],
    data: Int32Array.of(0, 1, 2, 3, 254, 255),
  });
});

test("wider elements are big-endian", () => {
  assert.deepEqual([...read(idx(0x09, [2], Buffer.of(0xff, 1))).data], [-1, 1]);
  assert.deepEqual([...read(idx(0x0b, [1], Buffer.of(0x01, 0x02))).data], [0x102]);
  assert.deepEqual([...read(idx(0x0c, [1], Buffer.of(0, 0, 1, 0))).data], [256]);
  assert.deepEqual([...read(idx(0x0d, [1], Buffer.from("3fc00000", "hex"))).data], [1.5]);
  assert.deepEqual([...read(idx(0x0e, [1], Buffer.from("3ff8000000000000", "hex"))).data], [1.5]);
});

test("gzipped files are inflated within the limit", async () => {
  const plain = idx(0x08, [4], Buffer.of(1, 2, 3, 4));
  assert.deepEqual(read(gzipSync(plain)), read(plain));
  const bomb = gzipSync(idx(0x08, [1_000_000], Buffer.alloc(1_000_000)));
  await refuses(() => read(bomb), /hold more than 4096 bytes/, "/x_train");
});

test("sizes that do not fit are refused", async () => {
  await refuses(() => read(idx(0x08, [2 ** 31 - 1, 2 ** 31 - 1], Buffer.of(1))), /limit/);
  await refuses(() => read(idx(0x08, [2 ** 32 - 1], Buffer.of(1))), /axis has length/);
  await refuses(() => read(idx(0x08, [3], Buffer.of(1, 2))), /promises 3 bytes/, "/x_train");
  await refuses(() => read(idx(0x08, [1], Buffer.of(1, 2))), /nothing after it/);
  await refuses(() => read(idx(0x0a, [1], Buffer.of(1))), /not an idx file/);
});

test("files cut short anywhere are refused and damaged ones never crash", async () => {
  const sound = idx(0x0c, [2, 2], Buffer.alloc(16, 7));
  await refusesEveryPrefix(read, sound);
  await survivesDamage(read, sound);
  await survivesDamage(read, gzipSync(sound));
});
