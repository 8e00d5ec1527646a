/** What uploads of a request's tenant are taken in with. */
import type { IncomingHttpHeaders } from "node:http";
import type { Backing } from "#api/backing.ts";
import type { SpoolContext } from "#catalog/spool.ts";
import { failAt } from "#src/failure.ts";

const sha256Bytes = 32;

export function spoolOf({ catalog, uploads, config }: Backing): SpoolContext {
  return { ...catalog, uploads, uploadTtlMs: config.uploadTtlMs };
}

/** The SHA-256 that a body came with (RFC 9530), if it did. Failure `invalid_request`. */
export function digestOf(headers: IncomingHttpHeaders): Buffer | undefined {
  const field = headers["content-digest"] ?? headers["repr-digest"];
  if (field === undefined) return undefined;
  const [, base64 = ""] = /(?:^|, *)sha-256=:([A-Za-z0-9+/=]+):/.exec(String(field)) ?? [];
  const digest = Buffer.from(base64, "base64");
  if (digest.length === sha256Bytes) return digest;
  throw failAt("invalid_request", "/header/Content-Digest", "must be sha-256=:<Base64>:");
}
