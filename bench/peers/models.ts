/** The networks that are compared; the Python peers build the same by their names. */
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import type { Definition } from "#schemas/model.ts";

export const modelNames = ["mlp", "cnn", "resnet8", "vit_tiny"] as const;
export type ModelName = (typeof modelNames)[number];

export const modelTitles: Readonly<Record<ModelName, string>> = {
  mlp: "MLP 784-512-512-10",
  cnn: "CNN 32×32×3, 32 and 64 filters",
  resnet8: "ResNet-8, group norm",
  vit_tiny: "ViT, 64 patches, width 64, 2 blocks",
};

const mlp: Definition = {
  input: { shape: [784] },
  layers: [
    { name: "d1", type: "dense", units: 512, activation: "relu" },
    { name: "d2", type: "dense", units: 512, activation: "relu" },
    { name: "d3", type: "dense", units: 10 },
  ],
};

const cnn: Definition = {
  input: { shape: [32, 32, 3] },
  layers: [
    { name: "c1", type: "conv2d", filters: 32, kernel: 3, padding: "same", activation: "relu" },
    { name: "p1", type: "max_pool2d", size: 2 },
    { name: "c2", type: "conv2d", filters: 64, kernel: 3, padding: "same", activation: "relu" },
    { name: "p2", type: "max_pool2d", size: 2 },
    { name: "flat", type: "flatten" },
    { name: "d", type: "dense", units: 10 },
  ],
};

type Nodes = Extract<Definition, { nodes: unknown }>["nodes"];

/** Two 3×3 convolutions beside a shortcut, which is a 1×1 convolution where the shape changes. */
function residualBlock(id: string, input: string, size: Stage): Nodes {
  const { filters, strides, projects } = size;
  const convolution = { type: "conv2d", filters, kernel: 3, padding: "same" } as const;
  const norm = { type: "group_norm", groups: 8 } as const;
  const relu = { type: "activation", activation: "relu" } as const;
  const shortcut = projects ? `${id}_skip` : input;
  const skip: Nodes = [
    { type: "conv2d", filters, kernel: 1, strides, id: shortcut, inputs: [input] },
  ];
  return [
    { ...convolution, id: `${id}_c1`, inputs: [input], strides, use_bias: false },
    { ...norm, id: `${id}_n1`, inputs: [`${id}_c1`] },
    { ...relu, id: `${id}_r1`, inputs: [`${id}_n1`] },
    { ...convolution, id: `${id}_c2`, inputs: [`${id}_r1`], use_bias: false },
    { ...norm, id: `${id}_n2`, inputs: [`${id}_c2`] },
    ...(projects ? skip : []),
    { type: "add", id: `${id}_sum`, inputs: [`${id}_n2`, shortcut] },
    { ...relu, id, inputs: [`${id}_sum`] },
  ];
}

interface Stage {
  readonly filters: number;
  readonly strides: number;
  readonly projects: boolean;
}

const resnet8: Definition = {
  input: { shape: [32, 32, 3] },
  nodes: [
    {
      ...{ type: "conv2d", filters: 16, kernel: 3, padding: "same", use_bias: false },
      ...{ id: "stem", inputs: ["input"] },
    },
    { type: "group_norm", groups: 8, id: "stem_n", inputs: ["stem"] },
    { type: "activation", activation: "relu", id: "stem_r", inputs: ["stem_n"] },
    ...residualBlock("b1", "stem_r", { filters: 16, strides: 1, projects: false }),
    ...residualBlock("b2", "b1", { filters: 32, strides: 2, projects: true }),
    ...residualBlock("b3", "b2", { filters: 64, strides: 2, projects: true }),
    { type: "global_average_pool", id: "pool", inputs: ["b3"] },
    { type: "dense", units: 10, id: "d", inputs: ["pool"] },
  ],
  output: "d",
};

/** Attention and two dense layers, each normalised before and added to what came in. */
function transformerBlock(id: string, input: string): Nodes {
  return [
    { type: "layer_norm", id: `${id}_n1`, inputs: [input] },
    { type: "attention", heads: 4, id: `${id}_a`, inputs: [`${id}_n1`] },
    { type: "add", id: `${id}_s`, inputs: [`${id}_a`, input] },
    { type: "layer_norm", id: `${id}_n2`, inputs: [`${id}_s`] },
    { type: "dense", units: 128, activation: "gelu", id: `${id}_u`, inputs: [`${id}_n2`] },
    { type: "dense", units: 64, id: `${id}_v`, inputs: [`${id}_u`] },
    { type: "add", id, inputs: [`${id}_v`, `${id}_s`] },
  ];
}

const vitTiny: Definition = {
  input: { shape: [32, 32, 3] },
  nodes: [
    { type: "conv2d", filters: 64, kernel: 4, strides: 4, id: "patches", inputs: ["input"] },
    { type: "reshape", shape: [64, 64], id: "tokens", inputs: ["patches"] },
    { type: "positional_embedding", id: "places", inputs: ["tokens"] },
    ...transformerBlock("t1", "places"),
    ...transformerBlock("t2", "t1"),
    { type: "layer_norm", id: "norm", inputs: ["t2"] },
    { type: "global_average_pool", id: "pool", inputs: ["norm"] },
    { type: "dense", units: 10, id: "d", inputs: ["pool"] },
  ],
  output: "d",
};

export const definitions: Readonly<Record<ModelName, Definition>> = {
  mlp,
  cnn,
  resnet8,
  vit_tiny: vitTiny,
};

export const networkOf = (name: ModelName): Network => networkFrom(definitions[name]);
