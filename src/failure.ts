/** How Linnet refuses: one error class with a code of the contract. Bugs are assertions. */
import type { FieldError, ProblemCode } from "#schemas/problem.ts";

export interface FailureDetail {
  /** One entry per field at fault: JSON pointer and remedy. */
  readonly errors?: readonly FieldError[];
  readonly cause?: unknown;
  /** Seconds after which another try may succeed. */
  readonly retryAfterSeconds?: number;
}

/** A refusal that the caller can understand and mend. */
export class Failure extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, message: string, detail: FailureDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = "Failure";
    this.code = code;
    this.errors = detail.errors ?? [];
    this.retryAfterSeconds = detail.retryAfterSeconds;
  }
}

/** A failure about one field. */
export function failAt(code: ProblemCode, pointer: string, detail: string): Failure {
  return new Failure(code, detail, { errors: [{ pointer, detail }] });
}
