/**
 * Loss and accuracy of both functions, the linear model at (θ_s, θ) and the network at θ, over
 * whole splits in blocks. Records nothing.
 */
import type { Backend, Loop, Precision, Program, Tensors } from "#engine/backend.ts";
import { input, multiply, sum } from "#engine/graph/build.ts";
import type { Network } from "#engine/network.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { tensor } from "#engine/tensor.ts";
import type { Loss } from "#schemas/algorithm.ts";
import type { Evaluation, Score } from "#schemas/run.ts";
import { toFigure } from "#schemas/values.ts";
import { linearModel } from "./descent/linearised.ts";
import {
  batchNodes,
  countOf,
  type Examples,
  outputsOf,
  parameterInputs,
  type Split,
} from "./examples.ts";
import { hitsOf, lossPerExample, targetsOf } from "./loss.ts";

export interface EvaluatorOptions {
  readonly backend: Backend;
  readonly precision: Precision;
  readonly network: Network;
  readonly loss: Loss;
  readonly examples: Examples;
  /** Whether there is a linear model beside the network. */
  readonly linearised: boolean;
}

/** Examples evaluated at a time. */
const blockMax = 512;

/** Blocks of equal size that cover `examples`, the last one padded. */
export function blocksOf(examples: number): { readonly count: number; readonly size: number } {
  const count = Math.max(1, Math.ceil(examples / blockMax));
  return { count, size: Math.max(1, Math.ceil(examples / count)) };
}

interface Sums {
  readonly loss: Node;
  readonly hits: Node | null;
}

/** Weighted sums over a block; a padded row has weight 0. */
function sumsOf(f: Node, how: { loss: Loss; y: Node; mask: Node }): Sums {
  const { loss, y, mask } = how;
  const hits = hitsOf(loss, f, y);
  return {
    loss: sum(multiply(lossPerExample(loss, f, targetsOf(loss, y, f)), mask)),
    hits: hits === null ? null : sum(multiply(hits, mask)),
  };
}

function scoringProgram(options: EvaluatorOptions, split: Split): Program {
  const { network, loss, linearised } = options;
  const { size } = blocksOf(countOf(split));
  const batch = batchNodes(split, size);
  const mask = input("mask", [size]);
  const weights = parameterInputs(network, "weights");
  const anchor = linearised ? parameterInputs(network, "anchor") : new Map<string, InputNode>();
  const where = { x: batch.x, mode: "inference" } as const;
  const emitted: Record<string, Node> = {};
  const emit = (name: string, f: Node): void => {
    const sums = sumsOf(f, { loss, y: batch.y, mask });
    emitted[`${name}/loss`] = sums.loss;
    if (sums.hits !== null) emitted[`${name}/hits`] = sums.hits;
  };
  emit("network", outputsOf(network, weights, where));
  if (linearised) emit("linearised", linearModel(network, { anchor, weights }, where).predicted);
  return {
    name: "evaluation",
    constants: batch.constants,
    invariants: [...weights.values(), ...anchor.values()],
    carried: [],
    scanned: [...(batch.index === null ? [] : [batch.index]), mask],
    emitted,
  };
}

/** One split's compiled scoring. */
class Scorer implements AsyncDisposable {
  readonly #loop: Loop;
  readonly #scanned: Tensors;
  readonly #examples: number;
  readonly #blocks: number;

  private constructor(loop: Loop, split: Split, precision: Precision) {
    const { count, size } = blocksOf(countOf(split));
    this.#loop = loop;
    this.#examples = countOf(split);
    this.#blocks = count;
    const places = Array.from({ length: count * size }, (_, at) => at);
    const index = places.map((at) => at % this.#examples);
    const mask = places.map((at) => (at < this.#examples ? 1 : 0));
    this.#scanned = {
      index: tensor("int32", [count, size], index),
      mask: tensor(precision, [count, size], mask),
    };
  }

  static async compile(options: EvaluatorOptions, split: Split): Promise<Scorer | null> {
    if (countOf(split) === 0) return null;
    const { backend, precision } = options;
    const loop = await backend.compileLoop(scoringProgram(options, split), precision);
    return new Scorer(loop, split, precision);
  }

  async scores(values: Tensors): Promise<{ readonly network: Score; readonly linearised: Score }> {
    this.#loop.write(values);
    const emitted = await this.#loop.run(this.#blocks, this.#scanned);
    const mean = (name: string): number | null => {
      const sums = emitted[name]?.data;
      if (sums === undefined) return null;
      let total = 0;
      for (const value of sums) total += value;
      return total / this.#examples;
    };
    const score = (name: string): Score => {
      const accuracy = mean(`${name}/hits`);
      return {
        loss: toFigure(mean(`${name}/loss`) ?? Number.NaN),
        accuracy: accuracy === null ? null : toFigure(accuracy),
      };
    };
    const network = score("network");
    return { network, linearised: "linearised/loss" in emitted ? score("linearised") : network };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
  }
}

const absent: Score = { loss: "NaN", accuracy: null };

export class Evaluator implements AsyncDisposable {
  readonly #train: Scorer | null;
  readonly #test: Scorer | null;
  readonly #linearised: boolean;

  private constructor(train: Scorer | null, test: Scorer | null, linearised: boolean) {
    this.#train = train;
    this.#test = test;
    this.#linearised = linearised;
  }

  static async compile(options: EvaluatorOptions): Promise<Evaluator> {
    const { train, test } = options.examples;
    const trainScorer = await Scorer.compile(options, train);
    const testScorer = await Scorer.compile(options, test);
    return new Evaluator(trainScorer, testScorer, options.linearised);
  }

  /** Scores at weights θ and anchor θ_s (θ where it is null); names are parameters'. */
  async evaluate(at: { weights: Tensors; anchor: Tensors | null }): Promise<Evaluation> {
    const values = {
      ...prefixed(at.weights, "weights"),
      ...(this.#linearised ? prefixed(at.anchor ?? at.weights, "anchor") : {}),
    };
    const train = await this.#train?.scores(values);
    const test = await this.#test?.scores(values);
    const both = (name: "network" | "linearised") => ({
      train: train?.[name] ?? absent,
      test: test?.[name] ?? absent,
    });
    return { linearised: both("linearised"), network: both("network") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#train?.[Symbol.asyncDispose]();
    await this.#test?.[Symbol.asyncDispose]();
  }
}

/** The same values under `prefix/name`. */
export function prefixed(values: Tensors, prefix: string): Tensors {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]),
  );
}
