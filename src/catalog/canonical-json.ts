/** JSON with sorted keys and no space: equal values have equal text, and so equal digests. */

/** The canonical text of a JSON value (no undefined, no NaN). */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
