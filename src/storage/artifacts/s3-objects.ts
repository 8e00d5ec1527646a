/** Objects of one bucket by their keys: one call a request, each bounded in time and tries. */
import { Readable } from "node:stream";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { S3Address } from "#storage/s3-address.ts";
import { isAway, isBeyondEnd, isMissing } from "./s3-faults.ts";

const connectMsMax = 5000;
/** Until the whole answer's head is there; the parts that are sent are no larger than 8 MiB. */
const requestMsMax = 60_000;
const idleMsMax = 30_000;
const connectionsMax = 32;
/** A larger object is sent in parts. */
export const partBytes = 8 * 1024 * 1024;
/** Servers take 10 000 parts. */
const partsMax = 9000;
const partsAtOnce = 4;
/** Breaks in a row, without a byte between them, after which a download is given up. */
const breaksMax = 5;
const breakMs = 250;

export interface Head {
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface Listed extends Head {
  readonly key: string;
}

function clientFor(address: S3Address, attemptsMax: number): S3Client {
  const { region, endpoint, pathStyle } = address;
  return new S3Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: pathStyle,
    retryMode: "standard",
    maxAttempts: attemptsMax,
    // Digests are ours; other servers do not know every checksum of Amazon's.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      connectionTimeout: connectMsMax,
      requestTimeout: requestMsMax,
      throwOnRequestTimeout: true,
      socketTimeout: idleMsMax,
      httpAgent: { keepAlive: true, maxSockets: connectionsMax },
      httpsAgent: { keepAlive: true, maxSockets: connectionsMax },
    },
  });
}

export class S3Objects {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(address: S3Address, attemptsMax: number) {
    this.#client = clientFor(address, attemptsMax);
    this.#bucket = address.bucket;
  }

  /** Rejects unless the bucket is there and may be used. */
  async check(): Promise<void> {
    await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }));
  }

  async head(key: string): Promise<Head | undefined> {
    try {
      const found = await this.#client.send(new HeadObjectCommand(this.#at(key)));
      return { bytes: found.ContentLength ?? 0, modifiedMs: found.LastModified?.getTime() ?? 0 };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Stores bytes in one request; `isNew`: only where there is nothing. The server checks them. */
  async put(
    key: string,
    { bytes, sha256, isNew }: { bytes: Uint8Array; sha256: Uint8Array; isNew: boolean },
    signal?: AbortSignal,
  ): Promise<void> {
    const command = new PutObjectCommand({
      ...this.#at(key),
      Body: bytes,
      ContentLength: bytes.byteLength,
      ChecksumSHA256: Buffer.from(sha256).toString("base64"),
      ...(isNew ? { IfNoneMatch: "*" } : {}),
    });
    await this.#client.send(command, signal === undefined ? {} : { abortSignal: signal });
  }

  /** Stores pieces in parts, of which few are in memory; nothing is there before the last. */
  async putParts(
    key: string,
    { pieces, bytes }: { readonly pieces: AsyncIterable<Uint8Array>; readonly bytes: number },
    signal?: AbortSignal,
  ): Promise<void> {
    const upload = new Upload({
      client: this.#client,
      params: { ...this.#at(key), Body: Readable.from(pieces) },
      partSize: Math.max(partBytes, Math.ceil(bytes / partsMax)),
      queueSize: partsAtOnce,
      leavePartsOnError: false,
    });
    const abort = (): void => void upload.abort();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await upload.done();
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Makes the object as young as if it were stored now. */
  async renew(key: string): Promise<void> {
    const source = `${this.#bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
    const how = { CopySource: source, MetadataDirective: "REPLACE" } as const;
    await this.#client.send(new CopyObjectCommand({ ...this.#at(key), ...how }));
  }

  async delete(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#at(key)));
  }

  /** All bytes or a range, both ends inclusive; takes up again where a connection broke. */
  async *pieces(key: string, start = 0, end?: number): AsyncGenerator<Uint8Array> {
    let at = start;
    for (let breaks = 0; ; breaks += 1) {
      const from = at;
      try {
        for await (const piece of await this.#open(key, at, end)) {
          at += piece.byteLength;
          yield piece;
        }
        return;
      } catch (error) {
        if (isBeyondEnd(error)) return;
        if (at > from) breaks = 0;
        if (!isAway(error) || breaks >= breaksMax) throw error;
        await new Promise((resolve) => setTimeout(resolve, breakMs * 2 ** breaks));
      }
    }
  }

  async #open(key: string, start: number, end: number | undefined): Promise<Readable> {
    const range = start === 0 && end === undefined ? {} : { Range: `bytes=${start}-${end ?? ""}` };
    const { Body } = await this.#client.send(new GetObjectCommand({ ...this.#at(key), ...range }));
    return Body instanceof Readable ? Body : Readable.from([]);
  }

  async *list(prefix: string): AsyncGenerator<Listed> {
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      for (const { Key: key, Size: bytes, LastModified: modified } of page.Contents ?? []) {
        if (key === undefined) continue;
        yield { key, bytes: bytes ?? 0, modifiedMs: modified?.getTime() ?? 0 };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: key };
  }
}
