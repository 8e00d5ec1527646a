/**
 * A whole sweep as server-sent events: the frames of its WebSocket stream, each a named event. The
 * id of an event says how far every run was told, so that a reader who comes back goes on there.
 */
import type { ServerResponse } from "node:http";
import type { EventKind } from "#schemas/event.ts";
import type { ServerFrame } from "#schemas/stream.ts";
import { Failure } from "#src/failure.ts";
import { sinkOf, tellBySse } from "./sse.ts";
import { followSweep, type Joining } from "./sweep.ts";
import { SweepCursor } from "./sweep-cursor.ts";
import { follow, type Sink, type TailPorts } from "./tail.ts";

export interface SweepSseOptions {
  readonly ports: TailPorts;
  readonly sweep: string;
  readonly history: boolean;
  /** Where a reader who comes back is. */
  readonly from: SweepCursor | undefined;
  readonly kinds: readonly EventKind[] | undefined;
  readonly maxRateHz: number | undefined;
  readonly response: ServerResponse;
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/** The last seq that a reader of this frame has. */
function seqOf(frame: ServerFrame): number | undefined {
  if (frame.frame === "event") return frame.seq;
  return frame.frame === "gap" ? frame.to : undefined;
}

/** Writes the sweep to a response whose head is sent, until all is said or it is cut. */
export async function followSweepBySse(options: SweepSseOptions): Promise<void> {
  const { ports, sweep, history, from, response, stallMs, signal } = options;
  const cursor = from ?? new SweepCursor();
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const textOf = (frame: ServerFrame): string =>
    `event: ${frame.frame}\nid: ${cursor.text}\ndata: ${JSON.stringify(frame)}\n\n`;
  const plain = sinkOf(response, stallMs, textOf);
  const tellRun = async ({ run, cell, after }: Joining): Promise<void> => {
    cursor.join(cell, after);
    const send: Sink["send"] = (frame) => {
      const seq = seqOf(frame);
      if (seq !== undefined) cursor.sent(cell, seq);
      if (frame.frame === "complete") cursor.told(cell);
      plain.send(frame);
    };
    const { kinds, maxRateHz } = options;
    const wanted = { run, after, kinds, maxRateHz };
    const sink = { ...plain, send };
    await follow({ ports, wanted, sink, signal: both }).catch((error: unknown) => {
      // A run that was deleted meanwhile has nothing more to tell.
      if (error instanceof Failure && error.code === "not_found") cursor.told(cell);
      else failed.abort(error);
    });
  };
  await tellBySse(options, async () => {
    await followSweep({
      ports,
      sweep,
      history,
      from,
      signal: both,
      say: (frame) => plain.send(frame),
      follow: tellRun,
    });
    // A reader who takes nothing, or a run that cannot be told, ends the whole stream.
    failed.signal.throwIfAborted();
  });
}
