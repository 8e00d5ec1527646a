/** JSON pointers (RFC 6901): taken apart, written, and used to put a value into a copy. Pure. */

/** Tokens of a pointer; undefined when it is none or could reach a prototype. */
export function tokensOf(pointer: string): readonly string[] | undefined {
  if (!pointer.startsWith("/")) return undefined;
  const tokens = pointer.slice(1).split("/");
  if (tokens.some((token) => /~(?![01])/.test(token))) return undefined;
  const plain = tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  return plain.includes("__proto__") ? undefined : plain;
}

/** A token as it stands in a pointer. */
export function escaped(token: string): string {
  return token.replaceAll("~", "~0").replaceAll("/", "~1");
}

type Json = unknown;

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A copy of `root` with `value` in its place; the rest is shared. Objects on the way are made
 * where there is nothing. Undefined when the way leads through a plain value or past a list.
 */
export function placed(root: Json, tokens: readonly string[], value: Json): Json | undefined {
  const [token, ...rest] = tokens;
  if (token === undefined) return value;
  if (Array.isArray(root)) {
    const at = /^(0|[1-9]\d*)$/.test(token) ? Number(token) : Number.NaN;
    if (!(at < root.length)) return undefined;
    const inner = placed(root[at], rest, value);
    return inner === undefined ? undefined : root.with(at, inner);
  }
  if (root !== undefined && root !== null && !isObject(root)) return undefined;
  const own = isObject(root) && Object.hasOwn(root, token) ? root[token] : undefined;
  const inner = placed(own, rest, value);
  return inner === undefined ? undefined : { ...(isObject(root) ? root : {}), [token]: inner };
}
