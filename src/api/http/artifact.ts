/** Sends an artifact as it is: streamed, with its digest as ETag, whole or one byte range. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Failure } from "#src/failure.ts";
import type { Artifacts, ByteRange } from "#storage/artifacts.ts";
import { namesEtag } from "./headers.ts";
import { statuses } from "./problem.ts";

/** What is stored never changes, so whoever has it need not ask again. */
const cacheControl = "private, max-age=31536000, immutable";

/** One range (RFC 9110, 14.1.2), or undefined for none or one that cannot be served. */
function rangeOf(field: string | undefined, bytes: number): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(field ?? "");
  if (match === null || bytes === 0) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1);
  return start > end || start >= bytes ? undefined : { start, end };
}

/** Sets what both forms of an answer share; true when the caller has these bytes already. */
export function isKnown(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  void reply.header("etag", etag).header("vary", "accept").header("cache-control", cacheControl);
  return namesEtag(request.headers["if-none-match"], etag);
}

const base64Of = (digest: string) =>
  Buffer.from(digest.slice("sha256:".length), "hex").toString("base64");

/**
 * The pieces, the last held back until all of them have the digest: damaged bytes end as a problem
 * or, once some have left, as a body that is cut off. Failure `storage_corrupt`.
 */
async function* checked(pieces: AsyncIterable<Uint8Array>, digest: string) {
  const hash = createHash("sha256");
  let last: Uint8Array | undefined;
  for await (const piece of pieces) {
    hash.update(piece);
    if (last !== undefined) yield last;
    last = piece;
  }
  if (`sha256:${hash.digest("hex")}` !== digest) {
    throw new Failure("storage_corrupt", "The stored bytes are damaged: restore a backup.");
  }
  if (last !== undefined) yield last;
}

/** Answers with the bytes under `digest`. Failure `not_found` when they are gone. */
export async function sendArtifact(
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  artifacts: Artifacts,
  { digest, type }: { readonly digest: string; readonly type: string },
) {
  const bytes = await artifacts.size(digest);
  if (bytes === undefined) throw new Failure("not_found", "The bytes are no longer kept.");
  if (isKnown(request, reply, `"${digest}"`)) return reply.code(statuses.not_modified).send();
  const range = rangeOf(request.headers.range, bytes);
  void reply
    .type(type)
    .header("accept-ranges", "bytes")
    .header("repr-digest", `sha-256=:${base64Of(digest)}:`);
  if (range === undefined) {
    void reply.header("content-length", bytes);
    return reply.send(Readable.from(checked(artifacts.stream(digest), digest)));
  }
  void reply
    .code(statuses.partial)
    .header("content-range", `bytes ${range.start}-${range.end}/${bytes}`)
    .header("content-length", range.end - range.start + 1);
  return reply.send(Readable.from(artifacts.stream(digest, range)));
}
