/** Laws of all generators: reproducible, within limits, noisy exactly as asked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Value } from "typebox/value";
import { encode, generate } from "#catalog/datasets.ts";
import { withDefaults } from "#catalog/generators/with-defaults.ts";
import type { Tensor } from "#engine/tensor.ts";
import {
  Generator,
  type GeneratorSpec,
  type GeneratorType,
  generators,
} from "#schemas/generator.ts";
import { refuses } from "#test/formats/hostile.ts";

const types = Object.keys(generators) as GeneratorType[];
const small = (type: GeneratorType) => ({ type, train: 40, test: 30 }) as GeneratorSpec;

const difference = (a: Tensor, b: Tensor) => {
  let count = 0;
  a.data.forEach((value, i) => {
    if (value !== b.data[i]) count++;
  });
  return count;
};

test("equal options give equal bytes and another seed gives others, for every generator", () => {
  for (const type of types) {
    const bytes = (seed: number) => Buffer.from(encode(generate({ ...small(type), seed })));
    assert.ok(bytes(1).equals(bytes(1)), type);
    assert.ok(!bytes(1).equals(bytes(2)), type);
  }
});

test("more training examples change neither the earlier ones nor the test data", () => {
  for (const type of types) {
    const few = generate(small(type));
    const more = generate({ ...small(type), train: 80 });
    assert.deepEqual(more.xTest, few.xTest, type);
    assert.deepEqual(more.yTest, few.yTest, type);
    assert.deepEqual(more.xTrain.data.subarray(0, few.xTrain.data.length), few.xTrain.data, type);
  }
});

test("defaults are filled in, the given options stay, and the input is not changed", () => {
  for (const type of types) {
    const spec = Object.freeze({ type, seed: 5 }) as GeneratorSpec;
    const complete = withDefaults(spec);
    assert.equal(complete.seed, 5);
    assert.deepEqual(Object.keys(complete).sort(), Object.keys(generators[type].properties).sort());
    assert.ok(Value.Check(Generator, complete));
  }
});

test("every option of every generator has a description and, if optional, a default", () => {
  for (const type of types) {
    for (const [name, schema] of Object.entries(generators[type].properties)) {
      if (name === "type") continue;
      const { description, default: value } = schema as { description?: string; default?: unknown };
      assert.ok(description !== undefined && value !== undefined, `${type}.${name}`);
    }
  }
});

test("options that do not exist or lie outside their limits are refused", async () => {
  const bad = (spec: object) => () => generate(spec as GeneratorSpec);
  await refuses(bad({ type: "wedges" }), /type must be one of wedge/, "/type");
  await refuses(bad({}), /type must be/, "/type");
  await refuses(bad({ type: "__proto__" }), /type must be/, "/type");
  await refuses(bad({ type: "wedge", dimensions: 3 }), /no option of wedge; its options are/);
  await refuses(bad({ type: "wedge", train: 0 }), />= 1/, "/train");
  await refuses(bad({ type: "wedge", train: "9" }), /integer/, "/train");
  await refuses(bad({ type: "wedge", label_noise: 1.5 }), /<= 1/, "/label_noise");
  await refuses(bad({ type: "parity", dimension: 3, bits: 4 }), /at most the dimension/, "/bits");
  await refuses(bad({ type: "wedge", train: 1e6, dimension: 4096 }), /above the limit/, "/train");
  const slow = { type: "teacher", train: 1e6, test: 1, hidden_units: 1024, hidden_layers: 4 };
  await refuses(bad(slow), /too slow/, "/hidden_units");
});

test("any options within limits make a data set of the promised shape", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...types),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (type, train, held, noise) => {
        const spec = { type, train, test: held, label_noise: noise } as GeneratorSpec;
        const dataset = generate(spec);
        assert.equal(dataset.xTrain.shape[0], train);
        assert.equal(dataset.xTest.shape[0], held);
        assert.equal(dataset.xTrain.dtype, type === "tokens" ? "int32" : "float32");
      },
    ),
    { numRuns: 60 },
  );
});

test("label noise makes exactly its fraction of training labels wrong and no test label", () => {
  for (const type of ["wedge", "spirals", "clusters", "shapes", "tokens"] as const) {
    const clean = generate({ type, train: 200, test: 50 });
    const noisy = generate({ type, train: 200, test: 50, label_noise: 0.3 });
    assert.equal(difference(clean.yTrain, noisy.yTrain), 60, type);
    assert.deepEqual(noisy.xTrain, clean.xTrain, type);
    assert.deepEqual(noisy.yTest, clean.yTest, type);
  }
});

test("noise on targets has the asked deviation on training data and leaves test data clean", () => {
  for (const type of ["parity", "xor", "teacher"] as const) {
    const clean = generate({ type, train: 5000, test: 50 });
    const noisy = generate({ type, train: 5000, test: 50, label_noise: 0.5 });
    let sum = 0;
    noisy.yTrain.data.forEach((value, i) => {
      sum += (value - (clean.yTrain.data[i] ?? 0)) ** 2;
    });
    assert.ok(Math.abs(Math.sqrt(sum / 5000) - 0.5) < 0.02, type);
    assert.deepEqual(noisy.yTest, clean.yTest, type);
  }
});
