/** What happens around every request: its id, the origin check, the drain, one line in the log. */
import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Backing } from "#api/backing.ts";
import type { Schema } from "#api/explain-leaf.ts";
import { may } from "#src/access/caller.ts";
import { Failure } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import { knownCaller, noteCaller } from "./caller.ts";
import { neededFor } from "./doors.ts";
import { convertQuery } from "./query.ts";
import type { Rates } from "./rates.ts";

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

/** The host that a request names, without its port. */
function hostOf({ host }: IncomingMessage["headers"]): string {
  return (host ?? "")
    .toLowerCase()
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1");
}

function refuseUnknownHosts(request: FastifyRequest, { config }: Backing): void {
  if (config.allowedHosts === null) return;
  if (config.allowedHosts.includes(hostOf(request.headers))) return;
  throw new Failure("unknown_host", "This service does not answer for that host.", {
    errors: [{ pointer: "/header/Host", detail: "is not in LINNET_ALLOWED_HOSTS" }],
  });
}

/** Last: one line a request; probes only when debugging. */
export const logAnswer =
  (backing: Backing) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const quiet = request.url === "/livez" || request.url === "/readyz";
    const { id, run } = (request.params ?? {}) as Readonly<Record<string, string | undefined>>;
    const caller = knownCaller(request);
    const fields = {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(id === undefined ? {} : { resource: id.slice(0, idCharactersMax) }),
      ...(run === undefined ? {} : { run: run.slice(0, idCharactersMax) }),
      ...(caller === undefined ? {} : { tenant: caller.tenant }),
    };
    request.log[quiet ? "debug" : "info"](fields, "request");
    const route = fields.route ?? "none";
    const { method, status } = fields;
    backing.metrics.answered({ method, route, status, seconds: reply.elapsedTime / 1000 });
    if (harmless.has(request.method) || fields.route === null) return;
    const by = caller?.name ?? "unknown";
    const made = reply.getHeader("location");
    const about = { audit: true, by, address: request.ip ?? null };
    request.log.info({ ...fields, ...about, ...(made === undefined ? {} : { made }) }, "audit");
  };

/** Ids in the log are no longer than this, whatever was asked for. */
const idCharactersMax = 64;

/** First: names the request, and refuses what must not even be read. */
export const admit =
  (backing: Backing, rates: Rates) => async (request: FastifyRequest, reply: FastifyReply) => {
    void reply.header(requestIdHeader, request.id);
    refuseUnknownHosts(request, backing);
    refuseForeignOrigins(request, backing);
    refuseWhileDraining(request, backing);
    await rates.ofAddress(request, reply);
  };

function ticketOf(request: FastifyRequest): string | undefined {
  const { ticket } = request.query as { readonly ticket?: unknown };
  return typeof ticket === "string" ? ticket : undefined;
}

/** Second: who asks, and whether they may. An upgrade is refused here, before it happens. */
export const identify =
  (backing: Backing, rates: Rates) => async (request: FastifyRequest, reply: FastifyReply) => {
    const { url } = request.routeOptions;
    if (url === undefined) return;
    const needed = neededFor(request.method, url);
    if (needed === "anybody") return;
    const caller = await backing.access.identify({
      authorization: request.headers.authorization,
      ticket: url.endsWith("/stream") ? ticketOf(request) : undefined,
    });
    noteCaller(request, caller);
    await rates.ofCaller(request, reply);
    if (needed === "any" || may(caller, needed)) return;
    throw new Failure("scope_missing", `This needs the scope ${needed}.`);
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
