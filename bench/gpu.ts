/**
 * What a GPU gives: steps a second and kernels of a perceptron, a convolutional network and a small
 * vision transformer, as shares of the card's own measured peak; beside it PyTorch and JAX where a
 * Python has them. Writes bench/reports/gpu-<device>.md and .json.
 * `node bench/gpu.ts [--device cuda|webgpu|cpu] [--engine onnxruntime|tfjs] [--quick]
 * [--only TASK] [--python FILE]… [--minutes N] [--out DIR]`; needs no network.
 */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { thisMachine } from "#api/devices/machine.ts";
import { softwareVulkan } from "#test/software-vulkan.ts";
import type { Figures, Outcome, Peer, Question, Row } from "./gpu/figures.ts";
import { quickTasks, type Task, tasks } from "./gpu/nets.ts";
import { reportOf } from "./gpu/report.ts";

const { values: flags } = parseArgs({
  options: {
    device: { type: "string" },
    engine: { type: "string", default: "onnxruntime" },
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    python: { type: "string", multiple: true, default: ["python3"] },
    minutes: { type: "string", default: "45" },
    out: { type: "string", default: join(import.meta.dirname, "reports") },
  },
});

const run = promisify(execFile);
/** Of one figure; all of them together may take `--minutes`. */
const partMsMax = 8 * 60_000;
const outputBytesMax = 1 << 24;
const endMs = performance.now() + Number(flags.minutes) * 60_000;

type Device = Question["device"];

function deviceOf(text: string | undefined): Device {
  if (text === "cpu" || text === "cuda" || text === "webgpu") return text;
  throw new Error(`--device is cuda, webgpu or cpu, not ${text}`);
}

/** What a command prints; a reason where it fails, or is not done in time. */
async function printed(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome<string>> {
  const timeout = Math.min(partMsMax, Math.floor(endMs - performance.now()));
  if (timeout <= 0) return { why: "no time was left (--minutes)" };
  try {
    const env = { ...process.env, ...environment };
    const { stdout } = await run(command, [...args], {
      timeout,
      killSignal: "SIGKILL",
      maxBuffer: outputBytesMax,
      env,
    });
    return { found: stdout };
  } catch (error) {
    const { killed, signal, stderr = "", message = "" } = error as Partial<Record<string, unknown>>;
    if (killed === true) return { why: `it took longer than ${Math.round(timeout / 1000)} s` };
    const last = (String(stderr).trim() || String(message)).split("\n").at(-1);
    return { why: signal == null ? (last ?? "it failed") : `it ended with ${signal}: ${last}` };
  }
}

const lastLine = (text: string): string =>
  text.split("\n").findLast((line) => line.startsWith("{")) ?? '{"why":"it said nothing"}';

async function part<T>(
  question: Question,
  environment: Readonly<Record<string, string>>,
): Promise<Outcome<T>> {
  const file = join(import.meta.dirname, "gpu", "part.ts");
  const heap = "--max-old-space-size=8192";
  const said = await printed(process.execPath, [heap, file, JSON.stringify(question)], environment);
  process.stderr.write(`${question.part} ${question.task}: ${"why" in said ? said.why : "done"}\n`);
  return "why" in said ? said : (JSON.parse(lastLine(said.found)) as Outcome<T>);
}

/** The same work in one peer on the same device, by the first Python that has it. */
async function peerOf(peer: "torch" | "jax", device: Device, task: Task): Promise<Peer> {
  const script = join(import.meta.dirname, "peers", "gpu.py");
  const { name, batch, steps, kernelExamples, kernel } = task;
  const asked = { name, batch, steps, kernelExamples, kernel, blocks: task.blocks ?? 0 };
  const question = JSON.stringify({ peer, device, rounds: flags.quick ? 2 : 5, task: asked });
  const none = { peer, version: null, task: name, stepsPerSecond: null, kernelSeconds: null };
  let why = "no Python was given";
  for (const python of flags.python) {
    const said = await printed(python, [script, question]);
    const found: Peer =
      "why" in said ? { ...none, why: said.why } : (JSON.parse(lastLine(said.found)) as Peer);
    if (typeof found.stepsPerSecond === "number") return found;
    why = found.why ?? "it said nothing";
  }
  return { ...none, why };
}

async function rowsOf(
  chosen: readonly Task[],
  asked: Pick<Question, "device" | "engine" | "quick">,
  environment: Readonly<Record<string, string>>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { name: task } of chosen) {
    rows.push({
      task,
      steps: await part({ ...asked, part: "steps", task }, environment),
      kernel: await part({ ...asked, part: "kernel", task }, environment),
      placement: await part({ ...asked, part: "placement", task }, environment),
    });
  }
  return rows;
}

function write(figures: Figures, engine: string): void {
  const { device, hardware, isSoftware, quick } = figures;
  const slug = (isSoftware ? `${device}-software` : `${device}-${hardware}`)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");
  const name = ["gpu", slug, engine === "tfjs" ? "tfjs" : "", quick ? "quick" : ""];
  const file = join(flags.out, name.filter((word) => word !== "").join("-"));
  mkdirSync(flags.out, { recursive: true });
  writeFileSync(`${file}.json`, `${JSON.stringify(figures, undefined, 2)}\n`);
  writeFileSync(`${file}.md`, reportOf(figures));
  process.stdout.write(reportOf(figures));
  process.stderr.write(`\nwritten: ${file}.md and .json\n`);
}

const gpus = await thisMachine.gpus();
const device = deviceOf(flags.device ?? (gpus.length > 0 ? "cuda" : "webgpu"));
const engine = flags.engine === "tfjs" ? "tfjs" : "onnxruntime";
const software = device === "webgpu" && gpus.length === 0 ? softwareVulkan() : {};
const isSoftware = "VK_ICD_FILENAMES" in software;
const own = cpus()[0]?.model.trim() ?? "unknown";
const asked = { device, engine, quick: flags.quick } as const;
const chosen = (flags.quick ? quickTasks : tasks).filter(({ name }) => name.includes(flags.only));
const peers: Peer[] = [];
const figures = {
  date: new Date().toISOString(),
  quick: flags.quick,
  device,
  hardware: isSoftware
    ? `a software Vulkan driver (SwiftShader) on ${own}`
    : device === "cpu"
      ? own
      : (gpus[0]?.name ?? "unknown"),
  driver: device === "cpu" ? null : (gpus[0]?.driver ?? null),
  isSoftware,
  peak: await part<never>({ ...asked, part: "peak", task: "products" }, software),
  rows: await rowsOf(chosen, asked, software),
};
for (const task of chosen) {
  for (const peer of ["torch", "jax"] as const) peers.push(await peerOf(peer, device, task));
}
write({ ...figures, peers }, engine);
// A report of reasons alone is worth writing, and is no measurement.
if (figures.rows.every(({ steps, kernel }) => "why" in steps && "why" in kernel)) {
  process.stderr.write("nothing could be measured on this device\n");
  process.exitCode = 1;
}
