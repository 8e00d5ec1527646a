/** Random streams: reproducible, independent by label, and distributed as they say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type RandomState, type RandomStream, restore, stream } from "#src/random.ts";

const drawMany = (count: number, draw: () => number) => Array.from({ length: count }, draw);
const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

test("the first numbers of a stream are the same on every machine and in every version", () => {
  const random = stream(7, "golden", 1);
  assert.deepEqual(
    [random.uniform(), random.normal(), random.normal(), random.integer(1000)],
    [0.8415836407542604, 1.304087226876801, -1.1581421460059733, 321],
  );
});

test("equal seeds and labels give equal numbers, any other label gives others", () => {
  const label = fc.oneof(fc.string(), fc.integer());
  const key = fc.tuple(fc.integer(), fc.array(label, { maxLength: 4 }));
  fc.assert(
    fc.property(key, key, ([seedA, labelsA], [seedB, labelsB]) => {
      const same = JSON.stringify([seedA, labelsA]) === JSON.stringify([seedB, labelsB]);
      const a = drawMany(4, stream(seedA, ...labelsA).uniform);
      const b = drawMany(4, stream(seedB, ...labelsB).uniform);
      assert.equal(JSON.stringify(a) === JSON.stringify(b), same);
    }),
  );
});

test("labels are kept apart: (1, 'ab') is not (1, 'a', 'b') and '1' is not 1", () => {
  const first = (random: RandomStream) => random.uniform();
  const values = [stream(1, "ab"), stream(1, "a", "b"), stream(1, "1"), stream(1, 1)].map(first);
  assert.equal(new Set(values).size, 4);
});

test("a saved stream continues exactly, also between the two values of a normal pair", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(20), (seed, drawn) => {
      const random = stream(seed, "save");
      drawMany(drawn, random.normal);
      const state = JSON.parse(JSON.stringify(random.save())) as RandomState;
      const expected = [...drawMany(5, random.normal), ...random.permutation(10)];
      const again = restore(state);
      assert.deepEqual([...drawMany(5, again.normal), ...again.permutation(10)], expected);
    }),
  );
});

test("a value that is no saved state is refused", () => {
  for (const state of [
    {},
    { words: [1, 2, 3], spare: null },
    { words: [1, 2, 3, 0.5], spare: 0 },
  ]) {
    assert.throws(() => restore(state as RandomState), TypeError);
  }
});

test("uniform numbers are multiples of 2^-53 in [0, 1), evenly spread", () => {
  const values = drawMany(100_000, stream(0, "uniform").uniform);
  assert.ok(values.every((u) => u >= 0 && u < 1 && Number.isInteger(u * 2 ** 53)));
  assert.ok(Math.abs(mean(values) - 0.5) < 0.005);
  assert.ok(Math.abs(mean(values.map((u) => (u - 0.5) ** 2)) - 1 / 12) < 0.001);
  assert.ok(
    values.some((u) => (u * 2 ** 53) % 2 === 1),
    "the last bit is used",
  );
});

test("normal numbers have the moments and the tail of N(0, 1), pairs are not correlated", () => {
  const values = drawMany(200_000, stream(0, "normal").normal);
  assert.ok(Math.abs(mean(values)) < 0.01);
  assert.ok(Math.abs(mean(values.map((z) => z * z)) - 1) < 0.01);
  assert.ok(Math.abs(mean(values.map((z) => z ** 3))) < 0.03);
  assert.ok(Math.abs(mean(values.map((z) => z ** 4)) - 3) < 0.08);
  const beyondTwo = values.filter((z) => Math.abs(z) > 2).length / values.length;
  assert.ok(Math.abs(beyondTwo - 0.0455) < 0.002);
  const products = values.filter((_, i) => i % 2 === 0).map((z, i) => z * (values[2 * i + 1] ?? 0));
  assert.ok(Math.abs(mean(products)) < 0.01);
});

test("normals agree with the polar formula computed by Math.log", () => {
  const normals = stream(3, "log");
  const uniforms = stream(3, "log");
  for (let pair = 0; pair < 2000; pair++) {
    let [u, v, s] = [0, 0, 0];
    while (s === 0 || s >= 1) {
      u = 2 * uniforms.uniform() - 1;
      v = 2 * uniforms.uniform() - 1;
      s = u * u + v * v;
    }
    const scale = Math.sqrt((-2 * Math.log(s)) / s);
    for (const expected of [u * scale, v * scale]) {
      const error = Math.abs(normals.normal() - expected);
      assert.ok(error <= 1e-14 * Math.abs(expected), `${error} at ${expected}`);
    }
  }
});

test("integers below n cover 0 to n - 1 evenly, also for n that divides 2^32 badly", () => {
  const random = stream(1, "integers");
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < 70_000; i++) {
    const drawn = random.integer(7);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chiSquared < 22.5, `chi-squared ${chiSquared} has probability below 0.001`);
  const n = 3 * 2 ** 30;
  const large = drawMany(30_000, () => random.integer(n) / n);
  assert.ok(Math.abs(mean(large) - 0.5) < 0.01);
  assert.ok(Math.abs(large.filter((share) => share < 1 / 3).length / 30_000 - 1 / 3) < 0.015);
});

test("an integer range that cannot be drawn is refused", () => {
  for (const n of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
    assert.throws(() => stream(0).integer(n), RangeError);
  }
  assert.equal(stream(0).integer(1), 0);
});

test("a permutation has every element once, and every order of three is equally likely", () => {
  const random = stream(2, "permutations");
  fc.assert(
    fc.property(fc.nat(300), (n) => {
      assert.deepEqual(
        random.permutation(n).toSorted(),
        Int32Array.from({ length: n }, (_, i) => i),
      );
    }),
  );
  const counts = new Map<string, number>();
  for (let i = 0; i < 12_000; i++) {
    const order = random.permutation(3).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const count of counts.values()) assert.ok(Math.abs(count - 2000) < 200);
});
