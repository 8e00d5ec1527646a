/**
 * Uploads as objects of a bucket, one for each few mebibytes, named by where they begin; a next
 * piece may come to another replica. Of two that append at the same place the server keeps the
 * first.
 */
import { createHash } from "node:crypto";
import { Failure } from "#src/failure.ts";
import { nextPiece } from "#storage/artifacts/incoming.ts";
import { isPreconditionFailed, s3Failure } from "#storage/artifacts/s3-faults.ts";
import { type Listed, S3Objects } from "#storage/artifacts/s3-objects.ts";
import type { S3Address } from "#storage/s3-address.ts";
import type { Appending, Uploads } from "#storage/uploads.ts";

const shape = /^upl_[0-9a-z]{20}$/;
/** Bytes of an object, and of what one append holds in memory. */
const objectBytes = 8 * 1024 * 1024;
/** Digits of a place, so that the order of names is the order of bytes. */
const placeDigits = 16;
const attemptsMax = 4;
/** Says that the upload has begun; it sorts before every place. */
const marker = "+";

function unknown(id: string): Failure {
  return new Failure("not_found", `There is no upload ${id}.`);
}

function conflict(size: number, offset: number): Failure {
  return new Failure("upload_conflict", `The upload has ${size} bytes, not ${offset}.`);
}

class UploadBucket implements Uploads {
  readonly #address: S3Address;
  readonly #objects: S3Objects;
  /** Appends of this process: a later one ends the one before. */
  readonly #turns = new Map<string, AbortController>();

  constructor(address: S3Address) {
    this.#address = address;
    this.#objects = new S3Objects(address, attemptsMax);
  }

  async create(id: string): Promise<void> {
    await this.#try(() => this.#put(this.#folder(id) + marker, new Uint8Array(0)));
  }

  async size(id: string): Promise<number | undefined> {
    this.#endTurn(id);
    const objects = await this.#try(() => this.#list(id));
    return objects === undefined ? undefined : sizeOf(objects);
  }

  async append(id: string, content: AsyncIterable<Uint8Array>, how: Appending): Promise<number> {
    const objects = await this.#try(() => this.#list(id));
    if (objects === undefined) throw unknown(id);
    if (sizeOf(objects) !== how.offset) throw conflict(sizeOf(objects), how.offset);
    this.#endTurn(id);
    const turn = new AbortController();
    this.#turns.set(id, turn);
    const { signal: asked } = how;
    const signal = asked === undefined ? turn.signal : AbortSignal.any([turn.signal, asked]);
    try {
      return await this.#fill(id, content, { ...how, signal });
    } catch (error) {
      // What came of a piece that was cut off stays; what was refused, or is to be checked whole,
      // does not.
      if (how.checksum !== undefined || isRefusal(error)) await this.#forget(id, how.offset);
      throw s3Failure(error, this.#address);
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }

  async #fill(
    id: string,
    content: AsyncIterable<Uint8Array>,
    { offset, bytesMax, checksum, signal }: Appending,
  ): Promise<number> {
    const pieces = content[Symbol.asyncIterator]();
    let held: Uint8Array[] = [];
    let [heldBytes, size] = [0, offset];
    const flush = async (): Promise<void> => {
      if (heldBytes === 0) return;
      const bytes = Buffer.concat(held);
      [held, heldBytes] = [[], 0];
      await this.#putAt(id, size, bytes);
      size += bytes.byteLength;
    };
    try {
      for (;;) {
        const next = await nextPiece(pieces, signal);
        if (next.done === true) break;
        if (size + heldBytes + next.value.byteLength > bytesMax) {
          throw new Failure("body_too_large", `The upload has at most ${bytesMax} bytes.`);
        }
        checksum?.hash.update(next.value);
        held.push(Buffer.from(next.value));
        heldBytes += next.value.byteLength;
        if (heldBytes >= objectBytes) await flush();
      }
    } catch (error) {
      if (!isRefusal(error) && checksum === undefined) await flush();
      throw error;
    }
    await flush();
    if (checksum !== undefined && !checksum.hash.digest().equals(checksum.expected)) {
      throw new Failure("checksum_mismatch", "The piece does not have the checksum given.");
    }
    return size;
  }

  async *stream(id: string): AsyncIterable<Uint8Array> {
    const objects = await this.#try(() => this.#list(id));
    if (objects === undefined) throw unknown(id);
    try {
      for (const { key } of objects) yield* this.#objects.pieces(key);
    } catch (error) {
      throw s3Failure(error, this.#address);
    }
  }

  /** The marker goes last: an upload that is half deleted can be deleted again. */
  async delete(id: string): Promise<void> {
    this.#endTurn(id);
    await this.#forget(id, 0);
    await this.#try(() => this.#objects.delete(this.#folder(id) + marker));
  }

  /** Ends an append of this process, whose client has given it up. */
  #endTurn(id: string): void {
    this.#turns.get(id)?.abort(new Failure("upload_conflict", "A later request took over."));
  }

  #folder(id: string): string {
    if (!shape.test(id)) throw unknown(id);
    return `${this.#address.prefix}uploads/${id}/`;
  }

  /** Objects in their order; undefined when the upload was never begun. */
  async #list(id: string): Promise<readonly Listed[] | undefined> {
    const folder = this.#folder(id);
    const objects: Listed[] = [];
    for await (const object of this.#objects.list(folder)) objects.push(object);
    const hasBegun = objects.some(({ key }) => key === folder + marker);
    return hasBegun ? objects.filter(({ key }) => key !== folder + marker) : undefined;
  }

  async #putAt(id: string, place: number, bytes: Uint8Array): Promise<void> {
    const key = this.#folder(id) + String(place).padStart(placeDigits, "0");
    try {
      await this.#put(key, bytes);
    } catch (error) {
      if (!isPreconditionFailed(error)) throw error;
      throw new Failure("upload_conflict", "Another request appends to this upload.");
    }
  }

  #put(key: string, bytes: Uint8Array): Promise<void> {
    const sha256 = createHash("sha256").update(bytes).digest();
    return this.#objects.put(key, { bytes, sha256, isNew: true });
  }

  /** Deletes what begins at a place or after it, the last first, so that no hole is ever seen. */
  async #forget(id: string, from: number): Promise<void> {
    const objects = (await this.#try(() => this.#list(id))) ?? [];
    for (const { key } of objects.toReversed()) {
      if (Number(key.slice(-placeDigits)) < from) return;
      await this.#try(() => this.#objects.delete(key));
    }
  }

  async #try<T>(body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      throw s3Failure(error, this.#address);
    }
  }
}

/** Of those that say what the caller did wrong: a conflict is the doing of somebody else. */
function isRefusal(error: unknown): boolean {
  return error instanceof Failure && error.code !== "upload_conflict";
}

function sizeOf(objects: readonly Listed[]): number {
  return objects.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Nothing is asked of the server before the first use. */
export function openUploadBucket(address: S3Address): Uploads {
  return new UploadBucket(address);
}
