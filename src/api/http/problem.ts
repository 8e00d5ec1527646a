/**
 * The one place that knows HTTP status numbers: code → status and title, the answers that a route
 * documents, and the RFC 9457 body. Which error becomes which code is decided in faults.ts.
 */
import Type, { type TSchema } from "typebox";
import { type Problem, type ProblemCode, problemCodes } from "#schemas/problem.ts";
import type { Failure } from "#src/failure.ts";

/** Success in words; routes name these and never numbers. */
export const statuses = {
  ok: 200,
  created: 201,
  accepted: 202,
  no_content: 204,
  partial: 206,
  not_modified: 304,
  unready: 503,
} as const;
export type Success = keyof typeof statuses;

/** Code → status and a short title. */
export const problems: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  invalid_request: [400, "Invalid request"],
  malformed_body: [400, "Malformed body"],
  request_timeout: [408, "Request timeout"],
  headers_too_large: [431, "Headers too large"],
  unauthenticated: [401, "Not authenticated"],
  scope_missing: [403, "Scope missing"],
  identity_unavailable: [503, "Identity unavailable"],
  rate_limited: [429, "Too many requests"],
  quota_exceeded: [403, "Quota exceeded"],
  unknown_host: [421, "Unknown host"],
  forbidden: [403, "Forbidden"],
  unsupported_media_type: [415, "Unsupported media type"],
  not_acceptable: [406, "Not acceptable"],
  body_too_large: [413, "Body too large"],
  not_found: [404, "Not found"],
  method_not_allowed: [405, "Method not allowed"],
  invalid_model: [422, "Invalid model"],
  invalid_dataset: [422, "Invalid data set"],
  incompatible: [422, "Incompatible"],
  too_large: [422, "Too large"],
  in_use: [409, "In use"],
  conflict: [409, "Conflict"],
  precondition_failed: [412, "Precondition failed"],
  idempotency_key_malformed: [400, "Malformed Idempotency-Key"],
  idempotency_key_reused: [422, "Idempotency-Key reused"],
  idempotency_in_flight: [409, "Idempotency-Key in flight"],
  upload_conflict: [409, "Upload conflict"],
  upload_expired: [410, "Upload expired"],
  checksum_mismatch: [460, "Checksum mismatch"],
  digest_mismatch: [400, "Digest mismatch"],
  tus_version: [412, "Version of tus not supported"],
  cursor_invalid: [400, "Invalid cursor"],
  epoch_mismatch: [410, "Cursor of another epoch"],
  cursor_in_future: [400, "Cursor in the future"],
  stream_frame_invalid: [400, "Invalid frame"],
  stream_limit: [429, "Stream limit"],
  slow_consumer: [408, "Slow consumer"],
  queue_full: [429, "Queue full"],
  no_checkpoint: [409, "No checkpoint"],
  storage_full: [507, "Storage full"],
  storage_unavailable: [503, "Storage unavailable"],
  storage_corrupt: [500, "Storage corrupt"],
  lease_lost: [409, "Lease lost"],
  shutting_down: [503, "Shutting down"],
  diverged: [422, "Diverged"],
  out_of_memory: [507, "Out of memory"],
  trainer_crashed: [500, "Trainer crashed"],
  engine_unavailable: [503, "Engine unavailable"],
  cancelled: [409, "Cancelled"],
  internal: [500, "Internal error"],
};

/** Media type of every refusal. */
export const problemType = "application/problem+json";

/** Statuses from here on are the service's fault and belong in its log. */
export const firstServerStatus = 500;

export const statusOf = (code: ProblemCode): number => problems[code][0];

export const isServerFault = (code: ProblemCode): boolean => statusOf(code) >= firstServerStatus;

/** The body that carries a failure. Internal errors say nothing of what happened inside. */
export function problemOf(failure: Failure, requestId: string): Problem {
  const [status, title] = problems[failure.code];
  return {
    type: `urn:linnet:problem:${failure.code}`,
    title,
    status,
    detail: failure.message,
    code: failure.code,
    request_id: requestId,
    ...(failure.errors.length === 0 ? {} : { errors: [...failure.errors] }),
  };
}

/** Codes that any route may answer with. */
const anywhere = [
  "internal",
  "shutting_down",
  "headers_too_large",
  "rate_limited",
  "unknown_host",
  "unauthenticated",
  "scope_missing",
  "identity_unavailable",
  "storage_unavailable",
] as const;

export interface Documented {
  readonly description: string;
  readonly schema?: TSchema;
  /** Media types beside JSON, each as bytes or text. */
  readonly media?: Readonly<Record<string, TSchema>>;
  readonly headers?: Readonly<Record<string, TSchema>>;
}

type Answer = Readonly<Record<string, unknown>>;

function successAnswer(documented: Documented): Answer {
  const { description, schema, media, headers } = documented;
  const content: Record<string, unknown> = {};
  if (schema !== undefined) content["application/json"] = { schema };
  for (const [type, of] of Object.entries(media ?? {})) content[type] = { schema: of };
  return {
    description,
    ...(Object.keys(content).length === 0 ? { type: "null" } : { content }),
    ...(headers === undefined ? {} : { headers }),
  };
}

/** The `response` part of a route's schema: its successes, and its refusals grouped by status. */
export function answers(
  successes: Partial<Readonly<Record<Success, Documented>>>,
  refusals: readonly ProblemCode[] = [],
): Record<number, unknown> {
  const response: Record<number, unknown> = {};
  for (const [name, documented] of Object.entries(successes)) {
    response[statuses[name as Success]] = successAnswer(documented);
  }
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set<ProblemCode>([...refusals, ...anywhere])) {
    byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  }
  for (const [status, codes] of byStatus) {
    if (status in response) continue;
    response[status] = {
      description: codes.map((code) => `${code}: ${problemCodes[code]}`).join(" "),
      content: { [problemType]: { schema: Type.Unsafe({ $ref: "Problem#" }) } },
    };
  }
  return response;
}
