/** What every Artifacts adapter does: bytes in, the same bytes out, under their digest. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it, type TestContext } from "node:test";
import fc from "fast-check";
import type { Artifacts } from "#storage/artifacts.ts";
import { digestOf } from "./records.ts";
import { refusal } from "./refusal.ts";

/** A new, empty place that is gone when the test ends. */
export type OpenArtifacts = (t: TestContext) => Promise<Artifacts>;

const roomy = { bytesMax: 64 * 1024 * 1024 };

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31) % 251);
}

export async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function listed(artifacts: Artifacts): Promise<string[]> {
  const digests = [];
  for await (const { digest } of artifacts.list()) digests.push(digest);
  return digests.sort();
}

export async function gathered(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

export function artifactsContract(name: string, open: OpenArtifacts): void {
  describe(`${name} as artifacts`, () => {
    describe("storing", () => putContract(open));
    describe("refusing", () => refusalContract(open));
    describe("reading", () => readContract(open));
    describe("listing and deleting", () => listContract(open));
  });
}

function putContract(open: OpenArtifacts): void {
  it("names bytes by their digest, whole or in pieces of any size", async (t) => {
    const artifacts = await open(t);
    const law = fc.asyncProperty(
      fc.uint8Array({ maxLength: 500 }),
      fc.integer({ min: 1, max: 100 }),
      async (bytes, size) => {
        const stored = { digest: sha256(bytes), bytes: bytes.length };
        assert.deepEqual(await artifacts.put(pieces(bytes, size), roomy), stored);
        assert.deepEqual(await artifacts.put(bytes, roomy), stored);
        assert.deepEqual(new Uint8Array(await artifacts.get(stored.digest)), bytes);
        assert.equal(await artifacts.size(stored.digest), bytes.length);
      },
    );
    await fc.assert(law, { numRuns: 20 });
  });

  it("stores equal content once", async (t) => {
    const artifacts = await open(t);
    const bytes = pattern(1000);
    await artifacts.put(bytes, roomy);
    await artifacts.put(pieces(bytes, 7), roomy);
    await artifacts.put(Buffer.from(bytes), roomy);
    assert.deepEqual(await listed(artifacts), [sha256(bytes)]);
  });

  it("stores the same content from many at once", async (t) => {
    const artifacts = await open(t);
    const bytes = pattern(100_000);
    const puts = Array.from({ length: 8 }, (_, i) =>
      artifacts.put(i % 2 === 0 ? bytes : pieces(bytes, 9999), roomy),
    );
    const digests = new Set((await Promise.all(puts)).map((stored) => stored.digest));
    assert.deepEqual([...digests], [sha256(bytes)]);
    assert.deepEqual(await listed(artifacts), [sha256(bytes)]);
    assert.deepEqual(new Uint8Array(await artifacts.get(sha256(bytes))), bytes);
  });

  it("takes no more than the limit, and keeps nothing of what is larger", async (t) => {
    const artifacts = await open(t);
    const bytes = pattern(100);
    const small = { bytesMax: 99 };
    await assert.rejects(artifacts.put(bytes, small), refusal("body_too_large"));
    await assert.rejects(artifacts.put(pieces(bytes, 10), small), refusal("body_too_large"));
    assert.deepEqual(await listed(artifacts), []);
    assert.equal((await artifacts.put(pieces(bytes, 10), { bytesMax: 100 })).bytes, 100);
  });

  it("stops at the limit instead of reading on", async (t) => {
    const artifacts = await open(t);
    let given = 0;
    let ended = false;
    async function* endless() {
      try {
        for (;;) {
          given += 1;
          yield pattern(10);
        }
      } finally {
        ended = true;
      }
    }
    await assert.rejects(artifacts.put(endless(), { bytesMax: 25 }), refusal("body_too_large"));
    assert.deepEqual([given, ended], [3, true]);
  });
}

function refusalContract(open: OpenArtifacts): void {
  it("passes the source's error on and keeps nothing", async (t) => {
    const artifacts = await open(t);
    async function* broken() {
      yield pattern(10);
      throw new Error("the client went away");
    }
    await assert.rejects(artifacts.put(broken(), roomy), /the client went away/);
    assert.deepEqual(await listed(artifacts), []);
  });

  it("stops when the signal aborts, even while the source hangs", async (t) => {
    const artifacts = await open(t);
    const controller = new AbortController();
    async function* hanging() {
      yield pattern(10);
      controller.abort(new Error("enough"));
      await new Promise(() => undefined);
    }
    const { signal } = controller;
    await assert.rejects(artifacts.put(hanging(), { ...roomy, signal }), /enough/);
    await assert.rejects(artifacts.put(pattern(10), { ...roomy, signal }), /enough/);
    assert.deepEqual(await listed(artifacts), []);
  });

  it("knows nothing under a digest that was never stored", async (t) => {
    const artifacts = await open(t);
    const digest = digestOf("0");
    assert.equal(await artifacts.size(digest), undefined);
    await assert.rejects(artifacts.get(digest), refusal("not_found"));
    await assert.rejects(gathered(artifacts.stream(digest)), refusal("not_found"));
    await artifacts.delete(digest);
  });

  it("takes nothing for a digest that is not one", async (t) => {
    const artifacts = await open(t);
    const zeros = "0".repeat(64);
    const wrong = ["", zeros, `sha512:${zeros}`, `sha256:${zeros}0`, `sha256:${zeros}\n`];
    const rising = [`sha256:../${"0".repeat(61)}`, "../../etc/passwd", `sha256:${"A".repeat(64)}`];
    for (const digest of [...wrong, ...rising]) {
      await assert.rejects(artifacts.size(digest), refusal("not_found"));
      await assert.rejects(artifacts.get(digest), refusal("not_found"));
      await assert.rejects(artifacts.delete(digest), refusal("not_found"));
      await assert.rejects(gathered(artifacts.stream(digest)), refusal("not_found"));
    }
  });
}

function readContract(open: OpenArtifacts): void {
  it("streams all bytes, or a range with both ends", async (t) => {
    const artifacts = await open(t);
    const bytes = pattern(700_000);
    const { digest } = await artifacts.put(bytes, roomy);
    assert.deepEqual(await gathered(artifacts.stream(digest)), bytes);
    const ranges = [
      [0, 0],
      [5, 9],
      [262_143, 262_144],
      [1, 699_998],
      [699_999, 900_000],
    ] as const;
    for (const [start, end] of ranges) {
      const part = await gathered(artifacts.stream(digest, { start, end }));
      assert.deepEqual(part, bytes.slice(start, end + 1));
    }
    const beyond = artifacts.stream(digest, { start: 700_000, end: 700_001 });
    assert.equal((await gathered(beyond)).length, 0);
  });

  it("lets a reader leave in the middle of a stream", async (t) => {
    const artifacts = await open(t);
    const { digest } = await artifacts.put(pattern(700_000), roomy);
    for await (const piece of artifacts.stream(digest)) {
      assert.ok(piece.length > 0);
      break;
    }
    await artifacts.delete(digest);
    assert.equal(await artifacts.size(digest), undefined);
  });

  it("gives bytes over which an array of numbers can be laid", async (t) => {
    const artifacts = await open(t);
    const numbers = Float64Array.of(1, Number.NaN, -0, 1e300);
    const { digest } = await artifacts.put(new Uint8Array(numbers.buffer), roomy);
    const bytes = await artifacts.get(digest);
    const back = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
    assert.deepEqual(back, numbers);
  });
}

function listContract(open: OpenArtifacts): void {
  it("lists what is there with its size and age", async (t) => {
    const artifacts = await open(t);
    const before = Date.now() - 1000;
    const sizes = new Map<string, number>();
    for (const length of [0, 1, 2, 3, 4, 5]) {
      const { digest } = await artifacts.put(pattern(length), roomy);
      sizes.set(digest, length);
    }
    for await (const { digest, bytes, modifiedMs } of artifacts.list()) {
      assert.equal(bytes, sizes.get(digest));
      assert.ok(modifiedMs >= before && modifiedMs <= Date.now() + 1000);
      sizes.delete(digest);
    }
    assert.equal(sizes.size, 0);
  });

  it("deletes while it lists", async (t) => {
    const artifacts = await open(t);
    for (const length of [1, 2, 3]) await artifacts.put(pattern(length), roomy);
    for await (const { digest } of artifacts.list()) await artifacts.delete(digest);
    assert.deepEqual(await listed(artifacts), []);
  });

  it("knows how many bytes are free", async (t) => {
    const artifacts = await open(t);
    assert.ok((await artifacts.bytesFree()) > 0);
  });
}
