/**
 * Query strings are text: here numbers, truth values and lists in them become what the route's
 * schema names, strictly, and defaults are filled in. Bodies are never converted.
 */
import type { Schema } from "#api/explain-leaf.ts";

type Query = Readonly<Record<string, unknown>>;

/** Beyond 2⁵³ nothing is counted here: whatever is more is as much as there can be. */
function wholeOf(text: string): number {
  const { MAX_SAFE_INTEGER: most } = Number;
  return Math.max(-most, Math.min(most, Number(text)));
}

function convert(schema: Schema, value: unknown): unknown {
  if (schema.type === "array") {
    const texts = Array.isArray(value) ? value : [value];
    const parts = texts.flatMap((text) => (typeof text === "string" ? text.split(",") : [text]));
    return parts.map((part) => (schema.items === undefined ? part : convert(schema.items, part)));
  }
  if (typeof value !== "string") return value;
  if (schema.type === "integer" && /^-?\d+$/.test(value)) return wholeOf(value);
  if (schema.type === "number" && /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) {
    return Number(value);
  }
  if (schema.type === "boolean" && (value === "true" || value === "false")) return value === "true";
  return value;
}

/** The query with every value converted as far as it can be, and defaults in place. */
export function convertQuery(schema: Schema, query: Query): Query {
  const converted: Record<string, unknown> = { ...query };
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    if (Object.hasOwn(query, name)) converted[name] = convert(member, query[name]);
    else if (member.default !== undefined) converted[name] = member.default;
  }
  return converted;
}
