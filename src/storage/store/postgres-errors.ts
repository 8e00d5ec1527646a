/** What the errors of PostgreSQL and its driver amount to. */
import pg from "pg";
import { Failure } from "#src/failure.ts";

/** Seconds after which an answer that could not be given is worth asking for again. */
const againSeconds = 2;

/** Two transactions stood in each other's way: one of them tries again. */
const retryable = new Set(["40001", "40P01"]);
/** A table was changed since this connection prepared a statement: another one knows it anew. */
const outdated = "0A000";
/** Of the server: it starts, ends, is a standby, has no connection left, or took too long. */
const away = new Set(["25006", "53300", "55P03", "57014", "57P01", "57P02", "57P03", "57P05"]);
const full = new Set(["53100", "53200"]);
const corrupt = new Set(["XX001", "XX002"]);
/** Of the network, on this side of it. */
const unreachable = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN|ENOENT)/;
/** What the driver says without a code. */
const broken = /connection terminated|timeout|not queryable|client (was|has)|has already been/i;

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

export function isRetryable(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  return retryable.has(codeOf(error)) || codeOf(error) === outdated;
}

/** The connection is of no further use: what it answers next may belong to another question. */
export function isBroken(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return error instanceof Error;
  return /^(08|57P)/.test(codeOf(error)) || codeOf(error) === outdated;
}

function isAway(error: Error): boolean {
  const code = codeOf(error);
  if (error instanceof pg.DatabaseError) {
    return away.has(code) || isRetryable(error) || code.startsWith("08");
  }
  return unreachable.test(code) || broken.test(error.message);
}

/** The refusal that an error amounts to, or the error itself. */
export function translate(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Failure) return error;
  const code = codeOf(error);
  if (full.has(code)) {
    return new Failure("storage_full", "The database has no room left.", { cause: error });
  }
  if (corrupt.has(code)) {
    return new Failure("storage_corrupt", "The database says that it is damaged.", {
      cause: error,
    });
  }
  if (!isAway(error)) return error;
  const text = "The database cannot be reached or is too busy; try again.";
  return new Failure("storage_unavailable", text, {
    cause: error,
    retryAfterSeconds: againSeconds,
  });
}
