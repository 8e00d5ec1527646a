/** Products and training steps whose rate is measured, each ready to run a round of itself. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backend, Loop, Program, Tensors } from "#engine/backend.ts";
import { input, matmul } from "#engine/graph/build.ts";
import { countFlops } from "#engine/graph/flops.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { tensor } from "#engine/tensor.ts";
import { Batches } from "#learning/batches.ts";
import { compileDescent } from "#learning/descent/compile.ts";
import { standardProgram } from "#learning/descent/standard.ts";
import type { Task } from "#learning/descent/step.ts";
import { optimizerSettings } from "#learning/optimizer.ts";
import { stream } from "#src/random.ts";
import { parametersIn, splitIn, writeQuestion } from "./exchange.ts";
import { networkOf } from "./models.ts";
import type { Workload } from "./workloads.ts";

export interface Rated {
  readonly name: string;
  /** Multiplications and additions of the products of one step, counted from the graph. */
  readonly flops: number;
  /** Of one product or step, over a round of several. */
  readonly seconds: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Sides of square products. */
export const squares: readonly number[] = [512, 1024, 2048];
export const stepBatches: readonly number[] = [256, 32];

/** Work of a round: long enough for the clock, short enough for many rounds. */
const flopsPerRound = 40e9;
const examples = 4096;
const rate = 0.01;

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return (performance.now() - beganMs) / 1000;
}

/** X ← XW, n × n each, W with numbers small enough that X stays finite. */
export async function ratedProduct(backend: Backend, size: number): Promise<Rated> {
  const [x, w] = [input("x", [size, size]), input("w", [size, size])];
  const product = matmul(x, w);
  const program: Program = {
    ...{ name: `product ${size}`, constants: [], invariants: [w], scanned: [], emitted: {} },
    carried: [{ input: x, output: product }],
  };
  const loop: Loop = await backend.compileLoop(program, "float32");
  const random = stream(0, "roofline");
  const drawn = (spread: number) => {
    const values = Float32Array.from({ length: size ** 2 }, () => spread * random.normal());
    return tensor("float32", [size, size], values);
  };
  const start: Tensors = { x: drawn(1), w: drawn(1 / Math.sqrt(size)) };
  const flops = 2 * size ** 3;
  const steps = Math.max(1, Math.round(flopsPerRound / flops));
  return {
    name: `product ${size} × ${size} × ${size}`,
    flops,
    seconds: async () => {
      loop.write(start);
      return (await secondsOf(async () => await loop.run(steps, {}))) / steps;
    },
    close: async () => await loop[Symbol.asyncDispose](),
  };
}

/** An ordinary step of the perceptron; `norm`: it also reports the norm of its gradient. */
export async function ratedStep(
  backend: Backend,
  { batch, norm }: { readonly batch: number; readonly norm: boolean },
): Promise<Rated> {
  const workload: Workload = {
    ...{ model: "mlp", task: "standard", examples, batch, steps: 1, phase: 1, rate, damping: 0 },
  };
  const network = networkOf("mlp");
  const folder = mkdtempSync(join(tmpdir(), "linnet-roofline-"));
  writeQuestion(folder, workload);
  const [train, weights] = [splitIn(folder, network, examples), parametersIn(folder, network)];
  rmSync(folder, { recursive: true });
  const optimizer = optimizerSettings({ type: "sgd", learning_rate: rate });
  const loss = "softmax_cross_entropy";
  const task: Task = { network, loss, optimizer, train, batchSize: batch, gradientNorm: norm };
  const form = { type: "standard", trailing: false, resets: false } as const;
  const batches = new Batches({ seed: 0, examples, batchSize: batch });
  const descent = await compileDescent({ backend, precision: "float32", task, form, batches });
  const { contraction: flops } = countFlops(programOutputs(standardProgram(task, form)));
  const steps = Math.round(flopsPerRound / flops);
  return {
    name: `step, batch ${batch}${norm ? ", with the norm of its gradient" : ""}`,
    flops,
    seconds: async () => {
      await descent.restore({ weights, anchor: null, optimizer: {} });
      const stretch = { from: 0, to: steps, anchors: [], resetStep: 0, rateAt: () => rate };
      return (await secondsOf(async () => await descent.advance(stretch))) / steps;
    },
    close: async () => await descent[Symbol.asyncDispose](),
  };
}
