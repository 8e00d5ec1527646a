/**
 * Small networks as exporters write them: chains of Shape, Gather, Concat and Reshape around the
 * mathematics, decomposed normalisation and activations, anonymous constants. With a free batch, or
 * with a batch of 1 written into every shape.
 */
import type { Attribute } from "#engine/onnx/model.ts";
import { Build, numbers } from "./onnx-build.ts";

export interface Exported {
  readonly title: string;
  readonly bytes: Uint8Array;
  /** The batch size that the file fixes. */
  readonly fixed?: number;
  readonly below?: number;
}

type Batch = "N" | 1;

const positive = (label: string, length: number) =>
  numbers(label, [length]).map((x) => 0.5 + x * x);

/** A scalar constant node, as exporters write them in the middle of the graph. */
function scalar(b: Build, value: number): string {
  const raw = new Uint8Array(Float32Array.of(value).buffer);
  const tensor: Attribute = {
    type: "tensor",
    value: { name: "", type: "float32", shape: [], content: { raw } },
  };
  return b.node("Constant", [], { attributes: { value: tensor } });
}

/** Length of an axis of x as [1], by Shape, Gather and Unsqueeze. */
function lengthOf(b: Build, x: string, axis: number): string {
  const length = b.node("Gather", [b.node("Shape", [x]), b.integers([axis], [])]);
  return b.node("Unsqueeze", [length, b.integers([0])]);
}

/** Reshape to lengths; "batch" is taken from `like`, or written down as 1 in a fixed file. */
function reshape(
  b: Build,
  [x, like]: readonly [string, string],
  how: { batch: Batch; to: readonly (number | "batch")[] },
): string {
  if (how.batch === 1) {
    return b.node("Reshape", [x, b.integers(how.to.map((n) => (n === "batch" ? 1 : n)))]);
  }
  const parts = how.to.map((n) => (n === "batch" ? lengthOf(b, like, 0) : b.integers([n])));
  return b.node("Reshape", [x, b.node("Concat", parts, { attributes: { axis: 0 } })]);
}

function batchNorm(b: Build, x: string, [name, channels]: readonly [string, number]): string {
  return b.node(
    "BatchNormalization",
    [
      x,
      b.weight(`${name}.weight`, [channels]),
      b.weight(`${name}.bias`, [channels]),
      b.weight(`${name}.running_mean`, [channels]),
      b.weight(`${name}.running_var`, [channels], positive(name, channels)),
    ],
    { name: `/${name}/BatchNormalization` },
  );
}

/** Convolution, batch norm, a residual block with a shortcut, pooling, and a dense head. */
export function resnet(batch: Batch): Exported {
  const b = new Build();
  const conv = (
    x: string,
    name: string,
    [to, from, k]: readonly [number, number, number],
    stride = 1,
  ) =>
    b.node("Conv", [x, b.weight(`${name}.weight`, [to, from, k, k])], {
      name: `/${name}/Conv`,
      attributes: {
        pads: Array<number>(4).fill((k - 1) / 2),
        strides: [stride, stride],
        kernel_shape: [k, k],
      },
    });
  const stem = b.node("Relu", [batchNorm(b, conv("x", "conv1", [4, 3, 3]), ["bn1", 4])]);
  const pooled = b.node("MaxPool", [stem], {
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  });
  const first = b.node("Relu", [
    batchNorm(b, conv(pooled, "layer1.0.conv1", [6, 4, 3], 2), ["layer1.0.bn1", 6]),
  ]);
  const second = batchNorm(b, conv(first, "layer1.0.conv2", [6, 6, 3]), ["layer1.0.bn2", 6]);
  const shortcut = batchNorm(b, conv(pooled, "layer1.0.downsample.0", [6, 4, 1], 2), [
    "layer1.0.downsample.1",
    6,
  ]);
  const sum = b.node("Relu", [b.node("Add", [second, shortcut])]);
  const flat = b.node("Flatten", [b.node("GlobalAveragePool", [sum])]);
  const y = b.node("Gemm", [flat, b.weight("fc.weight", [5, 6]), b.weight("fc.bias", [5])], {
    name: "/fc/Gemm",
    attributes: { transB: 1 },
  });
  const bytes = b.model({ x: [batch, 3, 8, 8] }, [y], { rank: 2 });
  return {
    title: `a residual network, batch ${batch}`,
    bytes,
    ...(batch === 1 ? { fixed: 1 } : {}),
  };
}

/** LayerNorm as older exporters write it. */
function layerNorm(b: Build, x: string, [name, width]: readonly [string, number]): string {
  const axes = { attributes: { axes: [-1] } };
  const centred = b.node("Sub", [x, b.node("ReduceMean", [x], axes)]);
  const variance = b.node("ReduceMean", [b.node("Pow", [centred, scalar(b, 2)])], axes);
  const deviation = b.node("Sqrt", [b.node("Add", [variance, scalar(b, 1e-5)])]);
  const unit = b.node("Div", [centred, deviation]);
  const scaled = b.node("Mul", [unit, b.weight(`${name}.weight`, [width])]);
  return b.node("Add", [scaled, b.weight(`${name}.bias`, [width])]);
}

function dense(b: Build, x: string, [name, from, to]: readonly [string, number, number]): string {
  const matrix = b.weight(`onnx::MatMul_${b.initializers.length}`, [from, to]);
  const product = b.node("MatMul", [x, matrix], { name: `/${name}/MatMul` });
  return b.node("Add", [b.weight(`${name}.bias`, [to]), product], { name: `/${name}/Add` });
}

function gelu(b: Build, x: string): string {
  const inner = b.node("Erf", [b.node("Div", [x, scalar(b, Math.SQRT2)])]);
  const product = b.node("Mul", [x, b.node("Add", [inner, scalar(b, 1)])]);
  return b.node("Mul", [product, scalar(b, 0.5)]);
}

interface Heads {
  readonly batch: Batch;
  readonly length: number;
  readonly heads: number;
  readonly width: number;
}

/** [N, T, D] → [N, H, T, d]. */
function split(b: Build, x: string, { batch, length, heads, width }: Heads): string {
  const parted = reshape(b, [x, x], { batch, to: ["batch", length, heads, width / heads] });
  return b.node("Transpose", [parted], { attributes: { perm: [0, 2, 1, 3] } });
}

function merge(b: Build, x: string, { batch, length, width }: Heads): string {
  const turned = b.node("Transpose", [x], { attributes: { perm: [0, 2, 1, 3] } });
  return reshape(b, [turned, turned], { batch, to: ["batch", length, width] });
}

function scores(b: Build, q: string, k: string, width: number): string {
  const turned = b.node("Transpose", [k], { attributes: { perm: [0, 1, 3, 2] } });
  return b.node("Div", [b.node("MatMul", [q, turned]), scalar(b, Math.sqrt(width))]);
}

/** Patches by a convolution, a class token, one encoder block, a head on the token. */
export function visionTransformer(batch: Batch): Exported {
  const b = new Build();
  const [width, tokens] = [8, 5];
  const patches = b.node(
    "Conv",
    ["x", b.weight("conv_proj.weight", [width, 3, 4, 4]), b.weight("conv_proj.bias", [width])],
    {
      attributes: { strides: [4, 4], kernel_shape: [4, 4] },
    },
  );
  const rows = b.node(
    "Transpose",
    [reshape(b, [patches, "x"], { batch, to: ["batch", width, tokens - 1] })],
    {
      attributes: { perm: [0, 2, 1] },
    },
  );
  const token = b.weight("class_token", [1, 1, width]);
  const shape =
    batch === 1
      ? b.integers([1, 1, width])
      : b.node("Concat", [lengthOf(b, "x", 0), b.integers([1]), b.integers([width])], {
          attributes: { axis: 0 },
        });
  const all = b.node("Concat", [b.node("Expand", [token, shape]), rows], {
    attributes: { axis: 1 },
  });
  let x = b.node("Add", [all, b.weight("encoder.pos_embedding", [1, tokens, width])]);
  const about = { batch, length: tokens, heads: 2, width };
  const normal = layerNorm(b, x, ["encoder.ln_1", width]);
  const [q, k, v] = ["q", "k", "v"].map((name) =>
    split(b, dense(b, normal, [`encoder.${name}`, width, width]), about),
  );
  const weights = b.node("Softmax", [scores(b, q ?? "", k ?? "", width / 2)], {
    attributes: { axis: -1 },
  });
  const mixed = merge(b, b.node("MatMul", [weights, v ?? ""]), about);
  x = b.node("Add", [dense(b, mixed, ["encoder.out_proj", width, width]), x]);
  const inner = gelu(
    b,
    dense(b, layerNorm(b, x, ["encoder.ln_2", width]), ["encoder.mlp.0", width, 12]),
  );
  x = b.node("Add", [x, dense(b, inner, ["encoder.mlp.3", 12, width])]);
  const first = b.node("Gather", [x, b.integers([0], [])], { attributes: { axis: 1 } });
  const y = b.node(
    "Gemm",
    [first, b.weight("heads.head.weight", [3, width]), b.weight("heads.head.bias", [3])],
    {
      attributes: { transB: 1 },
    },
  );
  const bytes = b.model({ x: [batch, 3, 8, 8] }, [y], { rank: 2 });
  return {
    title: `a vision transformer, batch ${batch}`,
    bytes,
    ...(batch === 1 ? { fixed: 1 } : {}),
  };
}

/** Embeddings of words and places, one block with a causal mask, a head tied to the words. */
export function languageModel(batch: Batch): Exported {
  const b = new Build();
  const [width, length, words] = [8, 6, 11];
  const table = b.weight("transformer.wte.weight", [words, width]);
  const ids = batch === 1 ? "x" : reshape(b, ["x", "x"], { batch, to: ["batch", length] });
  const end = b.node("Gather", [b.node("Shape", ["x"]), b.integers([1], [])]);
  const steps = b.node("Range", [b.integers([0], []), end, b.integers([1], [])]);
  const places = b.node("Unsqueeze", [steps, b.integers([0])]);
  const words_ = b.node("Gather", [table, ids]);
  let x = b.node("Add", [
    words_,
    b.node("Gather", [b.weight("transformer.wpe.weight", [9, width]), places]),
  ]);
  const norm = (name: string, input: string): string =>
    b.node("LayerNormalization", [
      input,
      b.weight(`${name}.weight`, [width]),
      b.weight(`${name}.bias`, [width]),
    ]);
  /** HF's Conv1D: rows, one Gemm, rows back. */
  const conv1d = (name: string, input: string, [from, to]: readonly [number, number]): string => {
    const rows = b.node("Reshape", [input, b.integers([-1, from])]);
    const product = b.node("Gemm", [
      rows,
      b.weight(`${name}.weight`, [from, to]),
      b.weight(`${name}.bias`, [to]),
    ]);
    return reshape(b, [product, input], { batch, to: ["batch", length, to] });
  };
  const packed = conv1d("h.0.attn.c_attn", norm("h.0.ln_1", x), [width, 3 * width]);
  const parts = b.nodeOf("Split", [packed, b.integers([width, width, width])], {
    outputs: 3,
    attributes: { axis: 2 },
  });
  const about = { batch, length, heads: 2, width };
  const [q = "", k = "", v = ""] = parts.map((part) => split(b, part, about));
  const triangle = Array.from({ length: 81 }, (_, at) => Number(at % 9 <= Math.floor(at / 9)));
  const whole = b.booleans(triangle, [1, 1, 9, 9]);
  const length_ = b.node("Unsqueeze", [end, b.integers([0])]);
  const cut = (input: string, axis: number): string =>
    b.node("Slice", [input, b.integers([0]), length_, b.integers([axis]), b.integers([1])]);
  const mask = cut(cut(whole, 2), 3);
  const masked = b.node("Where", [
    mask,
    scores(b, q, k, width / 2),
    b.weight("mask_value", [], [-3.4028234663852886e38]),
  ]);
  const weights = b.node("Softmax", [masked], { attributes: { axis: -1 } });
  x = b.node("Add", [
    conv1d("h.0.attn.c_proj", merge(b, b.node("MatMul", [weights, v]), about), [width, width]),
    x,
  ]);
  const inner = conv1d("h.0.mlp.c_fc", norm("h.0.ln_2", x), [width, 16]);
  const cube = b.node("Pow", [inner, scalar(b, 3)]);
  const bent = b.node("Tanh", [
    b.node("Mul", [
      b.node("Add", [inner, b.node("Mul", [cube, scalar(b, 0.044715)])]),
      scalar(b, Math.sqrt(2 / Math.PI)),
    ]),
  ]);
  const active = b.node("Mul", [
    b.node("Mul", [inner, scalar(b, 0.5)]),
    b.node("Add", [bent, scalar(b, 1)]),
  ]);
  x = b.node("Add", [x, conv1d("h.0.mlp.c_proj", active, [16, width])]);
  const head = b.node("Transpose", [table], { attributes: { perm: [1, 0] } });
  const y = b.node("MatMul", [norm("ln_f", x), head]);
  const bytes = b.model({ x: [batch, length] }, [y], { rank: 3, integers: ["x"] });
  return {
    title: `a language model, batch ${batch}`,
    bytes,
    below: words,
    ...(batch === 1 ? { fixed: 1 } : {}),
  };
}

/** Multi-head attention that puts the sequence first, as torch.nn.MultiheadAttention does. */
export function sequenceFirst(batch: Batch): Exported {
  const b = new Build();
  const [width, length, heads] = [8, 5, 2];
  const turned = b.node("Transpose", ["x"], { attributes: { perm: [1, 0, 2] } });
  const packed = dense(b, turned, ["self_attn.in_proj", width, 3 * width]);
  const parts = b.nodeOf("Split", [packed, b.integers([width, width, width])], {
    outputs: 3,
    attributes: { axis: 2 },
  });
  const size =
    batch === 1 ? b.integers([heads]) : b.node("Mul", [lengthOf(b, "x", 0), b.integers([heads])]);
  const target = b.node("Concat", [b.integers([length]), size, b.integers([width / heads])], {
    attributes: { axis: 0 },
  });
  const [q = "", k = "", v = ""] = parts.map((part) =>
    b.node("Transpose", [b.node("Reshape", [part, target])], { attributes: { perm: [1, 0, 2] } }),
  );
  const small = b.node("Mul", [q, scalar(b, 1 / Math.sqrt(width / heads))]);
  const products = b.node("MatMul", [
    small,
    b.node("Transpose", [k], { attributes: { perm: [0, 2, 1] } }),
  ]);
  const mixed = b.node("MatMul", [b.node("Softmax", [products], { attributes: { axis: -1 } }), v]);
  const back = b.node("Transpose", [mixed], { attributes: { perm: [1, 0, 2] } });
  const rows = b.node("Reshape", [back, b.integers([-1, width])]);
  const out = b.node(
    "Gemm",
    [
      rows,
      b.weight("self_attn.out_proj.weight", [width, width]),
      b.weight("self_attn.out_proj.bias", [width]),
    ],
    {
      attributes: { transB: 1 },
    },
  );
  const first = batch === 1 ? b.integers([1]) : lengthOf(b, "x", 0);
  const shape = b.node("Concat", [b.integers([length]), first, b.integers([width])], {
    attributes: { axis: 0 },
  });
  const y = b.node("Transpose", [b.node("Reshape", [out, shape])], {
    attributes: { perm: [1, 0, 2] },
  });
  const bytes = b.model({ x: [batch, length, width] }, [b.node("Add", ["x", y])], { rank: 3 });
  return {
    title: `attention with the sequence first, batch ${batch}`,
    bytes,
    ...(batch === 1 ? { fixed: 1 } : {}),
  };
}

/** Channels-last layers, each between two transposes, as converters from Keras write them. */
export function channelsLastNetwork(): Exported {
  const b = new Build();
  const around = (x: string, make: (y: string) => string): string => {
    const turned = b.node("Transpose", [x], { attributes: { perm: [0, 3, 1, 2] } });
    return b.node("Transpose", [make(turned)], { attributes: { perm: [0, 2, 3, 1] } });
  };
  const name = (layer: string, op: string): string => `net/${layer}/${op}/ReadVariableOp:0`;
  let x = around("x", (y) =>
    b.node("Conv", [y, b.weight(name("conv", "Conv2D"), [4, 3, 3, 3])], {
      attributes: { auto_pad: "SAME_UPPER" },
    }),
  );
  x = b.node("Relu", [b.node("Add", [x, b.weight(name("conv", "BiasAdd"), [4])])]);
  x = around(x, (y) =>
    b.node("MaxPool", [y], { attributes: { kernel_shape: [2, 2], strides: [2, 2] } }),
  );
  const flat = b.node("Reshape", [x, b.integers([-1, 36])]);
  const product = b.node("MatMul", [flat, b.weight(name("dense", "MatMul"), [36, 3])]);
  const y = b.node("Add", [product, b.weight(name("dense", "BiasAdd"), [3])]);
  return {
    title: "a channels-last network",
    bytes: b.model({ x: ["N", 6, 6, 3] }, [y], { rank: 2 }),
  };
}

export const exportedNetworks = (): Exported[] => [
  resnet("N"),
  resnet(1),
  visionTransformer("N"),
  visionTransformer(1),
  languageModel("N"),
  languageModel(1),
  sequenceFirst("N"),
  sequenceFirst(1),
  channelsLastNetwork(),
];
