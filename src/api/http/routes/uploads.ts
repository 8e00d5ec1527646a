/**
 * Resumable uploads by tus 1.0 (https://tus.io/protocols/resumable-upload): created, continued,
 * asked for their offset, ended. What a complete one becomes is asked for where that is made.
 */
import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import type { Edge } from "#api/backing.ts";
import { locationHeader } from "#api/http/headers.ts";
import { signalOf } from "#api/http/hooks.ts";
import type { App } from "#api/http/instance.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { spoolOf } from "#api/http/spool.ts";
import {
  beginUpload,
  type Checksum,
  continueUpload,
  endUpload,
  uploadState,
} from "#catalog/spool.ts";
import { strict, UploadId } from "#schemas/values.ts";
import { Failure, failAt } from "#src/failure.ts";

const tags = ["uploads"];
const params = Type.Object({ id: UploadId }, strict);
const version = "1.0.0";
const extensions = "creation,expiration,checksum,termination";
const pieceType = "application/offset+octet-stream";
const metadataCharactersMax = 8192;

const tus = {
  "tus-resumable": Type.Optional(Type.String({ description: `The version: ${version}.` })),
};
const told = {
  "Tus-Resumable": Type.String({ description: "The version." }),
  "Upload-Expires": Type.String({ description: "When it is forgotten unless it was used." }),
};
const progress = { "Upload-Offset": Type.String({ description: "Bytes that have come." }) };

const options = {
  operationId: "getUploadOptions",
  tags,
  summary: "Read what is spoken of tus",
  response: answers({ no_content: { description: "In its header fields." } }),
};

const create = {
  operationId: "createUpload",
  tags,
  summary: "Begin a resumable upload",
  description: "Then send its bytes by PATCH, and name it where a file is asked for.",
  headers: Type.Object({
    ...tus,
    "upload-length": Type.Optional(Type.String({ description: "Bytes it is going to have." })),
    "upload-metadata": Type.Optional(
      Type.String({ maxLength: metadataCharactersMax, description: "Is not looked at." }),
    ),
  }),
  response: answers(
    { created: { description: "It is empty.", headers: { ...locationHeader, ...told } } },
    ["invalid_request", "tus_version", "body_too_large", "quota_exceeded", "storage_full"],
  ),
};

const head = {
  operationId: "getUpload",
  tags,
  summary: "Ask how much of an upload has come",
  params,
  headers: Type.Object(tus),
  response: answers({ ok: { description: "In its header fields.", headers: progress } }, [
    "not_found",
    "tus_version",
    "upload_expired",
  ]),
};

const patch = {
  operationId: "continueUpload",
  tags,
  summary: "Send more of an upload",
  description:
    "From `Upload-Offset` on. With `Upload-Checksum` (sha256 or sha1, Base64) a piece is kept " +
    "whole or not at all; without, what came of a piece that was cut off is kept.",
  params,
  headers: Type.Object({
    ...tus,
    "upload-offset": Type.Optional(Type.String({ description: "Where this piece begins." })),
    "upload-checksum": Type.Optional(Type.String({ description: "Such as `sha256 <base64>`." })),
  }),
  body: Type.Unsafe<AsyncIterable<Uint8Array>>({
    content: { [pieceType]: { schema: { description: "The piece." } } },
  }),
  response: answers({ no_content: { description: "It came.", headers: progress } }, [
    "invalid_request",
    "unsupported_media_type",
    "not_found",
    "tus_version",
    "upload_conflict",
    "upload_expired",
    "checksum_mismatch",
    "body_too_large",
    "storage_full",
  ]),
};

const remove = {
  operationId: "deleteUpload",
  tags,
  summary: "End an upload",
  params,
  headers: Type.Object(tus),
  response: answers({ no_content: { description: "It is gone." } }, ["not_found", "tus_version"]),
};

/** A whole number that a header field says. Failure `invalid_request`. */
function wholeOf(request: FastifyRequest, field: string): number {
  const text = request.headers[field];
  if (typeof text === "string" && /^\d{1,15}$/.test(text)) return Number(text);
  throw failAt("invalid_request", `/header/${field}`, "must be a whole number of bytes");
}

const digestBytes = { sha256: 32, sha1: 20 } as const;

function checksumOf({ headers }: FastifyRequest): Checksum | undefined {
  const text = headers["upload-checksum"];
  if (text === undefined) return undefined;
  const [, name, base64 = ""] = /^(sha256|sha1) ([A-Za-z0-9+/=]+)$/.exec(String(text)) ?? [];
  const algorithm = name as keyof typeof digestBytes | undefined;
  const expected = Buffer.from(base64, "base64");
  if (algorithm !== undefined && expected.length === digestBytes[algorithm]) {
    return { algorithm, expected };
  }
  const remedy = "must be sha256 or sha1, a space, and the digest in Base64";
  throw failAt("invalid_request", "/header/upload-checksum", remedy);
}

/** Every answer names the version; every request but OPTIONS must. */
async function speakTus(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply.header("tus-resumable", version).header("cache-control", "no-store");
  if (request.method === "OPTIONS" || request.headers["tus-resumable"] === version) return;
  void reply.header("tus-version", version);
  throw new Failure("tus_version", `Send Tus-Resumable: ${version}.`);
}

const expiry = (ms: number): string => new Date(ms).toUTCString();

function creationRoutes(scope: App, edge: Edge): void {
  const { uploadBytesMax } = edge.config;
  scope.options("/v1/uploads", { schema: options }, async (_request, reply) => {
    void reply.header("tus-version", version).header("tus-extension", extensions);
    void reply.header("tus-checksum-algorithm", "sha256,sha1");
    void reply.header("tus-max-size", String(uploadBytesMax));
    return reply.code(statuses.no_content).send();
  });
  scope.post("/v1/uploads", { schema: create }, async (request, reply) => {
    const { id, expiresMs } = await beginUpload(
      spoolOf(edge.of(request)),
      wholeOf(request, "upload-length"),
    );
    void reply.header("location", `/v1/uploads/${id}`).header("upload-expires", expiry(expiresMs));
    return reply.code(statuses.created).send();
  });
}

function pieceRoutes(scope: App, edge: Edge): void {
  scope.head("/v1/uploads/:id", { schema: head }, async (request, reply) => {
    const state = await uploadState(spoolOf(edge.of(request)), request.params.id);
    void reply.header("upload-offset", String(state.offset));
    void reply.header("upload-length", String(state.length));
    return reply.header("upload-expires", expiry(state.expiresMs)).send();
  });
  scope.patch("/v1/uploads/:id", { schema: patch }, async (request, reply) => {
    const offset = wholeOf(request, "upload-offset");
    const checksum = checksumOf(request);
    // The socket is left open for the answer when the piece is refused before it has all come.
    const body = request.body as unknown as IncomingMessage;
    const content = body.iterator({ destroyOnReturn: false });
    const piece = { content, offset, checksum, signal: signalOf(reply) };
    const state = await continueUpload(spoolOf(edge.of(request)), request.params.id, piece);
    edge.metrics.uploaded(state.offset - offset);
    void reply.header("upload-offset", String(state.offset));
    void reply.header("upload-expires", expiry(state.expiresMs));
    return reply.code(statuses.no_content).send();
  });
  scope.delete("/v1/uploads/:id", { schema: remove }, async (request, reply) => {
    await endUpload(spoolOf(edge.of(request)), request.params.id);
    return reply.code(statuses.no_content).send();
  });
}

/** In a scope of its own: only here are pieces handed on as they come. */
export function uploadRoutes(app: App, edge: Edge): void {
  void app.register(async (scope: App) => {
    scope.addHook("onRequest", speakTus);
    scope.addContentTypeParser(pieceType, (_request, payload, done) => done(null, payload));
    creationRoutes(scope, edge);
    pieceRoutes(scope, edge);
  });
}
