/**
 * Every way in which Linnet refuses: a closed set of codes, and the RFC 9457 body that carries one.
 * HTTP statuses are not here: api/http/problem.ts maps codes to them.
 */
import Type, { type Static } from "typebox";
import { oneOf, strict } from "./values.ts";

/** Code → what it means, for people. Codes are never reused for another meaning. */
export const problemCodes = {
  invalid_request: "The request does not fit the contract; `errors` points at each field.",
  malformed_body: "The body is not what its content type says (broken JSON, truncated archive).",
  request_timeout: "The request took too long to arrive.",
  headers_too_large: "The request's headers are larger than the service reads.",
  unauthenticated: "No key or token came, or one that is unknown, expired or not for here.",
  scope_missing: "The key or token does not have the scope that this needs.",
  identity_unavailable: "The issuer of tokens cannot be reached; try again later.",
  rate_limited: "Too many requests in a short time; Retry-After says when to come back.",
  quota_exceeded: "A quota of your tenant is used up; delete something, or wait for runs to end.",
  unknown_host: "The request names a host that this service does not answer for.",
  forbidden: "A page of another origin asked; LINNET_ALLOWED_ORIGINS lists those that may.",
  unsupported_media_type: "The content type is not accepted here.",
  not_acceptable: "None of the accepted content types can be produced.",
  body_too_large: "The body is larger than the limit published at /v1/limits.",
  not_found: "No such resource.",
  method_not_allowed: "The resource exists, but not for this method.",
  invalid_model: "The model definition has no meaning; `errors` says where and why.",
  invalid_dataset: "The data set cannot be used; `errors` says where and why.",
  incompatible: "Model, data set and settings do not fit together.",
  too_large: "The work needs more memory than this service may use.",
  in_use: "The resource is used by something that is still active.",
  conflict: "The resource is in a state in which this cannot be done.",
  precondition_failed: "If-Match names another version than the present one.",
  idempotency_key_malformed: "Idempotency-Key must be 1 to 255 printable ASCII characters.",
  idempotency_key_reused: "The same Idempotency-Key came with another payload.",
  idempotency_in_flight: "The first request with this Idempotency-Key is still being answered.",
  upload_conflict: "The upload is at another offset, complete already, or not complete yet.",
  upload_expired: "The upload was not completed or used in time, and is gone.",
  checksum_mismatch: "The bytes that came do not have the checksum that came with them.",
  digest_mismatch: "The content does not have the digest that the request names.",
  tus_version: "The version of tus is not spoken here; Tus-Version lists those that are.",
  cursor_invalid: "The cursor was not given out by this listing.",
  epoch_mismatch: "The cursor belongs to another epoch of the log; start from 0.",
  cursor_in_future: "The cursor is past the end of the log.",
  stream_frame_invalid: "A frame from the client does not fit the stream's contract.",
  stream_limit: "Too many subscriptions or frames on one connection.",
  slow_consumer: "The reader fell too far behind; resume from the last seq it has.",
  queue_full: "The queue of runs is full; try again later.",
  no_checkpoint: "There is no checkpoint to work from yet.",
  storage_full: "The data folder has no room left.",
  storage_unavailable: "The database or the storage of artifacts is away; try again later.",
  storage_corrupt: "Stored bytes do not match their digest.",
  lease_lost: "Another worker has the run by now; what this one reports of it is not taken.",
  shutting_down: "The service is draining; try again on another instance.",
  diverged: "Training left the finite numbers; lower the learning rate.",
  out_of_memory: "The trainer ran out of memory.",
  trainer_crashed: "The trainer ended unexpectedly, more often than the restart limit.",
  engine_unavailable: "The engine or device asked for cannot be used on this machine.",
  cancelled: "The run was cancelled before it began to train.",
  internal: "A bug in Linnet. The request id finds it in the log.",
} as const;

export type ProblemCode = keyof typeof problemCodes;

export const ProblemCode = oneOf(
  Object.keys(problemCodes) as ProblemCode[],
  "What went wrong; the list is complete.",
);

/** One fault inside a request. */
export const FieldError = Type.Object(
  {
    pointer: Type.String({
      description: "JSON pointer to the field, or /header/Name, /query/name.",
    }),
    detail: Type.String({ description: "What is wrong and how to mend it." }),
  },
  strict,
);
export type FieldError = Static<typeof FieldError>;

/** `application/problem+json` (RFC 9457). */
export const Problem = Type.Object(
  {
    type: Type.String({ description: "URI reference that names the code." }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: ProblemCode,
    request_id: Type.String(),
    errors: Type.Optional(Type.Array(FieldError)),
  },
  { ...strict, $id: "Problem" },
);
export type Problem = Static<typeof Problem>;
