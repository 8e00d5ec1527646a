/** A terminal that exists only in memory, with a clock that a test moves, for one command. */
import type { Context } from "#cli/context.ts";
import { main } from "#cli/main.ts";
import type { Terminal } from "#cli/terminal.ts";

export interface Screen extends Terminal {
  readonly printed: { out: string; err: string };
  pass(ms: number): void;
}

export function screen(options: { interactive?: boolean; columns?: number } = {}): Screen {
  const printed = { out: "", err: "" };
  let now = Date.parse("2026-01-01T00:00:00Z");
  return {
    printed,
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
    interactive: options.interactive ?? false,
    columns: () => options.columns ?? 80,
    colour: false,
    now: () => now,
    pass: (ms) => {
      now += ms;
    },
  };
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command in this process, against the service at `url` or with none. */
export async function linnet(
  args: readonly string[],
  options: { readonly url?: string; readonly interrupt?: AbortSignal } = {},
): Promise<Ended> {
  const terminal = screen();
  const context: Context = {
    terminal,
    // Port 1 is reserved: nothing listens there.
    settings: { url: options.url, usualUrl: "http://127.0.0.1:1", colour: "never" },
    environment: {},
    interrupt: options.interrupt ?? new AbortController().signal,
  };
  return { code: await main(args, context), ...terminal.printed };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one.
const pieces = /\x1b\[([0-9;?]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+/g;

/** What a terminal shows after `text`: the lines, with cursor movements obeyed. */
export function shown(text: string): readonly string[] {
  const lines = [""];
  let row = 0;
  let column = 0;
  for (const [part, count, letter] of text.matchAll(pieces)) {
    if (part === "\r") column = 0;
    else if (part === "\n") {
      row += 1;
      column = 0;
      lines[row] ??= "";
    } else if (letter === "A") row = Math.max(0, row - Number(count));
    else if (letter === "J") lines.splice(row, lines.length, (lines[row] ?? "").slice(0, column));
    else if (letter === "K") lines[row] = "";
    else if (letter === undefined) {
      lines[row] = (lines[row] ?? "").slice(0, column).padEnd(column) + part;
      column += part.length;
    }
  }
  return lines;
}
