/**
 * Artifacts as objects `ab/cdef…` of a bucket, as a folder has them as files. Bytes that come in
 * pieces are written to the disk of this machine first: their name is their digest, which is known
 * when the last piece has come.
 */
import { createHash } from "node:crypto";
import type { Failpoint } from "#src/failpoints.ts";
import type { Artifacts, ByteRange, Digest, PutLimits, Stored } from "#storage/artifacts.ts";
import type { S3Address } from "#storage/s3-address.ts";
import { Copies } from "./copies.ts";
import { damaged, digestPattern, missing } from "./digests.ts";
import { isMissing, isPreconditionFailed, s3Failure } from "./s3-faults.ts";
import { partBytes, S3Objects } from "./s3-objects.ts";
import { Slots } from "./slots.ts";

/** An object that was stored so lately is not made younger: no sweep takes it. */
const freshMs = 60_000;
/** Servers copy no larger object in one request; such a one is sent again. */
const renewBytesMax = 5 * 1024 ** 3;
/** Large uploads at the same time, each with a few parts in memory, and how many may wait. */
const uploadsMax = 2;
const uploadsWaitingMax = 256;
/** How long an answer to `check` holds. */
const checkedMs = 5000;

export interface S3Options {
  readonly address: S3Address;
  /** For copies on this machine. */
  readonly folder: Artifacts;
  readonly attemptsMax: number;
  readonly failpoint?: Failpoint | undefined;
}

class S3Artifacts implements Artifacts {
  readonly #address: S3Address;
  readonly #copies: Copies;
  readonly #objects: S3Objects;
  readonly #failpoint: Failpoint | undefined;
  readonly #uploads = new Slots(uploadsMax, uploadsWaitingMax);
  #checked: { readonly atMs: number; readonly result: Promise<void> } | undefined;

  constructor({ address, folder, attemptsMax, failpoint }: S3Options) {
    this.#address = address;
    this.#copies = new Copies(folder, address.copiesBytesMax);
    this.#objects = new S3Objects(address, attemptsMax);
    this.#failpoint = failpoint;
  }

  async put(content: Uint8Array | AsyncIterable<Uint8Array>, limits: PutLimits): Promise<Stored> {
    limits.signal?.throwIfAborted();
    const isWhole = content instanceof Uint8Array && content.byteLength <= partBytes;
    const stored =
      isWhole && content.byteLength <= limits.bytesMax
        ? { digest: digestOf(content), bytes: content.byteLength }
        : await this.#copies.stage(content, limits);
    await this.#try(limits.signal, async () => {
      if (isWhole) return this.#putWhole(stored, content, limits.signal);
      const { digest, bytes } = stored;
      if (bytes > partBytes) return this.#putParts(stored, limits.signal);
      const copy = await this.#copies.get(digest);
      if (copy === undefined) throw damaged(digest, "its copy on this machine is gone");
      return this.#putWhole(stored, copy, limits.signal);
    });
    this.#failpoint?.("after_put");
    return stored;
  }

  async #putWhole(stored: Stored, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const key = this.#key(stored.digest);
    const sha256 = Buffer.from(stored.digest.slice("sha256:".length), "hex");
    try {
      return await this.#objects.put(key, { bytes, sha256, isNew: true }, signal);
    } catch (error) {
      if (!isPreconditionFailed(error)) throw error;
    }
    if (await this.#renewed(stored)) return;
    await this.#objects.put(key, { bytes, sha256, isNew: false }, signal);
  }

  async #putParts(stored: Stored, signal?: AbortSignal): Promise<void> {
    if (await this.#renewed(stored)) return;
    using _slot = await this.#uploads.take(signal);
    const { digest, bytes } = stored;
    const key = this.#key(digest);
    await this.#objects.putParts(key, { pieces: this.#copies.pieces(digest), bytes }, signal);
    const head = await this.#objects.head(key);
    if (head?.bytes !== bytes) throw damaged(digest, `${head?.bytes} of ${bytes} bytes arrived`);
  }

  /** True when all of it is there; it then counts as stored now, as in a folder. */
  async #renewed({ digest, bytes }: Stored): Promise<boolean> {
    const key = this.#key(digest);
    const head = await this.#objects.head(key);
    if (head?.bytes !== bytes) return false;
    if (Date.now() - head.modifiedMs < freshMs) return true;
    if (bytes > renewBytesMax) return false;
    await this.#objects.renew(key);
    return true;
  }

  async size(digest: Digest): Promise<number | undefined> {
    const key = this.#key(digest);
    return (await this.#try(undefined, () => this.#objects.head(key)))?.bytes;
  }

  async get(digest: Digest): Promise<Uint8Array> {
    const key = this.#key(digest);
    const copy = await this.#copies.get(digest);
    if (copy !== undefined) return copy;
    const bytes = await this.#try(undefined, () => this.#download(digest, key));
    await this.#copies.keep(bytes);
    return bytes;
  }

  async #download(digest: Digest, key: string): Promise<Uint8Array> {
    const head = await this.#objects.head(key);
    if (head === undefined) throw missing(digest);
    // A buffer of its own, so that views of any element type can be laid over it.
    const bytes = Buffer.allocUnsafeSlow(head.bytes);
    const hash = createHash("sha256");
    let filled = 0;
    for await (const piece of this.#objects.pieces(key)) {
      if (filled + piece.byteLength > bytes.length) throw damaged(digest, "it is too long");
      bytes.set(piece, filled);
      hash.update(piece);
      filled += piece.byteLength;
    }
    if (filled < bytes.length) throw damaged(digest, `it ends after ${filled} bytes`);
    if (`sha256:${hash.digest("hex")}` === digest) return bytes;
    throw damaged(digest, `its ${filled} bytes have another digest`);
  }

  async *stream(digest: Digest, range?: ByteRange): AsyncIterable<Uint8Array> {
    const key = this.#key(digest);
    try {
      yield* this.#objects.pieces(key, range?.start, range?.end);
    } catch (error) {
      throw isMissing(error) ? missing(digest) : s3Failure(error, this.#address);
    }
  }

  async delete(digest: Digest): Promise<void> {
    const key = this.#key(digest);
    await this.#try(undefined, () => this.#objects.delete(key));
    await this.#copies.delete(digest);
  }

  async *list(): ReturnType<Artifacts["list"]> {
    const { prefix } = this.#address;
    try {
      for await (const { key, bytes, modifiedMs } of this.#objects.list(prefix)) {
        const digest = `sha256:${key.slice(prefix.length).replace("/", "")}`;
        if (digestPattern.test(digest) && key === this.#key(digest)) {
          yield { digest, bytes, modifiedMs };
        }
      }
    } catch (error) {
      throw s3Failure(error, this.#address);
    }
  }

  /** A bucket has room; what is on its way to it needs room on this machine. */
  bytesFree(): Promise<number> {
    return this.#copies.bytesFree();
  }

  check(): Promise<void> {
    const nowMs = Date.now();
    if (this.#checked !== undefined && nowMs - this.#checked.atMs < checkedMs) {
      return this.#checked.result;
    }
    const result = this.#try(undefined, () => this.#objects.check());
    this.#checked = { atMs: nowMs, result };
    return result;
  }

  #key(digest: Digest): string {
    const [, shard, rest] = digestPattern.exec(digest) ?? [];
    if (shard === undefined || rest === undefined) throw missing(digest);
    return `${this.#address.prefix}${shard}/${rest}`;
  }

  async #try<T>(signal: AbortSignal | undefined, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      signal?.throwIfAborted();
      throw s3Failure(error, this.#address);
    }
  }
}

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Nothing is asked of the server before the first use: a bucket may come later. */
export function openS3Artifacts(options: S3Options): Artifacts {
  return new S3Artifacts(options);
}
