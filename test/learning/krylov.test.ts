/** A Krylov space against the whole spectrum, and what it says of itself. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { krylovBasis } from "#learning/solve/krylov.ts";
import { Spectrum } from "#learning/solve/spectrum.ts";
import { stream } from "#src/random.ts";

const n = 60;
const random = stream(3, "krylov");
const normal = () => Float64Array.from({ length: n }, () => random.normal());

/** AAᵀ/n of a random A whose rows shrink, so that eigenvalues spread over many orders. */
const factor = Array.from({ length: n }, (_, row) => normal().map((value) => value * 0.7 ** row));
const matrix = Float64Array.from({ length: n * n }, (_, at) => {
  const [a, b] = [factor[Math.floor(at / n)], factor[at % n]] as [Float64Array, Float64Array];
  return a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0) / n;
});
let products = 0;
const product = async (v: Float64Array) => {
  products += 1;
  return v.map((_, i) => v.reduce((sum, value, j) => sum + (matrix[i * n + j] ?? 0) * value, 0));
};

/** e^(−tΘ)x on a basis. */
const flow = (basis: Pick<Spectrum, "values" | "into" | "outOf">, x: Float64Array, t: number) =>
  basis.outOf(
    basis.into(x).map((value, at) => value * Math.exp(-t * (basis.values[at] ?? Number.NaN))),
  );

const apart = (a: Float64Array, b: Float64Array) =>
  Math.max(...a.map((value, at) => Math.abs(value - (b[at] ?? Number.NaN))));

describe("a Krylov space", () => {
  it("makes the same of its starts as the whole spectrum, from far fewer products", async () => {
    const spectrum = new Spectrum(matrix, n);
    const starts = [normal(), normal()];
    for (const t of [1, 10, 100]) {
      const expected = starts.map((x) => flow(spectrum, x, t));
      products = 0;
      const basis = await krylovBasis({
        product,
        size: n,
        starts,
        vectorsMax: 50,
        isEnough: (found) =>
          starts.every((x, at) => apart(flow(found, x, t), expected[at] as Float64Array) < 1e-12),
      });
      assert.ok(products < 45, `t = ${t}: ${products} products`);
      for (const [at, x] of starts.entries()) {
        assert.ok(apart(flow(basis, x, t), expected[at] as Float64Array) < 1e-12);
      }
    }
  });

  it("keeps what lies in it, leaves alone the rest, and has orthonormal rows", async () => {
    const [start, other] = [normal(), normal()];
    const isEnough = () => false;
    const basis = await krylovBasis({ product, size: n, starts: [start], vectorsMax: 9, isEnough });
    assert.equal(basis.values.length, 9);
    assert.ok(apart(basis.outOf(basis.into(start)), start) < 1e-13);
    const once = basis.outOf(basis.into(other));
    assert.ok(apart(basis.outOf(basis.into(once)), once) < 1e-13);
    for (let row = 0; row < 9; row += 1) {
      const v = basis.rows.slice(row * n, (row + 1) * n);
      const along = basis.into(v);
      assert.ok(Math.abs(along.reduce((sum, value) => sum + value * value, 0) - 1) < 1e-13);
    }
  });

  it("knows what a product leaves it by", async () => {
    const start = normal();
    const isEnough = () => false;
    const basis = await krylovBasis({ product, size: n, starts: [start], vectorsMax: 7, isEnough });
    const modes = basis.values.map((_, at) => 1 / (at + 1));
    const inside = basis.outOf(modes);
    const image = await product(inside);
    const kept = basis.outOf(modes.map((value, at) => value * (basis.values[at] ?? 0)));
    const left = Math.sqrt(
      image.reduce((sum, value, at) => sum + (value - (kept[at] ?? 0)) ** 2, 0),
    );
    assert.ok(Math.abs(basis.spill(modes) - left) < 1e-12 * left);
    assert.equal(basis.isWhole, false);
  });

  it("is whole where the matrix leaves it alone, and empty without starts", async () => {
    const isEnough = () => false;
    const one = new Float64Array(n).fill(1);
    const same = async (v: Float64Array) => v.map((value) => 3 * value);
    const how = { product: same, size: n, vectorsMax: 20, isEnough };
    const basis = await krylovBasis({ ...how, starts: [one, one] });
    assert.ok(basis.isWhole);
    assert.equal(basis.values.length, 1);
    assert.ok(Math.abs((basis.values[0] ?? 0) - 3) < 1e-13);
    const none = await krylovBasis({ ...how, starts: [new Float64Array(n)] });
    assert.equal(none.values.length, 0);
    assert.deepEqual(none.outOf(none.into(one)), new Float64Array(n));
  });

  it("ends with modes that are no numbers where products are none", async () => {
    const broken = async (v: Float64Array) => v.map(() => Number.NaN);
    const isEnough = () => false;
    const how = { product: broken, size: n, vectorsMax: 20, isEnough };
    const basis = await krylovBasis({ ...how, starts: [normal()] });
    assert.ok(basis.values.every(Number.isNaN));
  });
});
