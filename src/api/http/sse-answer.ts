/** An answer that goes on as server-sent events: its head is sent, its body is the stream's. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Backing } from "#api/backing.ts";
import { signalOf } from "#api/http/hooks.ts";
import { statuses } from "#api/http/problem.ts";
import type { SseOptions } from "#api/stream/sse.ts";

export const sse = "text/event-stream";

export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Sends the head, then has `follow` write the rest; what fails then is logged. */
export function answerBySse(
  { config, store, wakeups, closing }: Backing,
  { request, reply }: Exchange,
  follow: (stream: Omit<SseOptions, "wanted">) => Promise<void>,
): FastifyReply {
  const signal = AbortSignal.any([signalOf(reply), closing]);
  void reply.type(sse).header("cache-control", "no-store").header("x-accel-buffering", "no");
  const headers = reply.getHeaders();
  reply.hijack();
  reply.raw.writeHead(statuses.ok, headers as Record<string, string>);
  const nowMs = () => performance.now();
  const ports = { store, wakeups, heartbeatMs: config.heartbeatMs, nowMs };
  const stream = { ports, response: reply.raw, stallMs: config.streamStallMs, signal };
  follow(stream).catch((err: unknown) => request.log.error({ err }, "an event stream failed"));
  return reply;
}
