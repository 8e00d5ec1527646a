/** Keys for tests, and the headers that carry them. */
import type { Scope } from "#schemas/api-key.ts";
import { makeKey } from "#src/access/keys.ts";
import type { Stage } from "./stage.ts";

/** The environment of a service that wants keys. */
export const locked = { LINNET_AUTH: "keys" } as const;

export interface Bearing {
  readonly id: string;
  readonly key: string;
  readonly headers: { readonly authorization: string };
}

/** A key of `tenant` with `scopes`, as the command line makes one. */
export async function keyFor(
  { backing }: Stage,
  tenant: string,
  scopes: Scope[] = ["admin"],
): Promise<Bearing> {
  const context = { store: backing.store, now: Date.now };
  const { id, key } = await makeKey(context, { name: "test", tenant, scopes });
  return { id, key, headers: { authorization: `Bearer ${key}` } };
}
