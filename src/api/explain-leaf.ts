/** What is wrong with one value by itself: its type, range, length, pattern or list of words. */
import type { TSchema } from "typebox";

/** A JSON schema as TypeBox writes it. */
export interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}

/** A TypeBox schema as the plain JSON schema that it is. */
export const plainSchema = (schema: TSchema): Schema => schema as unknown as Schema;

const nameOfType: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  null: "null",
};

function hasType(type: string, value: unknown): boolean {
  switch (type) {
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

/** Whether `value` has the JSON type of a schema: enough to tell which variant was meant. */
export function matchesType(schema: Schema, value: unknown): boolean {
  return schema.type === undefined || hasType(schema.type, value);
}

const said = (value: unknown) => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

const numberAt = (schema: Schema, keyword: string): number | undefined => {
  const bound = schema[keyword];
  return typeof bound === "number" ? bound : undefined;
};

/** Keyword → whether it is broken, and what it wants. `size` is a value, a length or a count. */
const bounds: readonly (readonly [
  keyword: string,
  broken: (size: number, bound: number) => boolean,
  wants: string,
])[] = [
  ["minimum", (size, bound) => size < bound, "at least"],
  ["maximum", (size, bound) => size > bound, "at most"],
  ["exclusiveMinimum", (size, bound) => size <= bound, "more than"],
  ["exclusiveMaximum", (size, bound) => size >= bound, "less than"],
  ["minLength", (size, bound) => size < bound, "characters, at least"],
  ["maxLength", (size, bound) => size > bound, "characters, at most"],
  ["minItems", (size, bound) => size < bound, "entries, at least"],
  ["maxItems", (size, bound) => size > bound, "entries, at most"],
  ["minProperties", (size, bound) => size < bound, "fields, at least"],
  ["maxProperties", (size, bound) => size > bound, "fields, at most"],
];

function sizeFor(keyword: string, value: unknown): number | undefined {
  if (keyword.endsWith("imum")) return typeof value === "number" ? value : undefined;
  if (keyword.endsWith("Length")) return typeof value === "string" ? [...value].length : undefined;
  if (keyword.endsWith("Items")) return Array.isArray(value) ? value.length : undefined;
  return hasType("object", value) ? Object.keys(value as object).length : undefined;
}

function boundFault(schema: Schema, value: unknown): string | undefined {
  for (const [keyword, broken, wants] of bounds) {
    const bound = numberAt(schema, keyword);
    const size = sizeFor(keyword, value);
    if (bound === undefined || size === undefined || !broken(size, bound)) continue;
    const [unit, word] = wants.includes(", ") ? wants.split(", ") : ["", wants];
    return unit === ""
      ? `must be ${word} ${bound}, not ${size}`
      : `must have ${word} ${bound} ${unit}, not ${size}`;
  }
  return undefined;
}

/** What is wrong with the value itself, members aside; undefined when nothing is. */
export function leafFault(schema: Schema, value: unknown): string | undefined {
  if (schema.const !== undefined && value !== schema.const) {
    return `must be ${JSON.stringify(schema.const)}, not ${said(value)}`;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    const words = schema.enum.map((word) => JSON.stringify(word)).join(", ");
    return `must be one of ${words}, not ${said(value)}`;
  }
  if (schema.type !== undefined && !hasType(schema.type, value)) {
    return `must be ${nameOfType[schema.type] ?? schema.type}, not ${said(value)}`;
  }
  if (typeof schema.pattern === "string" && typeof value === "string") {
    if (!new RegExp(schema.pattern, "u").test(value)) {
      return `must match ${schema.pattern}, not ${said(value)}`;
    }
  }
  return boundFault(schema, value);
}
