/** How the command line ends: the documented exit codes, and the error that carries one. */
import type { FieldError } from "#schemas/problem.ts";

export const exitCodes = {
  ok: 0,
  /** The run failed, diverged or was cancelled; or the service has a fault of its own. */
  failed: 1,
  /** The command line, a file or a request is wrong; what to mend is printed. */
  usage: 2,
  /** No service answers at the address. */
  unreachable: 3,
  /** Ctrl-C. */
  interrupted: 130,
} as const;
export type Ending = keyof typeof exitCodes;

/** Why a command ends early, in words for the person at the terminal. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly ending: Exclude<Ending, "ok">;
  readonly title: string;
  readonly errors: readonly FieldError[];

  constructor(
    ending: Exclude<Ending, "ok">,
    title: string,
    detail: { readonly message?: string; readonly errors?: readonly FieldError[] } = {},
  ) {
    super(detail.message ?? "");
    this.ending = ending;
    this.title = title;
    this.errors = detail.errors ?? [];
  }
}

/** A fault of the command line or of a file given to it. */
export const usage = (title: string, message?: string): CommandError =>
  new CommandError("usage", title, message === undefined ? {} : { message });
