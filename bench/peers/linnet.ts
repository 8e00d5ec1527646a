/**
 * Linnet as one of the compared: a child that reads a workload and runs rounds of it, by the same
 * protocol as the Python peers. Programs are those that the trainer compiles.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Backend, Tensors } from "#engine/backend.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { type Tensor, zeros } from "#engine/tensor.ts";
import { Batches } from "#learning/batches.ts";
import { measureSpeed } from "#learning/calibrate.ts";
import { compileDescent } from "#learning/descent/compile.ts";
import type { Task } from "#learning/descent/step.ts";
import type { AnyForm } from "#learning/descent/surface.ts";
import { firstOf } from "#learning/examples.ts";
import { formAt } from "#learning/forms.ts";
import { createKernel, type Kernel } from "#learning/ntk/kernel.ts";
import { type Prepared, prepare } from "#learning/preparation.ts";
import { KernelProbe } from "#learning/probe.ts";
import type { Algorithm } from "#schemas/algorithm.ts";
import type { Assignment, RunSettings } from "#src/channel.ts";
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

/** Seconds of a step or product, and the number or array by which peers are compared. */
interface Answer {
  readonly seconds: number;
  readonly value: ArrayLike<number>;
}

/** One round; the first is not timed, and its answer is compared. */
type Round = (isAnswer: boolean) => Promise<Answer>;

const loss = "softmax_cross_entropy";
/** Steps of a run whose mini-batches are measured. */
const longPhase = 10_000;
const memoryBytesMax = 16e9;
/** O. */
const outputs = 10;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

const seconds = async (work: () => Promise<void>): Promise<number> => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};

const algorithmOf = ({ task, damping }: Question): Algorithm => {
  if (task === "standard") return { type: "standard" };
  if (task === "gauss_newton") return { type: "gauss_newton", damping, line_search: false };
  // A round of mini-batches is too short a part of a phase to tell what another solver would take.
  if (task === "linear_mini")
    return { type: "linearised", period: "never", solver: "weight_space" };
  return { type: "linearised", period: "never" };
};

/** Targets as numbers: shares of right classes are then no part of the work, as in no peer. */
function oneHot({ data, shape }: Tensor): Tensor {
  const [examples = 0] = shape;
  const values = zeros("float32", [examples, outputs]);
  for (let n = 0; n < examples; n += 1) values.data[n * outputs + (data[n] as number)] = 1;
  return values;
}

/** What the trainer would prepare for a phase of so many steps; by its own choice of solver. */
async function preparedFor(question: Question, backend: Backend): Promise<Prepared> {
  const { examples, batch, rate, folder, model, task, phase } = question;
  const network = networkOf(model);
  const split = splitIn(folder, network, examples);
  const isSquares = task === "linear_round_squares";
  const train = isSquares ? { ...split, y: oneHot(split.y) } : split;
  const settings: RunSettings = {
    loss: isSquares ? "mean_squared_error" : "softmax_cross_entropy",
    algorithm: algorithmOf(question),
    optimizer: { type: "sgd", learning_rate: rate },
    batch_size: batch === examples ? "full" : batch,
    // A step of mini-batches in a long phase, of which a round is but a part.
    steps: task === "linear_mini" ? longPhase : phase,
    ...{ seed: 0, dtype: "float32", engine: "auto", device: "cpu" },
    evaluate: { every: longPhase },
    snapshots: null,
    checkpoints: { every: null, keep: 1 },
    stop: { diverged: false },
  };
  const assignment: Assignment = {
    ...{ run: "bench", attempt: 1, settings, dataset: "", artifactsDir: "", checkpoints: [] },
    model: { kind: "definition", definition: { input: { shape: [1] }, layers: [] } },
    ...{ steering: [], secondsUsed: 0, threads: question.threads, memoryBytesMax },
  };
  const { engine, device } = backend;
  const place = { engine, device, speed: await measureSpeed(backend) };
  const test = firstOf(train, 1);
  const classes = isSquares ? null : outputs;
  return prepare(assignment, { network, examples: { train, test, classes } }, place);
}

async function steps(question: Question): Promise<Round> {
  const backend = await onnxruntimeBackend({ device: "cpu", threads: question.threads });
  const { batch, rate, examples, norm: gradientNorm = false } = question;
  const prepared = await preparedFor(question, backend);
  const task: Task = { ...prepared.task, gradientNorm };
  const { form } = formAt(prepared.forms, 0);
  const batches = new Batches({ seed: 0, examples, batchSize: batch });
  const compiled = (own: AnyForm) =>
    compileDescent({ backend, precision: "float32", task, form: own, batches });
  const descent = await compiled(form);
  // Closed forms report some steps only; answers are of the last.
  const isSparse = form.type === "closed_form" && form.every > 1;
  const told = isSparse ? await compiled({ ...form, every: 1 }) : descent;
  const weights = parametersIn(question.folder, task.network);
  const isPhase = question.task.startsWith("linear_") && question.task !== "linear_mini";
  return async (isAnswer) => {
    const mover = isAnswer ? told : descent;
    await mover.restore({ weights, anchor: null, optimizer: {} });
    const to = isAnswer ? question.steps : question.phase;
    let series: Float64Array = new Float64Array(0);
    const took = await seconds(async () => {
      const stretch = { from: 0, to, anchors: isPhase ? [0] : [], resetStep: 0 };
      series = (await mover.advance({ ...stretch, rateAt: () => rate }))["loss"] ?? series;
      if (isPhase) await mover.weights();
    });
    if (question.task !== "gauss_newton") return { seconds: took / to, value: series.slice(-1) };
    const moved = await mover.weights();
    return { seconds: took / to, value: movedBy(weights, moved) };
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
  const size = examples * outputs;
  const direction = Float64Array.from({ length: size }, (_, at) => Math.fround(Math.cos(at)));
  return async () => {
    let value: ArrayLike<number> = [];
    const took = await seconds(async () => {
      const product = await probe.at(weights);
      for (let at = 0; at < question.steps; at += 1) value = await product(direction);
    });
    return { seconds: took / question.steps, value };
  };
}

const makers: Readonly<Record<Workload["task"], (question: Question) => Promise<Round>>> = {
  standard: steps,
  linear_mini: steps,
  linear_full: steps,
  linear_round: steps,
  linear_round_squares: steps,
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
const { value } = await round(true);
const answer = join(question.folder, "linnet.bin");
writeFileSync(answer, value instanceof Float32Array ? value : Float32Array.from(value));
say({ ready: true, answer, version: "" });
for (let line = await lines.next(); line.value !== undefined; line = await lines.next()) {
  const { seconds: took } = await round(false);
  say({ seconds: took, peakBytes: peakBytes() - before });
}
process.exit(0);
