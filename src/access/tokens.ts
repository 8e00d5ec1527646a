/**
 * OpenID Connect bearer tokens: their signature is checked with the issuer's published keys, and
 * their claims say who asks. Tokens are checked here and issued elsewhere.
 */
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { type Scope, scopes, tenantPattern } from "#schemas/api-key.ts";
import type { OidcConfig } from "#src/config.ts";
import { Failure } from "#src/failure.ts";
import type { Caller } from "./caller.ts";

/** Signatures that only the issuer can make: no shared secrets, and never `none`. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "EdDSA",
];
/** By how much the issuer's clock may differ. */
const clockToleranceSeconds = 30;
const discoveryMsMax = 5000;
const subjectCharactersMax = 128;

export type CheckToken = (token: string) => Promise<Caller | undefined>;

type KeySet = ReturnType<typeof createRemoteJWKSet>;

/** Where the issuer publishes its keys, by its discovery document. */
async function discover(issuer: string): Promise<KeySet> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const response = await fetch(url, {
    signal: AbortSignal.timeout(discoveryMsMax),
    redirect: "error",
  });
  const found = (await response.json()) as { readonly issuer?: string; readonly jwks_uri?: string };
  if (!response.ok || found.issuer !== issuer || typeof found.jwks_uri !== "string") {
    throw new Error(`${url} describes no issuer ${issuer}`);
  }
  return createRemoteJWKSet(new URL(found.jwks_uri));
}

const isScope = (text: unknown): text is Scope => (scopes as readonly unknown[]).includes(text);

function scopesOf(claim: unknown): ReadonlySet<Scope> {
  const given: readonly unknown[] = Array.isArray(claim) ? claim : String(claim ?? "").split(" ");
  return new Set(given.filter(isScope));
}

const tenantShape = new RegExp(tenantPattern);

/** Undefined when the claims name no tenant: nobody gets the usual one by leaving it out. */
function callerOf(claims: JWTPayload, config: OidcConfig): Caller | undefined {
  const tenant = claims[config.tenantClaim];
  if (typeof tenant !== "string" || !tenantShape.test(tenant)) return undefined;
  const subject = (claims.sub ?? "").slice(0, subjectCharactersMax);
  return {
    tenant,
    scopes: scopesOf(claims[config.scopeClaim]),
    name: `token:${subject}`,
    key: null,
    expiresMs: (claims.exp ?? 0) * 1000,
  };
}

/** Problems of the way to the issuer, not of the token. */
function isOutage(error: unknown): boolean {
  const isOfToken = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout);
  return !isOfToken || error.code === "ERR_JOSE_GENERIC";
}

/**
 * Checks tokens of one issuer: undefined for a token that is wrong, expired or not for this
 * service. Failure `identity_unavailable` while the issuer cannot be reached.
 */
export function openTokens(config: OidcConfig): CheckToken {
  let keys: Promise<KeySet> | undefined;
  const keySet = (): Promise<KeySet> => {
    keys ??= discover(config.issuer).catch((error: unknown) => {
      keys = undefined;
      throw error;
    });
    return keys;
  };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, await keySet(), {
        issuer: config.issuer,
        audience: config.audience,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ["exp"],
      });
      return callerOf(payload, config);
    } catch (error) {
      if (!isOutage(error)) return undefined;
      throw new Failure("identity_unavailable", "The issuer of tokens cannot be reached.", {
        cause: error,
        retryAfterSeconds: 5,
      });
    }
  };
}
