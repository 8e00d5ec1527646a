/** npz archives: round trips, and zips that must be refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { zipSync } from "fflate";
import type { Tensor } from "#engine/tensor.ts";
import { writeNpy } from "#formats/npy.ts";
import { readNpz, writeNpz } from "#formats/npz.ts";
import { refuses, refusesEveryPrefix, survivesDamage } from "./hostile.ts";
import { anyTensor } from "./tensors.ts";

const limits = { bytesMax: 1 << 20, arraysMax: 4 };
const read = (bytes: Uint8Array) => readNpz(bytes, limits);

const ramp = (size: number): Tensor => ({
  dtype: "float32",
  shape: [size],
  data: Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
});

const small = writeNpz(
  new Map([
    ["x_train", ramp(5)],
    ["y_train", ramp(3)],
  ]),
);

/** Where the central directory's entry for the n-th file begins. */
function centralEntry(zip: Uint8Array, n: number): number {
  const buffer = Buffer.from(zip.buffer, zip.byteOffset, zip.length);
  let at = -1;
  for (let i = 0; i <= n; i++) at = buffer.indexOf("PK\x01\x02", at + 1, "latin1");
  return at;
}

test("reading what was written gives the same arrays in the same order", async () => {
  const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,12}$/);
  const archive = fc.uniqueArray(fc.tuple(name, anyTensor), {
    selector: ([key]) => key,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(archive, async (entries) => {
      const arrays = new Map(entries);
      assert.deepEqual([...(await read(writeNpz(arrays)))], [...arrays]);
    }),
    { numRuns: 50 },
  );
});

test("compressed archives (numpy.savez_compressed) are read", async () => {
  const zip = zipSync({ "x.npy": writeNpy(ramp(500)) }, { level: 9 });
  assert.deepEqual((await read(zip)).get("x"), ramp(500));
});

test("equal arrays give equal bytes", () => {
  const arrays = () => new Map([["a", ramp(4)]]);
  assert.deepEqual(writeNpz(arrays()), writeNpz(arrays()));
});

test("a wrong checksum is refused and names the array", async () => {
  const damaged = small.slice();
  const value = Buffer.from(damaged.buffer).indexOf("NUMPY") + 130;
  damaged[value] = (damaged[value] ?? 0) ^ 1;
  await refuses(() => read(damaged), /checksum/, "/x_train");
});

test("a zip bomb is refused by ratio, by declared size and by actual size", async () => {
  const zeros = { dtype: "float32", shape: [200_000], data: new Float32Array(200_000) } as const;
  const bomb = zipSync({ "x.npy": writeNpy(zeros) }, { level: 9 });
  await refuses(() => read(bomb), /more than 100 times/, "/x");
  const large = zipSync({ "x.npy": writeNpy(ramp(700_000)) }, { level: 0 });
  await refuses(() => read(large), /above the limit/, "/x");
  const lying = zipSync({ "x.npy": writeNpy(zeros) }, { level: 9 });
  Buffer.from(lying.buffer, lying.byteOffset).writeUInt32LE(500, centralEntry(lying, 0) + 24);
  await refuses(() => read(lying), /damaged|declared size/, "/x");
});

test("arrays count against one common limit", async () => {
  const zip = writeNpz(
    new Map([
      ["a", ramp(200_000)],
      ["b", ramp(200_000)],
    ]),
  );
  await refuses(() => read(zip), /above the limit|limit of/, "/b");
});

test("too many entries are refused", async () => {
  const arrays = new Map(["a", "b", "c", "d", "e"].map((name) => [name, ramp(1)]));
  await refuses(() => read(writeNpz(arrays)), /5 entries; at most 4/);
});

test("folders, climbing paths and other files are refused", async () => {
  const content = writeNpy(ramp(1));
  for (const name of ["a/x.npy", "../x.npy", "/x.npy", "C:x.npy", "a\\x.npy", "x.txt", ".npy"]) {
    await refuses(() => read(zipSync({ [name]: content })), /NAME\.npy|not a sound zip/);
  }
});

test("two entries of one name, and entries on the same bytes, are refused", async () => {
  const twins = writeNpz(
    new Map([
      ["aa", ramp(2)],
      ["ab", ramp(2)],
    ]),
  );
  const renamed = twins.slice();
  renamed[centralEntry(twins, 1) + 46 + 1] = "a".charCodeAt(0);
  await refuses(() => read(renamed), /twice/, "/aa");
  const overlapping = twins.slice();
  Buffer.from(overlapping.buffer).writeUInt32LE(0, centralEntry(twins, 1) + 42);
  await refuses(() => read(overlapping), /same bytes/, "/ab");
});

test("an entry that is no npy file is refused with its name", async () => {
  await refuses(() => read(zipSync({ "x.npy": Buffer.from("hello there") })), /NUMPY/, "/x");
});

test("encrypted entries and other compressions are refused", async () => {
  const encrypted = small.slice();
  const flags = centralEntry(small, 0) + 8;
  encrypted[flags] = (encrypted[flags] ?? 0) | 1;
  await refuses(() => read(encrypted), /encrypted|not a sound zip/);
  const odd = zipSync({ "x.npy": deflateRawSync(Buffer.from("x")) });
  odd[centralEntry(odd, 0) + 10] = 12;
  await refuses(() => read(odd), /other than deflate/, "/x");
});

test("archives cut short anywhere are refused and damaged ones never crash", async () => {
  await refusesEveryPrefix(read, small);
  await survivesDamage(read, small, 300);
  await survivesDamage(read, zipSync({ "x.npy": writeNpy(ramp(9)) }, { level: 9 }), 300);
});
