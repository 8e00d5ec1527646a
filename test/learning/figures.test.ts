/** Figures of kernels, by their definitions on small matrices and by the laws they must obey. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { alignmentOf } from "#learning/ntk/alignment.ts";
import {
  kernelDistance,
  kernelTrace,
  logNormRatio,
  relativeChange,
  spectrumOf,
} from "#learning/ntk/figures.ts";
import { cumulativePower } from "#learning/ntk/power.ts";

const near = (actual: number, expected: number, bound = 1e-10) =>
  assert.ok(Math.abs(actual - expected) <= bound, `${actual} instead of ${expected}`);

/** B Bᵀ from the rows of B: a kernel with known factors. */
function gram(rows: readonly (readonly number[])[]): Tensor {
  const n = rows.length;
  const values = rows.flatMap((a) =>
    rows.map((b) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)),
  );
  return tensor("float64", [n, n], values);
}

const scaled = (kernel: Tensor, factor: number): Tensor =>
  tensor(
    "float64",
    kernel.shape,
    [...kernel.data].map((value) => value * factor),
  );

const matrices = fc
  .tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 4 }))
  .chain(([n, k]) =>
    fc.array(
      fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: k, maxLength: k }),
      { minLength: n, maxLength: n },
    ),
  )
  .filter((rows) => rows.flat().some((value) => Math.abs(value) > 0.1));

describe("spectrum", () => {
  it("counts n equal eigenvalues as effective rank and participation ratio n", () => {
    const spectrum = spectrumOf("trace", tensor("float64", [3, 3], [2, 0, 0, 0, 2, 0, 0, 0, 2]));
    assert.deepEqual(spectrum.eigenvalues, [2, 2, 2]);
    near(spectrum.effectiveRank, 3);
    near(spectrum.participationRatio, 3);
    near(spectrum.conditionNumber, 1);
    assert.equal(spectrum.rank, 3);
  });

  it("reports a singular kernel as such: infinite condition, lower rank", () => {
    const spectrum = spectrumOf(
      "trace",
      gram([
        [1, 2],
        [2, 4],
        [0, 1],
      ]),
    );
    assert.equal(spectrum.rank, 2);
    assert.equal(spectrum.conditionNumber, Number.POSITIVE_INFINITY);
    near(spectrum.lambdaMin, 0);
  });

  it("takes a diagonal kernel apart into one block an output", () => {
    const kernel = tensor("float64", [2, 2, 2], [3, 0, 0, 1, 5, 0, 0, 4]);
    assert.deepEqual(spectrumOf("diagonal", kernel).eigenvalues, [5, 4, 3, 1]);
    assert.equal(kernelTrace("diagonal", kernel), 13);
  });

  it("keeps the trace, and ratios do not depend on scale", () => {
    fc.assert(
      fc.property(matrices, fc.double({ min: 0.1, max: 10, noNaN: true }), (rows, factor) => {
        const kernel = gram(rows);
        const one = spectrumOf("trace", kernel);
        const other = spectrumOf("trace", scaled(kernel, factor));
        const sum = one.eigenvalues.reduce((a, b) => a + b, 0);
        near(sum, kernelTrace("trace", kernel), 1e-9);
        near(one.participationRatio, other.participationRatio, 1e-6);
        assert.ok(one.participationRatio <= rows.length + 1e-9);
      }),
    );
  });
});

describe("movement", () => {
  it("is nought from a kernel to itself; distance ignores scale, relative change does not", () => {
    fc.assert(
      fc.property(matrices, (rows) => {
        const kernel = gram(rows);
        near(kernelDistance(kernel, kernel), 0, 1e-12);
        near(kernelDistance(scaled(kernel, 7), kernel), 0, 1e-12);
        near(relativeChange(kernel, kernel), 0);
        near(relativeChange(scaled(kernel, 3), kernel), 2, 1e-9);
      }),
    );
  });

  it("is one between kernels that share no entry", () => {
    near(kernelDistance(gram([[1], [0]]), gram([[0], [1]])), 1);
  });
});

describe("alignment", () => {
  it("is one when the kernel is the targets' own, plain and centred", () => {
    const targets = tensor("float64", [4, 2], [1, 0, 0, 1, 1, 0, 0, 1]);
    const kernel = gram([
      [1, 0],
      [0, 1],
      [1, 0],
      [0, 1],
    ]);
    for (const variant of ["trace", "pseudo"] as const) {
      const { plain, centred } = alignmentOf(variant, kernel, targets);
      near(plain, 1);
      near(centred, 1);
    }
    const y = [...targets.data];
    const full = tensor(
      "float64",
      [4, 2, 4, 2],
      y.flatMap((a) => y.map((b) => a * b)),
    );
    near(alignmentOf("full", full, targets).plain, 1);
    near(alignmentOf("full", full, targets).centred, 1);
  });

  it("is nought, centred, for a constant kernel", () => {
    const targets = tensor("float64", [3, 1], [1, -1, 1]);
    const { centred } = alignmentOf("trace", gram([[1], [1], [1]]), targets);
    assert.ok(Number.isNaN(centred) || Math.abs(centred) < 1e-12);
  });

  it("agrees between full and trace where there is one output", () => {
    fc.assert(
      fc.property(matrices, (rows) => {
        const n = rows.length;
        const kernel = gram(rows);
        const full = { ...kernel, shape: [n, 1, n, 1] };
        const targets = tensor(
          "float64",
          [n, 1],
          rows.map((_, at) => (at % 2 === 0 ? 1 : -1)),
        );
        const [one, other] = [
          alignmentOf("trace", kernel, targets),
          alignmentOf("full", full, targets),
        ];
        near(one.plain, other.plain);
        if (Math.abs(one.centred) < 2) near(one.centred, other.centred, 1e-6);
      }),
    );
  });
});

describe("the change in scale", () => {
  it("is the logarithm of the factor, and nought for another shape of the same norm", () => {
    const kernel = gram([
      [1, 2],
      [0, 3],
      [1, 1],
    ]);
    near(logNormRatio(scaled(kernel, Math.exp(2)), kernel), 2);
    const turned = tensor("float64", [2, 2], [1, 0, 0, 2]);
    near(logNormRatio(turned, tensor("float64", [2, 2], [2, 0, 0, 1])), 0);
  });
});

describe("cumulative power", () => {
  const classes = tensor("float64", [4, 2], [1, 0, 1, 0, 0, 1, 0, 1]);
  const targetRows = [
    [1, 0],
    [1, 0],
    [0, 1],
    [0, 1],
  ];

  it("is whole in as many modes as the targets' own kernel has", () => {
    const power = cumulativePower("trace", gram(targetRows), classes);
    assert.deepEqual(power?.modes, [1, 2, 3]);
    near(power.plain[1] ?? 0, 1);
    // Centred, the two columns of a class indicator are one direction.
    near(power.centred[0] ?? 0, 1);
  });

  it("is the squared projections on the leading eigenvectors over the squared norm", () => {
    const diagonal = tensor("float64", [3, 3], [1, 0, 0, 0, 3, 0, 0, 0, 2]);
    const power = cumulativePower("trace", diagonal, tensor("float64", [3, 1], [3, 1, 2]));
    assert.deepEqual(power?.modes, [1, 2]);
    near(power.plain[0] ?? 0, 1 / 14);
    near(power.plain[1] ?? 0, 5 / 14);
  });

  it("counts a diagonal kernel's modes over all outputs, each with its own targets", () => {
    const kernel = tensor("float64", [2, 2, 2], [4, 0, 0, 1, 2, 0, 0, 3]);
    const power = cumulativePower("diagonal", kernel, tensor("float64", [2, 2], [1, 5, 2, 4]));
    // Eigenvalues 4, 3, 2, 1 go with targets 1, 4, 5, 2.
    assert.deepEqual(power?.modes, [1, 2, 3]);
    for (const [at, share] of [1, 17, 42].entries()) near(power.plain[at] ?? 0, share / 46);
  });

  it("never falls with more modes and stays in 0 … 1", () => {
    fc.assert(
      fc.property(matrices, (rows) => {
        const y = tensor(
          "float64",
          [rows.length, 1],
          rows.map((_, i) => Math.sin(3 * i + 1)),
        );
        const { plain = [] } = cumulativePower("trace", gram(rows), y) ?? {};
        for (const [at, share] of plain.entries()) {
          assert.ok(share >= (plain[at - 1] ?? 0) - 1e-12 && share <= 1 + 1e-12);
        }
      }),
    );
  });

  it("is the same for full and trace where there is one output, at any scale", () => {
    const rows = [
      [3, 0, 0],
      [1, 2, 0],
      [0, 1, 1],
    ];
    const y = tensor("float64", [3, 1], [1, -1, 2]);
    const { shape, ...kernel } = scaled(gram(rows), 7);
    const full: Tensor = { ...kernel, shape: [3, 1, 3, 1] };
    const [one, other] = [
      cumulativePower("trace", gram(rows), y),
      cumulativePower("full", full, y),
    ];
    assert.deepEqual(shape, [3, 3]);
    for (const [at, share] of (one?.plain ?? []).entries()) near(other?.plain[at] ?? 0, share);
    for (const [at, share] of (one?.centred ?? []).entries()) near(other?.centred[at] ?? 0, share);
  });
});
