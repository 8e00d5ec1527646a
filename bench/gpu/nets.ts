/** The networks that GPUs are measured with, as definitions, and their training steps. */
import type { Tensors } from "#engine/backend.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import type { GraphNode } from "#schemas/layer.ts";
import type { Definition } from "#schemas/model.ts";
import { type Built, build, type Net } from "../programs.ts";

const classes = 10;

const mlp: Definition = {
  input: { shape: [784] },
  layers: [
    { type: "dense", units: 512, activation: "relu" },
    { type: "dense", units: 512, activation: "relu" },
    { type: "dense", units: classes },
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
    { type: "dense", units: classes },
  ],
};

const vitUnits = 192;
const vitHeads = 3;
const vitBlocks = 12;

function vitBlock(at: number): GraphNode[] {
  const from = at === 0 ? "positions" : `block_${at - 1}`;
  const id = (name: string): string => `${name}_${at}`;
  return [
    { type: "layer_norm", id: id("norm"), inputs: [from] },
    {
      type: "attention",
      id: id("attention"),
      inputs: [id("norm")],
      heads: vitHeads,
      causal: false,
    },
    { type: "add", id: id("attended"), inputs: [from, id("attention")] },
    { type: "layer_norm", id: id("norm_mlp"), inputs: [id("attended")] },
    {
      type: "dense",
      id: id("wide"),
      inputs: [id("norm_mlp")],
      units: 4 * vitUnits,
      activation: "gelu",
    },
    { type: "dense", id: id("narrow"), inputs: [id("wide")], units: vitUnits },
    { type: "add", id: id("block"), inputs: [id("attended"), id("narrow")] },
  ];
}

/** 32×32×3 in patches of 4×4: 64 tokens, blocks of width 192 with 3 heads. */
const vit = (blocks: number): Definition => ({
  input: { shape: [32, 32, 3] },
  nodes: [
    { type: "conv2d", id: "patches", inputs: ["input"], filters: vitUnits, kernel: 4, strides: 4 },
    { type: "reshape", id: "tokens", inputs: ["patches"], shape: [64, vitUnits] },
    { type: "positional_embedding", id: "positions", inputs: ["tokens"] },
    ...Array.from({ length: blocks }, (_, at) => vitBlock(at)).flat(),
    { type: "layer_norm", id: "norm", inputs: [`block_${blocks - 1}`] },
    { type: "global_average_pool", id: "pool", inputs: ["norm"] },
    { type: "dense", id: "head", inputs: ["pool"], units: classes },
  ],
  output: "head",
});

/** What is measured with one network: its batch, its steps, and the examples of its kernel. */
export interface Task {
  readonly name: "mlp" | "cnn" | "vit_tiny";
  readonly definition: Definition;
  readonly batch: number;
  readonly steps: number;
  readonly kernelExamples: number;
  readonly kernel: "full" | "trace";
  /** Of a transformer. */
  readonly blocks?: number;
}

export const tasks: readonly Task[] = [
  { name: "mlp", definition: mlp, batch: 256, steps: 200, kernelExamples: 512, kernel: "full" },
  { name: "cnn", definition: cnn, batch: 128, steps: 100, kernelExamples: 64, kernel: "full" },
  {
    name: "vit_tiny",
    definition: vit(vitBlocks),
    blocks: vitBlocks,
    batch: 128,
    steps: 50,
    kernelExamples: 32,
    kernel: "trace",
  },
];

const vitQuickBlocks = 2;

/**
 * For software devices: enough to see that everything runs, too little to call it speed. Two blocks
 * of the transformer are what twelve are: a driver compiles the same shaders for them.
 */
export const quickTasks: readonly Task[] = [
  { name: "mlp", definition: mlp, batch: 32, steps: 4, kernelExamples: 16, kernel: "full" },
  { name: "cnn", definition: cnn, batch: 4, steps: 2, kernelExamples: 2, kernel: "full" },
  {
    name: "vit_tiny",
    definition: vit(vitQuickBlocks),
    blocks: vitQuickBlocks,
    batch: 2,
    steps: 2,
    kernelExamples: 2,
    kernel: "trace",
  },
];

/** A network as the programs that are timed take it, by its inference. */
export function netOf(network: Network): Net {
  const { parameters } = network;
  return {
    input: network.input.shape,
    weights: parameters.map(({ shape }) => shape),
    forward: (weights, x) => {
      const arrays = new Map(parameters.map(({ name }, at) => [name, weights[at] ?? x] as const));
      return network.apply(arrays, x, "inference");
    },
  };
}

/** The network of a task, and ordinary training steps of it with its own first weights. */
export function builtFor(task: Task): { readonly network: Network; readonly built: Built } {
  const network = networkFrom(task.definition);
  const built = build(task.name, netOf(network), { batch: task.batch, linear: false });
  const initial = network.initialise(0);
  const start: Tensors = Object.fromEntries(
    network.parameters.flatMap(({ name }, at) => {
      const value = initial.get(name);
      return value === undefined ? [] : [[`weights/${at}`, value] as const];
    }),
  );
  return { network, built: { ...built, start } };
}
