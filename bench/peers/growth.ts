/** How the cost of a step and of a kernel grows when one size is doubled and the others stay. */
import type { Backend } from "#engine/backend.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import type { AnyForm } from "#learning/descent/surface.ts";
import { createKernel } from "#learning/ntk/kernel.ts";
import { stream } from "#src/random.ts";
import { phaseSeconds } from "../solving/phase.ts";
import type { Shape } from "../solving/shapes.ts";
import { median } from "./compare.ts";

interface Sizes {
  readonly examples: number;
  readonly outputs: number;
  readonly width: number;
  readonly depth: number;
}

const usual: Sizes = { examples: 128, outputs: 10, width: 256, depth: 2 };
const changes: readonly (readonly [string, Sizes])[] = [
  ["as it is", usual],
  ["2 × N", { ...usual, examples: 256 }],
  ["2 × O", { ...usual, outputs: 20 }],
  ["2 × width, about 3 × P", { ...usual, width: 512 }],
  ["2 × depth", { ...usual, depth: 4 }],
];

export interface Growth {
  readonly what: string;
  readonly parameters: number;
  /** Of a linearised step on all examples. */
  readonly stepMs: number;
  /** Of the full kernel. */
  readonly kernelMs: number;
}

/** Full batches at an anchor that stays. */
const form: AnyForm = {
  type: "linearised",
  anchor: "invariant",
  resets: false,
  keepsPrimals: false,
};

const inputs = 256;
const kernelRounds = 7;

async function kernelMs(backend: Backend, { examples, outputs, width, depth }: Sizes) {
  const hidden = { type: "dense", units: width, activation: "relu" } as const;
  const network = networkFrom({
    input: { shape: [inputs] },
    layers: [...Array.from({ length: depth }, () => hidden), { type: "dense", units: outputs }],
  });
  const random = stream(0, "growth");
  const values = Float32Array.from({ length: examples * inputs }, () => random.normal());
  const x: Tensor = tensor("float32", [examples, inputs], values);
  await using kernel = await createKernel({
    ...{ network, backend, x, precision: "float32", variant: "full" },
  });
  const parameters = Object.fromEntries(network.initialise(0));
  const times: number[] = [];
  for (let round = 0; round <= kernelRounds; round += 1) {
    const beganMs = performance.now();
    await kernel.compute(parameters);
    if (round > 0) times.push(performance.now() - beganMs);
  }
  return {
    ms: median(times),
    count: network.layers.reduce((sum, { parameters: p }) => sum + p, 0),
  };
}

export async function measureGrowth(backend: Backend): Promise<readonly Growth[]> {
  const rows: Growth[] = [];
  for (const [what, sizes] of changes) {
    const { examples, outputs, width, depth } = sizes;
    const layers = Array.from({ length: depth }, () => width);
    const shape: Shape = {
      ...{ input: inputs, layers, outputs, examples, steps: 60 },
      ...{ period: "never", batch: "full", loss: "softmax_cross_entropy" },
    };
    const nowMs = () => performance.now();
    const { step } = await phaseSeconds(backend, form, { shape, nowMs });
    const { ms, count } = await kernelMs(backend, sizes);
    rows.push({ what, parameters: count, stepMs: step * 1000, kernelMs: ms });
  }
  return rows;
}
