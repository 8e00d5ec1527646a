/** The bare HTTP server: parsing, validation, timeouts and limits, before it has a route. */

import type { IncomingMessage, ServerOptions } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyBaseLogger, LogController } from "fastify";
import type { Backing } from "#api/backing.ts";
import { onClientError, onError, RouteTable } from "./faults.ts";
import { admit, logAnswer, readQuery, requestIdOf } from "./hooks.ts";
import { named } from "./schemas.ts";

const keepAliveTimeoutMs = 72_000;
const requestsPerSocketMax = 100_000;

/**
 * Only WebSocket upgrades leave HTTP: clients that offer HTTP/2 beside it (`Upgrade: h2c`) are
 * answered in HTTP/1.1, as if they had not.
 */
const upgrades: ServerOptions & { shouldUpgradeCallback(request: IncomingMessage): boolean } = {
  shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket",
};

function bare(backing: Backing) {
  const { config } = backing;
  const loggerInstance: FastifyBaseLogger = backing.log;
  return Fastify({
    http: upgrades,
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
    return503OnClosing: false,
    routerOptions: { maxParamLength: 128, ignoreTrailingSlash: true },
    clientErrorHandler: onClientError,
    frameworkErrors: onError,
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

/** A server that knows the contract's schemas and how to refuse, and answers nothing yet. */
export function createInstance(backing: Backing): App {
  const app = bare(backing);
  const table = new RouteTable();
  app.server.maxConnections = backing.config.connectionsMax;
  app.addHook("onRoute", (route) => table.add(route.method, route.url));
  for (const schema of named) app.addSchema(schema);
  // Answers are made by typed code and checked by tests; a second encoder would only drop fields.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(onError);
  app.setNotFoundHandler(table.onNotFound);
  parseJson(app);
  app.addHook("onRequest", admit(backing));
  app.addHook("preValidation", readQuery);
  app.addHook("onResponse", logAnswer);
  return app;
}
