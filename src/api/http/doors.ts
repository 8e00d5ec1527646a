/**
 * Which scope a route needs. Every route has a line here or the service does not start, so that
 * none is open by being forgotten.
 */
import assert from "node:assert/strict";
import type { RouteOptions } from "fastify";
import type { Scope } from "#schemas/api-key.ts";

/** `anybody` needs no key; `any` needs one, whatever its scopes. */
export type Needed = Scope | "any" | "anybody";

const reading = new Set(["GET", "HEAD", "OPTIONS"]);

interface Rule {
  readonly path: RegExp;
  readonly read: Needed;
  readonly write: Needed;
}

const both = (path: RegExp, needed: Needed): Rule => ({ path, read: needed, write: needed });

/** The first that fits counts. */
const rules: readonly Rule[] = [
  both(/^\/v1\/(stream|stream-tickets|(runs|sweeps)\/:id\/stream)$/, "stream:read"),
  both(/^\/v1\/(api-keys(\/|$)|workers$)/, "admin"),
  both(/^\/v1\/runs\/:id\/predict$/, "runs:read"),
  { path: /^\/v1\/(runs|sweeps|ntk|plans|compare)(\/|$)/, read: "runs:read", write: "runs:write" },
  { path: /^\/v1\/models(\/|$)/, read: "models:read", write: "models:write" },
  {
    path: /^\/v1\/(datasets|uploads)(\/|$)/,
    read: "datasets:read",
    write: "datasets:write",
  },
  both(/^\/v1\/(limits|devices)$/, "any"),
  both(/^\/(livez|readyz|openapi\.json|asyncapi\.json)$/, "anybody"),
  // The reference and the page: files without anybody's data.
  { path: /^(?!\/v1(\/|$))/, read: "anybody", write: "any" },
];

/** What a route needs; an assertion for one that has no rule. */
export function neededFor(method: string, url: string): Needed {
  const rule = rules.find(({ path }) => path.test(url));
  assert(rule !== undefined, `no scope is named for ${method} ${url}`);
  return reading.has(method) ? rule.read : rule.write;
}

/** Says in the contract what each route needs. */
export function declareNeeded(route: RouteOptions): void {
  const [method = "GET"] = [route.method].flat();
  const needed = neededFor(method, route.url);
  if (route.schema === undefined) return;
  const scopes = needed === "any" ? [] : [needed];
  const security = needed === "anybody" ? [] : [{ key: scopes }];
  route.schema = { ...route.schema, security };
}
