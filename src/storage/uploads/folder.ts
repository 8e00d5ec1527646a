/** Uploads as files of one folder, named by their ids. The size of a file is its offset. */
import { createReadStream } from "node:fs";
import { type FileHandle, open, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "#src/failure.ts";
import { nextPiece } from "#storage/artifacts/incoming.ts";
import { hasCode, whenMissing, writeFailure } from "#storage/file-errors.ts";
import { makeFolder } from "#storage/folders.ts";
import type { Appending, Uploads } from "#storage/uploads.ts";

const shape = /^upl_[0-9a-z]{20}$/;

interface Turn {
  readonly controller: AbortController;
  readonly over: Promise<void>;
}

function unknown(id: string): Failure {
  return new Failure("not_found", `There is no upload ${id}.`);
}

/** Writes pieces at the end of a file. Returns its size; what was written before a cut stays. */
async function fill(
  handle: FileHandle,
  content: AsyncIterable<Uint8Array>,
  { offset, bytesMax, checksum, signal }: Appending,
): Promise<number> {
  let size = offset;
  const pieces = content[Symbol.asyncIterator]();
  for (;;) {
    const next = await nextPiece(pieces, signal);
    if (next.done === true) return size;
    const piece = next.value;
    if (size + piece.byteLength > bytesMax) {
      throw new Failure("body_too_large", `The upload has at most ${bytesMax} bytes.`);
    }
    checksum?.hash.update(piece);
    await handle.write(piece, 0, piece.byteLength, size);
    size += piece.byteLength;
  }
}

class UploadFolder implements Uploads {
  readonly #dir: string;
  readonly #turns = new Map<string, Turn>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  async create(id: string): Promise<void> {
    const handle = await open(this.#path(id), "wx", 0o600).catch((error: unknown) => {
      throw writeFailure(error);
    });
    await handle.close();
  }

  async size(id: string): Promise<number | undefined> {
    await this.#endTurn(id);
    const found = await stat(this.#path(id)).catch(whenMissing(undefined));
    return found?.size;
  }

  async append(id: string, content: AsyncIterable<Uint8Array>, how: Appending): Promise<number> {
    await this.#endTurn(id);
    const controller = new AbortController();
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const turn = { controller, over };
    this.#turns.set(id, turn);
    const signal =
      how.signal === undefined
        ? controller.signal
        : AbortSignal.any([controller.signal, how.signal]);
    try {
      return await this.#append(id, content, { ...how, signal });
    } catch (error) {
      throw writeFailure(error);
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
      resolve();
    }
  }

  async #append(id: string, content: AsyncIterable<Uint8Array>, how: Appending): Promise<number> {
    await using handle = await this.#open(id);
    const { size } = await handle.stat();
    if (size !== how.offset) {
      throw new Failure("upload_conflict", `The upload has ${size} bytes, not ${how.offset}.`);
    }
    const { checksum } = how;
    try {
      const filled = await fill(handle, content, how);
      if (checksum !== undefined && !checksum.hash.digest().equals(checksum.expected)) {
        throw new Failure("checksum_mismatch", "The piece does not have the checksum given.");
      }
      await handle.sync();
      return filled;
    } catch (error) {
      const isUnchecked = checksum !== undefined || error instanceof Failure;
      if (isUnchecked) await handle.truncate(how.offset);
      await handle.sync();
      throw error;
    }
  }

  async *stream(id: string): AsyncIterable<Uint8Array> {
    await this.#endTurn(id);
    const source = createReadStream(this.#path(id));
    try {
      for await (const piece of source) yield piece as Uint8Array;
    } catch (error) {
      throw hasCode(error, "ENOENT") ? unknown(id) : error;
    }
  }

  async delete(id: string): Promise<void> {
    await this.#endTurn(id);
    await unlink(this.#path(id)).catch(whenMissing(undefined));
  }

  /** A request that came later knows better: the one before has been given up by its client. */
  async #endTurn(id: string): Promise<void> {
    const turn = this.#turns.get(id);
    turn?.controller.abort(new Failure("upload_conflict", "A later request took over."));
    await turn?.over;
  }

  async #open(id: string): Promise<FileHandle> {
    try {
      return await open(this.#path(id), "r+");
    } catch (error) {
      throw hasCode(error, "ENOENT") ? unknown(id) : error;
    }
  }

  #path(id: string): string {
    if (!shape.test(id)) throw unknown(id);
    return join(this.#dir, id);
  }
}

/** Opens or makes the folder. */
export async function openUploadFolder(dir: string): Promise<Uploads> {
  await makeFolder(dir);
  return new UploadFolder(dir);
}
