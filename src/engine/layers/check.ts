/**
 * Compares JSON with a schema field by field and says in words what each wrong field should be. A
 * union of objects is entered by its `type`, so that only that variant's faults are told.
 */
import type { TSchema } from "typebox";
import Value from "typebox/value";
import { Definition } from "#schemas/model.ts";
import type { FieldError } from "#schemas/problem.ts";
import { Failure } from "#src/failure.ts";

/** Faults that are told at once. */
const errorsMax = 32;
/** Characters of a wrong value that are repeated. */
const shownMax = 40;

/** The keywords of JSON Schema that the definition uses. */
interface Described {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Described[];
  readonly items?: Described;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
}

interface Place {
  readonly pointer: string;
  readonly errors: FieldError[];
}

const inside = (place: Place, key: string | number): Place => ({
  pointer: `${place.pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`,
  errors: place.errors,
});

function report(place: Place, detail: string): void {
  if (place.errors.length < errorsMax) place.errors.push({ pointer: place.pointer, detail });
}

type JsonObject = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const quoted = (values: readonly unknown[]): string =>
  values.map((value) => JSON.stringify(value)).join(", ");

/** ` from 1 to 9`, ` of at least 1`, ` above 0`, or nothing. */
function range({ minimum, maximum, exclusiveMinimum }: Described): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return exclusiveMinimum === undefined ? "" : ` above ${exclusiveMinimum}`;
}

/** What a value must be, in words. */
function expectation(schema: Described): string {
  const { type, anyOf, items, minItems = 0, maxItems = "any number of" } = schema;
  if (anyOf !== undefined) return anyOf.map(expectation).join(", or ");
  if (schema.enum !== undefined) return `one of ${quoted(schema.enum)}`;
  if (schema.const !== undefined) return quoted([schema.const]);
  if (schema.pattern !== undefined) return `a string that matches ${schema.pattern}`;
  if (type === "integer") return `an integer${range(schema)}`;
  if (type === "number") return `a number${range(schema)}`;
  if (type === "boolean") return "true or false";
  if (type === "null") return "null";
  if (type === "object") return "an object";
  if (type === "string") return `a string of at most ${schema.maxLength ?? "any"} characters`;
  const each = items?.anyOf === undefined && items !== undefined ? expectation(items) : "an object";
  return `a list of ${minItems} to ${maxItems}, each ${each}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}

function checkObject(schema: Described, value: JsonObject, place: Place): void {
  const { properties = {}, required = [] } = schema;
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(properties, key)) continue;
    const known = Object.keys(properties).join(", ");
    report(inside(place, key), `is not a field here; remove it, or use one of ${known}`);
  }
  for (const [key, field] of Object.entries(properties)) {
    if (Object.hasOwn(value, key)) compare(field, value[key], inside(place, key));
    else if (required.includes(key)) {
      report(inside(place, key), `is missing; give ${expectation(field)}`);
    }
  }
}

function checkList(schema: Described, value: readonly unknown[], place: Place): void {
  const { items = {}, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (value.length < minItems || value.length > maxItems) {
    report(place, `must be ${expectation(schema)}; it has ${value.length}`);
    return;
  }
  for (const [at, item] of value.entries()) {
    if (place.errors.length >= errorsMax) return;
    compare(items, item, inside(place, at));
  }
}

/** Objects that are told apart by the constant in their field `type`. */
function checkVariants(variants: readonly Described[], value: unknown, place: Place): void {
  if (!isRecord(value)) {
    report(place, `must be an object with a type; it is ${shown(value)}`);
    return;
  }
  const types = variants.map((variant) => variant.properties?.type?.const);
  const variant = variants[types.indexOf(value.type)];
  if (variant !== undefined) {
    checkObject(variant, value, place);
  } else {
    const given = value.type === undefined ? "missing" : shown(value.type);
    report(inside(place, "type"), `must be one of ${quoted(types)}; it is ${given}`);
  }
}

/** Adds to `place.errors` what is wrong with `value`. */
function compare(schema: Described, value: unknown, place: Place): void {
  const { anyOf, type } = schema;
  if (anyOf?.every((variant) => variant.properties?.type !== undefined)) {
    checkVariants(anyOf, value, place);
  } else if (type === "object" && isRecord(value)) {
    checkObject(schema, value, place);
  } else if (type === "array" && Array.isArray(value)) {
    checkList(schema, value, place);
  } else if (!Value.Check(schema as TSchema, value)) {
    report(place, `must be ${expectation(schema)}; it is ${shown(value)}`);
  }
}

/** Chain or graph, by the field that only a graph has. */
function checkEither(value: unknown, place: Place): void {
  const [chain, graph] = Definition.anyOf as readonly Described[];
  if (!isRecord(value)) {
    report(place, `must be an object with input and layers; it is ${shown(value)}`);
  } else if (Object.hasOwn(value, "nodes") && Object.hasOwn(value, "layers")) {
    report(inside(place, "nodes"), "stands beside layers; keep layers for a chain or nodes");
  } else {
    checkObject((Object.hasOwn(value, "nodes") ? graph : chain) ?? {}, value, place);
  }
}

/**
 * The value as a definition that fits the schema; throws Failure("invalid_model") with a pointer
 * and a remedy for each of the first 32 faults. Shapes and wires are checked by `networkFrom`.
 */
export function checkDefinition(value: unknown): Definition {
  const errors: FieldError[] = [];
  checkEither(value, { pointer: "", errors });
  const [first] = errors;
  if (first === undefined) return value as Definition;
  throw new Failure("invalid_model", `${first.pointer} ${first.detail}`.trim(), { errors });
}
