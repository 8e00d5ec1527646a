/** Cuts what a child prints into lines, with caps, and remembers the last of them. */
import type { Readable } from "node:stream";

export const lineCharactersMax = 2000;
export const linesPerChildMax = 2000;
const tailLinesMax = 20;

export interface Lines {
  /** The last lines, oldest first. */
  tail(): readonly string[];
}

/** Calls `onLine` for each line of `source`; lines past the caps are cut or dropped. */
export function readLines(source: Readable | null, onLine: (line: string) => void): Lines {
  const tail: string[] = [];
  let rest = "";
  let count = 0;
  const take = (line: string): void => {
    if (line === "") return;
    count += 1;
    tail.push(line);
    if (tail.length > tailLinesMax) tail.shift();
    if (count < linesPerChildMax) onLine(line);
    if (count === linesPerChildMax) onLine("… more lines than are logged");
  };
  source?.setEncoding("utf8");
  source?.on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    // A line without an end is cut where the cap is, so that it cannot grow without bound.
    rest = (parts.pop() ?? "").slice(0, lineCharactersMax);
    for (const part of parts) take(part.slice(0, lineCharactersMax).trimEnd());
  });
  source?.on("end", () => take(rest));
  source?.on("error", () => undefined);
  return { tail: () => tail };
}
