/**
 * What a kernel alone makes of the data: ridge regression with the kernel of a network at given
 * parameters, from outputs of zero, fitted on training examples and scored on held-out ones
 * (Long 2021). Compares with no other kernel.
 */
import type { Backend, Precision, Tensors } from "#engine/backend.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf, type Tensor } from "#engine/tensor.ts";
import { countOf, type Split } from "#learning/examples.ts";
import { choleskyOf, solveFactored } from "#learning/solve/cholesky.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import { joined } from "./cross.ts";
import { squaresOf } from "./figures.ts";
import { createKernel, type KernelComputer } from "./kernel.ts";
import { columnsFor, numbersOf, type Targets, targetsOf } from "./targets.ts";

export interface AfterKernelOptions {
  readonly network: Network;
  readonly backend: Backend;
  readonly precision: Precision;
  readonly variant: KernelVariant;
  /** Fitted to the network, each with an example at least. */
  readonly train: Split;
  readonly test: Split;
  /** µ over the mean of the diagonal of K(X, X). */
  readonly ridge: number;
}

/** On the held-out examples. */
export interface AfterScore {
  /** Share of right classes; null for real targets. */
  readonly accuracy: number | null;
  /** ‖f − y‖²/(2n); NaN where the system has no solution in working precision. */
  readonly loss: number;
}

/** A compiled kernel on both splits. Holds device memory until it is disposed of. */
export class AfterKernelProbe implements AsyncDisposable {
  readonly #options: AfterKernelOptions;
  readonly #computer: KernelComputer;
  readonly #fitted: Targets;
  readonly #scored: Targets;

  private constructor(
    options: AfterKernelOptions,
    computer: KernelComputer,
    targets: { readonly fitted: Tensor; readonly scored: Tensor },
  ) {
    this.#options = options;
    this.#computer = computer;
    this.#fitted = numbersOf(targets.fitted);
    this.#scored = numbersOf(targets.scored);
  }

  /** Null where targets do not fit the outputs. Failures of `createKernel` pass through. */
  static async compile(options: AfterKernelOptions): Promise<AfterKernelProbe | null> {
    const { network, backend, precision, variant, train, test } = options;
    const outputs = sizeOf(network.outputShape);
    const fitted = targetsOf(train.y, outputs);
    const scored = targetsOf(test.y, outputs);
    if (fitted === undefined || scored === undefined) return null;
    const x = joined(train.x, test.x);
    const computer = await createKernel({ network, backend, precision, variant, x });
    return new AfterKernelProbe(options, computer, { fitted, scored });
  }

  /** Fits and scores with the kernel at `parameters` (by name). */
  async score(parameters: Tensors): Promise<AfterScore> {
    const { variant, test } = this.#options;
    const { tensor: kernel } = await this.#computer.compute(parameters);
    const { examples, outputs } = this.#scored;
    const f = new Float64Array(examples * outputs);
    for (const [block, { data, side }] of squaresOf(variant, kernel).entries()) {
      const columns = columnsFor(variant, this.#fitted, block);
      const found = regress({ kernel: data, side, columns, ridge: this.#options.ridge });
      for (const [at, column] of found.entries()) {
        if (variant === "full") f.set(column);
        else for (const [i, value] of column.entries()) f[i * outputs + block + at] = value;
      }
    }
    const loss =
      f.reduce((sum, value, at) => sum + (value - (this.#scored.y[at] ?? 0)) ** 2, 0) /
      (2 * examples);
    const isClasses = test.y.dtype === "int32" && Number.isFinite(loss);
    return { accuracy: isClasses ? shareRight(f, this.#scored) : null, loss };
  }

  /** What its figures say of it. */
  get stated() {
    const { train, test, ridge } = this.#options;
    return { train_examples: countOf(train), test_examples: countOf(test), ridge };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#computer[Symbol.asyncDispose]();
  }
}

interface Regression {
  /** [side, side], fitted rows before scored ones. */
  readonly kernel: Tensor["data"];
  readonly side: number;
  /** Targets of the fitted rows. */
  readonly columns: readonly Float64Array[];
  readonly ridge: number;
}

/** K(X*, X)(K(X, X) + µI)⁻¹y for every column. */
function regress({ kernel, side, columns, ridge }: Regression): readonly Float64Array[] {
  const n = columns[0]?.length ?? 0;
  const own = new Float64Array(n * n);
  let trace = 0;
  for (let i = 0; i < n; i += 1) {
    own.set(kernel.subarray(i * side, i * side + n), i * n);
    trace += kernel[i * side + i] ?? 0;
  }
  const factor = choleskyOf(own, n, (ridge * trace) / n);
  return columns.map((column) => {
    const c = factor === null ? column.map(() => Number.NaN) : solveFactored(factor, column);
    return Float64Array.from({ length: side - n }, (_, row) => {
      let sum = 0;
      const from = (n + row) * side;
      for (let j = 0; j < n; j += 1) sum += (kernel[from + j] ?? 0) * (c[j] ?? 0);
      return sum;
    });
  });
}

/** One output says the class by its sign, several by the largest. */
function shareRight(f: Float64Array, { y, examples, outputs }: Targets): number {
  let hits = 0;
  const largest = (row: Float64Array): number =>
    outputs === 1
      ? Number((row[0] ?? 0) > 0)
      : row.reduce((best, value, o) => (value > (row[best] ?? 0) ? o : best), 0);
  for (let i = 0; i < examples; i += 1) {
    const [from, to] = [i * outputs, (i + 1) * outputs];
    if (largest(f.subarray(from, to)) === largest(y.subarray(from, to))) hits += 1;
  }
  return hits / examples;
}
