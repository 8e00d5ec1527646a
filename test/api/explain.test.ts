/** Explanations agree with the validators: whatever is refused is explained, and nothing else. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { TSchema } from "typebox";
import Value from "typebox/value";
import { explain } from "#api/explain.ts";
import { plainSchema } from "#api/explain-leaf.ts";
import { DatasetRequest } from "#schemas/dataset.ts";
import { ModelRequest } from "#schemas/model.ts";
import { PredictRequest } from "#schemas/predict.ts";
import { ForkRequest, RunRequest, Steering } from "#schemas/run.ts";
import { ClientFrame } from "#schemas/stream.ts";

const requests: readonly TSchema[] = [
  RunRequest,
  Steering,
  ForkRequest,
  ModelRequest,
  DatasetRequest,
  PredictRequest,
  ClientFrame,
];

const examplesOf = (schema: TSchema) =>
  "examples" in schema ? (schema.examples as unknown[]) : [];
const faultsOf = (schema: TSchema, value: unknown) =>
  explain(plainSchema(schema), value, () => undefined);

/** Values that are wrong almost everywhere, and some that are right here and there. */
const junk = fc.oneof(
  fc.constantFrom<unknown>(null, -1, 0, 0.5, 7, "", "never", "sgd", true, [], {}, { type: "sgd" }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Names that do to an object, or to a list, what they would do to a JSON text. */
const fieldName = fc.string().filter((name) => name !== "length" && name !== "__proto__");

/** Paths of all members of a value. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...path, key]));
  return [path, ...inner];
}

/** A copy with one member replaced, or one added beside it. */
function changed(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = changed(copy[key], rest, replacement);
  return copy;
}

describe("explanations", () => {
  it("find nothing wrong with the examples of the contract", () => {
    for (const schema of requests) {
      for (const example of examplesOf(schema)) {
        assert.ok(Value.Check(schema, example), JSON.stringify(example));
        assert.deepEqual(faultsOf(schema, example), []);
      }
    }
  });

  it("exist exactly when the validator refuses", () => {
    const cases = requests.flatMap((schema) =>
      examplesOf(schema).map((example) => ({ schema, example, paths: pathsOf(example) })),
    );
    const one = fc.constantFrom(...cases).chain((known) =>
      fc.record({
        schema: fc.constant(known.schema),
        value: fc
          .tuple(fc.constantFrom(...known.paths), fc.option(fieldName, { nil: undefined }), junk)
          .map(([path, extra, value]) =>
            changed(
              known.example,
              extra === undefined ? path : [...path.slice(0, -1), extra],
              value,
            ),
          ),
      }),
    );
    fc.assert(
      fc.property(one, ({ schema, value }) => {
        const faults = faultsOf(schema, value);
        assert.equal(faults.length === 0, Value.Check(schema, value), JSON.stringify(faults));
      }),
      { numRuns: 2000 },
    );
  });

  it("speak of the variant that was meant, not of all", () => {
    const example = examplesOf(RunRequest)[0] as object;
    const faults = faultsOf(RunRequest, {
      ...example,
      algorithm: { type: "linearised", period: { preset: "uniform", update: 3 } },
    });
    assert.deepEqual(
      faults.map(({ pointer }) => pointer),
      ["/algorithm/period/updates", "/algorithm/period/update"],
    );
  });

  it("point at members whose names need escaping", () => {
    const example = examplesOf(RunRequest)[0] as object;
    assert.deepEqual(faultsOf(RunRequest, { ...example, "a/b~c": 1 })[0]?.pointer, "/a~1b~0c");
  });
});
