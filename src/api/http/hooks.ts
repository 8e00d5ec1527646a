/** What happens around every request: its id, the origin check, the drain, one line in the log. */
import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Backing } from "#api/backing.ts";
import type { Schema } from "#api/explain-leaf.ts";
import { Failure } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import { convertQuery } from "./query.ts";

const requestIdHeader = "x-request-id";

/** The id that the caller chose, if it is fit to be logged, or a new one. */
export function requestIdOf(raw: IncomingMessage): string {
  const given = raw.headers[requestIdHeader];
  return typeof given === "string" && /^[\x21-\x7e]{1,128}$/.test(given) ? given : newId("req");
}

const harmless = new Set(["GET", "HEAD", "OPTIONS"]);

/** True unless a browser says that a page of a foreign origin asks. */
function isOriginAllowed(headers: IncomingMessage["headers"], allowed: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function refuseForeignOrigins(request: FastifyRequest, backing: Backing): void {
  const upgrade = request.headers.upgrade !== undefined;
  if (harmless.has(request.method) && !upgrade) return;
  if (isOriginAllowed(request.headers, backing.config.allowedOrigins)) return;
  throw new Failure("forbidden", "Pages of this origin may not use this service.", {
    errors: [{ pointer: "/header/Origin", detail: "is not in LINNET_ALLOWED_ORIGINS" }],
  });
}

function refuseWhileDraining(request: FastifyRequest, backing: Backing): void {
  if (harmless.has(request.method) || !backing.isDraining()) return;
  throw new Failure("shutting_down", "The service is draining; try again on another instance.", {
    retryAfterSeconds: 5,
  });
}

/** Last: one line a request; probes only when debugging. */
export async function logAnswer(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const quiet = request.url === "/livez" || request.url === "/readyz";
  request.log[quiet ? "debug" : "info"](
    {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
    },
    "request",
  );
}

/** First: names the request, and refuses what must not even be read. */
export const admit = (backing: Backing) => async (request: FastifyRequest, reply: FastifyReply) => {
  void reply.header(requestIdHeader, request.id);
  refuseForeignOrigins(request, backing);
  refuseWhileDraining(request, backing);
};

/** Before validation: the query's texts become what its schema names. */
export async function readQuery(request: FastifyRequest): Promise<void> {
  const schema = request.routeOptions.schema?.querystring;
  if (schema === undefined) return;
  request.query = convertQuery(schema as Schema, request.query as Record<string, unknown>);
}

/** Aborts when the caller is gone before the answer is. */
export function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort(new Error("the caller is gone"));
  });
  return controller.signal;
}
