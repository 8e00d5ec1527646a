#!/usr/bin/env node
/** The door of the command line: arguments in, exit code out, Ctrl-C in between. */

import { exitCodes } from "#cli/exit.ts";
import { main } from "#cli/main.ts";
import { processTerminal } from "#cli/terminal.ts";
import { processEnvironment, readClientSettings } from "./config.ts";

const interrupt = new AbortController();
const onSignal = (): void => {
  if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
  interrupt.abort();
};
process.on("SIGINT", onSignal);
process.on("SIGTERM", onSignal);
// A pipe that is closed early (`linnet events … | head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? exitCodes.ok : exitCodes.failed);
});

const environment = processEnvironment();
const settings = readClientSettings(environment);
process.exitCode = await main(process.argv.slice(2), {
  terminal: processTerminal(settings.colour),
  settings,
  environment,
  interrupt: interrupt.signal,
});
