/** The artifact folder: the contract of all artifacts, and what is its own: files and damage. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { openArtifactFolder } from "#storage/artifacts/folder.ts";
import { writeFailure } from "#storage/file-errors.ts";
import {
  artifactsContract,
  gathered,
  listed,
  pattern,
  pieces,
  sha256,
} from "#test/contracts/artifacts.ts";
import { refusal } from "#test/contracts/refusal.ts";

const roomy = { bytesMax: 64 * 1024 * 1024 };
const hourMs = 60 * 60 * 1000;

async function newDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-artifacts-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return join(dir, "artifacts");
}

function fileOf(dir: string, digest: string): string {
  const hex = digest.slice("sha256:".length);
  return join(dir, hex.slice(0, 2), hex.slice(2));
}

artifactsContract("A folder", async (t) => openArtifactFolder(await newDir(t)));

describe("an artifact folder", () => {
  it("finds what was stored when it is opened again", async (t) => {
    const dir = await newDir(t);
    const { digest } = await (await openArtifactFolder(dir)).put(pattern(10), roomy);
    const again = await openArtifactFolder(dir);
    assert.deepEqual(new Uint8Array(await again.get(digest)), pattern(10));
    assert.deepEqual(await listed(again), [digest]);
  });

  it("leaves no temporary file, whether storing went well or not", async (t) => {
    const dir = await newDir(t);
    const artifacts = await openArtifactFolder(dir);
    await artifacts.put(pattern(10), roomy);
    await artifacts.put(pieces(pattern(10), 3), roomy);
    await assert.rejects(artifacts.put(pieces(pattern(10), 3), { bytesMax: 5 }));
    assert.deepEqual(await readdir(join(dir, "incoming")), []);
  });

  it("tells truncated and altered files from good ones", async (t) => {
    const dir = await newDir(t);
    const artifacts = await openArtifactFolder(dir);
    const bytes = pattern(10_000);
    const { digest } = await artifacts.put(bytes, roomy);
    const file = fileOf(dir, digest);
    await chmod(file, 0o644);
    for (const damage of [bytes.with(5000, 1 ^ (bytes[5000] ?? 0)), pattern(10_001)]) {
      await writeFile(file, damage);
      await assert.rejects(artifacts.get(digest), refusal("storage_corrupt"));
    }
    for (const length of [9999, 4096, 0]) {
      await truncate(file, length);
      await assert.rejects(artifacts.get(digest), refusal("storage_corrupt"));
    }
  });

  it("mends a damaged file when its content is stored again", async (t) => {
    const dir = await newDir(t);
    const artifacts = await openArtifactFolder(dir);
    const bytes = pattern(10_000);
    const { digest } = await artifacts.put(bytes, roomy);
    await chmod(fileOf(dir, digest), 0o644);
    await truncate(fileOf(dir, digest), 5);
    await artifacts.put(bytes, roomy);
    assert.deepEqual(new Uint8Array(await artifacts.get(digest)), bytes);
    await chmod(fileOf(dir, digest), 0o644);
    await writeFile(fileOf(dir, digest), bytes.with(7, 255));
    await artifacts.put(pieces(bytes, 1000), roomy);
    assert.deepEqual(await gathered(artifacts.stream(digest)), bytes);
  });

  it("counts content that is stored again as stored now", async (t) => {
    const dir = await newDir(t);
    const artifacts = await openArtifactFolder(dir);
    for (const content of [pattern(10), pieces(pattern(10), 4)]) {
      const { digest } = await artifacts.put(pattern(10), roomy);
      const old = new Date(Date.now() - 100 * hourMs);
      await utimes(fileOf(dir, digest), old, old);
      await artifacts.put(content, roomy);
      const { mtimeMs } = await stat(fileOf(dir, digest));
      assert.ok(mtimeMs > Date.now() - hourMs);
    }
  });

  it("removes what crashed writers left, but not what others are writing", async (t) => {
    const dir = await newDir(t);
    await openArtifactFolder(dir);
    const old = new Date(Date.now() - 24 * hourMs);
    await writeFile(join(dir, "incoming", "old"), "half");
    await utimes(join(dir, "incoming", "old"), old, old);
    await writeFile(join(dir, "incoming", "young"), "half");
    await openArtifactFolder(dir);
    assert.deepEqual(await readdir(join(dir, "incoming")), ["young"]);
  });

  it("lists artifacts only, whatever else lies in the folder", async (t) => {
    const dir = await newDir(t);
    const artifacts = await openArtifactFolder(dir);
    const { digest } = await artifacts.put(pattern(10), roomy);
    await writeFile(join(dir, "notes.txt"), "mine");
    await writeFile(join(dir, digest.slice(7, 9), "notes.txt"), "mine");
    assert.deepEqual(await listed(artifacts), [digest]);
  });

  it("is shared by processes that store the same content", async (t) => {
    const dir = await newDir(t);
    const program = join(import.meta.dirname, "putter.ts");
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, [program, dir], { stdio: ["ignore", "inherit", "inherit"] }),
    );
    const exits = await Promise.all(children.map((child) => once(child, "exit")));
    assert.deepEqual(exits, [
      [0, null],
      [0, null],
      [0, null],
    ]);
    const artifacts = await openArtifactFolder(dir);
    const digests = Array.from({ length: 20 }, (_, i) => sha256(pattern(50_000 + i)));
    assert.deepEqual(await listed(artifacts), digests.sort());
    for (const digest of digests) await artifacts.get(digest);
    assert.deepEqual(await readdir(join(dir, "incoming")), []);
  });

  it("says that there is no room when the file system or a quota says so", () => {
    for (const code of ["ENOSPC", "EDQUOT"]) {
      const error = Object.assign(new Error(code), { code });
      assert.ok(refusal("storage_full")(writeFailure(error)));
    }
    const other = Object.assign(new Error("EIO"), { code: "EIO" });
    assert.equal(writeFailure(other), other);
  });

  it("says so when it cannot be opened", async (t) => {
    const dir = await newDir(t);
    const artifacts = await openArtifactFolder(dir);
    const { digest } = await artifacts.put(pattern(10), roomy);
    const message = /cannot be made or written \(E[A-Z]+\)/;
    await assert.rejects(openArtifactFolder(fileOf(dir, digest)), message);
    await assert.rejects(openArtifactFolder(join(fileOf(dir, digest), "below")), message);
    await assert.rejects(openArtifactFolder("/proc/linnet/artifacts"), message);
  });
});
