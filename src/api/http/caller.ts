/** Who each request comes from, noted once it is known. Asking before is a bug. */
import assert from "node:assert/strict";
import type { FastifyRequest } from "fastify";
import type { Caller } from "#src/access/caller.ts";

const callers = new WeakMap<FastifyRequest, Caller>();

export function noteCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

/** Who asks; undefined on routes that ask nobody. */
export function knownCaller(request: FastifyRequest): Caller | undefined {
  return callers.get(request);
}

/** Who asks, on a route that wants to know. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  assert(caller !== undefined, "a route that shows somebody's rows knows who asks");
  return caller;
}
