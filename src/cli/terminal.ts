/**
 * The world around a command: two outputs, whether they are a terminal, its width, colours, and the
 * clock. Commands and views reach the outside through this alone, so that tests can stand in.
 */
import type { WriteStream } from "node:tty";

export interface Terminal {
  /** Results: tables, progress, JSON lines. */
  out(text: string): void;
  /** Everything about how the command itself fares. */
  err(text: string): void;
  /** Whether `out` is a terminal on which lines can be redrawn. */
  readonly interactive: boolean;
  /** Width of the terminal in columns, now. */
  columns(): number;
  readonly colour: boolean;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Width where the terminal does not say. */
const columnsUsual = 80;

/** The terminal of this process. `colour` is what the environment asks for. */
export function processTerminal(colour: "auto" | "never"): Terminal {
  const { stdout, stderr } = process;
  const interactive = stdout.isTTY === true;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive,
    columns: () => (stdout as Partial<WriteStream>).columns ?? columnsUsual,
    colour: interactive && colour === "auto",
    now: Date.now,
  };
}
