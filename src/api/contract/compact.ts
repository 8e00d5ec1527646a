/** Names the schemas that a document repeats: each occurrence becomes a `$ref` to one component. */
import type { TSchema } from "typebox";
import { Algorithm, Loss, Optimizer, Period, Schedule } from "#schemas/algorithm.ts";
import { Generator } from "#schemas/generator.ts";
import { KernelVariant, Snapshots } from "#schemas/kernel.ts";
import { GraphNode, Layer } from "#schemas/layer.ts";
import { Initialiser } from "#schemas/layer-fields.ts";
import { Definition } from "#schemas/model.ts";
import { FieldError, ProblemCode } from "#schemas/problem.ts";
import { Evaluation, Plan, RunError, RunStatus, Score, Steering } from "#schemas/run.ts";
import { AfterKernel, CumulativePower, ProbeFigures } from "#schemas/snapshot.ts";
import { Figure, Metadata } from "#schemas/values.ts";

/** From small to large, so that larger ones are found with the small ones already named. */
const parts: Readonly<Record<string, TSchema>> = {
  Figure,
  Metadata,
  ProblemCode,
  FieldError,
  Initialiser,
  Layer,
  GraphNode,
  Definition,
  Generator,
  Loss,
  Period,
  Schedule,
  Algorithm,
  Optimizer,
  KernelVariant,
  Snapshots,
  CumulativePower,
  AfterKernel,
  ProbeFigures,
  RunStatus,
  RunError,
  Score,
  Evaluation,
  Plan,
  Steering,
};

const prefix = "#/components/schemas/";

type Json = unknown;

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Equal schemas have equal texts, whatever the order of their keys. */
function textOf(value: Json): string {
  return JSON.stringify(value, (_key, member: Json) => {
    if (!isObject(member)) return member;
    const sorted = Object.entries(member).filter(([key]) => key !== "$id");
    return Object.fromEntries(sorted.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

interface Part {
  readonly name: string;
  readonly keys: number;
  readonly text: string;
}

/** Every member that has the text of `part` replaced by a reference, outside in. */
function replace(value: Json, part: Part): Json {
  if (Array.isArray(value)) return value.map((member) => replace(member, part));
  if (!isObject(value)) return value;
  // Counting keys first spares most of the comparing.
  if (Object.keys(value).length === part.keys && textOf(value) === part.text) {
    return { $ref: prefix + part.name };
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, replace(member, part)]),
  );
}

/** The parts in their order, each with the earlier ones named inside it. */
function namedParts(): ReadonlyMap<Part, Json> {
  const named = new Map<Part, Json>();
  for (const [name, written] of Object.entries(parts)) {
    const { $id: _, ...plain } = JSON.parse(JSON.stringify(written)) as Record<string, Json>;
    let schema: Json = plain;
    for (const part of named.keys()) schema = replace(schema, part);
    named.set({ name, keys: Object.keys(plain).length, text: textOf(schema) }, schema);
  }
  return named;
}

interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, Json>> };
}

/** The parts that `whole` refers to, by itself or through other parts. */
function reached(whole: Json, named: ReadonlyMap<Part, Json>): Record<string, Json> {
  const found: Record<string, Json> = {};
  let text = JSON.stringify(whole);
  // A part refers only to earlier ones, so one pass from the last to the first sees all.
  for (const [{ name }, schema] of [...named].reverse()) {
    if (!text.includes(`"${prefix}${name}"`)) continue;
    found[name] = schema;
    text += JSON.stringify(schema);
  }
  return found;
}

/** The same document with its repeated schemas named. */
export function compact(document: Document): Document {
  const { components, ...rest } = document;
  let whole: Json = { ...rest, schemas: components?.schemas };
  const named = namedParts();
  for (const part of named.keys()) whole = replace(whole, part);
  const { schemas, ...others } = whole as { readonly schemas: Readonly<Record<string, Json>> };
  const all = { ...schemas, ...reached(whole, named) };
  return { ...others, components: { ...components, schemas: all } };
}
