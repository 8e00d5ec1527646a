/** The span of each request: begun when it comes, ended when it is answered. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { openRequestSpan, type RequestSpan, traceIdOf } from "#src/trace.ts";
import { firstServerStatus } from "./problem.ts";

const spans = new WeakMap<FastifyRequest, RequestSpan>();

/** First of all: so that every line of the request's log names its trace. */
export async function beginSpan(request: FastifyRequest): Promise<void> {
  const { traceparent } = request.headers;
  const given = typeof traceparent === "string" ? traceparent : undefined;
  const span = openRequestSpan(request.method, given);
  spans.set(request, span);
  const trace_id = traceIdOf(span.traceparent);
  if (trace_id !== undefined) request.log = request.log.child({ trace_id });
}

export async function endSpan(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { statusCode: status } = reply;
  const route = request.routeOptions.url ?? "none";
  spans.get(request)?.end({ route, status, isFault: status >= firstServerStatus });
}

/** What a request's work is traced back to. */
export function traceparentOf(request: FastifyRequest): string | undefined {
  return spans.get(request)?.traceparent;
}
