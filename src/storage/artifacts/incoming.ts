/**
 * Bytes on their way into an artifact folder: a temporary file beside its place, hashed while it
 * is written, made durable, then renamed. Nothing is left behind when that fails.
 */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, opendir, rename, stat, unlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Failpoint } from "#src/failpoints.ts";
import { Failure } from "#src/failure.ts";
import type { PutLimits, Stored } from "#storage/artifacts.ts";
import { whenMissing, writeFailure } from "#storage/file-errors.ts";
import { makeFolder, makeOne } from "#storage/folders.ts";
import type { StorageLog } from "#storage/log.ts";

/**
 * A temporary file that nobody has written to for so long belongs to nobody. Processes on other
 * machines may share the folder, so that age is all there is to go by.
 */
const leftoverAgeMs = 6 * 60 * 60 * 1000;

export interface IncomingOptions {
  readonly log?: StorageLog;
  readonly failpoint?: Failpoint | undefined;
}

type Content = Uint8Array | AsyncIterable<Uint8Array>;

interface Place {
  readonly shard: string;
  readonly path: string;
}

async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}

/** The next piece, unless the signal aborts first: a source that never answers is let go. */
export async function nextPiece(
  pieces: AsyncIterator<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<IteratorResult<Uint8Array>> {
  signal?.throwIfAborted();
  if (signal === undefined) return pieces.next();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([pieces.next(), aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function* pieceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function checkSize(bytes: number, { bytesMax }: PutLimits): void {
  if (bytes <= bytesMax) return;
  throw new Failure("body_too_large", `There are more than the ${bytesMax} bytes allowed.`);
}

/** Writes all pieces and makes them durable. Returns their digest, bare, and their size. */
async function fill(
  handle: FileHandle,
  content: AsyncIterable<Uint8Array>,
  limits: PutLimits,
): Promise<{ hex: string; bytes: number }> {
  const hash = createHash("sha256");
  const pieces = content[Symbol.asyncIterator]();
  let bytes = 0;
  let done = false;
  try {
    for (;;) {
      const next = await nextPiece(pieces, limits.signal);
      done = next.done === true;
      if (done) break;
      bytes += next.value.byteLength;
      checkSize(bytes, limits);
      hash.update(next.value);
      await handle.writeFile(next.value);
    }
  } finally {
    // Not awaited: a source that hangs would hold its reader for ever.
    if (!done) pieces.return?.().catch(() => undefined);
  }
  await handle.sync();
  // Syncing many bytes may take minutes: from here on they wait for their row.
  const now = new Date();
  await handle.utimes(now, now);
  return { hex: hash.digest("hex"), bytes };
}

export class Incoming {
  readonly #dir: string;
  readonly #temporary: string;
  readonly #options: IncomingOptions;

  constructor(dir: string, options: IncomingOptions) {
    this.#dir = dir;
    this.#temporary = join(dir, "incoming");
    this.#options = options;
  }

  /** Makes the folder, sees that it can be written, and sweeps it. */
  async open(): Promise<void> {
    await makeFolder(this.#temporary);
    const probe = this.#newPath();
    const handle = await open(probe, "wx");
    await handle.close();
    await unlink(probe);
    for await (const entry of await opendir(this.#temporary)) {
      const path = join(this.#temporary, entry.name);
      const found = await stat(path).catch(whenMissing(undefined));
      if (found === undefined || Date.now() - found.mtimeMs < leftoverAgeMs) continue;
      await unlink(path).catch(whenMissing(undefined));
      this.#options.log?.warn(
        { path, bytes: found.size },
        "removed what a crashed writer left behind",
      );
    }
  }

  async put(content: Content, limits: PutLimits): Promise<Stored> {
    try {
      limits.signal?.throwIfAborted();
      if (!(content instanceof Uint8Array)) return await this.#write(content, limits);
      checkSize(content.byteLength, limits);
      const hex = createHash("sha256").update(content).digest("hex");
      if (await this.#renew(hex, content.byteLength)) {
        return { digest: `sha256:${hex}`, bytes: content.byteLength };
      }
      return await this.#write(pieceOf(content), limits);
    } catch (error) {
      throw writeFailure(error);
    }
  }

  /**
   * True when the artifact is there. It then counts as stored now, so that a sweep which saw it
   * as old and unused does not take it before its new owner is on record.
   */
  async #renew(hex: string, bytes: number): Promise<boolean> {
    const { path } = this.#place(hex);
    const now = new Date();
    await utimes(path, now, now).catch(whenMissing(undefined));
    const found = await stat(path).catch(whenMissing(undefined));
    return found?.size === bytes;
  }

  /** A rename over equal content is harmless, and mends a damaged file. */
  async #write(content: AsyncIterable<Uint8Array>, limits: PutLimits): Promise<Stored> {
    const temporary = this.#newPath();
    try {
      const filled = await this.#fillFile(temporary, content, limits);
      const { shard, path } = this.#place(filled.hex);
      await makeOne(shard);
      this.#options.failpoint?.("before_rename");
      await rename(temporary, path);
      await syncFolder(shard);
      await syncFolder(this.#dir);
      this.#options.failpoint?.("after_put");
      return { digest: `sha256:${filled.hex}`, bytes: filled.bytes };
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
  }

  async #fillFile(path: string, content: AsyncIterable<Uint8Array>, limits: PutLimits) {
    await using handle = await open(path, "wx", 0o444);
    return await fill(handle, content, limits);
  }

  #newPath(): string {
    return join(this.#temporary, randomUUID());
  }

  #place(hex: string): Place {
    assert(hex.length === 64);
    const shard = join(this.#dir, hex.slice(0, 2));
    return { shard, path: join(shard, hex.slice(2)) };
  }
}
