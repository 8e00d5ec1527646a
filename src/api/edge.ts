/** Cuts what routes are given down to what the tenant of a request may see and change. */
import type { FastifyRequest } from "fastify";
import { storedRun } from "#runs/apply.ts";
import type { Backing, Edge } from "./backing.ts";
import { callerOf } from "./http/caller.ts";
import { traceparentOf } from "./http/tracing.ts";

/** The whole service as one tenant knows it. */
function asSeenBy(
  backing: Backing,
  { tenant, traceparent }: { readonly tenant: string; readonly traceparent: string | undefined },
): Backing {
  const store = backing.store.of(tenant);
  const traced = traceparent === undefined ? {} : { traceparent };
  const runs = { ...backing.runs, store, ...traced };
  return {
    ...backing,
    store,
    runs,
    catalog: { ...backing.catalog, store },
    plan: (request, signal) => backing.plan(request, signal, runs),
    predict: async (run, request, signal) => {
      await store.read((reader) => storedRun(reader, run));
      return backing.predict(run, request, signal);
    },
  };
}

export function edgeOf(backing: Backing): Edge {
  const { store: _s, runs: _r, catalog: _c, predict: _p, plan: _l, ...rest } = backing;
  const of = (request: FastifyRequest): Backing => {
    const { tenant } = callerOf(request);
    return asSeenBy(backing, { tenant, traceparent: traceparentOf(request) });
  };
  return { ...rest, of };
}
