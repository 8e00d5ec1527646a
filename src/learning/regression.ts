/**
 * Kernel regression with the tangent kernel: where gradient descent on mean_squared_error ends in
 * the linear model (K = never, T = ∞), with ridge, on training and test examples. From outputs of
 * zero it is the after-kernel: what a kernel machine makes of a network's kernel alone.
 */
import type { Backend, Precision, Tensors } from "#engine/backend.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf, type Tensor } from "#engine/tensor.ts";
import { curvatureOf } from "./curvature.ts";
import { targetValues } from "./descent/residual-accuracy.ts";
import { Tangents } from "./descent/tangents.ts";
import { countOf, type Examples, type Split } from "./examples.ts";
import { createCrossKernel } from "./ntk/cross.ts";
import { createKernel } from "./ntk/kernel.ts";
import { solveDense } from "./solve/damped.ts";

export interface RegressionOptions {
  readonly network: Network;
  readonly backend: Backend;
  readonly precision: Precision;
  /** θ_s, at which the kernel is taken. */
  readonly parameters: Tensors;
  /** Fitted to the network. */
  readonly examples: Pick<Examples, "train" | "test">;
  /** w of ‖f − y‖²/(2n) + w/2 ‖θ − θ_s‖²; 0 takes the solution of least norm. */
  readonly ridge: number;
  /** What the regression starts from: the network's outputs f_s, or zero (the after-kernel). */
  readonly prior: "network" | "zero";
  /** Kernels at θ_s that are at hand; the others are computed. */
  readonly known?: KnownKernels;
}

/** Full kernels in the precision of the regression. */
export interface KnownKernels {
  /** Of the training examples, [N, O, N, O]. */
  readonly own?: Tensor;
  /** Of training and test examples, [N, O, M, O]. */
  readonly cross?: Tensor;
}

/** Fit of a split. */
export interface Fit {
  /** [N · O]. */
  readonly outputs: Float64Array;
  /** ‖f − y‖²/(2N); NaN without examples. */
  readonly loss: number;
  /** Share of right classes; null for real targets. */
  readonly accuracy: number | null;
}

export interface Regression {
  readonly train: Fit;
  readonly test: Fit;
  /** c with θ = θ_s + Jᵀc, [N · O]. */
  readonly coefficients: Float64Array;
  readonly residual: number;
  readonly converged: boolean;
  /** Null directions of the kernel that were left out. */
  readonly leftOut: number;
}

/** Failures are those of kernels: `incompatible`, `too_large`. */
export async function kernelRegression(options: RegressionOptions): Promise<Regression> {
  const { precision, examples, ridge } = options;
  const { train, test } = examples;
  const kernel = options.known?.own ?? (await ownKernel(options, train));
  const targets = await targetsIn(options, train);
  const start = await priorOn(options, train);
  const curvature = curvatureOf("mean_squared_error", start, { targets, examples: countOf(train) });
  const unit = precision === "float64" ? Number.EPSILON : 2 ** -23;
  const question = { curvature, examples: countOf(train), damping: ridge, unit };
  const { cotangents, residual, converged, leftOut } = solveDense(kernel.data, question);
  const own = added(start, timesRows(kernel.data, cotangents));
  return {
    train: fitOf(options, train, { outputs: own, targets }),
    test: await testFit(options, test, cotangents),
    coefficients: cotangents,
    residual,
    converged,
    leftOut,
  };
}

async function ownKernel(options: RegressionOptions, { x }: Split): Promise<Tensor> {
  const { network, backend, precision, parameters } = options;
  const of = { network, backend, precision, x, variant: "full" } as const;
  await using computer = await createKernel(of);
  return (await computer.compute(parameters)).tensor;
}

async function crossKernel(options: RegressionOptions, test: Split): Promise<Tensor> {
  const { network, backend, precision, parameters, examples } = options;
  const of = { network, backend, precision, variant: "full" } as const;
  const sides = { x: examples.train.x, second: test.x };
  await using computer = await createCrossKernel({ ...of, ...sides });
  return (await computer.compute(parameters)).tensor;
}

async function testFit(options: RegressionOptions, test: Split, c: Float64Array): Promise<Fit> {
  if (countOf(test) === 0)
    return { outputs: new Float64Array(0), loss: Number.NaN, accuracy: null };
  const { data } = options.known?.cross ?? (await crossKernel(options, test));
  const outputs = added(await priorOn(options, test), timesColumns(data, c));
  return fitOf(options, test, { outputs, targets: await targetsIn(options, test) });
}

async function priorOn(options: RegressionOptions, split: Split): Promise<Float64Array> {
  const { network, backend, precision, parameters, prior } = options;
  if (prior === "zero") return new Float64Array(countOf(split) * sizeOf(network.outputShape));
  await using tangents = new Tangents({ backend, precision, task: { network, train: split } });
  return await tangents.outputsAt(parameters);
}

async function targetsIn({ network, backend }: RegressionOptions, train: Split) {
  return await targetValues({ network, train, loss: "mean_squared_error" }, backend);
}

/** A c for a row-major A with as many columns as c has numbers. */
function timesRows(a: ArrayLike<number>, c: Float64Array): Float64Array {
  return Float64Array.from({ length: a.length / c.length }, (_, row) => {
    let sum = 0;
    const base = row * c.length;
    for (let i = 0; i < c.length; i += 1) sum += (a[base + i] as number) * (c[i] as number);
    return sum;
  });
}

/** Aᵀc for a row-major A with as many rows as c has numbers. */
function timesColumns(a: ArrayLike<number>, c: Float64Array): Float64Array {
  const result = new Float64Array(a.length / c.length);
  for (const [row, weight] of c.entries()) {
    const base = row * result.length;
    for (let j = 0; j < result.length; j += 1) {
      result[j] = (result[j] as number) + (a[base + j] as number) * weight;
    }
  }
  return result;
}

function added(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, at) => value + (b[at] as number));
}

function fitOf(
  { network }: RegressionOptions,
  { y }: Split,
  { outputs, targets }: { readonly outputs: Float64Array; readonly targets: Float64Array },
): Fit {
  const width = sizeOf(network.outputShape);
  const count = outputs.length / width;
  const loss =
    outputs.reduce((sum, value, at) => sum + (value - (targets[at] as number)) ** 2, 0) /
    (2 * count);
  if (y.dtype !== "int32") return { outputs, loss, accuracy: null };
  let hits = 0;
  for (let n = 0; n < count; n += 1) {
    const row = outputs.subarray(n * width, (n + 1) * width);
    const best = row.reduce((found, value, k) => (value > (row[found] as number) ? k : found), 0);
    const chosen = width === 1 ? Number((row[0] as number) > 0) : best;
    if (chosen === y.data[n]) hits += 1;
  }
  return { outputs, loss, accuracy: hits / count };
}
