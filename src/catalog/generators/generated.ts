/** Which generator makes which data set, and how large its inputs are. */
import { FormatError } from "#formats/format-error.ts";
import type { GeneratorSpec } from "#schemas/generator.ts";
import { clusters } from "./clusters.ts";
import type { Generated } from "./examples.ts";
import { parity } from "./parity.ts";
import { shapes } from "./shapes.ts";
import { spirals } from "./spirals.ts";
import { teacher } from "./teacher.ts";
import { tokens } from "./tokens.ts";
import { wedge } from "./wedge.ts";
import { type CompleteSpec, withDefaults } from "./with-defaults.ts";
import { xor } from "./xor.ts";

/**
 * The examples that `spec` describes. Throws FormatError for options outside their limits and,
 * before anything is allocated, for examples that take more than `bytesMax`.
 */
export function generatedExamples(spec: GeneratorSpec, bytesMax: number): Generated {
  const complete = withDefaults(spec);
  const bytes = bytesOf(complete);
  if (bytes > bytesMax) {
    throw new FormatError(
      "generator",
      `these options make ${bytes} bytes, above the limit of ${bytesMax}; take fewer examples`,
      "/train",
    );
  }
  return made(complete);
}

/** What the examples of a generator take. Throws FormatError for options outside their limits. */
export function generatedBytes(spec: GeneratorSpec): number {
  return bytesOf(withDefaults(spec));
}

const bytesOf = (spec: CompleteSpec): number =>
  (spec.train + spec.test) * 4 * numbersPerExample(spec);

function made(spec: CompleteSpec): Generated {
  switch (spec.type) {
    case "wedge":
      return wedge(spec);
    case "parity":
      return parity(spec);
    case "xor":
      return xor(spec);
    case "teacher":
      return teacher(spec);
    case "spirals":
      return spirals(spec);
    case "clusters":
      return clusters(spec);
    case "shapes":
      return shapes(spec);
    case "tokens":
      return tokens(spec);
    default:
      return spec satisfies never;
  }
}

/** Inputs and labels together. */
function numbersPerExample(spec: CompleteSpec): number {
  switch (spec.type) {
    case "wedge":
    case "parity":
    case "xor":
    case "clusters":
      return spec.dimension + 1;
    case "teacher":
      return spec.dimension + spec.targets;
    case "spirals":
      return 3;
    case "shapes":
      return spec.size * spec.size + 1;
    case "tokens":
      return spec.length + 1;
    default:
      return spec satisfies never;
  }
}
