/**
 * Artifacts as files `ab/cdef…` of one folder, written so that a file under its final name is
 * always whole. Several processes may use the folder at once. Writing is in incoming.ts.
 */
import { createHash } from "node:crypto";
import { access, constants, open, opendir, stat, statfs, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Failpoint } from "#src/failpoints.ts";
import type { Artifacts, ByteRange, Digest, PutLimits, Stored } from "#storage/artifacts.ts";
import { hasCode, whenMissing, writeFailure } from "#storage/file-errors.ts";
import { makeFolder, unusable } from "#storage/folders.ts";
import type { StorageLog } from "#storage/log.ts";
import { damaged, digestPattern, missing } from "./digests.ts";
import { Incoming } from "./incoming.ts";

export interface FolderOptions {
  readonly log?: StorageLog;
  readonly failpoint?: Failpoint | undefined;
}

const shardPattern = /^[0-9a-f]{2}$/;
const restPattern = /^[0-9a-f]{62}$/;
/** Bytes that one piece of a stream holds. */
const pieceBytes = 256 * 1024;
/** Bytes that are read and hashed before others may use the thread. */
const readBytes = 4 * 1024 * 1024;

class ArtifactFolder implements Artifacts {
  readonly #dir: string;
  readonly #incoming: Incoming;

  constructor(dir: string, incoming: Incoming) {
    this.#dir = dir;
    this.#incoming = incoming;
  }

  put(content: Uint8Array | AsyncIterable<Uint8Array>, limits: PutLimits): Promise<Stored> {
    return this.#incoming.put(content, limits);
  }

  async size(digest: Digest): Promise<number | undefined> {
    const found = await stat(this.#path(digest)).catch(whenMissing(undefined));
    return found?.size;
  }

  async get(digest: Digest): Promise<Uint8Array> {
    await using handle = await this.#open(digest);
    const { size } = await handle.stat();
    // A buffer of its own, so that views of any element type can be laid over it.
    const bytes = Buffer.allocUnsafeSlow(size);
    const hash = createHash("sha256");
    let filled = 0;
    while (filled < size) {
      const length = Math.min(readBytes, size - filled);
      const { bytesRead } = await handle.read(bytes, filled, length, filled);
      if (bytesRead === 0) throw damaged(digest, `it ends after ${filled} bytes`);
      hash.update(bytes.subarray(filled, filled + bytesRead));
      filled += bytesRead;
    }
    if (`sha256:${hash.digest("hex")}` !== digest) {
      throw damaged(digest, `its ${size} bytes have another digest`);
    }
    return bytes;
  }

  async *stream(digest: Digest, range?: ByteRange): AsyncIterable<Uint8Array> {
    await using handle = await this.#open(digest);
    const end = range === undefined ? Number.POSITIVE_INFINITY : range.end + 1;
    let position = range?.start ?? 0;
    while (position < end) {
      const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, end - position));
      const { bytesRead } = await handle.read(piece, 0, piece.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  }

  async delete(digest: Digest): Promise<void> {
    await unlink(this.#path(digest)).catch(whenMissing(undefined));
  }

  async *list(): ReturnType<Artifacts["list"]> {
    for await (const shard of await opendir(this.#dir)) {
      if (!shard.isDirectory() || !shardPattern.test(shard.name)) continue;
      for await (const entry of await opendir(join(this.#dir, shard.name))) {
        if (!restPattern.test(entry.name)) continue;
        const path = join(this.#dir, shard.name, entry.name);
        const found = await stat(path).catch(whenMissing(undefined));
        if (found === undefined) continue;
        const digest = `sha256:${shard.name}${entry.name}`;
        yield { digest, bytes: found.size, modifiedMs: found.mtimeMs };
      }
    }
  }

  async bytesFree(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#dir);
    return bavail * bsize;
  }

  check(): Promise<void> {
    return access(this.#dir, constants.W_OK);
  }

  #path(digest: Digest): string {
    const [, shard, rest] = digestPattern.exec(digest) ?? [];
    if (shard === undefined || rest === undefined) throw missing(digest);
    return join(this.#dir, shard, rest);
  }

  async #open(digest: Digest) {
    try {
      return await open(this.#path(digest), "r");
    } catch (error) {
      throw hasCode(error, "ENOENT") ? missing(digest) : writeFailure(error);
    }
  }
}

/** Opens or makes the folder, and removes what crashed writers left behind long ago. */
export async function openArtifactFolder(
  dir: string,
  options: FolderOptions = {},
): Promise<Artifacts> {
  const incoming = new Incoming(dir, options);
  try {
    await makeFolder(dir);
    await incoming.open();
  } catch (error) {
    throw hasCode(error, "EACCES", "EPERM") ? unusable(dir, error) : writeFailure(error);
  }
  return new ArtifactFolder(dir, incoming);
}
