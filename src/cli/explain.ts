/** Errors as text for people: what went wrong, where, and what to do about it. */
import { CommandError } from "./exit.ts";
import { type Paint, plain } from "./show/paint.ts";

/** One error as lines, each ended by a line break. */
export function explain(error: CommandError, paint: Paint): string {
  const lines = [`${paint("red", "error")}  ${paint("bold", plain(error.title))}`];
  for (const line of error.message.split("\n")) if (line !== "") lines.push(`  ${plain(line)}`);
  for (const { pointer, detail } of error.errors) {
    lines.push(`  ${paint("yellow", plain(pointer === "" ? "/" : pointer))}  ${plain(detail)}`);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * Rewrites pointers of a request so that they point into the file the person wrote. `places` maps
 * a pointer's beginning to the file's; the longest beginning wins.
 */
export function pointedAt(
  error: CommandError,
  places: Readonly<Record<string, string>>,
): CommandError {
  const beginnings = Object.keys(places).sort((a, b) => b.length - a.length);
  const errors = error.errors.map(({ pointer, detail }) => {
    const beginning = beginnings.find((b) => pointer === b || pointer.startsWith(`${b}/`));
    if (beginning === undefined) return { pointer, detail };
    return { pointer: `${places[beginning]}${pointer.slice(beginning.length)}`, detail };
  });
  return new CommandError(error.ending, error.title, { message: error.message, errors });
}
