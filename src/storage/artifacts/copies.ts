/**
 * Copies of artifacts on this machine's disk, for artifacts that are kept elsewhere: what is on
 * its way there, and what was read lately. Several processes may use the folder at once.
 */
import { Failure } from "#src/failure.ts";
import type { Artifacts, Digest, PutLimits, Stored } from "#storage/artifacts.ts";

/** Somebody may be at work with a younger copy: it stays, though there are too many bytes. */
const youngMs = 10 * 60_000;
const trimEveryMs = 30_000;
/** A copy larger than this share of all is not kept for a second reader. */
const largestShare = 0.25;

export class Copies {
  readonly #folder: Artifacts;
  readonly #bytesMax: number;
  #trimmedMs = 0;

  constructor(folder: Artifacts, bytesMax: number) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
  }

  /** Writes what came in pieces, so that its digest and its size are known. */
  async stage(content: Uint8Array | AsyncIterable<Uint8Array>, limits: PutLimits): Promise<Stored> {
    const stored = await this.#folder.put(content, limits);
    await this.#trim();
    return stored;
  }

  /** Undefined when there is no copy, or only a damaged one. */
  async get(digest: Digest): Promise<Uint8Array | undefined> {
    try {
      return await this.#folder.get(digest);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.code === "storage_corrupt") await this.#folder.delete(digest);
      return undefined;
    }
  }

  pieces(digest: Digest): AsyncIterable<Uint8Array> {
    return this.#folder.stream(digest);
  }

  /** Keeps bytes for the next reader; a disk that takes no more is no reason to fail. */
  async keep(bytes: Uint8Array): Promise<void> {
    if (bytes.byteLength > this.#bytesMax * largestShare) return;
    try {
      await this.stage(bytes, { bytesMax: bytes.byteLength });
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "storage_full") throw error;
    }
  }

  delete(digest: Digest): Promise<void> {
    return this.#folder.delete(digest);
  }

  bytesFree(): Promise<number> {
    return this.#folder.bytesFree();
  }

  /** The oldest go first. */
  async #trim(): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.#trimmedMs < trimEveryMs) return;
    this.#trimmedMs = nowMs;
    const copies = [];
    for await (const copy of this.#folder.list()) copies.push(copy);
    let bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
    for (const copy of copies.sort((a, b) => a.modifiedMs - b.modifiedMs)) {
      if (bytes <= this.#bytesMax || nowMs - copy.modifiedMs < youngMs) return;
      await this.#folder.delete(copy.digest);
      bytes -= copy.bytes;
    }
  }
}
