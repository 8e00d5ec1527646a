/**
 * PORT: bytes named by their digest: data sets, weights, kernels, manifests. What is stored never
 * changes. Adapters are in artifacts/.
 */

/** `sha256:` and 64 hexadecimal digits. */
export type Digest = string;

export interface Stored {
  readonly digest: Digest;
  readonly bytes: number;
}

export interface PutLimits {
  /** More than this is refused with `body_too_large`, and nothing is kept. */
  readonly bytesMax: number;
  readonly signal?: AbortSignal;
}

export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

export interface Artifacts {
  /** Stores bytes and makes them durable before it returns. Storing them again costs a hash. */
  put(content: Uint8Array | AsyncIterable<Uint8Array>, limits: PutLimits): Promise<Stored>;
  /** Size of what is stored under a digest, or undefined. */
  size(digest: Digest): Promise<number | undefined>;
  /** All bytes, checked against the digest: Failure `not_found` or `storage_corrupt`. */
  get(digest: Digest): Promise<Uint8Array>;
  /** A stream of all bytes or a range; not checked. Failure `not_found`. */
  stream(digest: Digest, range?: ByteRange): AsyncIterable<Uint8Array>;
  delete(digest: Digest): Promise<void>;
  list(): AsyncIterable<{
    readonly digest: Digest;
    readonly bytes: number;
    readonly modifiedMs: number;
  }>;
  /** Bytes that may still be stored, as far as it is known. */
  bytesFree(): Promise<number>;
  /** Rejects when nothing can be stored or read: used by readiness. */
  check(): Promise<void>;
}
