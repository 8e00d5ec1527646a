/**
 * Artifacts in S3, on a server that was not written here: the contract of all artifacts, and what
 * is their own: copies, parts, and refusals. Skipped without LINNET_TEST_S3_ENDPOINT.
 */
import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { before, describe, it } from "node:test";
import { openArtifacts } from "#storage/artifacts/open.ts";
import { artifactsContract, gathered, listed, pattern, pieces } from "#test/contracts/artifacts.ts";
import { refusal } from "#test/contracts/refusal.ts";
import { makeBucket, newAddress, newFolder, withoutS3 } from "./s3-bucket.ts";

const roomy = { bytesMax: 64 * 1024 * 1024 };
const mebibyte = 1024 * 1024;

async function* large(bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += mebibyte) {
    yield Buffer.alloc(Math.min(mebibyte, bytes - at), at / mebibyte);
  }
}

describe("S3", { skip: withoutS3 }, () => {
  before(() => makeBucket());

  artifactsContract("A bucket", async (t) =>
    openArtifacts(await newFolder(t), { address: newAddress() }),
  );

  it("shows one machine what another has stored", async (t) => {
    const address = newAddress();
    const [here, there] = [await newFolder(t), await newFolder(t)];
    const { digest } = await (await openArtifacts(here, { address })).put(pattern(1000), roomy);
    const other = await openArtifacts(there, { address });
    assert.deepEqual(new Uint8Array(await other.get(digest)), pattern(1000));
    assert.equal(await other.size(digest), 1000);
  });

  it("keeps a copy for the next reader, which a damaged copy does not mislead", async (t) => {
    const address = newAddress();
    const [here, there] = [await newFolder(t), await newFolder(t)];
    const { digest } = await (await openArtifacts(here, { address })).put(pattern(1000), roomy);
    const other = await openArtifacts(there, { address });
    await other.get(digest);
    const shard = `${there}/${digest.slice(7, 9)}`;
    assert.deepEqual(await readdir(shard), [digest.slice(9)]);
    await rm(`${shard}/${digest.slice(9)}`);
    const folder = await openArtifacts(there, { address: "" });
    await folder.put(pattern(999), roomy);
    assert.deepEqual(new Uint8Array(await other.get(digest)), pattern(1000));
  });

  it("stores what is larger than a part in parts, and ranges of it are read", async (t) => {
    const address = newAddress();
    const artifacts = await openArtifacts(await newFolder(t), { address });
    const bytes = 19 * mebibyte + 5;
    const { digest } = await artifacts.put(large(bytes), roomy);
    const other = await openArtifacts(await newFolder(t), { address });
    assert.equal((await other.get(digest)).byteLength, bytes);
    const range = { start: 8 * mebibyte - 1, end: 8 * mebibyte };
    assert.deepEqual(await gathered(other.stream(digest, range)), Uint8Array.of(7, 8));
    assert.equal((await other.put(large(bytes), roomy)).digest, digest);
    assert.deepEqual(await listed(other), [digest]);
  });

  it("stores the same large content from several machines at once", async (t) => {
    const address = newAddress();
    const machines = await Promise.all(
      [1, 2, 3].map(async () => openArtifacts(await newFolder(t), { address })),
    );
    const stored = await Promise.all(
      machines.map((artifacts) => artifacts.put(large(9 * mebibyte), roomy)),
    );
    const digests = [...new Set(stored.map(({ digest }) => digest))];
    assert.deepEqual(await listed(await openArtifacts(await newFolder(t), { address })), digests);
  });

  it("knows its own prefix only", async (t) => {
    const [one, two] = [newAddress(), newAddress()];
    const artifacts = await openArtifacts(await newFolder(t), { address: one });
    const others = await openArtifacts(await newFolder(t), { address: two });
    const { digest } = await artifacts.put(pieces(pattern(100), 7), roomy);
    assert.deepEqual(await listed(others), []);
    assert.equal(await others.size(digest), undefined);
  });

  it("says that a bucket is missing, and that it may be there later", async (t) => {
    const address = newAddress("", "linnet-no-such-bucket");
    const artifacts = await openArtifacts(await newFolder(t), { address, attemptsMax: 1 });
    const isRefused = refusal("storage_unavailable");
    await assert.rejects(artifacts.put(pattern(10), roomy), isRefused);
    await assert.rejects(artifacts.put(pieces(pattern(10), 3), roomy), isRefused);
    await assert.rejects(listed(artifacts), isRefused);
    await assert.rejects(artifacts.check());
  });

  it("is checked by whether the bucket may be used", async (t) => {
    const artifacts = await openArtifacts(await newFolder(t), { address: newAddress() });
    await artifacts.check();
  });
});
