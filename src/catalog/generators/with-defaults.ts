/** A generator's options with every default filled in. The schemas hold the defaults and limits. */

import { Value } from "typebox/value";
import { FormatError } from "#formats/format-error.ts";
import { type GeneratorSpec, type GeneratorType, generators } from "#schemas/generator.ts";

/** The options of one generator, all present. */
export type Complete<K extends GeneratorType> = Required<Extract<GeneratorSpec, { type: K }>>;

/** The options of any generator, all present; narrowed by `type`. */
export type CompleteSpec = { [K in GeneratorType]: Complete<K> }[GeneratorType];

/**
 * `spec` with defaults for what it leaves out; `spec` itself is not changed. Throws FormatError
 * with a pointer for an unknown type, an unknown option, or a value outside its limits.
 */
export function withDefaults(spec: GeneratorSpec): CompleteSpec {
  const type = (spec as { type?: unknown } | null)?.type;
  if (typeof type !== "string" || !Object.hasOwn(generators, type)) {
    const known = Object.keys(generators).join(", ");
    throw new FormatError("generator", `type must be one of ${known}`, "/type");
  }
  const schema = generators[type as GeneratorType];
  const complete = Value.Default(schema, structuredClone(spec));
  const error = Value.Errors(schema, complete)[0];
  if (error !== undefined) {
    const options = Object.keys(schema.properties).join(", ");
    const message =
      error.keyword === "boolean"
        ? `${error.instancePath} is no option of ${type}; its options are ${options}`
        : `${error.instancePath} ${error.message}`;
    throw new FormatError("generator", message, error.instancePath);
  }
  return complete as CompleteSpec;
}
