/**
 * What a GPU gives: steps a second and kernels of a perceptron, a convolutional network and a small
 * vision transformer, as shares of the card's own measured peak; beside it PyTorch and JAX where a
 * Python has them. Writes bench/reports/gpu-<device>.md and .json.
 * `node bench/gpu.ts [--device cuda|webgpu|cpu] [--engine onnxruntime|tfjs] [--short]
 * [--only TASK] [--python FILE] [--out DIR]`; needs no network.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { thisMachine } from "#api/devices/machine.ts";
import type { Backend, Program } from "#engine/backend.ts";
import { takePlacements } from "#engine/backends/onnxruntime/placement.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { tfjsBackend } from "#engine/backends/tfjs.ts";
import { input, matmul } from "#engine/graph/build.ts";
import { countFlops } from "#engine/graph/flops.ts";
import { bytesOfNode } from "#engine/graph/memory.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { tensor } from "#engine/tensor.ts";
import { kernelCost } from "#learning/ntk/cost.ts";
import { createKernel } from "#learning/ntk/kernel.ts";
import { softwareVulkan, useSoftwareVulkan } from "#test/software-vulkan.ts";
import type { Figures, Measured, Peer } from "./gpu/figures.ts";
import { builtFor, shortTasks, type Task, tasks } from "./gpu/nets.ts";
import { reportOf } from "./gpu/report.ts";

const { values: flags } = parseArgs({
  options: {
    device: { type: "string" },
    engine: { type: "string", default: "onnxruntime" },
    short: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    python: { type: "string" },
    out: { type: "string", default: join(import.meta.dirname, "reports") },
  },
});

// Read by cuBLAS and cuDNN when they are loaded: float32 means float32 here.
process.env["NVIDIA_TF32_OVERRIDE"] ??= "0";

const rounds = flags.short ? 2 : 5;
const peakSize = flags.short ? 128 : 4096;
const peakSteps = flags.short ? 2 : 20;
const scratch = mkdtempSync(join(tmpdir(), "linnet-gpu-"));

type Device = "cpu" | "cuda" | "webgpu";

function deviceOf(text: string | undefined): Device {
  if (text === "cpu" || text === "cuda" || text === "webgpu") return text;
  throw new Error(`--device is cuda, webgpu or cpu, not ${text}`);
}

async function open(device: Device, profile?: string): Promise<Backend> {
  if (flags.engine === "tfjs") return await tfjsBackend(device === "webgpu" ? {} : { device });
  return await onnxruntimeBackend({ device, ...(profile === undefined ? {} : { profile }) });
}

/** The best of some rounds, in seconds: whatever else ran made the others longer. */
async function best(work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  await work();
  for (let round = 0; round < rounds; round += 1) {
    const from = performance.now();
    await work();
    least = Math.min(least, (performance.now() - from) / 1000);
  }
  return least;
}

/** FLOP/s of one large product after another, with the time of a call taken off. */
async function peakOf(backend: Backend): Promise<number> {
  const n = peakSize;
  const [a, b] = [input("a", [n, n]), input("b", [n, n])];
  const carried = [{ input: a, output: matmul(a, b) }];
  const program: Program = {
    name: "peak",
    constants: [],
    invariants: [b],
    carried,
    scanned: [],
    emitted: {},
  };
  await using loop = await backend.compileLoop(program, "float32");
  const values = Float32Array.from({ length: n * n }, (_, at) => (((at * 7919) % 13) - 6) / n);
  loop.write({ a: tensor("float32", [n, n], values), b: tensor("float32", [n, n], values) });
  // Reading waits for the device; both times contain one read.
  const timed = async (steps: number) =>
    await best(async () => {
      await loop.run(steps, {});
      await loop.read(["a"]);
    });
  const [few, many] = [await timed(1), await timed(1 + peakSteps)];
  return (2 * n ** 3 * peakSteps) / Math.max(1e-9, many - few);
}

/** Bytes that a call of `steps` steps moves between host and device, by the program's shapes. */
function transferBytes({ carried, scanned, emitted }: Program, steps: number, stays: boolean) {
  const bytes = (nodes: readonly Parameters<typeof bytesOfNode>[0][]): number =>
    nodes.reduce((sum, node) => sum + bytesOfNode(node, "float32"), 0);
  const series = steps * bytes([...scanned, ...Object.values(emitted)]);
  return series + (stays ? 0 : 2 * bytes(carried.map(({ input: node }) => node)));
}

async function measure(backend: Backend, task: Task): Promise<Measured> {
  const { network, built } = builtFor(task);
  const { program, start, schedule } = built;
  const flops = countFlops(programOutputs(program)).contraction;
  const opening = performance.now();
  await using loop = await backend.compileLoop(program, "float32");
  const openSeconds = (performance.now() - opening) / 1000;
  loop.write(start);
  const scanned = schedule(task.steps);
  let loss = Number.NaN;
  const seconds = await best(async () => {
    loss = (await loop.run(task.steps, scanned))["loss"]?.data.at(-1) ?? Number.NaN;
  });
  const x = tensor(
    "float32",
    [task.kernelExamples, ...network.input.shape],
    Float32Array.from(
      { length: task.kernelExamples * network.input.shape.reduce((a, b) => a * b, 1) },
      (_, at) => Math.sin(at),
    ),
  );
  const options = { network, backend, precision: "float32", x, variant: task.kernel } as const;
  await using kernel = await createKernel(options);
  const parameters = Object.fromEntries(network.initialise(0));
  const kernelSeconds = await best(() => kernel.compute(parameters));
  const stays = flags.engine === "tfjs" || backend.device === "webgpu";
  return {
    name: task.name,
    batch: task.batch,
    stepsPerSecond: task.steps / seconds,
    stepFlops: flops,
    openSeconds,
    loss,
    transferBytes: transferBytes(program, task.steps, stays),
    chunkSteps: task.steps,
    kernel: task.kernel,
    kernelExamples: task.kernelExamples,
    kernelSeconds,
    // The structured cost is known for full kernels alone.
    kernelFlops: task.kernel === "full" ? kernelCost(network, x).flops : null,
  };
}

/** Operators that ran on the processor during a short run of a task on the device. */
async function strayed(device: Device, task: Task): Promise<readonly string[] | null> {
  if (flags.engine !== "onnxruntime" || device === "cpu") return null;
  const prefix = join(scratch, task.name);
  const { built } = builtFor(task);
  {
    await using backend = await open(device, prefix);
    await using loop = await backend.compileLoop(built.program, "float32");
    loop.write(built.start);
    await loop.run(1, built.schedule(1));
  }
  const placed = await takePlacements(prefix);
  return placed
    .filter(({ provider }) => provider === "CPUExecutionProvider")
    .map(({ operator, times }) => `${operator} ×${times}`);
}

/** The same steps in PyTorch and JAX on the same device; what is not installed says so. */
function peersOf(device: Device, measured: readonly Task[]): readonly Peer[] {
  if (flags.python === undefined) return [];
  const script = join(import.meta.dirname, "peers", "gpu.py");
  const shapes = measured.map(({ name, batch, steps, kernelExamples }) => ({
    name,
    batch,
    steps,
    kernelExamples,
  }));
  const question = JSON.stringify({ device, rounds, tasks: shapes });
  const said = execFileSync(flags.python, [script, question], {
    encoding: "utf8",
    maxBuffer: 1 << 24,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return said
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Peer);
}

async function main(): Promise<void> {
  const gpus = await thisMachine.gpus();
  const device = deviceOf(flags.device ?? (gpus.length > 0 ? "cuda" : "webgpu"));
  const isSoftware =
    device === "webgpu" && gpus.length === 0 && "VK_ICD_FILENAMES" in softwareVulkan();
  if (isSoftware) useSoftwareVulkan();
  const [gpu] = gpus;
  const own = cpus()[0]?.model.trim() ?? "unknown";
  const hardware = isSoftware ? `a software Vulkan driver (SwiftShader) on ${own}` : undefined;
  const all = flags.short ? shortTasks : tasks;
  const chosen = all.filter(({ name }) => name.includes(flags.only));
  await using backend = await open(device);
  const peakFlops = await peakOf(backend);
  const found: Measured[] = [];
  const stray: Record<string, readonly string[] | null> = {};
  for (const task of chosen) {
    found.push(await measure(backend, task));
    stray[task.name] = await strayed(device, task);
    process.stderr.write(`${task.name} is measured\n`);
  }
  const figures: Figures = {
    date: new Date().toISOString(),
    short: flags.short,
    engine: backend.engine,
    device,
    provider: backend.provider,
    hardware: hardware ?? (device === "cpu" ? own : (gpu?.name ?? "unknown")),
    driver: gpu?.driver ?? null,
    isSoftware,
    peakFlops,
    peakSize,
    tasks: found,
    stray,
    peers: peersOf(device, chosen),
  };
  const name = isSoftware ? `${device}-software` : `${device}-${figures.hardware}`;
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");
  const suffix = backend.engine === "tfjs" ? "-tfjs" : "";
  mkdirSync(flags.out, { recursive: true });
  const file = join(flags.out, `gpu-${slug}${suffix}`);
  writeFileSync(`${file}.json`, `${JSON.stringify(figures, undefined, 2)}\n`);
  writeFileSync(`${file}.md`, reportOf(figures));
  process.stdout.write(reportOf(figures));
}

try {
  await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
