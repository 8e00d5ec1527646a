/**
 * One figure of bench/gpu.ts, in a process of its own, so that a fault or a long wait costs no
 * other: takes a question as JSON, and prints the answer as one line of JSON.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measuredArithmetic } from "#engine/arithmetic.ts";
import type { Backend, Program } from "#engine/backend.ts";
import { takePlacements } from "#engine/backends/onnxruntime/placement.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { tfjsBackend } from "#engine/backends/tfjs.ts";
import { input, matmul } from "#engine/graph/build.ts";
import { countFlops } from "#engine/graph/flops.ts";
import { bytesOfNode } from "#engine/graph/memory.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import { kernelCost } from "#learning/ntk/cost.ts";
import { createKernel } from "#learning/ntk/kernel.ts";
import type {
  KernelFigures,
  PeakFigures,
  PlacementFigures,
  Question,
  StepFigures,
} from "./figures.ts";
import { builtFor, quickTasks, type Task, tasks } from "./nets.ts";

/** Products by which the peak is measured: large for the device, and yet not long to wait for. */
const products = {
  whole: { size: 4096, steps: 20 },
  quick: { size: 512, steps: 10 },
  software: { size: 256, steps: 4 },
} as const;
const placementSteps = 2;

/** The best of some rounds, in seconds: whatever else ran made the others longer. */
async function best(rounds: number, work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  await work();
  for (let round = 0; round < rounds; round += 1) {
    const from = performance.now();
    await work();
    least = Math.min(least, (performance.now() - from) / 1000);
  }
  return least;
}

const roundsOf = ({ quick }: Question): number => (quick ? 2 : 5);

async function open({ engine, device }: Question, profile?: string): Promise<Backend> {
  if (engine === "tfjs") return await tfjsBackend(device === "webgpu" ? {} : { device });
  return await onnxruntimeBackend({ device, ...(profile === undefined ? {} : { profile }) });
}

/** FLOP/s of one large product after another, with the time of a call taken off. */
async function peakOf(question: Question): Promise<PeakFigures> {
  await using backend = await open(question);
  const { quick, device } = question;
  const { size: n, steps } =
    products[quick ? (device === "webgpu" ? "software" : "quick") : "whole"];
  const [a, b] = [input("a", [n, n]), input("b", [n, n])];
  const program: Program = {
    name: "peak",
    constants: [],
    invariants: [b],
    carried: [{ input: a, output: matmul(a, b) }],
    scanned: [],
    emitted: {},
  };
  await using loop = await backend.compileLoop(program, "float32");
  const values = Float32Array.from({ length: n * n }, (_, at) => (((at * 7919) % 13) - 6) / n);
  loop.write({ a: tensor("float32", [n, n], values), b: tensor("float32", [n, n], values) });
  // Reading waits for the device; both times contain one read.
  const timed = async (count: number) =>
    await best(roundsOf(question), async () => {
      await loop.run(count, {});
      await loop.read(["a"]);
    });
  const [few, many] = [await timed(1), await timed(1 + steps)];
  return {
    engine: backend.engine,
    provider: backend.provider,
    arithmetic: await measuredArithmetic(backend, "float32"),
    flops: (2 * n ** 3 * steps) / Math.max(1e-9, many - few),
    size: n,
  };
}

/** Bytes that a call of `steps` steps moves between host and device, by the program's shapes. */
function transferBytes({ carried, scanned, emitted }: Program, steps: number, stays: boolean) {
  const bytes = (nodes: readonly Parameters<typeof bytesOfNode>[0][]): number =>
    nodes.reduce((sum, node) => sum + bytesOfNode(node, "float32"), 0);
  const series = steps * bytes([...scanned, ...Object.values(emitted)]);
  return series + (stays ? 0 : 2 * bytes(carried.map(({ input: node }) => node)));
}

async function stepsOf(question: Question, task: Task): Promise<StepFigures> {
  await using backend = await open(question);
  const { program, start, schedule } = builtFor(task).built;
  const opening = performance.now();
  await using loop = await backend.compileLoop(program, "float32");
  const openSeconds = (performance.now() - opening) / 1000;
  loop.write(start);
  const scanned = schedule(task.steps);
  let loss = Number.NaN;
  const seconds = await best(roundsOf(question), async () => {
    loss = (await loop.run(task.steps, scanned))["loss"]?.data.at(-1) ?? Number.NaN;
  });
  if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss}`);
  const stays = question.engine === "tfjs" || question.device === "webgpu";
  return {
    batch: task.batch,
    stepsPerSecond: task.steps / seconds,
    stepFlops: countFlops(programOutputs(program)).contraction,
    openSeconds,
    loss,
    chunkSteps: task.steps,
    transferBytes: transferBytes(program, task.steps, stays),
  };
}

async function kernelOf(question: Question, task: Task): Promise<KernelFigures> {
  await using backend = await open(question);
  const { network } = builtFor(task);
  const { kernelExamples: examples, kernel: variant } = task;
  const shape = [examples, ...network.input.shape];
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, at) => Math.sin(at));
  const x = tensor("float32", shape, values);
  const options = { network, backend, precision: "float32", x, variant } as const;
  await using kernel = await createKernel(options);
  const parameters = Object.fromEntries(network.initialise(0));
  const seconds = await best(roundsOf(question), () => kernel.compute(parameters));
  const flops = variant === "full" ? kernelCost(network, x).flops : null;
  return { variant, examples, seconds, flops };
}

async function placementOf(question: Question, task: Task): Promise<PlacementFigures> {
  if (question.engine !== "onnxruntime" || question.device === "cpu") {
    throw new Error("not looked at on this engine and device");
  }
  const folder = mkdtempSync(join(tmpdir(), "linnet-placement-"));
  try {
    const prefix = join(folder, "profile");
    {
      await using backend = await open(question, prefix);
      // Of the probe.
      await takePlacements(prefix);
      const { built } = builtFor(task);
      await using loop = await backend.compileLoop(built.program, "float32");
      loop.write(built.start);
      await loop.run(placementSteps, built.schedule(placementSteps));
    }
    const placed = await takePlacements(prefix);
    const shown = (some: typeof placed) =>
      some.map(({ operator, times }) => `${operator} ×${times}`);
    const isCopy = ({ operator }: (typeof placed)[number]) => operator.startsWith("Memcpy");
    const own = placed.filter(({ provider }) => provider === "CPUExecutionProvider");
    const there = placed.filter((one) => !own.includes(one) && !isCopy(one));
    return {
      steps: placementSteps,
      onDevice: there.reduce((sum, { times }) => sum + times, 0),
      onProcessor: shown(own.filter((one) => !isCopy(one))),
      copies: shown(placed.filter(isCopy)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function answer(question: Question) {
  if (question.part === "peak") return await peakOf(question);
  const task = (question.quick ? quickTasks : tasks).find(({ name }) => name === question.task);
  if (task === undefined) throw new Error(`there is no task ${question.task}`);
  const parts = { steps: stepsOf, kernel: kernelOf, placement: placementOf } as const;
  return await parts[question.part](question, task);
}

// Read by cuBLAS and cuDNN when they are loaded: float32 means float32 here.
process.env["NVIDIA_TF32_OVERRIDE"] ??= "0";
const question = JSON.parse(process.argv[2] ?? "{}") as Question;
try {
  process.stdout.write(`${JSON.stringify({ found: await answer(question) })}\n`);
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  process.stdout.write(`${JSON.stringify({ why: why.split("\n")[0] })}\n`);
}
process.exit(0);
