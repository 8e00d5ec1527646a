/**
 * PORT: bytes of uploads while they come in, piece after piece. What an upload is for, whose it is
 * and how long it lives is in the store. Adapters are in uploads/.
 */
import type { Hash } from "node:crypto";

export interface Appending {
  /** Where the piece begins; Failure `upload_conflict` when the upload ends elsewhere. */
  readonly offset: number;
  /** Bytes that the upload may have afterwards; more is refused with `body_too_large`. */
  readonly bytesMax: number;
  /**
   * What the piece must hash to. When it does not, or does not come whole, nothing of it is kept:
   * Failure `checksum_mismatch`.
   */
  readonly checksum?: { readonly hash: Hash; readonly expected: Buffer };
  readonly signal?: AbortSignal;
}

export interface Uploads {
  create(id: string): Promise<void>;
  /** Bytes that have come and are durable; undefined when there is no such upload. */
  size(id: string): Promise<number | undefined>;
  /**
   * Adds a piece and makes it durable; what came of a piece that was cut off stays, unless it has
   * a checksum. An older append that is still under way is ended first. Returns the new size.
   * Failures also `not_found`, `storage_full`.
   */
  append(id: string, content: AsyncIterable<Uint8Array>, how: Appending): Promise<number>;
  /** Failure `not_found`. */
  stream(id: string): AsyncIterable<Uint8Array>;
  /** Ends what is under way, and forgets the bytes. */
  delete(id: string): Promise<void>;
}
