/**
 * Raw step speed of the ONNX Runtime backend, as medians of a few rounds.
 * `node bench/engine.ts [--json] [--threads N] [--only TEXT] [--profile]`; a profile lists the
 * operators, and slows them a little.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Program } from "#engine/backend.ts";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { ordered } from "#engine/graph/walk.ts";
import { sizeOf } from "#engine/tensor.ts";
import { operatorTimes } from "./operator-times.ts";
import type { Built } from "./programs.ts";
import { build, convolutional, perceptron } from "./programs.ts";

const roundsTimed = 7;

/** Multiplications and additions of every contraction in one step. */
function contractionFlops({ carried, emitted }: Program): number {
  let flops = 0;
  const outputs = [...carried.map(({ output }) => output), ...Object.values(emitted)];
  for (const { op, inputs, shape, attributes } of ordered(outputs)) {
    const [a, b] = inputs;
    if (a === undefined || b === undefined) continue;
    if (op === "matmul") {
      const inner = attributes.transposeA ? a.shape.at(-2) : a.shape.at(-1);
      flops += 2 * sizeOf(shape) * (inner ?? 0);
    } else if (op === "convolve") {
      flops += 2 * sizeOf(shape) * sizeOf(b.shape.slice(0, -1));
    } else if (op === "convolveInput") {
      flops += 2 * sizeOf(a.shape) * sizeOf(b.shape.slice(0, -1));
    } else if (op === "convolveFilter") {
      flops += 2 * sizeOf(b.shape) * sizeOf(shape.slice(0, -1));
    }
  }
  return flops;
}

interface Measured {
  readonly name: string;
  readonly stepMs: number;
  readonly gigaflopsPerSecond: number;
  readonly sessionMs: number;
  readonly loss: number;
}

interface Settings {
  readonly threads?: number;
  readonly profile?: string;
}

async function measure(
  { program, start, schedule }: Built,
  steps: number,
  settings: Settings,
): Promise<Measured> {
  await using backend = await onnxruntimeBackend({ device: "cpu", ...settings });
  const before = performance.now();
  await using loop = await backend.compileLoop(program, "float32");
  const sessionMs = performance.now() - before;
  loop.write(start);
  const scanned = schedule(steps);
  let losses = (await loop.run(steps, scanned))["loss"];
  const rounds: number[] = [];
  for (let round = 0; round < roundsTimed; round += 1) {
    const from = performance.now();
    losses = (await loop.run(steps, scanned))["loss"];
    rounds.push((performance.now() - from) / steps);
  }
  const stepMs = rounds.sort((a, b) => a - b)[Math.floor(roundsTimed / 2)] ?? NaN;
  const gigaflopsPerSecond = contractionFlops(program) / stepMs / 1e6;
  const loss = losses?.data.at(-1) ?? NaN;
  return { name: program.name, stepMs, gigaflopsPerSecond, sessionMs, loss };
}

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean" },
    threads: { type: "string" },
    only: { type: "string" },
    profile: { type: "boolean" },
  },
});
const threads = options.threads === undefined ? {} : { threads: Number(options.threads) };
const cases = [
  { name: "MLP standard, batch 256", net: perceptron, batch: 256, linear: false, steps: 50 },
  { name: "MLP standard, batch 32", net: perceptron, batch: 32, linear: false, steps: 200 },
  { name: "MLP linearised, batch 256", net: perceptron, batch: 256, linear: true, steps: 30 },
  { name: "CNN standard, batch 128", net: convolutional, batch: 128, linear: false, steps: 5 },
  { name: "CNN linearised, batch 128", net: convolutional, batch: 128, linear: true, steps: 3 },
].filter(({ name }) => name.includes(options.only ?? ""));
const results: Measured[] = [];
for (const { name, net, batch, linear, steps } of cases) {
  const folder = options.profile ? mkdtempSync(join(tmpdir(), "linnet-profile-")) : null;
  const profile = folder === null ? {} : { profile: join(folder, "session") };
  const built = build(name, net, { batch, linear });
  const result = await measure(built, steps, { ...threads, ...profile });
  results.push(result);
  if (folder !== null) {
    for (const line of operatorTimes(folder)) console.log(line);
    rmSync(folder, { recursive: true });
  }
  if (options.json) continue;
  const { stepMs, gigaflopsPerSecond, sessionMs, loss } = result;
  console.log(
    `${name.padEnd(28)} ${stepMs.toFixed(2).padStart(8)} ms/step ` +
      `${gigaflopsPerSecond.toFixed(0).padStart(5)} GFLOP/s   ` +
      `session ${sessionMs.toFixed(0)} ms   loss ${loss.toFixed(4)}`,
  );
}
if (options.json) console.log(JSON.stringify(results, undefined, 2));
