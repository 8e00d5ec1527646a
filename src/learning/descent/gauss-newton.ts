/**
 * Damped Gauss–Newton: each step linearises anew and solves the linear problem to the end,
 * Δ = −Jᵀ(Θ-system)⁻¹ s, then goes as far along it as the network's own loss agrees. The K → ∞
 * relative of iterative linearisation.
 */
import assert from "node:assert/strict";
import type { Tensors } from "#engine/backend.ts";
import { tensor } from "#engine/tensor.ts";
import { type Curvature, curvatureOf } from "#learning/curvature.ts";
import { createKernel, type KernelComputer } from "#learning/ntk/kernel.ts";
import { type DampedOutcome, solveDense, solveMatrixFree } from "#learning/solve/damped.ts";
import { judgeStep } from "#learning/solve/trust.ts";
import type { Columns, DescentState, Stretch } from "./descent.ts";
import type { MoverOptions } from "./function-space.ts";
import { JacobianProduct } from "./jacobian-product.ts";
import { targetValues } from "./residual-accuracy.ts";
import type { DescentSurface, GaussNewtonForm } from "./surface.ts";
import { Tangents } from "./tangents.ts";

export interface GaussNewtonOptions extends Omit<MoverOptions, "batches"> {
  readonly form: GaussNewtonForm;
  readonly seed: number;
}

/** Halvings of a step at most. */
const halvingsMax = 30;
/** Share of the decrease that the slope promises with which a step is content (Armijo 1966). */
const sufficient = 1e-4;
/** Rank of the preconditioner of conjugate gradients. */
export const preconditionerRank = 16;

interface Row {
  readonly loss: number;
  readonly accuracy: number | null;
  readonly gradientNorm: number;
  readonly stepLength: number;
  readonly damping: number;
  readonly outcome: DampedOutcome;
}

/** Where a step goes, and what it needs to be judged by. */
interface Along {
  readonly move: Tensors;
  /** gᵀΔ. */
  readonly descent: number;
  readonly damping: number;
}

interface Reached {
  readonly length: number;
  readonly reached: Tensors;
  /** What the next step goes on with. */
  readonly optimizer: Tensors;
}

/** Under which an adaptive damping is kept among the optimiser's arrays. */
const dampingName = "damping";

export class GaussNewton implements DescentSurface {
  readonly #options: GaussNewtonOptions;
  readonly #tangents: Tangents;
  readonly #product: JacobianProduct;
  #kernel: Promise<KernelComputer> | null = null;
  #targets: Float64Array | null = null;
  #state: DescentState | null = null;

  constructor(options: GaussNewtonOptions) {
    this.#options = options;
    this.#tangents = new Tangents(options);
    this.#product = new JacobianProduct(options, this.#tangents);
  }

  async restore(state: DescentState): Promise<void> {
    this.#state = { weights: state.weights, anchor: state.anchor, optimizer: state.optimizer };
    this.#targets = await targetValues(this.#options.task, this.#options.backend);
  }

  async state(): Promise<DescentState> {
    return this.#held;
  }

  async anchor(): Promise<Tensors | null> {
    return this.#held.anchor ?? this.#held.weights;
  }

  async weights(): Promise<Tensors> {
    return this.#held.weights;
  }

  async advance({ from, to, rateAt }: Stretch): Promise<Columns> {
    const rows: Row[] = [];
    for (let step = from; step < to; step += 1) {
      rows.push(await this.#step(this.#dampingAt(rateAt(step))));
    }
    return columnsOf(rows);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tangents[Symbol.asyncDispose]();
    await this.#product[Symbol.asyncDispose]();
    await (await this.#kernel)?.[Symbol.asyncDispose]();
  }

  get #held(): DescentState {
    assert(this.#state !== null, "restore comes first");
    return this.#state;
  }

  /** µ of the next step. */
  #dampingAt(rate: number): number {
    const { damping } = this.#options.form;
    if (typeof damping === "number") return damping;
    if ("period" in damping) return 1 / (rate * damping.period);
    return this.#held.optimizer[dampingName]?.data[0] ?? damping.adaptive;
  }

  async #step(damping: number): Promise<Row> {
    const { weights } = this.#held;
    const f = await this.#tangents.outputsAt(weights);
    const curvature = this.#curvatureAt(f);
    const { examples } = this.#tangents;
    const slope = await this.#tangents.pull(
      weights,
      curvature.gradient.map((value) => value / examples),
    );
    const gradientNorm = Math.sqrt(
      Object.values(slope).reduce((sum, { data }) => sum + squaredNorm(data), 0),
    );
    const outcome = await this.#solve(weights, curvature, damping);
    const move = await this.#tangents.pull(weights, outcome.cotangents);
    const descent = innerProduct(slope, move);
    const along = { move, descent, damping };
    const { length, reached, optimizer } = this.#isAdaptive
      ? await this.#judged(curvature.loss, along)
      : await this.#search(curvature.loss, along);
    this.#state = { weights: reached, anchor: weights, optimizer };
    const accuracy = this.#accuracyOf(f);
    const { loss } = curvature;
    return { loss, accuracy, gradientNorm, stepLength: length, damping, outcome };
  }

  get #isAdaptive(): boolean {
    const { damping } = this.#options.form;
    return typeof damping === "object" && "adaptive" in damping;
  }

  /** The whole step where it lowers the loss, and the damping of the next. */
  async #judged(before: number, { move, descent, damping }: Along): Promise<Reached> {
    const { weights } = this.#held;
    const reached = this.#moved(weights, move, 1);
    const { loss: after } = this.#curvatureAt(await this.#tangents.outputsAt(reached));
    const squaredLength = Object.values(move).reduce((sum, { data }) => sum + squaredNorm(data), 0);
    const judged = judgeStep({ damping, before, after, slope: descent, squaredLength });
    const optimizer = { [dampingName]: tensor("float64", [1], [judged.damping]) };
    return judged.isTaken
      ? { length: 1, reached, optimizer }
      : { length: 0, reached: weights, optimizer };
  }

  #curvatureAt(f: Float64Array): Curvature {
    assert(this.#targets !== null, "restore comes first");
    const how = { targets: this.#targets, examples: this.#tangents.examples };
    return curvatureOf(this.#options.task.loss, f, how);
  }

  async #solve(weights: Tensors, curvature: Curvature, damping: number): Promise<DampedOutcome> {
    const { form, seed, precision } = this.#options;
    const question = { curvature, examples: this.#tangents.examples, damping };
    const dense = async (): Promise<DampedOutcome> => {
      const { tensor } = await (await this.#kernelComputer()).compute(weights);
      const unit = precision === "float64" ? Number.EPSILON : 2 ** -23;
      return solveDense(tensor.data, { ...question, unit });
    };
    if (form.solver === "function_space") return await dense();
    const tried = await solveMatrixFree(question, {
      product: await this.#product.at(weights),
      tolerance: form.tolerance,
      iterationsMax: form.iterationsMax,
      rank: preconditionerRank,
      seed,
    });
    if (tried.converged || !form.fallsBack) return tried;
    const found = await dense();
    return { ...found, iterations: tried.iterations + found.iterations };
  }

  /** The longest of 1, ½, ¼ … that lowers the network's loss enough; 0 when none does. */
  async #search(loss: number, along: Along): Promise<Reached> {
    const { weights } = this.#held;
    const optimizer = {};
    const { form } = this.#options;
    let length = 1;
    for (let halvings = 0; halvings <= halvingsMax; halvings += 1) {
      const reached = this.#moved(weights, along.move, length);
      if (!form.lineSearch) return { length, reached, optimizer };
      const { loss: next } = this.#curvatureAt(await this.#tangents.outputsAt(reached));
      if (next <= loss + sufficient * length * along.descent) {
        return { length, reached, optimizer };
      }
      length /= 2;
    }
    return { length: 0, reached: weights, optimizer };
  }

  #moved(weights: Tensors, move: Tensors, length: number): Tensors {
    const entries = Object.entries(weights).map(([name, value]) => {
      const by = move[name]?.data;
      if (by === undefined) return [name, value] as const;
      const sum = new Float64Array(value.data.length);
      for (let at = 0; at < sum.length; at += 1) {
        sum[at] = (value.data[at] as number) + length * (by[at] as number);
      }
      return [name, tensor(this.#options.precision, value.shape, sum)] as const;
    });
    return Object.fromEntries(entries);
  }

  #kernelComputer(): Promise<KernelComputer> {
    const { backend, task, precision } = this.#options;
    const { network, train } = task;
    this.#kernel ??= createKernel({ network, backend, precision, x: train.x, variant: "full" });
    return this.#kernel;
  }

  /** Share of right classes; null for real targets. */
  #accuracyOf(f: Float64Array): number | null {
    const { y } = this.#options.task.train;
    if (y.dtype !== "int32") return null;
    const { examples, outputs } = this.#tangents;
    let hits = 0;
    for (let n = 0; n < examples; n += 1) {
      const row = f.subarray(n * outputs, (n + 1) * outputs);
      const best = row.reduce((found, value, k) => (value > (row[found] as number) ? k : found), 0);
      const chosen = outputs === 1 ? Number((row[0] as number) > 0) : best;
      if (chosen === y.data[n]) hits += 1;
    }
    return hits / examples;
  }
}

function squaredNorm(data: ArrayLike<number>): number {
  let total = 0;
  for (let at = 0; at < data.length; at += 1) total += (data[at] as number) ** 2;
  return total;
}

function innerProduct(a: Tensors, b: Tensors): number {
  let total = 0;
  for (const [name, { data }] of Object.entries(a)) {
    const other = b[name]?.data ?? [];
    for (let at = 0; at < data.length; at += 1) {
      total += (data[at] as number) * (other[at] as number);
    }
  }
  return total;
}

function columnsOf(rows: readonly Row[]): Columns {
  const column = (of: (row: Row) => number) => Float64Array.from(rows, of);
  const hasClasses = rows.some(({ accuracy }) => accuracy !== null);
  return {
    loss: column(({ loss }) => loss),
    ...(hasClasses ? { accuracy: column(({ accuracy }) => accuracy ?? Number.NaN) } : {}),
    gradient_norm: column(({ gradientNorm }) => gradientNorm),
    step_length: column(({ stepLength }) => stepLength),
    damping: column(({ damping }) => damping),
    solver_iterations: column(({ outcome }) => outcome.iterations),
    solver_residual: column(({ outcome }) => outcome.residual),
    solver_converged: column(({ outcome }) => Number(outcome.converged)),
    directions_left_out: column(({ outcome }) => outcome.leftOut),
  };
}
