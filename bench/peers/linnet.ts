/**
 * Linnet as one of the compared: a child that reads a workload and runs rounds of it, by the same
 * protocol as the Python peers. Programs are those that the trainer compiles.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Tensors } from "#engine/backend.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { Batches } from "#learning/batches.ts";
import { compileDescent } from "#learning/descent/compile.ts";
import { partsFor } from "#learning/descent/parts.ts";
import type { Task } from "#learning/descent/step.ts";
import type { AnyForm } from "#learning/descent/surface.ts";
import { formAt } from "#learning/forms.ts";
import { createKernel, type Kernel } from "#learning/ntk/kernel.ts";
import { optimizerSettings } from "#learning/optimizer.ts";
import { KernelProbe } from "#learning/probe.ts";
import { parametersIn, splitIn } from "./exchange.ts";
import { networkOf } from "./models.ts";
import type { Workload } from "./workloads.ts";

/** A workload in a folder with its data. */
interface Question extends Workload {
  readonly folder: string;
  readonly threads: number;
  /** Whether steps report the norm of their gradient; no peer does, and no unless given. */
  readonly norm?: boolean;
}

/** Seconds of one round, and the number or array by which peers are compared. */
interface Answer {
  readonly seconds: number;
  readonly value: ArrayLike<number>;
}

type Round = () => Promise<Answer>;

const loss = "softmax_cross_entropy";
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

const seconds = async (work: () => Promise<void>): Promise<number> => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};

/** The form that `auto` gives a long phase of classes. */
function formOf({ task, examples, batch, damping }: Question): AnyForm {
  if (task === "standard") return { type: "standard", trailing: false, resets: false };
  const isLong = task === "linear_full" || task === "linear_round";
  if (isLong) return { type: "function_space", route: "jacobian", resets: false };
  if (task === "gauss_newton") {
    const { form } = formAt(
      {
        algorithm: { type: "gauss_newton", damping, line_search: false },
        ...{ period: null, steps: 1, examples, batchSize: null, fitsKept: true },
        rows: examples * 10,
      },
      0,
    );
    return form;
  }
  const batchSize = batch === examples ? null : batch;
  const { form } = formAt(
    {
      algorithm: { type: "linearised", period: "never" },
      ...{ period: "never", steps: 10_000, examples, batchSize, fitsKept: true },
    },
    1,
  );
  return form;
}

async function steps(question: Question): Promise<Round> {
  const backend = await onnxruntimeBackend({ device: "cpu", threads: question.threads });
  const { examples, batch, rate } = question;
  const network = networkOf(question.model);
  const train = splitIn(question.folder, network, examples);
  const optimizer = optimizerSettings({ type: "sgd", learning_rate: rate });
  const batchSize = batch === examples ? null : batch;
  const parts = partsFor(network, { batch, device: "cpu" });
  const { norm: gradientNorm = false } = question;
  const task: Task = { network, loss, optimizer, train, batchSize, gradientNorm, parts };
  const batches = new Batches({ seed: 0, examples, batchSize: batch });
  const form = formOf(question);
  const descent = await compileDescent({ backend, precision: "float32", task, form, batches });
  const weights = parametersIn(question.folder, network);
  return async () => {
    await descent.restore({ weights, anchor: null, optimizer: {} });
    let series: Float64Array = new Float64Array(0);
    const took = await seconds(async () => {
      const anchors = question.task === "linear_round" ? [0] : [];
      const stretch = { from: 0, to: question.steps, anchors, resetStep: 0 };
      series = (await descent.advance({ ...stretch, rateAt: () => rate }))["loss"] ?? series;
      if (anchors.length > 0) await descent.weights();
    });
    if (question.task !== "gauss_newton") return { seconds: took, value: series.slice(-1) };
    const moved = await descent.weights();
    return { seconds: took, value: movedBy(weights, moved) };
  };
}

/** θ₁ − θ₀, every parameter after the other. */
function movedBy(before: Tensors, after: Tensors): Float64Array {
  const parts = Object.entries(before).map(([name, { data }]) =>
    Float64Array.from(data, (value, at) => (after[name]?.data[at] ?? Number.NaN) - value),
  );
  const whole = new Float64Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function kernel(question: Question): Promise<Round> {
  const backend = await onnxruntimeBackend({ device: "cpu", threads: question.threads });
  const network = networkOf(question.model);
  const { x } = splitIn(question.folder, network, question.examples);
  const variant = question.task === "ntk_full" ? "full" : "trace";
  const computer = await createKernel({ network, backend, precision: "float32", x, variant });
  const weights = parametersIn(question.folder, network);
  // As at the anchors of a run: each kernel takes the memory of the one before.
  let latest: Kernel | undefined;
  return async () => {
    const took = await seconds(async () => {
      latest = await computer.compute(weights, latest);
    });
    return { seconds: took, value: latest?.tensor.data ?? [] };
  };
}

async function products(question: Question): Promise<Round> {
  const backend = await onnxruntimeBackend({ device: "cpu", threads: question.threads });
  const { examples, folder, model } = question;
  const network = networkOf(model);
  const train = splitIn(folder, network, examples);
  const options = { backend, precision: "float32", network, loss, train } as const;
  const probe = new KernelProbe(options, examples);
  const weights = parametersIn(folder, network);
  if (question.task === "lambda_max") {
    return async () => {
      let value = 0;
      const took = await seconds(async () => {
        value = (await probe.lambdaMax(weights, 0)).value * examples;
      });
      return { seconds: took, value: [value] };
    };
  }
  const size = examples * 10;
  const direction = Float64Array.from({ length: size }, (_, at) => Math.fround(Math.cos(at)));
  return async () => {
    let value: ArrayLike<number> = [];
    const took = await seconds(async () => {
      const product = await probe.at(weights);
      for (let at = 0; at < question.steps; at += 1) value = await product(direction);
    });
    return { seconds: took, value };
  };
}

const makers: Readonly<Record<Workload["task"], (question: Question) => Promise<Round>>> = {
  standard: steps,
  linear_mini: steps,
  linear_full: steps,
  linear_round: steps,
  ntk_full: kernel,
  ntk_trace: kernel,
  ntk_product: products,
  lambda_max: products,
  gauss_newton: steps,
};

/** Peak of memory in bytes. */
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

const { value: first } = await lines.next();
const question = JSON.parse(first ?? "{}") as Question;
const before = peakBytes();
const round = await makers[question.task](question);
const { value } = await round();
const answer = join(question.folder, "linnet.bin");
writeFileSync(answer, value instanceof Float32Array ? value : Float32Array.from(value));
say({ ready: true, answer, version: "" });
for (let line = await lines.next(); line.value !== undefined; line = await lines.next()) {
  const { seconds: took } = await round();
  say({ seconds: took / question.steps, peakBytes: peakBytes() - before });
}
process.exit(0);
