/** Finds a key that a JSON object has twice, which `JSON.parse` drops without a word. */

/**
 * The first key that occurs twice in one object of `text`, or undefined. `text` must be JSON that
 * `JSON.parse` accepts; one pass, no recursion.
 */
export function repeatedKey(text: string): string | undefined {
  /** One set of keys for each open object, null for an open array. */
  const open: (Set<string> | null)[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at];
    if (char === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keys && isKey(text, end)) {
        const key = JSON.parse(text.slice(at, end)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
      }
      at = end;
      continue;
    }
    if (char === "{") open.push(new Set());
    else if (char === "[") open.push(null);
    else if (char === "}" || char === "]") open.pop();
    at++;
  }
  return undefined;
}

/** The position after the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function isKey(text: string, after: number): boolean {
  let at = after;
  while (" \t\r\n".includes(text[at] ?? "x")) at++;
  return text[at] === ":";
}
