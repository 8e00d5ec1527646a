/** Walks a form of descent over small examples, for tests that compare forms. */
import assert from "node:assert/strict";
import type { Tensors } from "#engine/backend.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import type { Network } from "#engine/network.ts";
import { convert, sizeOf } from "#engine/tensor.ts";
import { Batches } from "#learning/batches.ts";
import { compileDescent } from "#learning/descent/compile.ts";
import type { Columns, DescentState } from "#learning/descent/descent.ts";
import type { Task } from "#learning/descent/step.ts";
import type { AnyForm } from "#learning/descent/surface.ts";
import { countOf, type Examples } from "#learning/examples.ts";
import { createKernel } from "#learning/ntk/kernel.ts";
import { optimizerSettings } from "#learning/optimizer.ts";
import { factorAt } from "#learning/schedule.ts";
import { eigenSymmetric } from "#learning/solve/eigen.ts";
import type { Loss, Optimizer } from "#schemas/algorithm.ts";
import { smallExamples, smallNetwork } from "./training.ts";

export interface Way {
  readonly optimizer?: Optimizer;
  readonly loss?: Loss;
  readonly batchSize?: number | null;
  readonly steps?: number;
  /** Steps between linearisations; 0: none, not even at the first step. */
  readonly period?: number;
  /** Lengths of calls; a state is written down and read back between them when `resumes`. */
  readonly cuts?: readonly number[];
  readonly resumes?: boolean;
  readonly network?: Network;
  readonly examples?: Examples;
  readonly engine?: "reference" | "float64" | "float32";
}

export interface Walked {
  readonly state: DescentState;
  readonly columns: Columns;
  /** What went otherwise than foreseen. */
  readonly notices: readonly string[];
}

export const weightSpace: AnyForm = {
  type: "linearised",
  anchor: "invariant",
  resets: false,
  keepsPrimals: false,
};
export const closedForm = {
  type: "closed_form",
  resets: false,
  every: 1,
  route: "spectrum",
  horizon: 1000,
  vectorsMax: 512,
} as const satisfies AnyForm;
export const functionSpace = {
  type: "function_space",
  route: "kernel",
  resets: false,
} as const satisfies AnyForm;
/** Without the kernel. */
export const byJacobian: AnyForm = { ...functionSpace, route: "jacobian" };

export const sgd = { type: "sgd", learning_rate: 0.1 } as const;
export const heavy = { ...sgd, momentum: 0.8 } as const;
/** Every kind of update that is linear in past gradients. */
export const linearOptimizers: Readonly<Record<string, Optimizer>> = {
  "gradient descent": sgd,
  "heavy ball": heavy,
  Nesterov: { ...heavy, nesterov: true },
  "decay to zero": { ...heavy, weight_decay: 0.1 },
  "decay to the anchor": { ...sgd, weight_decay: 0.3, weight_decay_to: "anchor" },
  "Nesterov with decay to the anchor": {
    ...heavy,
    nesterov: true,
    weight_decay: 0.1,
    weight_decay_to: "anchor",
  },
  clipping: { ...heavy, learning_rate: 0.3, clip_norm: 0.2, weight_decay: 0.05 },
  "an exponential average": { ...heavy, averaging: { type: "ema", decay: 0.9 } },
  "an average of the tail": {
    ...heavy,
    weight_decay: 0.1,
    averaging: { type: "tail", from: 30 },
  },
  "a schedule": { ...heavy, schedule: { type: "warmup_cosine", warmup: 10 } },
};

export const losses: readonly Loss[] = [
  "softmax_cross_entropy",
  "mean_squared_error",
  "sigmoid_cross_entropy",
];

function taskOf(way: Way): Task {
  return {
    network: way.network ?? smallNetwork(),
    loss: way.loss ?? "softmax_cross_entropy",
    optimizer: optimizerSettings(way.optimizer ?? { type: "sgd", learning_rate: 0.2 }),
    train: (way.examples ?? smallExamples()).train,
    batchSize: way.batchSize === undefined ? 6 : way.batchSize,
    gradientNorm: true,
  };
}

function joinedColumns(parts: readonly Columns[]): Columns {
  const names = Object.keys(parts[0] ?? {});
  const whole = names.map((name) => {
    const values = parts.flatMap((part) => [...(part[name] ?? [])]);
    return [name, Float64Array.from(values)] as const;
  });
  return Object.fromEntries(whole);
}

/** Steps of a form from the same start; the state may also begin elsewhere. */
export async function walk(form: AnyForm, way: Way = {}, begin?: DescentState): Promise<Walked> {
  const { steps = 13, period = 5, engine = "reference", cuts = [] } = way;
  const task = taskOf(way);
  const backend =
    engine === "reference"
      ? referenceBackend()
      : await onnxruntimeBackend({ device: "cpu", threads: 1 });
  const precision = engine === "float32" ? "float32" : "float64";
  const examples = countOf(task.train);
  const batches = new Batches({ seed: 5, examples, batchSize: task.batchSize ?? 1 });
  const compile = () => compileDescent({ backend, precision, task, form, batches });
  const initial = [...task.network.initialise(1)].map(
    ([name, value]) => [name, convert(value, precision)] as const,
  );
  let state = begin ?? { weights: Object.fromEntries(initial), anchor: null, optimizer: {} };
  let descent = await compile();
  await descent.restore(state);
  const columns: Columns[] = [];
  const notices: string[] = [];
  const schedule = { schedule: task.optimizer.schedule, steps };
  const rateAt = (step: number) => task.optimizer.learningRate * factorAt(schedule, step);
  for (let from = 0; from < steps; ) {
    const to = Math.min(steps, from + (cuts[columns.length] ?? steps));
    const anchors = Array.from({ length: to - from }, (_, at) => from + at).filter(
      (step) => period > 0 && step % period === 0,
    );
    columns.push(await descent.advance({ from, to, anchors, rateAt, resetStep: 0 }));
    notices.push(...(descent.notices?.() ?? []));
    from = to;
    if (way.resumes !== true) continue;
    state = await descent.state();
    await descent[Symbol.asyncDispose]();
    descent = await compile();
    await descent.restore(state);
  }
  state = await descent.state();
  await descent[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
  return { state, columns: joinedColumns(columns), notices };
}

const sizeOfValues = (values: Tensors): number =>
  Math.max(
    ...Object.values(values).map(({ data }) => Math.max(...[...data].map(Math.abs))),
    1e-300,
  );

/** Largest difference, relative to the largest number of the second. */
export function apart(a: Tensors, b: Tensors): number {
  let worst = 0;
  assert.deepEqual(Object.keys(a).sort(), Object.keys(b).sort());
  for (const [name, { data }] of Object.entries(a)) {
    for (const [at, value] of [...data].entries()) {
      worst = Math.max(worst, Math.abs(value - (b[name]?.data[at] ?? Number.NaN)));
    }
  }
  return Object.keys(a).length === 0 ? 0 : worst / sizeOfValues(b);
}

/** The same for series, each relative to its own largest value. */
export function columnsApart(a: Columns, b: Columns): number {
  let worst = 0;
  for (const [name, values] of Object.entries(b)) {
    const scale = Math.max(...values.map(Math.abs), 1e-300);
    for (const [at, value] of values.entries()) {
      const other = a[name]?.[at] ?? Number.NaN;
      assert.ok(Number.isFinite(other), `${name} at ${at} is ${other}`);
      worst = Math.max(worst, Math.abs(other - value) / scale);
    }
  }
  return worst;
}

/** Largest eigenvalue of Θ/n at the initial weights, on all training examples. */
export async function kernelOf(way: Way): Promise<{ readonly lambdaMax: number }> {
  const { network, train } = taskOf(way);
  const options = { network, backend: referenceBackend(), precision: "float64" } as const;
  await using computer = await createKernel({ ...options, x: train.x, variant: "full" });
  const { tensor } = await computer.compute(Object.fromEntries(network.initialise(1)));
  const size = countOf(train) * sizeOf(network.outputShape);
  const { values } = eigenSymmetric(tensor.data, size);
  return { lambdaMax: (values[size - 1] ?? Number.NaN) / countOf(train) };
}

/** Largest relative difference of weights, momenta, anchors and every series. */
export function differenceOf(a: Walked, b: Walked): number {
  return Math.max(
    apart(a.state.weights, b.state.weights),
    apart(a.state.optimizer, b.state.optimizer),
    apart(a.state.anchor ?? {}, b.state.anchor ?? {}),
    columnsApart(a.columns, b.columns),
  );
}
