/** What the errors of an S3 server, of the way to it and of its client mean to the caller. */
import { Failure } from "#src/failure.ts";
import type { S3Address } from "#storage/s3-address.ts";

const retryAfterSeconds = 5;
const refusals = [
  "AccessDenied",
  "Forbidden",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "CredentialsProviderError",
];
/** Faults of the way there. */
const awayCodes =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|E(HOST|NET)UNREACH|ENOTFOUND|EAI_AGAIN|ERR_STREAM_PREMATURE_CLOSE)$/;
const awayNames =
  /^(TimeoutError|RequestTimeout|SlowDown|InternalError|ServiceUnavailable|ThrottlingException)$/;
const throttled = 429;
const firstServerStatus = 500;

interface Seen {
  readonly name: string;
  readonly status: number | undefined;
  readonly code: string;
}

/** What the client adds to an error, and the operating system. */
interface Told {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly code?: unknown;
}

function seenIn(error: unknown): Seen {
  if (!(error instanceof Error)) return { name: "", status: undefined, code: "" };
  const told: Error & Told = error;
  const code = typeof told.code === "string" ? told.code : "";
  return { name: error.name, status: told.$metadata?.httpStatusCode, code };
}

/** Whether the error says that there is no such object. */
export function isMissing(error: unknown): boolean {
  const { name } = seenIn(error);
  return name === "NoSuchKey" || name === "NotFound";
}

/** Whether a condition of the request did not hold, or another request was faster. */
export function isPreconditionFailed(error: unknown): boolean {
  const { name, status } = seenIn(error);
  return name === "PreconditionFailed" || name === "ConditionalRequestConflict" || status === 412;
}

/** Whether a range began after the last byte. */
export function isBeyondEnd(error: unknown): boolean {
  const { name, status } = seenIn(error);
  return name === "InvalidRange" || status === 416;
}

/** Whether the same request may go well a little later. */
export function isAway(error: unknown): boolean {
  const { name, status, code } = seenIn(error);
  const isServers = status !== undefined && (status >= firstServerStatus || status === throttled);
  return isServers || awayCodes.test(code) || awayNames.test(name);
}

/** The refusal that an error amounts to, or the error itself. */
export function s3Failure(error: unknown, { bucket }: Pick<S3Address, "bucket">): unknown {
  if (error instanceof Failure) return error;
  const { name, status } = seenIn(error);
  const failure = (message: string): Failure =>
    new Failure("storage_unavailable", message, { cause: error, retryAfterSeconds });
  if (name === "NoSuchBucket") return failure(`The bucket ${bucket} of the artifacts is missing.`);
  if (refusals.includes(name) || status === 401 || status === 403) {
    return failure(
      `The bucket ${bucket} of the artifacts refused access (${name}): check its credentials.`,
    );
  }
  if (isAway(error)) return failure(`The storage of the artifacts cannot be reached (${name}).`);
  return error;
}
