/** What every command is given: the terminal, the environment's wishes, and the interrupt. */
import type { ClientSettings, Environment } from "#src/config.ts";
import type { Terminal } from "./terminal.ts";

/** Options that every command has. */
export interface Everywhere {
  readonly url?: string;
  readonly json?: boolean;
}

export interface Context {
  readonly terminal: Terminal;
  readonly settings: ClientSettings;
  /** For a service started inside the command. */
  readonly environment: Environment;
  /** Aborts at the first Ctrl-C. */
  readonly interrupt: AbortSignal;
}
