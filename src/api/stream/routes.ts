/** Where streams are opened: of one run, of a sweep, and of many runs by subscription. */
import websocket from "@fastify/websocket";
import type { FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import type { WebSocket } from "ws";
import type { Backing } from "#api/backing.ts";
import type { App } from "#api/http/instance.ts";
import { eventKinds } from "#schemas/event.ts";
import { oneOf, strict } from "#schemas/values.ts";
import { Failure } from "#src/failure.ts";
import { Connection } from "./connection.ts";
import { closing, streamLimits, subprotocol } from "./limits.ts";

const streamQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({ minimum: 0, default: 0, description: "The last seq that the client has." }),
    ),
    epoch: Type.Optional(Type.String({ maxLength: 64, description: "Of the cursor, if known." })),
    kinds: Type.Optional(Type.Array(oneOf(eventKinds, "Kinds to send; all when absent."))),
    max_rate_hz: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1000, description: "Of metrics events." }),
    ),
    tensors: Type.Optional(
      Type.Boolean({ default: false, description: "Also send kernels as safetensors frames." }),
    ),
  },
  strict,
);

const { after: _after, epoch: _epoch, ...ofEveryRun } = streamQuery.properties;

const sweepQuery = Type.Object(
  {
    ...ofEveryRun,
    history: Type.Optional(
      Type.Boolean({
        default: true,
        description: "False: runs that are there already are told from where they are now.",
      }),
    ),
  },
  strict,
);

/** Runs are looked up after the upgrade, so that an unknown one closes with 4404. */
const runParams = Type.Object({ id: Type.String({ maxLength: 128 }) }, strict);

/** Offers no subprotocol unless the client asked for ours. */
function choose(offered: Set<string>): string | false {
  return offered.has(subprotocol) && subprotocol;
}

function needsUpgrade(): never {
  throw new Failure("invalid_request", "This path speaks WebSocket.", {
    errors: [{ pointer: "/header/Upgrade", detail: 'must be "websocket"' }],
  });
}

/** True when the client named subprotocols and ours is not among them. */
function isForeign(request: FastifyRequest, socket: WebSocket): boolean {
  return request.headers["sec-websocket-protocol"] !== undefined && socket.protocol !== subprotocol;
}

/** Opens the connection in the same turn in which the socket opened: no frame is missed. */
function open(
  { backing, connections }: StreamState,
  { socket, request }: { readonly socket: WebSocket; readonly request: FastifyRequest },
  how: { readonly isSingle: boolean; readonly begin?: (connection: Connection) => void },
): void {
  if (isForeign(request, socket)) return socket.close(closing.subprotocol, "subprotocol");
  const connection = new Connection({ backing, socket, isSingle: how.isSingle });
  connections.add(connection);
  socket.once("close", () => connections.delete(connection));
  how.begin?.(connection);
}

interface StreamState {
  readonly backing: Backing;
  readonly connections: Set<Connection>;
}

/** Registers the stream, and closes its sockets with 1012 when the service closes. */
export async function streamRoutes(app: App, backing: Backing): Promise<void> {
  const state: StreamState = { backing, connections: new Set() };
  await app.register(websocket, {
    options: {
      maxPayload: streamLimits.frameBytesMax,
      perMessageDeflate: false,
      handleProtocols: choose,
    },
    errorHandler: (_error, socket) => socket.terminate(),
    preClose: async () => {
      for (const connection of state.connections) connection.close(closing.restart, "restart");
    },
  });
  app.route({
    method: "GET",
    url: "/v1/runs/:id/stream",
    schema: { hide: true, params: runParams, querystring: streamQuery },
    handler: async (_request: FastifyRequest, _reply: FastifyReply) => needsUpgrade(),
    wsHandler: (socket, request) => {
      const wanted = { run: request.params.id, ...request.query };
      const begin = (connection: Connection) => void connection.subscribe(wanted);
      open(state, { socket, request }, { isSingle: true, begin });
    },
  });
  app.route({
    method: "GET",
    url: "/v1/sweeps/:id/stream",
    schema: { hide: true, params: runParams, querystring: sweepQuery },
    handler: async (_request: FastifyRequest, _reply: FastifyReply) => needsUpgrade(),
    wsHandler: (socket, request) => {
      const { id } = request.params;
      const begin = (connection: Connection) => connection.followSweep(id, request.query);
      open(state, { socket, request }, { isSingle: false, begin });
    },
  });
  app.route({
    method: "GET",
    url: "/v1/stream",
    schema: { hide: true },
    handler: async () => needsUpgrade(),
    wsHandler: (socket, request) => open(state, { socket, request }, { isSingle: false }),
  });
}
