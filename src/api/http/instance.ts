/** The bare HTTP server: parsing, validation, timeouts and limits, before it has a route. */

import type { IncomingMessage, ServerOptions } from "node:http";
import { BlockList, isIPv6, type Socket } from "node:net";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyBaseLogger, LogController } from "fastify";
import type { Backing } from "#api/backing.ts";
import { limitBodies } from "./bodies.ts";
import { declareNeeded } from "./doors.ts";
import { onClientError, onError, RouteTable } from "./faults.ts";
import { logAnswer, readQuery, requestIdOf } from "./hooks.ts";
import { named } from "./schemas.ts";
import { beginSpan, endSpan } from "./tracing.ts";
import { lazyValidators } from "./validators.ts";

const keepAliveTimeoutMs = 72_000;
const requestsPerSocketMax = 100_000;
/** How long the head of a request may take, and how often that is looked at. */
const headMsMax = 20_000;
const lookEveryMs = 2000;

/**
 * A head that comes byte by byte is cut off. Only WebSocket upgrades leave HTTP: clients that offer HTTP/2 beside it (`Upgrade: h2c`) are
 * answered in HTTP/1.1, as if they had not.
 */
const httpOptions: ServerOptions & { shouldUpgradeCallback(request: IncomingMessage): boolean } = {
  headersTimeout: headMsMax,
  connectionsCheckingInterval: lookEveryMs,
  shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket",
};

function bare(backing: Backing) {
  const { config } = backing;
  // Its own, so that it can be kept quiet about what the service says itself.
  const loggerInstance: FastifyBaseLogger = backing.log.child({});
  return Fastify({
    http: httpOptions,
    loggerInstance,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: "request_id",
    }),
    genReqId: requestIdOf,
    bodyLimit: config.bodyBytesMax,
    requestTimeout: config.requestTimeoutMs,
    connectionTimeout: 0,
    keepAliveTimeout: keepAliveTimeoutMs,
    maxRequestsPerSocket: requestsPerSocketMax,
    forceCloseConnections: true,
    trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
    return503OnClosing: false,
    routerOptions: { maxParamLength: 128, ignoreTrailingSlash: true },
    clientErrorHandler: onClientError,
    frameworkErrors: onError,
    schemaController: { compilersFactory: { buildValidator: lazyValidators() } },
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false },
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
}

export type App = ReturnType<typeof bare>;

/** JSON as Fastify reads it, save that no bytes are no body: a POST may come without one. */
function parseJson(app: App): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else parse(request, body.toString(), done);
  });
}

/** One address cannot take all connections; those of trusted proxies are many people's. */
function limitConnections(app: App, { config }: Backing): void {
  const proxies = new BlockList();
  for (const proxy of config.trustedProxies) {
    const [address = "", bits] = proxy.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  const open = new Map<string, number>();
  app.server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    if (proxies.check(address, isIPv6(address) ? "ipv6" : "ipv4")) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > config.connectionsPerAddressMax) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

/** A server that knows the contract's schemas and how to refuse, and answers nothing yet. */
export function createInstance(backing: Backing): App {
  const app = bare(backing);
  const table = new RouteTable();
  app.server.maxConnections = backing.config.connectionsMax;
  limitConnections(app, backing);
  app.addHook("onRoute", (route) => {
    table.add(route.method, route.url);
    declareNeeded(route);
  });
  for (const schema of named) app.addSchema(schema);
  // Answers are made by typed code and checked by tests; a second encoder would only drop fields.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler((error, request, reply) =>
    // Fastify asks for QUERY's content type before it looks whether any route answers it.
    request.method === "QUERY" ? table.onNotFound(request, reply) : onError(error, request, reply),
  );
  app.setNotFoundHandler(table.onNotFound);
  parseJson(app);
  app.addHook("onRequest", beginSpan);
  app.addHook("preParsing", limitBodies(backing.config.bodiesBytesMax));
  app.addHook("preValidation", readQuery);
  app.addHook("onResponse", logAnswer(backing));
  app.addHook("onResponse", endSpan);
  return app;
}
