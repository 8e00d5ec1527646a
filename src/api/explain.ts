/**
 * Why a value does not fit a schema, said to the person who sent it: one pointer and one remedy
 * for each fault. Of a union only the variant that was meant is explained. Decides nothing: the
 * validators say whether a value is refused.
 */
import type { FieldError } from "#schemas/problem.ts";
import { leafFault, matchesType, type Schema } from "./explain-leaf.ts";

export type Resolve = (reference: string) => Schema | undefined;

/** Faults named in one answer; one more would not help anybody. */
const errorsMax = 20;

interface Walk {
  readonly resolve: Resolve;
  readonly errors: FieldError[];
}

const escaped = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** The faults of `value`, at most `errorsMax`. Empty when this walk finds none. */
export function explain(schema: Schema, value: unknown, resolve: Resolve): FieldError[] {
  const walk: Walk = { resolve, errors: [] };
  visit(schema, { value, pointer: "" }, walk);
  return walk.errors.slice(0, errorsMax);
}

interface Place {
  readonly value: unknown;
  readonly pointer: string;
}

function visit(written: Schema, place: Place, walk: Walk): void {
  if (walk.errors.length >= errorsMax) return;
  const schema = written.$ref === undefined ? written : walk.resolve(written.$ref);
  if (schema === undefined) return;
  if (schema.anyOf !== undefined) return visitUnion(schema.anyOf, place, walk);
  const fault = leafFault(schema, place.value);
  if (fault !== undefined) {
    walk.errors.push({ pointer: place.pointer, detail: fault });
    return;
  }
  if (isObject(place.value)) visitObject(schema, place.value, { place, walk });
  if (Array.isArray(place.value) && schema.items !== undefined) {
    for (const [i, item] of place.value.entries()) {
      visit(schema.items, { value: item, pointer: `${place.pointer}/${i}` }, walk);
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function visitObject(
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
  { place, walk }: { readonly place: Place; readonly walk: Walk },
): void {
  const properties = schema.properties ?? {};
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) {
      walk.errors.push({ pointer: `${place.pointer}/${escaped(name)}`, detail: "is required" });
    }
  }
  for (const [name, member] of Object.entries(value)) {
    const pointer = `${place.pointer}/${escaped(name)}`;
    const known = Object.hasOwn(properties, name) ? properties[name] : patternFor(schema, name);
    if (known !== undefined) visit(known, { value: member, pointer }, walk);
    else if (schema.additionalProperties === false) {
      walk.errors.push({ pointer, detail: unknownField(name, Object.keys(properties)) });
    }
  }
}

function patternFor(schema: Schema, name: string): Schema | undefined {
  for (const [pattern, member] of Object.entries(schema.patternProperties ?? {})) {
    if (new RegExp(pattern, "u").test(name)) return member;
  }
  return undefined;
}

function unknownField(name: string, known: readonly string[]): string {
  const meant = known.find((other) => distance(name, other) <= Math.max(1, other.length / 4));
  const remedy =
    meant === undefined ? `the fields here are ${known.join(", ") || "none"}` : `is it "${meant}"?`;
  return `is not a field here; ${remedy}`;
}

/** Edits (Levenshtein) between two short names. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 3 || a.length > 64) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function flatten(variants: readonly Schema[], walk: Walk): Schema[] {
  return variants.flatMap((written) => {
    const schema = written.$ref === undefined ? written : walk.resolve(written.$ref);
    if (schema === undefined) return [];
    return schema.anyOf === undefined ? [schema] : flatten(schema.anyOf, walk);
  });
}

function visitUnion(written: readonly Schema[], place: Place, walk: Walk): void {
  const variants = flatten(written, walk);
  const fitting = variants.filter((variant) => matchesType(variant, place.value));
  const only = fitting.length === 1 ? fitting[0] : undefined;
  if (only !== undefined) return visit(only, place, walk);
  if (fitting.some((variant) => variant.const !== undefined && variant.const === place.value))
    return;
  if (isObject(place.value) && fitting.length > 1) {
    return visitTagged(fitting, place.value, { place, walk });
  }
  if (fitting.some((variant) => variant.const === undefined && explains(variant, place, walk))) {
    return;
  }
  walk.errors.push({ pointer: place.pointer, detail: `must be ${oneOfThese(variants)}` });
}

/** True when `variant` accepts the value as far as this walk can see. */
function explains(variant: Schema, place: Place, walk: Walk): boolean {
  return explain(variant, place.value, walk.resolve).length === 0;
}

function visitTagged(
  variants: readonly Schema[],
  value: Readonly<Record<string, unknown>>,
  { place, walk }: { readonly place: Place; readonly walk: Walk },
): void {
  const tag = ["type", "frame", "preset"].find((name) =>
    variants.every((variant) => variant.properties?.[name]?.const !== undefined),
  );
  if (tag === undefined) return visit(closest(variants, value), place, walk);
  const chosen = variants.find((variant) => variant.properties?.[tag]?.const === value[tag]);
  if (chosen !== undefined) return visit(chosen, place, walk);
  const known = variants.map((variant) => JSON.stringify(variant.properties?.[tag]?.const));
  const detail = `must be one of ${known.join(", ")}`;
  walk.errors.push({
    pointer: `${place.pointer}/${tag}`,
    detail: Object.hasOwn(value, tag) ? detail : `is required: ${detail}`,
  });
}

/** The variant that shares most field names with the value. */
function closest(variants: readonly Schema[], value: Readonly<Record<string, unknown>>): Schema {
  const shared = (variant: Schema) => {
    const names = Object.keys(value).filter((name) =>
      Object.hasOwn(variant.properties ?? {}, name),
    );
    const required = (variant.required ?? []).filter((name) => Object.hasOwn(value, name));
    return names.length + required.length;
  };
  return variants.reduce((best, next) => (shared(next) > shared(best) ? next : best));
}

function oneOfThese(variants: readonly Schema[]): string {
  const words = variants.map((variant) => {
    if (variant.const !== undefined) return JSON.stringify(variant.const);
    if (variant.enum !== undefined)
      return variant.enum.map((word) => JSON.stringify(word)).join(", ");
    return variant.type === "integer" ? "a whole number" : `a value of type ${variant.type}`;
  });
  return [...new Set(words)].join(", ").replace(/, ([^,]*)$/, " or $1");
}
