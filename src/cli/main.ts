/** From arguments to an exit code: parses, runs one command, explains what went wrong. */
import { CommanderError } from "commander";
import { ConfigError } from "#src/config.ts";
import type { Context } from "./context.ts";
import { CommandError, type Ending, exitCodes } from "./exit.ts";
import { explain } from "./explain.ts";
import { createProgram } from "./program.ts";
import { paintFor } from "./show/paint.ts";

/** Runs the command that `argv` (without node and script) asks for; resolves to the exit code. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  const { terminal } = context;
  let ending: Ending = "ok";
  const program = createProgram(context, (value) => {
    ending = value;
  });
  const commands = [program, ...program.commands];
  for (const command of [...commands, ...program.commands.flatMap((one) => one.commands)]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
    });
  }
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Asking for help is no fault; everything else that the parser refuses is.
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
    terminal.err(explain(asCommandError(error), paintFor(terminal.colour)));
    return exitCodes[endingOf(error)];
  }
  return exitCodes[ending];
}

function asCommandError(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  if (error instanceof ConfigError) {
    return new CommandError("usage", "The environment is wrong", { message: error.message });
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CommandError("failed", "This is a bug in Linnet", { message });
}

const endingOf = (error: unknown): Ending => asCommandError(error).ending;
