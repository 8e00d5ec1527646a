/** Where streams are opened: of one run, of a sweep, and of many runs by subscription. */
import { setTimeout as delay } from "node:timers/promises";
import websocket from "@fastify/websocket";
import type { FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import type { WebSocket } from "ws";
import type { Backing, Edge } from "#api/backing.ts";
import { callerOf } from "#api/http/caller.ts";
import type { App } from "#api/http/instance.ts";
import { eventKinds } from "#schemas/event.ts";
import { oneOf, strict } from "#schemas/values.ts";
import { Failure } from "#src/failure.ts";
import { Connection } from "./connection.ts";
import { closing, streamLimits, subprotocol } from "./limits.ts";

const ticket = {
  ticket: Type.Optional(
    Type.String({ maxLength: 128, description: "From /v1/stream-tickets, instead of a key." }),
  ),
};

const streamQuery = Type.Object(
  {
    ...ticket,
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

/** Over how long a drain spreads the closing of streams: a little for each, up to two seconds. */
const closeSpreadMsEach = 5;
const closeSpreadMsMax = 2000;

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
  { edge, connections }: StreamState,
  { socket, request }: { readonly socket: WebSocket; readonly request: FastifyRequest },
  how: { readonly isSingle: boolean; readonly begin?: (connection: Connection) => void },
): void {
  if (isForeign(request, socket)) return socket.close(closing.subprotocol, "subprotocol");
  const backing: Backing = edge.of(request);
  const connection = new Connection({
    backing,
    socket,
    wire: request.raw.socket,
    isSingle: how.isSingle,
  });
  const caller = callerOf(request);
  connections.set(connection, caller.tenant);
  const stay = edge.access.whenOver(caller, () =>
    connection.close(closing.expired, "credentials expired"),
  );
  edge.metrics.streamOpened();
  socket.once("close", (code) => {
    edge.metrics.streamClosed(code);
    stay();
    connections.delete(connection);
  });
  how.begin?.(connection);
}

/** Not all in one moment, so that not all come back in one. */
async function closeSpread(connections: readonly Connection[]): Promise<void> {
  const spreadMs = Math.min(connections.length * closeSpreadMsEach, closeSpreadMsMax);
  await Promise.all(
    connections.map(async (connection) => {
      await delay(Math.random() * spreadMs);
      connection.close(closing.restart, "restart");
    }),
  );
}

interface StreamState {
  readonly edge: Edge;
  /** Whose each is. */
  readonly connections: Map<Connection, string>;
}

/** Before the upgrade, so that a refusal can still be answered. */
function refuseTooMany({ edge, connections }: StreamState, request: FastifyRequest): void {
  const { tenant } = callerOf(request);
  const { streamsMax } = edge.config.quota;
  const own = [...connections.values()].filter((of) => of === tenant).length;
  if (own < streamsMax) return;
  throw new Failure("quota_exceeded", `${streamsMax} streams of yours are open, the most.`);
}

/** Registers the stream, and closes its sockets with 1012 when the service closes. */
export async function streamRoutes(app: App, edge: Edge): Promise<void> {
  const state: StreamState = { edge, connections: new Map() };
  edge.metrics.watchStreams(() => {
    const open = [...state.connections.keys()];
    const queuedBytes = open.reduce((bytes, connection) => bytes + connection.queuedBytes, 0);
    return { sockets: open.length, queuedBytes };
  });
  const preHandler = async (request: FastifyRequest) => refuseTooMany(state, request);
  await app.register(websocket, {
    options: {
      maxPayload: streamLimits.frameBytesMax,
      maxFragments: streamLimits.fragmentsMax,
      maxBufferedChunks: streamLimits.chunksMax,
      perMessageDeflate: false,
      handleProtocols: choose,
    },
    errorHandler: (_error, socket) => socket.terminate(),
    preClose: () => closeSpread([...state.connections.keys()]),
  });
  app.route({
    method: "GET",
    url: "/v1/runs/:id/stream",
    preHandler,
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
    preHandler,
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
    preHandler,
    schema: { hide: true, querystring: Type.Object(ticket, strict) },
    handler: async () => needsUpgrade(),
    wsHandler: (socket, request) => open(state, { socket, request }, { isSingle: false }),
  });
}
