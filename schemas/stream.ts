/** Frames of the WebSocket stream, subprotocol `linnet.v1`: text frames are JSON. */
import Type, { type Static } from "typebox";
import { type EventData, eventKinds, RunEvent } from "./event.ts";
import { ProblemCode } from "./problem.ts";
import { RunStatus } from "./run.ts";
import { Sweep, SweepCounts } from "./sweep.ts";
import { oneOf, RunId, SweepId, strict, Time } from "./values.ts";

const Seq = Type.Integer({ minimum: 0 });

export const HelloFrame = Type.Object(
  {
    frame: Type.Literal("hello"),
    run: RunId,
    epoch: Type.String(),
    status: RunStatus,
    first_seq: Seq,
    last_seq: Seq,
    heartbeat_ms: Type.Integer({ minimum: 1 }),
  },
  { ...strict, $id: "HelloFrame", description: "Opens each subscription." },
);

export const EventFrame = Type.Object(
  {
    frame: Type.Literal("event"),
    run: RunId,
    seq: Type.Integer({ minimum: 1 }),
    type: oneOf(eventKinds, "Kind of event; says what `data` is."),
    time: Time,
    data: Type.Unsafe<EventData>({
      anyOf: RunEvent.anyOf.map((variant) => variant.properties.data),
    }),
  },
  { ...strict, $id: "EventFrame", description: "One entry of the log, as RunEvent." },
);

export const GapFrame = Type.Object(
  {
    frame: Type.Literal("gap"),
    run: RunId,
    from: Seq,
    to: Seq,
    reason: oneOf(["conflated", "expired", "filtered"], "Why these seqs are not sent."),
  },
  { ...strict, $id: "GapFrame", description: "Declares seqs that will not come." },
);

export const CaughtUpFrame = Type.Object(
  { frame: Type.Literal("caught_up"), run: RunId, seq: Seq },
  { ...strict, $id: "CaughtUpFrame", description: "History is done; what follows is live." },
);

export const CompleteFrame = Type.Object(
  { frame: Type.Literal("complete"), run: RunId, status: RunStatus, seq: Seq },
  { ...strict, $id: "CompleteFrame", description: "The run has ended and its log is sent." },
);

export const SweepFrame = Type.Object(
  {
    frame: Type.Literal("sweep"),
    sweep: SweepId,
    status: Sweep.properties.status,
    total: Sweep.properties.total,
    counts: SweepCounts,
  },
  {
    ...strict,
    $id: "SweepFrame",
    description: "How a sweep is: first on its stream, and whenever that changes.",
  },
);
export type SweepFrame = Static<typeof SweepFrame>;

export const ErrorFrame = Type.Object(
  {
    frame: Type.Literal("error"),
    run: Type.Optional(RunId),
    code: ProblemCode,
    message: Type.String(),
    retryable: Type.Boolean(),
  },
  { ...strict, $id: "ErrorFrame" },
);

export const PongFrame = Type.Object(
  { frame: Type.Literal("pong"), id: Type.Optional(Type.String({ maxLength: 64 })) },
  { ...strict, $id: "PongFrame" },
);

export const ServerFrame = Type.Union(
  [
    HelloFrame,
    EventFrame,
    GapFrame,
    CaughtUpFrame,
    CompleteFrame,
    SweepFrame,
    ErrorFrame,
    PongFrame,
  ],
  { $id: "ServerFrame" },
);
export type ServerFrame = Static<typeof ServerFrame>;

export const SubscribeFrame = Type.Object(
  {
    frame: Type.Literal("subscribe"),
    run: RunId,
    after: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
    epoch: Type.Optional(Type.String({ maxLength: 64, description: "Of the cursor, if known." })),
    kinds: Type.Optional(Type.Array(oneOf(eventKinds, "Kinds to send; all when absent."))),
    max_rate_hz: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1000, description: "Of metrics events." }),
    ),
    tensors: Type.Optional(
      Type.Boolean({ default: false, description: "Also send kernels as safetensors frames." }),
    ),
  },
  { ...strict, $id: "SubscribeFrame" },
);
export type SubscribeFrame = Static<typeof SubscribeFrame>;

export const UnsubscribeFrame = Type.Object(
  { frame: Type.Literal("unsubscribe"), run: RunId },
  { ...strict, $id: "UnsubscribeFrame" },
);

export const AckFrame = Type.Object(
  { frame: Type.Literal("ack"), run: RunId, seq: Seq },
  { ...strict, $id: "AckFrame", description: "Asks for the next tensor frame." },
);

export const PingFrame = Type.Object(
  { frame: Type.Literal("ping"), id: Type.Optional(Type.String({ maxLength: 64 })) },
  { ...strict, $id: "PingFrame" },
);

export const ClientFrame = Type.Union([SubscribeFrame, UnsubscribeFrame, AckFrame, PingFrame], {
  $id: "ClientFrame",
});
export type ClientFrame = Static<typeof ClientFrame>;
