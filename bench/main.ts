/**
 * `npm run bench`: steps a second, kernel time, and the share of time outside the engine, through
 * the same code that the trainer runs. `-- --json` for one JSON object as the last line, `--quick`
 * for fewer steps. Exit code 1 when a stated bound is broken.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Backend } from "#engine/backend.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import type { Examples } from "#learning/examples.ts";
import { createKernel } from "#learning/ntk/kernel.ts";
import { train } from "#learning/train.ts";
import type { Algorithm } from "#schemas/algorithm.ts";
import type { Definition } from "#schemas/model.ts";
import type { Plan } from "#schemas/run.ts";
import type { Assignment } from "#src/channel.ts";
import { stream } from "#src/random.ts";
import { openArtifactFolder } from "#storage/artifacts/folder.ts";

const bounds = { mlpGigaflops: 150, kernelMs: 250, outsideShare: 0.05 };

const mlp: Definition = {
  input: { shape: [784] },
  layers: [
    { type: "dense", units: 512, activation: "relu" },
    { type: "dense", units: 512, activation: "relu" },
    { type: "dense", units: 10 },
  ],
};

const cnn: Definition = {
  input: { shape: [32, 32, 3] },
  layers: [
    { type: "conv2d", filters: 32, kernel: 3, padding: "same", activation: "relu" },
    { type: "max_pool2d", size: 2 },
    { type: "conv2d", filters: 64, kernel: 3, padding: "same", activation: "relu" },
    { type: "max_pool2d", size: 2 },
    { type: "flatten" },
    { type: "dense", units: 10 },
  ],
};

const { values: flags } = parseArgs({
  options: { json: { type: "boolean" }, quick: { type: "boolean" } },
});
const threads = Math.max(1, cpus().length);

function random(shape: readonly number[], label: string): Tensor {
  const draw = stream(0, label);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: size }, () => draw.normal()),
  );
}

function examplesFor(network: Network, count: number): Examples {
  const split = {
    x: random([count, ...network.input.shape], "x"),
    y: tensor(
      "int32",
      [count],
      Int32Array.from({ length: count }, (_, at) => at % 10),
    ),
  };
  const test = {
    x: random([64, ...network.input.shape], "t"),
    y: tensor("int32", [64], new Int32Array(64)),
  };
  return { train: split, test, classes: 10 };
}

/** A backend that adds up the time spent inside its own calls. */
function timed(inner: Backend, clock: { engineMs: number }): Backend {
  const within = async <T>(body: () => Promise<T>): Promise<T> => {
    const from = performance.now();
    const value = await body();
    clock.engineMs += performance.now() - from;
    return value;
  };
  return {
    engine: inner.engine,
    device: inner.device,
    provider: inner.provider,
    compileLoop: async (program, precision) => {
      const loop = await within(() => inner.compileLoop(program, precision));
      return {
        write: (values) => loop.write(values),
        run: (steps, scanned) => within(() => loop.run(steps, scanned)),
        read: (names) => loop.read(names),
        [Symbol.asyncDispose]: () => loop[Symbol.asyncDispose](),
      };
    },
    compile: async (procedure, precision) => {
      const callable = await within(() => inner.compile(procedure, precision));
      return {
        call: (inputs) => within(() => callable.call(inputs)),
        [Symbol.asyncDispose]: () => callable[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

interface Workload {
  readonly name: string;
  readonly definition: Definition;
  readonly batch: number | "full";
  readonly examples: number;
  readonly algorithm: Algorithm;
  readonly steps: number;
}

function assignment(work: Workload, artifactsDir: string): Assignment {
  const steps = flags.quick ? Math.ceil(work.steps / 5) : work.steps;
  return {
    run: "run_bench",
    attempt: 1,
    settings: {
      loss: "softmax_cross_entropy",
      algorithm: work.algorithm,
      optimizer: { type: "sgd", learning_rate: 0.001 },
      batch_size: work.batch,
      steps,
      seed: 0,
      dtype: "float32",
      engine: "onnxruntime",
      device: "cpu",
      evaluate: { every: steps },
      snapshots: null,
      checkpoints: { every: steps, keep: 1 },
      stop: {},
    },
    model: { kind: "definition", definition: work.definition },
    dataset: "sha256:bench",
    artifactsDir,
    checkpoints: [],
    steering: [],
    secondsUsed: 0,
    threads,
    memoryBytesMax: 8e9,
  };
}

interface Row {
  readonly workload: string;
  readonly stepMs: number;
  readonly stepsPerSecond: number;
  readonly gigaflops: number;
  readonly outsideShare: number;
}

/** Times the steps between the first metrics and the last: start-up and evaluation are apart. */
async function measure(work: Workload, backend: Backend, folder: string): Promise<Row> {
  const clock = { engineMs: 0 };
  const network = networkFrom(work.definition);
  const chunks: { readonly to: number; readonly atMs: number; readonly engineMs: number }[] = [];
  let plan: Plan | undefined;
  const { outcome } = await train({
    assignment: assignment(work, folder),
    network,
    examples: examplesFor(network, work.examples),
    backend: timed(backend, clock),
    artifacts: await openArtifactFolder(folder),
    started: (made) => {
      plan = made;
    },
    emit: (event) => {
      if (event.kind !== "metrics") return;
      chunks.push({ to: event.data.to, atMs: performance.now(), engineMs: clock.engineMs });
    },
  });
  if (outcome.type !== "succeeded") throw new Error(`${work.name} ended as ${outcome.type}`);
  const ends = chunks.filter(({ to }, at) => chunks[at + 1]?.to !== to);
  const first = ends[Math.min(3, ends.length - 2)];
  const last = ends.at(-1);
  if (first === undefined || last === undefined || plan === undefined) throw new Error("no steps");
  const steps = last.to - first.to;
  const wallMs = last.atMs - first.atMs;
  const total = assignment(work, folder).settings.steps;
  return {
    workload: work.name,
    stepMs: wallMs / steps,
    stepsPerSecond: (1000 * steps) / wallMs,
    gigaflops: plan.flops / total / (wallMs / steps) / 1e6,
    outsideShare: Math.max(0, 1 - (last.engineMs - first.engineMs) / wallMs),
  };
}

async function kernelMs(backend: Backend): Promise<number> {
  const network = networkFrom(mlp);
  await using kernel = await createKernel({
    network,
    backend,
    precision: "float32",
    x: random([256, 784], "probe"),
    variant: "full",
  });
  const parameters = Object.fromEntries(network.initialise(0));
  const rounds: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const from = performance.now();
    await kernel.compute(parameters);
    rounds.push(performance.now() - from);
  }
  return rounds.sort((a, b) => a - b)[3] ?? Number.NaN;
}

const never: Algorithm = { type: "linearised", period: "never" };
const standard: Algorithm = { type: "standard" };
const workloads: readonly Workload[] = [
  {
    name: "MLP batch 256, standard",
    definition: mlp,
    batch: 256,
    examples: 2048,
    algorithm: standard,
    steps: 1000,
  },
  {
    name: "MLP batch 32, standard",
    definition: mlp,
    batch: 32,
    examples: 2048,
    algorithm: standard,
    steps: 5000,
  },
  {
    name: "MLP batch 256, linearised",
    definition: mlp,
    batch: 256,
    examples: 2048,
    algorithm: never,
    steps: 700,
  },
  {
    name: "MLP batch 32, linearised",
    definition: mlp,
    batch: 32,
    examples: 2048,
    algorithm: never,
    steps: 4000,
  },
  {
    name: "CNN batch 128, standard",
    definition: cnn,
    batch: 128,
    examples: 1024,
    algorithm: standard,
    steps: 75,
  },
  {
    name: "CNN batch 128, linearised",
    definition: cnn,
    batch: 128,
    examples: 1024,
    algorithm: never,
    steps: 50,
  },
];

const folder = mkdtempSync(join(tmpdir(), "linnet-bench-"));
await using backend = await onnxruntimeBackend({ device: "cpu", threads });
const rows: Row[] = [];
for (const work of workloads) {
  const row = await measure(work, backend, folder);
  rows.push(row);
  console.log(
    `${row.workload.padEnd(28)} ${row.stepMs.toFixed(2).padStart(8)} ms/step ` +
      `${row.stepsPerSecond.toFixed(1).padStart(8)} steps/s ${row.gigaflops.toFixed(0).padStart(5)} ` +
      `GFLOP/s ${(100 * row.outsideShare).toFixed(1).padStart(5)} % outside the engine`,
  );
}
const kernel = await kernelMs(backend);
console.log(`${"full NTK, MLP, 256 × 10".padEnd(28)} ${kernel.toFixed(1).padStart(8)} ms`);
rmSync(folder, { recursive: true });

const [large] = rows;
const faults = [
  ...((large?.gigaflops ?? 0) < bounds.mlpGigaflops
    ? [`MLP batch 256 runs below ${bounds.mlpGigaflops} GFLOP/s`]
    : []),
  ...(kernel > bounds.kernelMs ? [`the kernel takes more than ${bounds.kernelMs} ms`] : []),
  ...rows
    .filter(({ outsideShare }) => outsideShare > bounds.outsideShare)
    .map(({ workload }) => `${workload}: more than 5 % outside the engine`),
];
for (const fault of faults) console.log(`BROKEN: ${fault}`);
if (flags.json) console.log(JSON.stringify({ threads, rows, kernelMs: kernel, bounds, faults }));
process.exitCode = faults.length > 0 ? 1 : 0;
