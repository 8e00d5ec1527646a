/** The stream as an AsyncAPI 3.0 document, made from the schemas that validate its frames. */
import type { TSchema } from "typebox";
import { streamLimits, subprotocol } from "#api/stream/limits.ts";
import { eventKinds, RunEvent } from "#schemas/event.ts";
import {
  AckFrame,
  CaughtUpFrame,
  CompleteFrame,
  ErrorFrame,
  EventFrame,
  GapFrame,
  HelloFrame,
  PingFrame,
  PongFrame,
  SubscribeFrame,
  SweepFrame,
  UnsubscribeFrame,
} from "#schemas/stream.ts";
import { frameExamples } from "./frame-examples.ts";

const serverFrames = {
  hello: HelloFrame,
  event: EventFrame,
  gap: GapFrame,
  caught_up: CaughtUpFrame,
  complete: CompleteFrame,
  sweep: SweepFrame,
  error: ErrorFrame,
  pong: PongFrame,
} as const;

const clientFrames = {
  subscribe: SubscribeFrame,
  unsubscribe: UnsubscribeFrame,
  ack: AckFrame,
  ping: PingFrame,
} as const;

type Named = TSchema & { readonly $id?: string; readonly description?: string };

const frames: Readonly<Record<keyof typeof frameExamples, Named>> = {
  ...serverFrames,
  ...clientFrames,
};
const log: Named = RunEvent;

const description = `Events of runs as they happen, over WebSocket with the subprotocol \
\`${subprotocol}\`. Every subscription begins with \`hello\`, sends the log after the cursor in \
order, says \`caught_up\`, goes on live, and says \`complete\` when the run has ended; the socket \
stays open. Seqs that are left out are declared by \`gap\`: there is no silent hole. A reader that \
takes nothing is closed with 4008 and may resume from its last seq; codes 40xx and 1012 may \
reconnect, 44xx must not. Heartbeats are WebSocket pings. At most ${streamLimits.subscriptionsMax} \
subscriptions a socket, ${streamLimits.frameBytesMax} bytes a client frame, \
${streamLimits.framesPerSecondMax} client frames a second. /v1/runs/{run}/stream follows one run \
and closes with 4404 when there is none, with 4410 when the cursor is not of its log; on \
/v1/stream only the subscription ends, with an \`error\` frame. /v1/sweeps/{sweep}/stream follows \
every run of a sweep, those that are yet to come too, and says \`sweep\` whenever its counts \
change; to resume it, open it with \`history=false\` and subscribe to runs after your own cursors.`;

const tensorMessage = {
  name: "tensor",
  title: "A kernel",
  summary:
    "A binary frame that is a safetensors file with one tensor `kernel`, and `run`, `seq`, `step` " +
    "and `kind` in its metadata. Sent after the snapshot event when `tensors` was asked for: the " +
    "latest wins, and the next comes when this one was acknowledged.",
  contentType: "application/vnd.safetensors",
  payload: { type: "string", format: "binary" },
};

const queryBinding = {
  type: "object",
  properties: {
    after: { type: "integer", minimum: 0, default: 0, description: "The last seq you have." },
    epoch: { type: "string", description: "Of the cursor, if known." },
    kinds: { type: "array", items: { type: "string", enum: [...eventKinds] } },
    max_rate_hz: { type: "number", exclusiveMinimum: 0, maximum: 1000 },
    tensors: { type: "boolean", default: false },
  },
};

function messages() {
  const named = Object.entries(frames).map(([name, schema]) => [
    name,
    {
      name,
      title: schema.$id,
      ...(schema.description === undefined ? {} : { summary: schema.description }),
      contentType: "application/json",
      payload: { $ref: `#/components/schemas/${schema.$id}` },
      examples: frameExamples[name as keyof typeof frames].map((payload) => ({ payload })),
    },
  ]);
  return { ...Object.fromEntries(named), tensor: tensorMessage };
}

function schemas() {
  const named = Object.values(frames).map(({ $id, ...schema }) => [$id, schema]);
  const { $id: _, ...event } = log;
  return { ...Object.fromEntries(named), RunEvent: event };
}

function channel(address: string, title: string, parameters: object) {
  const names = [...Object.keys(frames), "tensor"];
  return {
    address,
    title,
    servers: [{ $ref: "#/servers/local" }],
    messages: Object.fromEntries(
      names.map((name) => [name, { $ref: `#/components/messages/${name}` }]),
    ),
    ...parameters,
  };
}

function operation(name: "run" | "runs" | "sweep", action: "send" | "receive") {
  const names =
    action === "send" ? [...Object.keys(serverFrames), "tensor"] : Object.keys(clientFrames);
  return {
    action,
    title: action === "send" ? "Frames of the service" : "Frames of the client",
    summary: action === "send" ? "What the service sends." : "What a client may send.",
    channel: { $ref: `#/channels/${name}` },
    messages: names.map((message) => ({ $ref: `#/channels/${name}/messages/${message}` })),
  };
}

const one = {
  parameters: { run: { description: "Identifier of the run." } },
  bindings: { ws: { method: "GET", query: queryBinding, bindingVersion: "0.1.0" } },
};
const sweepBinding = {
  type: "object",
  properties: {
    kinds: queryBinding.properties.kinds,
    max_rate_hz: queryBinding.properties.max_rate_hz,
    tensors: queryBinding.properties.tensors,
    history: { type: "boolean", default: true, description: "False: from where runs are now." },
  },
};

const whole = {
  parameters: { sweep: { description: "Identifier of the sweep." } },
  bindings: { ws: { method: "GET", query: sweepBinding, bindingVersion: "0.1.0" } },
};
const many = { bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } } };

/** The AsyncAPI document. */
export function asyncapi(version: string) {
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Linnet stream",
      version,
      description,
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    defaultContentType: "application/json",
    servers: {
      local: {
        host: "127.0.0.1:8080",
        protocol: "ws",
        description: `Subprotocol ${subprotocol}.`,
      },
    },
    channels: {
      run: channel("/v1/runs/{run}/stream", "One run", one),
      runs: channel("/v1/stream", "Many runs", many),
      sweep: channel("/v1/sweeps/{sweep}/stream", "All runs of a sweep", whole),
    },
    operations: {
      sendRun: operation("run", "send"),
      receiveRun: operation("run", "receive"),
      sendRuns: operation("runs", "send"),
      receiveRuns: operation("runs", "receive"),
      sendSweep: operation("sweep", "send"),
      receiveSweep: operation("sweep", "receive"),
    },
    components: { messages: messages(), schemas: schemas() },
  };
}
