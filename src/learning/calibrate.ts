/**
 * Measures a device's speed with a few small programs: a large product and small ones, one with a
 * vector, a chain of small operations, an eigendecomposition. Keeps the answer in a file beside the
 * data.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname } from "node:path";
import type { Backend, Precision, Program } from "#engine/backend.ts";
import { add, input, literal, matmul, multiply, reshape, scale } from "#engine/graph/build.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { type Tensor, zeros } from "#engine/tensor.ts";
import { eigenSymmetric } from "./solve/eigen.ts";
import { nominalSpeed, type Speed, smallProductFlops } from "./speed.ts";

const productSize = 384;
const vectorSize = 1536;
const chainLength = 64;
const eigenSize = 96;
/** Inputs and outputs of the layer whose products are small, of as many examples as make FLOPs. */
const smallLayer = [32, 4] as const;
/** Small products in a row. */
const smallProducts = 16;
/** The best of so many; a machine that does other things too is not slower for it. */
const repeats = 10;

interface Trial {
  readonly carried: InputNode;
  readonly output: Node;
  readonly invariants: readonly InputNode[];
  readonly steps: number;
}

/** Numbers that shrink what they multiply; memory of zeros may be one page again and again. */
function filledWith({ shape }: InputNode, precision: Precision): Tensor {
  const value = zeros(precision, shape);
  value.data.fill(1 / (2 * (shape[0] ?? 1)));
  return value;
}

/** Seconds of a step and of a call without its steps. */
async function timed(backend: Backend, precision: Precision, trial: Trial) {
  const { carried, output, invariants, steps } = trial;
  const program: Program = {
    name: "calibration",
    constants: [],
    invariants,
    carried: [{ input: carried, output }],
    scanned: [],
    emitted: {},
  };
  await using loop = await backend.compileLoop(program, precision);
  for (const node of [carried, ...invariants]) {
    loop.write({ [node.attributes.name]: filledWith(node, precision) });
  }
  const run = async (count: number): Promise<number> => {
    let best = Number.POSITIVE_INFINITY;
    for (let at = 0; at < repeats; at += 1) {
      const beganMs = performance.now();
      await loop.run(count, {});
      best = Math.min(best, (performance.now() - beganMs) / 1000);
    }
    return best;
  };
  const one = await run(1);
  const many = await run(steps);
  // A call that was disturbed must not make steps look free.
  const step = Math.max(1e-9, many / steps / 4, (many - one) / (steps - 1));
  return { step, call: Math.max(0, one - step) };
}

function eigenSeconds(): number {
  const n = eigenSize;
  const matrix = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return Math.exp(-((i - j) ** 2) / n) + (i === j ? 1 : 0);
  });
  let best = Number.POSITIVE_INFINITY;
  for (let at = 0; at < repeats; at += 1) {
    const beganMs = performance.now();
    eigenSymmetric(matrix, n, { vectors: true });
    best = Math.min(best, (performance.now() - beganMs) / 1000);
  }
  return best / n ** 3;
}

async function productRate(backend: Backend, precision: Precision): Promise<number> {
  const n = productSize;
  const a = input("a", [n, n]);
  const b = input("b", [n, n]);
  const trial = { carried: a, output: matmul(a, b), invariants: [b], steps: 4 };
  return (2 * n ** 3) / (await timed(backend, precision, trial)).step;
}

/** FLOP/s of small products as of a last layer: there and, the other way round, back. */
async function smallProductRate(backend: Backend): Promise<number> {
  const [inputs, outputs] = smallLayer;
  const x = input("x", [smallProductFlops / (2 * inputs * outputs), inputs]);
  const w = input("w", [inputs, outputs]);
  let output: Node = w;
  for (let at = 0; at < smallProducts; at += 2) {
    output = matmul(x, matmul(x, output), { transposeA: true });
  }
  const trial = { carried: w, output, invariants: [x], steps: 16 };
  const { step } = await timed(backend, "float32", trial);
  return (smallProducts * smallProductFlops) / step;
}

/** Measures; a second or less. */
export async function measureSpeed(backend: Backend): Promise<Speed> {
  if (backend.engine === "reference") return nominalSpeed(backend);
  const hasDouble = backend.device !== "webgpu" && backend.engine !== "tfjs";
  const n = vectorSize;
  const matrix = input("matrix", [n, n]);
  const vector = input("vector", [n]);
  const product = reshape(matmul(reshape(vector, [1, n]), matrix), [n]);
  const small = input("small", [16]);
  let chain: Node = small;
  for (let at = 0; at < chainLength / 2; at += 1) {
    chain = add(multiply(chain, small), literal(at + 1));
  }
  const streamed = await timed(backend, "float32", {
    carried: vector,
    output: scale(product, 0.5),
    invariants: [matrix],
    steps: 16,
  });
  const chained = await timed(backend, "float32", {
    carried: small,
    output: chain,
    invariants: [],
    steps: 64,
  });
  const single = await productRate(backend, "float32");
  return {
    contraction: {
      float32: single,
      float64: hasDouble ? await productRate(backend, "float64") : single / 2,
    },
    smallContraction: await smallProductRate(backend),
    memoryBytes: (4 * n * n) / streamed.step,
    node: chained.step / chainLength,
    call: chained.call,
    eigen: eigenSeconds(),
  };
}

/** Part of the key: figures of another version of the measurement are not read. */
const version = 4;

/** What is in the file, or measured and written there; a file that cannot be used is no fault. */
export async function speedOf(backend: Backend, file: string, threads: number): Promise<Speed> {
  const { provider, device } = backend;
  const processor = cpus()[0]?.model ?? "unknown";
  const key = [version, provider, device, threads, cpus().length, processor].join("/");
  const known = await readSpeeds(file);
  const found = known[key];
  if (found !== undefined) return found;
  const measured = await measureSpeed(backend);
  await writeSpeeds(file, { ...known, [key]: measured }).catch(() => {});
  return measured;
}

async function readSpeeds(file: string): Promise<Readonly<Record<string, Speed>>> {
  try {
    // Written by this file alone, and under a key that names its version.
    return JSON.parse(await readFile(file, "utf8")) as Record<string, Speed>;
  } catch {
    return {};
  }
}

async function writeSpeeds(file: string, speeds: Readonly<Record<string, Speed>>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(speeds, null, 2)}\n`);
  await rename(temporary, file);
}
