/**
 * What an implementation of iterative linearisation must show (arXiv 2211.12345 and our notes on
 * it): eight claims on generated data, by runs of the learning room. Figures are those that an
 * independent program in NumPy reached; each bound says how far they may be missed.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { generate } from "#catalog/datasets.ts";
import type { Backend, Tensors } from "#engine/backend.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import { readCheckpoint } from "#learning/checkpoint.ts";
import { Tangents } from "#learning/descent/tangents.ts";
import { type Examples, firstOf } from "#learning/examples.ts";
import { createKernel } from "#learning/ntk/kernel.ts";
import { solvePositive } from "#learning/solve/cholesky.ts";
import { eigenSymmetric } from "#learning/solve/eigen.ts";
import type { GeneratorSpec } from "#schemas/generator.ts";
import type { RunSettings } from "#src/channel.ts";
import { stream } from "#src/random.ts";
import { type Jacobian, jacobianOf } from "#test/learning/jacobian.ts";
import { eventsOf, type Finished, trained } from "#test/learning/training.ts";

const reference = referenceBackend();
let engine: Backend;
before(async () => {
  engine = await onnxruntimeBackend({ device: "cpu", threads: 1 });
});
after(async () => {
  await engine[Symbol.asyncDispose]();
});

/** d-width-outputs, He initialisation. */
function perceptron(width: number, outputs: number, activation: "relu" | "tanh" = "relu"): Network {
  return networkFrom({
    input: { shape: [20] },
    init: "he_normal",
    layers: [
      { type: "dense", units: width, activation },
      { type: "dense", units: outputs },
    ],
  });
}

function examplesOf(spec: GeneratorSpec): Examples {
  const { xTrain, yTrain, xTest, yTest, classes } = generate(spec);
  const [train, test] = [
    { x: xTrain, y: yTrain },
    { x: xTest, y: yTest },
  ];
  return { train, test, classes: classes ?? null };
}

const wedge = examplesOf({ type: "wedge", train: 1000, test: 2000, dimension: 20, seed: 0 });
const parity = (train: number) =>
  examplesOf({ type: "parity", bits: 2, dimension: 20, train, test: 300, seed: 0 });

const linearised = (period: number | "never", solver: "auto" | "weight_space" = "auto") =>
  ({ type: "linearised", period, solver }) as const;

async function weightsOf({ events, artifacts }: Finished): Promise<Tensors> {
  const { digest = "" } = eventsOf(events, "checkpoint").at(-1) ?? {};
  return (await readCheckpoint(artifacts, digest)).state.descent.weights;
}

const flat = (network: Network, values: Tensors): Float64Array =>
  Float64Array.from(network.parameters.flatMap(({ name }) => [...(values[name]?.data ?? [])]));

function normOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

const lessThan = (a: ArrayLike<number>, b: ArrayLike<number>): number[] =>
  Array.from(a, (value, at) => value - (b[at] ?? Number.NaN));

/** J v. */
function pushed({ jacobian, rows, columns }: Jacobian, v: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let p = 0; p < columns; p += 1) sum += (jacobian[row * columns + p] ?? 0) * (v[p] ?? 0);
    return sum;
  });
}

/** Jᵀu. */
function pulled({ jacobian, rows, columns }: Jacobian, u: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row += 1) {
    for (let p = 0; p < columns; p += 1) {
      sums[p] = (sums[p] ?? 0) + (jacobian[row * columns + p] ?? 0) * (u[row] ?? 0);
    }
  }
  return sums;
}

/** J Jᵀ, or Jᵀ J over the columns. */
function gramOf({ jacobian, rows, columns }: Jacobian, of: "rows" | "columns"): Float64Array {
  const n = of === "rows" ? rows : columns;
  const inner = of === "rows" ? columns : rows;
  const entry = (i: number, k: number) =>
    (of === "rows" ? jacobian[i * columns + k] : jacobian[k * columns + i]) ?? 0;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let k = 0; k < inner; k += 1) sum += entry(i, k) * entry(j, k);
    return sum;
  });
}

const squares: Partial<RunSettings> = {
  loss: "mean_squared_error",
  batch_size: "full",
  evaluate: { every: 1_000_000 },
};

describe("mathematics", () => {
  it("1: a jvp is the difference quotient, and the explicit Jacobian times a vector", async () => {
    const network = perceptron(16, 4, "tanh");
    const split = firstOf(wedge.train, 12);
    const at = Object.fromEntries(network.initialise(0));
    const random = stream(0, "direction");
    const direction: Tensors = Object.fromEntries(
      network.parameters.map(({ name, shape }) => {
        const data = Float64Array.from({ length: sizeOf(shape) }, () => random.normal());
        return [name, tensor("float64", shape, data)];
      }),
    );
    const options = { backend: reference, precision: "float64" } as const;
    await using tangents = new Tangents({ ...options, task: { network, train: split } });
    const found = await tangents.push(at, direction);
    const moved = (h: number): Tensors =>
      Object.fromEntries(
        network.parameters.map(({ name, shape }) => {
          const [from, along] = [at[name]?.data ?? [], direction[name]?.data ?? []];
          const data = Float64Array.from(from, (value, i) => value + h * (along[i] ?? 0));
          return [name, tensor("float64", shape, data)];
        }),
      );
    const h = 1e-5;
    const [up, down] = [await tangents.outputsAt(moved(h)), await tangents.outputsAt(moved(-h))];
    const quotient = lessThan(up, down).map((value) => value / (2 * h));
    assert.ok(normOf(lessThan(found, quotient)) < 1e-4 * normOf(found));
    const explicit = pushed(await jacobianOf(network, at, split), flat(network, direction));
    assert.ok(normOf(lessThan(found, explicit)) < 1e-12 * normOf(found));
  });

  it("2: K = 1 is ordinary training to the bit, with momentum and the same batches", async () => {
    const network = perceptron(64, 4);
    const settings: Partial<RunSettings> = {
      optimizer: { type: "sgd", learning_rate: 0.01, momentum: 0.9 },
      batch_size: 64,
      steps: 200,
      dtype: "float32",
      evaluate: { every: 200 },
    };
    const where = { network, examples: wedge, backend: engine };
    const standard = await trained(settings, where);
    const everyStep = await trained({ ...settings, algorithm: linearised(1) }, where);
    const [one, other] = [await weightsOf(standard), await weightsOf(everyStep)];
    for (const { name } of network.parameters) {
      assert.deepEqual(other[name]?.data, one[name]?.data, name);
    }
  });

  it("3: K = never on squared errors is kernel gradient descent in closed form", async () => {
    const network = perceptron(12, 1);
    const examples = parity(24);
    const [rate, steps] = [0.01, 60];
    const at = Object.fromEntries(network.initialise(3));
    const jacobian = await jacobianOf(network, at, examples.train);
    const { rows: n } = jacobian;
    const scaled = gramOf(jacobian, "rows").map((value) => value / n);
    const { values, vectors } = eigenSymmetric(scaled, n, { vectors: true });
    assert.ok(vectors !== undefined);
    const residual = lessThan(jacobian.outputs, examples.train.y.data);
    const c = new Float64Array(n);
    for (const [k, lambda] of values.entries()) {
      const vector = vectors.subarray(k * n, (k + 1) * n);
      const along = vector.reduce((sum, value, i) => sum + value * (residual[i] ?? 0), 0);
      const filter = (1 - (1 - rate * lambda) ** steps) / lambda;
      for (const [i, value] of vector.entries()) c[i] = (c[i] ?? 0) - (along * filter * value) / n;
    }
    const expected = pulled(jacobian, c);
    const optimizer = { type: "sgd", learning_rate: rate } as const;
    const options = { ...squares, optimizer, steps, dtype: "float64" } as const;
    for (const solver of ["auto", "weight_space"] as const) {
      const algorithm = linearised("never", solver);
      const run = await trained({ ...options, algorithm }, { network, examples });
      const moved = lessThan(flat(network, await weightsOf(run)), flat(network, at));
      const apart = normOf(lessThan(moved, expected));
      assert.ok(apart < 1e-10 * normOf(expected), `${solver}: ${apart}`);
    }
  });

  it("4: the kernel by structured derivatives is JJᵀ", async () => {
    const network = perceptron(64, 4);
    const split = firstOf(wedge.train, 10);
    const at = Object.fromEntries(network.initialise(0));
    const base = { network, backend: reference, precision: "float64" } as const;
    await using computer = await createKernel({ ...base, x: split.x, variant: "full" });
    const { tensor: kernel } = await computer.compute(at);
    const explicit = gramOf(await jacobianOf(network, at, split), "rows");
    assert.ok(normOf(lessThan(kernel.data, explicit)) < 1e-12 * normOf(explicit));
  });

  it("5: a damped Gauss–Newton step by the kernel is the solution in weight space", async () => {
    const network = perceptron(8, 1);
    const examples = parity(30);
    const damping = 0.03;
    const at = Object.fromEntries(network.initialise(3));
    const jacobian = await jacobianOf(network, at, examples.train);
    const { rows: n, columns } = jacobian;
    const residual = lessThan(jacobian.outputs, examples.train.y.data);
    const gradient = pulled(jacobian, residual).map((value) => -value / n);
    const normal = gramOf(jacobian, "columns").map((value) => value / n);
    const expected = solvePositive(normal, gradient, damping);
    assert.ok(expected !== null && expected.length === columns);
    const algorithm = { type: "gauss_newton", damping, line_search: false } as const;
    const optimizer = { type: "sgd", learning_rate: 1 } as const;
    const settings = { ...squares, optimizer, algorithm, steps: 1, dtype: "float64" } as const;
    const run = await trained(settings, { network, examples });
    const moved = lessThan(flat(network, await weightsOf(run)), flat(network, at));
    const apart = normOf(lessThan(moved, expected));
    assert.ok(apart < 1e-9 * normOf(expected), `${apart}`);
  });
});

describe("training", () => {
  it("6: 5 % above the limit of stability K = 1 learns on, and K = 2 diverges", async () => {
    const network = perceptron(64, 1);
    const where = { network, examples: parity(300), backend: engine };
    const settings = (algorithm: RunSettings["algorithm"], learning_rate: number) => ({
      ...squares,
      algorithm,
      optimizer: { type: "sgd", learning_rate } as const,
      steps: 3000,
      seed: 0,
      dtype: "float32" as const,
    });
    const look = await trained({ ...settings(linearised("never"), 1e-6), steps: 1 }, where);
    const lambdaMax = Number(eventsOf(look.events, "anchor")[0]?.lambda_max);
    const rate = (1.05 * 2) / lambdaMax;
    const everyStep = await trained(settings(linearised(1), rate), where);
    assert.equal(everyStep.outcome.type, "succeeded");
    assert.ok(everyStep.outcome.type === "succeeded");
    assert.ok(Number(everyStep.outcome.result.network.train.loss) < 0.1);
    const { outcome } = await trained(settings(linearised(2), rate), where);
    assert.ok(outcome.type === "failed", outcome.type);
    assert.equal(outcome.error.code, "diverged");
    const below = await trained(settings(linearised(2), (0.9 * 2) / lambdaMax), where);
    assert.equal(below.outcome.type, "succeeded");
  });

  /** Test accuracy of f_lin on the wedge problem, after 4000 steps of 64 examples. */
  async function accuracy(width: number, period: number | "never"): Promise<number> {
    const { outcome } = await trained(
      {
        algorithm: linearised(period),
        // 0.1 at width 64, in proportion to 1/width.
        optimizer: { type: "sgd", learning_rate: 6.4 / width },
        batch_size: 64,
        steps: 4000,
        seed: 0,
        dtype: "float32",
        evaluate: { every: 4000 },
      },
      { network: perceptron(width, 4), examples: wedge, backend: engine },
    );
    assert.ok(outcome.type === "succeeded", JSON.stringify(outcome));
    return Number(outcome.result.linearised.test.accuracy);
  }

  it("7: few linearisations do nearly what all do, and one does far less", async (t) => {
    const [every, sixteen, eight, never] = [
      await accuracy(64, 1),
      await accuracy(64, 16),
      await accuracy(64, 500),
      await accuracy(64, "never"),
    ];
    t.diagnostic(`K = 1 ${every}, 16 ${sixteen}, 8 linearisations ${eight}, one ${never}`);
    assert.ok(sixteen > every - 0.02);
    assert.ok(eight > never + 0.25);
    assert.ok(never < every - 0.3);
  });

  it("8: at width 1024 the number of linearisations hardly matters", async (t) => {
    const [every, never] = [await accuracy(1024, 1), await accuracy(1024, "never")];
    t.diagnostic(`width 1024: K = 1 ${every}, one linearisation ${never}`);
    assert.ok(Math.abs(every - never) < 0.06);
  });
});
