/**
 * Uploads on their way to becoming something: begun, continued, used and forgotten. Their bytes
 * lie on the disk, so that a slow sender holds no memory; what they become is made one at a time.
 */
import { createHash } from "node:crypto";
import { refuseFullStorage } from "#src/access/quota.ts";
import { Failure, failAt } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import type { UploadRecord } from "#storage/store.ts";
import type { Uploads } from "#storage/uploads.ts";
import type { CatalogContext } from "./context.ts";

export interface SpoolContext extends CatalogContext {
  readonly uploads: Uploads;
  /** How long an upload may take until it is used. */
  readonly uploadTtlMs: number;
}

/** An upload, and how much of it has come. */
export interface UploadState extends UploadRecord {
  readonly offset: number;
}

/** A new, empty upload. Failures `body_too_large`, `quota_exceeded`, `storage_full`. */
export async function beginUpload(context: SpoolContext, length: number): Promise<UploadRecord> {
  const { limits, store, uploads, now, uploadTtlMs } = context;
  if (length > limits.uploadBytesMax) {
    throw new Failure("body_too_large", `An upload has at most ${limits.uploadBytesMax} bytes.`);
  }
  const createdMs = now();
  const upload = { id: newId("upl"), length, createdMs, expiresMs: createdMs + uploadTtlMs };
  await store.write(async (writer) => {
    await refuseFullStorage(writer, limits, length);
    await writer.insertUpload(upload);
  });
  await uploads.create(upload.id);
  return upload;
}

/** Failures `not_found`, `upload_expired`. */
export async function uploadState(context: SpoolContext, id: string): Promise<UploadState> {
  const { store, uploads, now } = context;
  const upload = await store.read((reader) => reader.upload(id));
  if (upload === undefined) throw new Failure("not_found", `There is no upload ${id}.`);
  const offset = await uploads.size(id);
  if (offset === undefined || upload.expiresMs <= now()) {
    throw new Failure("upload_expired", `Upload ${id} was not used in time.`);
  }
  return { ...upload, offset };
}

/** What a piece must hash to, as the sender says it. */
export interface Checksum {
  readonly algorithm: "sha256" | "sha1";
  readonly expected: Buffer;
}

export interface Piece {
  readonly content: AsyncIterable<Uint8Array>;
  readonly offset: number;
  readonly checksum?: Checksum | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Adds a piece; returns how much has come. Failures `not_found`, `upload_expired`,
 * `upload_conflict`, `checksum_mismatch`, `body_too_large`, `storage_full`.
 */
export async function continueUpload(
  context: SpoolContext,
  id: string,
  { content, offset, checksum, signal }: Piece,
): Promise<UploadState> {
  const state = await uploadState(context, id);
  const filled = await context.uploads.append(id, content, {
    offset,
    bytesMax: state.length,
    ...(checksum === undefined
      ? {}
      : { checksum: { hash: createHash(checksum.algorithm), expected: checksum.expected } }),
    ...(signal === undefined ? {} : { signal }),
  });
  return { ...state, offset: filled };
}

/** Forgets an upload. Failure `not_found`. */
export async function endUpload({ store, uploads }: SpoolContext, id: string): Promise<void> {
  const upload = await store.read((reader) => reader.upload(id));
  if (upload === undefined) throw new Failure("not_found", `There is no upload ${id}.`);
  await uploads.delete(id);
  await store.write((writer) => writer.deleteUpload(id));
}

/** What uploads become is read whole: one at a time, whatever comes in. */
let last: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const next = last.then(work, work);
  last = next.catch(() => undefined);
  return next;
}

/**
 * Makes something of a complete upload, and then forgets it; a refused one stays, to be used
 * another way. Failures at `/upload`, and those of `make`.
 */
export async function useUpload<T>(
  context: SpoolContext,
  id: string,
  make: (content: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const state = await uploadState(context, id).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    throw failAt(
      error.code === "not_found" ? "incompatible" : error.code,
      "/upload",
      error.message,
    );
  });
  if (state.offset < state.length) {
    const text = `The upload has ${state.offset} of its ${state.length} bytes: complete it first.`;
    throw failAt("upload_conflict", "/upload", text);
  }
  const made = await inTurn(() => make(context.uploads.stream(id)));
  await endUpload(context, id);
  return made;
}

export interface Body {
  readonly content: AsyncIterable<Uint8Array>;
  /** As the sender says it; the most that is allowed when it does not. */
  readonly length: number | undefined;
  readonly digest: Buffer | undefined;
  readonly signal: AbortSignal;
}

/**
 * Takes a whole body to the disk and makes something of it; nothing of the body is kept. Failures:
 * those of `beginUpload` and `make`, and `digest_mismatch`.
 */
export async function spooled<T>(
  context: SpoolContext,
  { content, length, digest, signal }: Body,
  make: (content: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const { uploadBytesMax } = context.limits;
  const { id } = await beginUpload(context, length ?? 0);
  try {
    await context.uploads.append(id, content, {
      offset: 0,
      bytesMax: uploadBytesMax,
      ...(digest === undefined
        ? {}
        : { checksum: { hash: createHash("sha256"), expected: digest } }),
      signal,
    });
    return await inTurn(() => make(context.uploads.stream(id)));
  } catch (error) {
    if (!(error instanceof Failure && error.code === "checksum_mismatch")) throw error;
    throw new Failure("digest_mismatch", "The body does not have the digest that it came with.");
  } finally {
    await endUpload(context, id);
  }
}
