/** Who asks: for which tenant, with which scopes, until when. How that is proved is not here. */
import { ordinaryScopes, type Scope } from "#schemas/api-key.ts";
import { usualTenant } from "#storage/store.ts";

export interface Caller {
  readonly tenant: string;
  readonly scopes: ReadonlySet<Scope>;
  /** For the audit log: `key:key_…`, `token:<subject>` or `anybody`. Never a secret. */
  readonly name: string;
  /** The key that let the caller in, if it was one. */
  readonly key: string | null;
  /** Milliseconds since 1970 after which the caller is nobody; null for never. */
  readonly expiresMs: number | null;
}

/**
 * Who asks where no key is wanted. Keys are not managed by just anybody: they would outlive the
 * day on which keys are wanted.
 */
export const anybody: Caller = {
  tenant: usualTenant,
  scopes: new Set(ordinaryScopes),
  name: "anybody",
  key: null,
  expiresMs: null,
};

export function may(caller: Caller, scope: Scope): boolean {
  return caller.scopes.has(scope) || caller.scopes.has("admin");
}

/** Whether the caller manages the keys of all tenants: an admin of the service's own tenant. */
export function isOperator(caller: Caller): boolean {
  return caller.tenant === usualTenant && caller.scopes.has("admin");
}
