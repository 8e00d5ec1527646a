/**
 * Memory for JSON bodies that are there at the same time. Bytes are counted as they come, not as
 * they are declared, and the first of each body are free: who fills the memory with large bodies
 * keeps others' small ones from nothing. What is uploaded goes to the disk and is not counted.
 */
import { Transform, type TransformCallback } from "node:stream";
import type { FastifyReply, FastifyRequest, RequestPayload } from "fastify";
import { Failure } from "#src/failure.ts";

/** Bytes of a body that are not counted: connections bound them. */
const freeBytes = 64 * 1024;
const retryAfterSeconds = 1;

/** A body on its way, whose bytes are counted. */
class Counted extends Transform {
  /** What the parser compares with Content-Length. */
  receivedEncodedLength = 0;
  readonly #take: (bytes: number) => boolean;

  constructor(take: (bytes: number) => boolean) {
    super();
    this.#take = take;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    const before = Math.max(freeBytes, this.receivedEncodedLength);
    this.receivedEncodedLength += chunk.length;
    const more = Math.max(0, this.receivedEncodedLength - before);
    if (this.#take(more)) done(null, chunk);
    else done(noRoom());
  }
}

const noRoom = (): Failure =>
  new Failure(
    "rate_limited",
    "Bodies of other requests fill the memory for them, bodies_bytes_max at /v1/limits; try again.",
    { retryAfterSeconds },
  );

const isJson = ({ headers }: FastifyRequest): boolean =>
  headers["content-type"]?.toLowerCase().startsWith("application/json") === true;

const isFree = ({ headers }: FastifyRequest): boolean =>
  Number(headers["content-length"] ?? Number.POSITIVE_INFINITY) <= freeBytes;

/** A `preParsing` hook that refuses with `rate_limited` what would not fit beside the others. */
export function limitBodies(bytesMax: number) {
  let held = 0;
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: RequestPayload,
  ): Promise<RequestPayload> => {
    if (!isJson(request) || isFree(request)) return payload;
    let own = 0;
    reply.raw.once("close", () => {
      held -= own;
      own = 0;
    });
    const counted = new Counted((bytes) => {
      if (held + bytes > bytesMax) {
        // The rest of the body is not read.
        void reply.header("connection", "close");
        return false;
      }
      held += bytes;
      own += bytes;
      return true;
    });
    payload.once("error", (error: Error) => counted.destroy(error));
    return payload.pipe(counted);
  };
}
