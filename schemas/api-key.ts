/** Keys that let programs in: what one may do, for whom, and for how long. */
import Type, { type Static } from "typebox";
import { KeyId, Name, nullable, oneOf, strict, Time } from "./values.ts";

/** Everything but the management of keys. */
export const ordinaryScopes = [
  "runs:read",
  "runs:write",
  "models:read",
  "models:write",
  "datasets:read",
  "datasets:write",
  "stream:read",
] as const;

export const scopes = [...ordinaryScopes, "admin"] as const;
export type Scope = (typeof scopes)[number];

/** `admin` includes all others. */
export const Scope = oneOf(scopes, "What may be done. `admin` includes all, and manages keys.");

/** What a tenant may be called. */
export const tenantPattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";

export const Tenant = Type.String({
  pattern: tenantPattern,
  description: "Whose resources are seen and made. Others' are not found.",
});

/** Body of `POST /v1/api-keys`. */
export const ApiKeyRequest = Type.Object(
  {
    name: Name,
    scopes: Type.Array(Scope, { minItems: 1, maxItems: scopes.length }),
    tenant: Type.Optional(Tenant),
    expires_at: Type.Optional(Time),
  },
  {
    ...strict,
    examples: [{ name: "dashboard", scopes: ["runs:read", "stream:read"] }],
    $id: "ApiKeyRequest",
  },
);
export type ApiKeyRequest = Static<typeof ApiKeyRequest>;

/** Body of `POST /v1/api-keys/{id}/rotate`. */
export const RotateRequest = Type.Object(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 30 * 86_400,
        default: 86_400,
        description: "For which the old key still works beside the new one.",
      }),
    ),
  },
  { ...strict, examples: [{ overlap_seconds: 3600 }], $id: "RotateRequest" },
);
export type RotateRequest = Static<typeof RotateRequest>;

export const ApiKey = Type.Object(
  {
    id: KeyId,
    name: Name,
    tenant: Tenant,
    scopes: Type.Array(Scope),
    expires_at: nullable(Time),
    created_at: Time,
    last_used_at: Type.Unsafe<string | null>({
      ...nullable(Time),
      description: "To the minute.",
    }),
  },
  { ...strict, $id: "ApiKey" },
);
export type ApiKey = Static<typeof ApiKey>;

export const NewApiKey = Type.Object(
  {
    ...ApiKey.properties,
    key: Type.String({ description: "The key itself, `lnt_…`: shown now and never again." }),
  },
  { ...strict, $id: "NewApiKey" },
);
export type NewApiKey = Static<typeof NewApiKey>;

export const StreamTicket = Type.Object(
  {
    ticket: Type.String({ description: "For `?ticket=` of one stream, once." }),
    expires_at: Time,
  },
  { ...strict, $id: "StreamTicket" },
);
export type StreamTicket = Static<typeof StreamTicket>;
