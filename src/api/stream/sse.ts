/**
 * The same tail as server-sent events, for clients that read plain HTTP. Log events are unnamed
 * messages whose data is a RunEvent and whose id is its seq; control frames are named events.
 */
import type { ServerResponse } from "node:http";
import type { ServerFrame } from "#schemas/stream.ts";
import { Failure } from "#src/failure.ts";
import { streamLimits } from "./limits.ts";
import { follow, type Sink, type TailPorts, type Wanted } from "./tail.ts";

/** After a cut the browser waits this long before it comes back. */
const retryMs = 2000;

function textOf(frame: ServerFrame): string {
  if (frame.frame === "event") {
    const { seq, type, time, data } = frame;
    return `id: ${seq}\ndata: ${JSON.stringify({ seq, type, time, data })}\n\n`;
  }
  // A declared gap moves the cursor too: it need not be declared again.
  const id = frame.frame === "gap" ? `id: ${frame.to}\n` : "";
  return `event: ${frame.frame}\n${id}data: ${JSON.stringify(frame)}\n\n`;
}

/** Sends frames as `write` puts them, when the response takes them. */
export function sinkOf(
  response: ServerResponse,
  stallMs: number,
  write: (frame: ServerFrame) => string = textOf,
): Sink {
  return {
    send: (frame) => void response.write(write(frame)),
    room: async () => {
      const fromMs = performance.now();
      while (!response.destroyed && response.writableLength >= streamLimits.queueBytesMax) {
        const { promise, resolve } = Promise.withResolvers<boolean>();
        const timer = setTimeout(() => resolve(false), stallMs);
        const onDrain = () => resolve(true);
        response.once("drain", onDrain).once("close", onDrain);
        const drained = await promise;
        clearTimeout(timer);
        response.off("drain", onDrain).off("close", onDrain);
        if (!drained) throw new Failure("slow_consumer", "The reader takes nothing.");
      }
      return performance.now() - fromMs;
    },
  };
}

export interface SseOptions {
  readonly ports: TailPorts;
  readonly wanted: Wanted;
  readonly response: ServerResponse;
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/** Writes the run's events to a response whose head is sent, until all is said or it is cut. */
export function followBySse(options: SseOptions): Promise<void> {
  const { ports, wanted, response, stallMs, signal } = options;
  const sink = sinkOf(response, stallMs);
  return tellBySse(options, () => follow({ ports, wanted, sink, signal }));
}

/** Opens the stream, keeps it alive while `tell` tells, and ends it. Never rejects. */
export async function tellBySse(
  { ports, response }: Pick<SseOptions, "ports" | "response">,
  tell: () => Promise<void>,
): Promise<void> {
  response.write(`retry: ${retryMs}\n\n`);
  const timer = setInterval(() => {
    if (response.writableLength === 0) response.write(": heartbeat\n\n");
  }, ports.heartbeatMs);
  try {
    await tell();
    response.end();
  } catch (error) {
    // The head is sent: all that is left to say is that this stream ends here.
    response.destroy(error instanceof Failure ? undefined : (error as Error));
  } finally {
    clearInterval(timer);
  }
}
