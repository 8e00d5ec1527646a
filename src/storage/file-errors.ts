/** What the operating system's errors mean to what is stored in files. */
import { Failure } from "#src/failure.ts";

/** An error with a code, as the operating system's have. */
export type CodedError = Error & { readonly code: string };

/** Whether the error has one of `codes`, or any when none is named. */
export function hasCode(error: unknown, ...codes: readonly string[]): error is CodedError {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string")) return false;
  return codes.length === 0 || codes.includes(error.code);
}

/** For `catch`: `value` when the file is missing; any other error passes. */
export function whenMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (hasCode(error, "ENOENT")) return value;
    throw error;
  };
}

/** The refusal that an error while writing amounts to, or the error itself. */
export function writeFailure(error: unknown): unknown {
  if (hasCode(error, "EROFS", "EMFILE", "ENFILE")) {
    const message = `The data folder cannot be written at the moment (${error.code}).`;
    return new Failure("storage_full", message, { cause: error });
  }
  if (!hasCode(error, "ENOSPC", "EDQUOT")) return error;
  const message = "There is no room left for artifacts. Delete runs or data sets, or add space.";
  return new Failure("storage_full", message, { cause: error });
}
