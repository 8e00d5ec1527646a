/**
 * Which error becomes which refusal: failures, validation errors, what Fastify and Node refuse by
 * themselves, unknown paths and methods. Statuses and titles are in problem.ts.
 */

import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { explain } from "#api/explain.ts";
import type { Schema } from "#api/explain-leaf.ts";
import type { FieldError, ProblemCode } from "#schemas/problem.ts";
import { Failure } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import { isServerFault, problemOf, problemType, statusOf } from "./problem.ts";
import { resolveNamed } from "./schemas.ts";

/** What Fastify refuses by itself. */
const fastifyCodes: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    "unsupported_media_type",
    "This content type is not accepted here.",
  ],
  FST_ERR_CTP_INVALID_TYPE: ["unsupported_media_type", "This content type is not accepted here."],
  FST_ERR_CTP_BODY_TOO_LARGE: [
    "body_too_large",
    "The body is larger than body_bytes_max at /v1/limits.",
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    "malformed_body",
    "The body's length is not what Content-Length promised.",
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: ["malformed_body", "The body is not valid JSON."],
  FST_ERR_CTP_EMPTY_JSON_BODY: ["malformed_body", "The body is empty; it must be JSON."],
  FST_ERR_BAD_URL: ["not_found", "The path is not a valid URL."],
};

const places: Readonly<Record<string, string>> = {
  querystring: "/query",
  params: "/path",
  headers: "/header",
  body: "",
};

type Part = "body" | "querystring" | "params" | "headers";

function partOf(request: FastifyRequest, part: Part): unknown {
  if (part === "querystring") return request.query;
  return request[part];
}

/** The schema of a part; of a body with one schema for each media type, that of JSON. */
function schemaOf(request: FastifyRequest, part: Part): Schema | undefined {
  const schema = request.routeOptions.schema?.[part] as Schema | undefined;
  const content = schema?.content as Record<string, { schema: Schema }> | undefined;
  return content?.["application/json"]?.schema ?? schema;
}

/** Headers as people write them; validation knows them in small letters. */
const headerNames: Readonly<Record<string, string>> = {
  "/idempotency-key": "/Idempotency-Key",
  "/if-match": "/If-Match",
};

/** Some fields' refusals have their own code. Cursors of listings are text, of logs numbers. */
function codeOf(part: Part, pointer: string | undefined, schema: Schema | undefined): ProblemCode {
  if (part === "params") return "not_found";
  if (pointer === "/header/Idempotency-Key") return "idempotency_key_malformed";
  const isCursor = pointer === "/query/after" && schema?.properties?.["after"]?.type === "string";
  return isCursor ? "cursor_invalid" : "invalid_request";
}

function validationFailure(error: FastifyError, request: FastifyRequest): Failure {
  const part = (error.validationContext ?? "body") as Part;
  const place = places[part] ?? "";
  const schema = schemaOf(request, part);
  const found = schema === undefined ? [] : explain(schema, partOf(request, part), resolveNamed);
  const plain = (error.validation ?? []).map(
    ({ instancePath, message }): FieldError => ({
      pointer: instancePath,
      detail: message ?? "does not fit the contract",
    }),
  );
  const errors = (found.length > 0 ? found : plain).map(({ pointer, detail }) => ({
    pointer: place + (headerNames[pointer] ?? pointer),
    detail,
  }));
  const [first] = errors;
  const where = first === undefined || first.pointer === "" ? "The body" : first.pointer;
  const message = `${where} ${first?.detail ?? "does not fit the contract"}.`;
  return new Failure(codeOf(part, first?.pointer, schema), message, { errors });
}

/** The refusal that an error stands for. */
function failureOf(error: unknown, request: FastifyRequest): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof Error))
    return new Failure("internal", "Something went wrong inside Linnet.");
  const fastifyError = error as FastifyError;
  if (fastifyError.validation !== undefined) return validationFailure(fastifyError, request);
  if (error instanceof SyntaxError && fastifyError.statusCode !== undefined) {
    return new Failure("malformed_body", "The body is not valid JSON.");
  }
  const known = fastifyCodes[fastifyError.code];
  if (known !== undefined) return new Failure(known[0], known[1], { cause: error });
  if (fastifyError.code === "ENOSPC") {
    return new Failure("storage_full", "The data folder has no room left.", { cause: error });
  }
  return new Failure(
    "internal",
    "Something went wrong inside Linnet; its log has the request id.",
    {
      cause: error,
    },
  );
}

/** Answers with a problem. */
function sendProblem(failure: Failure, request: FastifyRequest, reply: FastifyReply) {
  // A refused upgrade has no server that would ever close its connection.
  if (request.raw.headers.upgrade !== undefined) {
    reply.raw.once("finish", () => request.raw.socket.destroySoon());
  }
  if (failure.code === "unauthenticated") void reply.header("www-authenticate", "Bearer");
  if (failure.code === "scope_missing") {
    void reply.header("www-authenticate", 'Bearer error="insufficient_scope"');
  }
  if (failure.retryAfterSeconds !== undefined) {
    void reply.header("retry-after", String(Math.ceil(failure.retryAfterSeconds)));
  }
  return (
    reply
      .code(statusOf(failure.code))
      .removeHeader("etag")
      .type(problemType)
      // As bytes, since Fastify would add a charset to text, which this media type does not have.
      .send(Buffer.from(JSON.stringify(problemOf(failure, request.id))))
  );
}

/** Fastify's error handler. */
export function onError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const failure = failureOf(error, request);
  if (isServerFault(failure.code)) {
    request.log.error({ err: failure.cause ?? failure }, failure.message);
  }
  return sendProblem(failure, request, reply);
}

interface RouteShape {
  readonly method: string;
  readonly path: RegExp;
}

/** Remembers routes, so that a known path with another method is told apart from an unknown one. */
export class RouteTable {
  readonly #routes: RouteShape[] = [];

  add(methods: string | readonly string[], url: string): void {
    const source = url.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/:[A-Za-z]+/g, "[^/]+");
    const path = new RegExp(`^${source}$`);
    for (const method of [methods].flat()) this.#routes.push({ method, path });
  }

  methodsFor(path: string): string[] {
    const fitting = this.#routes.filter((route) => route.path.test(path));
    return [...new Set(fitting.map((route) => route.method))].sort();
  }

  /** Fastify's handler for what no route answers. */
  readonly onNotFound = (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split("?")[0] ?? "";
    const methods = this.methodsFor(path);
    if (methods.length === 0) {
      return sendProblem(new Failure("not_found", "Nothing lives at this path."), request, reply);
    }
    void reply.header("allow", methods.join(", "));
    const message = `${request.method} is not answered here; ${methods.join(", ")} are.`;
    return sendProblem(new Failure("method_not_allowed", message), request, reply);
  };
}

const socketCodes: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};

/** Answers what is not HTTP, or came too slowly, before Fastify sees it. */
export function onClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = socketCodes[error.code ?? ""] ?? "invalid_request";
  const body = JSON.stringify(
    problemOf(new Failure(code, "The bytes that came are not a request."), newId("req")),
  );
  const status = statusOf(code);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${problemType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
