/** One small graph for each operator and, where its meaning changed, for several operator sets. */
import { type Attribute, elementTypes } from "#engine/onnx/model.ts";
import { Build, type Free, floats, type NodeOptions } from "./onnx-build.ts";

export interface OperatorCase {
  readonly title: string;
  readonly bytes: Uint8Array;
  /** Shape of the batch that is given. */
  readonly shape: readonly number[];
  readonly below?: number;
}

type Make = (b: Build) => string;

const cases: OperatorCase[] = [];

interface About {
  readonly opset?: number;
  readonly shape?: readonly number[];
  /** The declared shape where it differs from a free batch. */
  readonly declared?: Free;
  readonly rank?: number;
  readonly integers?: boolean;
  readonly below?: number;
}

function add(title: string, make: Make, about: About = {}): void {
  const b = new Build();
  const output = make(b);
  const shape = about.shape ?? [2, 3, 4];
  const opset = about.opset ?? 17;
  const declared = about.declared ?? ["N", ...shape.slice(1)];
  const bytes = b.model({ x: declared }, [output], {
    opset,
    rank: about.rank ?? shape.length,
    integers: about.integers ? ["x"] : [],
  });
  const below = about.below === undefined ? {} : { below: about.below };
  cases.push({ title: `${title} (operator set ${opset})`, bytes, shape, ...below });
}

type Options = Partial<NodeOptions["attributes"]>;

const of = (operator: string, attributes: Options = {}, about: About = {}): void =>
  add(
    operator + (Object.keys(attributes).length > 0 ? ` ${JSON.stringify(attributes)}` : ""),
    (b) => b.node(operator, ["x"], { attributes: attributes as NodeOptions["attributes"] }),
    about,
  );

const positive: Make = (b) => b.node("Add", [b.node("Abs", ["x"]), b.weight("half", [], [0.5])]);
const image = { shape: [2, 4, 7, 6] };
const f = (float: number) => ({ float });

for (const one of ["Abs", "Neg", "Exp", "Sin", "Cos", "Tanh", "Sigmoid", "Relu", "Softplus"])
  of(one);
for (const one of ["Erf", "Sign", "Ceil", "Floor", "Softsign", "Identity", "Reciprocal"]) of(one);
for (const one of ["Round", "Sinh", "Cosh", "Asinh", "HardSwish", "Tan"]) of(one);
for (const one of ["Log", "Sqrt", "Acosh"]) {
  add(one, (b) => b.node(one, [b.node("Add", [positive(b), b.weight("one", [], [1])])]));
}
add("Atanh", (b) => b.node("Atanh", [b.node("Tanh", ["x"])]));
of("LeakyRelu", { alpha: 0.2 });
of("Elu", { alpha: 0.7 });
of("Selu");
of("Selu", { alpha: 1.5, gamma: 1.1 });
of("Celu", { alpha: 0.6 });
of("HardSigmoid", { alpha: 0.3, beta: 0.4 });
of("ThresholdedRelu", { alpha: 0.3 });
of("Shrink", { bias: 0.1, lambd: 0.2 });
of("Gelu", {}, { opset: 20 });
of("Gelu", { approximate: "tanh" }, { opset: 20 });
of("Mish", {}, { opset: 18 });
add("PRelu by channel", (b) => b.node("PRelu", ["x", b.weight("slope", [4, 1, 1])]), image);
add("PRelu of one slope", (b) => b.node("PRelu", ["x", b.weight("slope", [1])]), image);
of("Clip", { min: -0.5, max: 0.5 }, { opset: 6 });
add("Clip", (b) => b.node("Clip", ["x", b.weight("lo", [], [-0.4]), b.weight("hi", [], [0.3])]));
add("Clip from above", (b) => b.node("Clip", ["x", "", b.weight("hi", [], [0.3])]), { opset: 12 });
add("Cast to doubles and back", (b) => {
  const wide = b.node("Cast", ["x"], { attributes: { to: elementTypes.float64 } });
  return b.node("Cast", [wide], { attributes: { to: elementTypes.float32 } });
});
add("Cast to integers", (b) =>
  b.node("Cast", [b.node("Cast", ["x"], { attributes: { to: 7 } })], { attributes: { to: 1 } }),
);
add("Dropout", (b) => b.node("Dropout", ["x"]), { opset: 13 });
of("Dropout", { ratio: 0.3 }, { opset: 7 });

for (const one of ["Add", "Sub", "Mul", "Div"]) {
  add(`${one} a vector`, (b) => b.node(one, ["x", b.weight("w", [4])]));
  add(`${one} channels`, (b) => b.node(one, ["x", b.weight("w", [4, 1, 1])]), image);
  add(`${one} itself`, (b) => b.node(one, [b.node("Tanh", ["x"]), positive(b)]));
}
for (const one of ["Max", "Min", "Mean", "Sum"]) {
  add(one, (b) => b.node(one, ["x", b.weight("w", [3, 4]), b.node("Neg", ["x"])]), { opset: 8 });
}
for (const p of [2, 3, 0.5, -1, 1.7]) {
  add(`Pow ${p}`, (b) => b.node("Pow", [positive(b), b.weight("p", [], [p])]));
}
add("Mod", (b) => b.node("Mod", ["x", b.weight("m", [1], [0.7])], { attributes: { fmod: 1 } }));
for (const one of ["Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal"]) {
  add(`Where ${one}`, (b) => {
    const condition = b.node(one, ["x", b.weight("w", [4])]);
    return b.node("Where", [condition, "x", b.weight("v", [3, 1])]);
  });
}
add("Where by logic", (b) => {
  const big = b.node("Greater", ["x", b.weight("a", [], [0])]);
  const small = b.node("Less", ["x", b.weight("c", [], [1])]);
  const both = b.node("Xor", [
    b.node("And", [big, small]),
    b.node("Or", [b.node("Not", [big]), small]),
  ]);
  return b.node("Where", [both, "x", b.node("Neg", ["x"])]);
});

add("Gemm", (b) => b.node("Gemm", ["x", b.weight("w", [4, 5]), b.weight("c", [5])]), {
  shape: [3, 4],
});
add(
  "Gemm turned",
  (b) =>
    b.node("Gemm", ["x", b.weight("w", [5, 4]), b.weight("c", [1, 5])], {
      attributes: { transB: 1, alpha: f(0.5), beta: f(2) },
    }),
  { shape: [3, 4], opset: 9 },
);
add("MatMul by a matrix", (b) => b.node("MatMul", ["x", b.weight("w", [4, 5])]));
add("MatMul from the left", (b) => b.node("MatMul", [b.weight("w", [5, 3]), "x"]));
add("MatMul by a vector", (b) => b.node("MatMul", ["x", b.weight("w", [4])]), { rank: 2 });
add("MatMul of stacks", (b) => {
  const turned = b.node("Transpose", ["x"], { attributes: { perm: [0, 2, 1] } });
  return b.node("MatMul", ["x", turned]);
});
add("MatMul that broadcasts", (b) => b.node("MatMul", ["x", b.weight("w", [2, 1, 6, 5])]), {
  shape: [2, 1, 3, 7, 6],
  rank: 5,
});
for (const [equation, shape, rank] of [
  ["nij,jk->nik", [4, 5], 3],
  ["ni...,oi->no...", [5, 3], 3],
  ["nij,njk->nik", [1, 4, 5], 3],
  ["nij,kj->nk", [5, 4], 2],
  ["...j,jk", [4, 2], 3],
] as const) {
  if (shape.length === 3) continue;
  add(
    `Einsum ${equation}`,
    (b) => b.node("Einsum", ["x", b.weight("w", shape)], { attributes: { equation } }),
    { rank },
  );
}
add("Einsum of x with x", (b) =>
  b.node("Einsum", ["x", "x"], { attributes: { equation: "nij,nkj->nki" } }),
);
add(
  "Einsum of three",
  (b) =>
    b.node("Einsum", ["x", b.weight("v", [4, 5]), b.weight("w", [5, 2])], {
      attributes: { equation: "nij,jk,kl->nil" },
    }),
  {},
);

add(
  "Conv",
  (b) =>
    b.node("Conv", ["x", b.weight("w", [5, 4, 3, 2]), b.weight("c", [5])], {
      attributes: { strides: [2, 1], pads: [1, 0, 0, 1] },
    }),
  image,
);
add(
  "Conv in groups, dilated",
  (b) =>
    b.node("Conv", ["x", b.weight("w", [6, 2, 3, 3])], {
      attributes: { group: 2, dilations: [2, 1], pads: [2, 1, 2, 1] },
    }),
  image,
);
for (const auto of ["SAME_UPPER", "SAME_LOWER", "VALID"]) {
  add(
    `Conv ${auto}`,
    (b) =>
      b.node("Conv", ["x", b.weight("w", [3, 4, 3, 4])], {
        attributes: { auto_pad: auto, strides: [2, 2] },
      }),
    image,
  );
  add(
    `MaxPool ${auto}`,
    (b) =>
      b.node("MaxPool", ["x"], {
        attributes: { auto_pad: auto, kernel_shape: [3, 2], strides: [2, 2] },
      }),
    image,
  );
  add(
    `AveragePool ${auto}`,
    (b) =>
      b.node("AveragePool", ["x"], {
        attributes: { auto_pad: auto, kernel_shape: [2, 3], strides: [2, 2] },
      }),
    image,
  );
}
add("Conv 1-D", (b) =>
  b.node("Conv", ["x", b.weight("w", [2, 3, 3])], { attributes: { pads: [1, 1] } }),
);
add("Conv 3-D", (b) => b.node("Conv", ["x", b.weight("w", [2, 3, 2, 2, 3])]), {
  shape: [2, 3, 4, 4, 4],
});
add(
  "ConvTranspose",
  (b) =>
    b.node("ConvTranspose", ["x", b.weight("w", [4, 3, 3, 3]), b.weight("c", [3])], {
      attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
    }),
  image,
);
add(
  "ConvTranspose in groups",
  (b) =>
    b.node("ConvTranspose", ["x", b.weight("w", [4, 2, 2, 3])], {
      attributes: { group: 2, strides: [2, 1], dilations: [1, 2] },
    }),
  image,
);
add(
  "ConvTranspose to a shape",
  (b) =>
    b.node("ConvTranspose", ["x", b.weight("w", [4, 2, 3, 3])], {
      attributes: { strides: [2, 2], output_shape: [14, 12] },
    }),
  image,
);

for (const ceil_mode of [0, 1]) {
  add(
    `MaxPool, ceil ${ceil_mode}`,
    (b) =>
      b.node("MaxPool", ["x"], {
        attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode },
      }),
    image,
  );
  for (const count_include_pad of [0, 1]) {
    add(
      `AveragePool, ceil ${ceil_mode}, padding ${count_include_pad}`,
      (b) =>
        b.node("AveragePool", ["x"], {
          attributes: {
            kernel_shape: [3, 2],
            strides: [2, 2],
            pads: [1, 1, 1, 1],
            ceil_mode,
            count_include_pad,
          },
        }),
      { ...image, opset: 19 },
    );
  }
}
add(
  "MaxPool dilated",
  (b) =>
    b.node("MaxPool", ["x"], {
      attributes: { kernel_shape: [2, 2], dilations: [2, 3], pads: [1, 1, 1, 1] },
    }),
  { ...image, opset: 12 },
);
add(
  "LpPool",
  (b) => b.node("LpPool", ["x"], { attributes: { kernel_shape: [2, 2], p: 2 } }),
  image,
);
for (const one of ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"]) of(one, {}, image);

const statistics = (b: Build, channels: number): string[] => [
  b.weight("scale", [channels]),
  b.weight("shift", [channels]),
  b.weight("mean", [channels]),
  b.weight("var", [channels], [0.5, 1.5, 0.7, 2]),
];
for (const opset of [7, 9, 15]) {
  add(
    "BatchNormalization",
    (b) =>
      b.node("BatchNormalization", ["x", ...statistics(b, 4)], {
        attributes: { epsilon: 1e-3 },
      }),
    { ...image, opset },
  );
}
add("LayerNormalization", (b) =>
  b.node("LayerNormalization", ["x", b.weight("s", [4]), b.weight("c", [4])]),
);
add("LayerNormalization of two axes", (b) =>
  b.node("LayerNormalization", ["x", b.weight("s", [3, 4])], { attributes: { axis: 1 } }),
);
add(
  "InstanceNormalization",
  (b) => b.node("InstanceNormalization", ["x", b.weight("s", [4]), b.weight("c", [4])]),
  image,
);
add(
  "GroupNormalization",
  (b) =>
    b.node("GroupNormalization", ["x", b.weight("s", [4]), b.weight("c", [4])], {
      attributes: { num_groups: 2 },
    }),
  { ...image, opset: 21 },
);
add(
  "GroupNormalization by group",
  (b) =>
    b.node("GroupNormalization", ["x", b.weight("s", [2]), b.weight("c", [2])], {
      attributes: { num_groups: 2 },
    }),
  { ...image, opset: 18 },
);
add("SimplifiedLayerNormalization", (b) =>
  b.node("SimplifiedLayerNormalization", ["x", b.weight("s", [4])], {
    attributes: { epsilon: 1e-5 },
  }),
);
of("LRN", { size: 3, alpha: 0.2, beta: 0.6, bias: f(2) }, image);
of("LpNormalization", { axis: 1 });
of("LpNormalization", { p: 1 });

for (const opset of [7, 11, 13]) {
  of("Softmax", {}, { opset });
  of("Softmax", { axis: 2 }, { opset });
  of("LogSoftmax", { axis: 1 }, { opset });
}
of("Hardmax", {}, { opset: 13 });
for (const one of ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2"]) {
  if (one !== "ReduceSum") of(one, { axes: [1] }, { opset: 11 });
  if (one !== "ReduceSum") of(one, { axes: [-1], keepdims: 0 }, { opset: 11, rank: 2 });
}
for (const one of ["ReduceSumSquare", "ReduceLogSumExp", "ReduceProd"]) of(one, { axes: [1, 2] });
add("ReduceLogSum", (b) => b.node("ReduceLogSum", [positive(b)], { attributes: { axes: [2] } }));
add(
  "ReduceSum",
  (b) => b.node("ReduceSum", ["x", b.integers([2])], { attributes: { keepdims: 0 } }),
  {
    opset: 13,
    rank: 2,
  },
);
add("ReduceMean", (b) => b.node("ReduceMean", ["x", b.integers([1])]), { opset: 18 });
of("GlobalAveragePool", {}, { shape: [2, 3, 5] });

add("Flatten", (b) => {
  const rows = b.node("Flatten", ["x"], { attributes: { axis: 2 } });
  return b.node("Reshape", [rows, b.integers([-1, 3, 4])]);
});
of("Flatten", {}, { ...image, rank: 2 });
of("Transpose", { perm: [0, 2, 1] });
add("Reshape", (b) => b.node("Reshape", ["x", b.integers([0, -1, 2])]));
add(
  "Squeeze",
  (b) =>
    b.node("Squeeze", [b.node("Unsqueeze", ["x"], { attributes: { axes: [1, -1] } })], {
      attributes: { axes: [4] },
    }),
  { opset: 11, rank: 4 },
);
add("Unsqueeze", (b) => b.node("Unsqueeze", ["x", b.integers([2])]), { opset: 13, rank: 4 });
add("Concat", (b) => b.node("Concat", ["x", b.node("Neg", ["x"])], { attributes: { axis: 1 } }));
add(
  "Split",
  (b) => {
    const [first = "", second = ""] = b.nodeOf("Split", ["x"], {
      outputs: 2,
      attributes: { axis: 2, split: [1, 3] },
    });
    return b.node("Mul", [first, second]);
  },
  { opset: 11 },
);
add(
  "Split in a number of parts",
  (b) => {
    const parts = b.nodeOf("Split", ["x"], { outputs: 3, attributes: { axis: 2, num_outputs: 3 } });
    return b.node("Concat", parts.toReversed(), { attributes: { axis: 2 } });
  },
  { opset: 18, shape: [2, 3, 5] },
);
add("Expand", (b) => b.node("Expand", ["x", b.integers([1, 1, 3, 4])]), {
  shape: [2, 1, 3, 1],
  rank: 4,
});
add("Tile", (b) => b.node("Tile", ["x", b.integers([1, 2, 3])]));
of("DepthToSpace", { blocksize: 2 }, image);
of("DepthToSpace", { blocksize: 2, mode: "CRD" }, { ...image, opset: 11 });
of("SpaceToDepth", { blocksize: 2 }, { shape: [2, 3, 4, 6] });
of("Slice", { axes: [1, 2], starts: [1, -3], ends: [9, -1] }, { opset: 9 });
add(
  "Slice",
  (b) =>
    b.node("Slice", [
      "x",
      b.integers([0, -1]),
      b.integers([2 ** 40, -(2 ** 40)]),
      b.integers([1, 2]),
      b.integers([2, -1]),
    ]),
  { opset: 13 },
);
add("Gather", (b) => b.node("Gather", ["x", b.integers([2, -1, 0])], { attributes: { axis: 2 } }));
add(
  "Gather one",
  (b) => b.node("Gather", ["x", b.integers([-1], [])], { attributes: { axis: 1 } }),
  { rank: 2 },
);
add("Gather as embedding", (b) => b.node("Gather", [b.weight("table", [7, 3]), "x"]), {
  shape: [2, 5],
  integers: true,
  below: 7,
  rank: 3,
});
for (const mode of ["constant", "reflect", "edge"]) {
  of("Pad", { mode, pads: [0, 1, 2, 0, 2, 1], value: 0.5 }, { opset: 10 });
  add(
    `Pad ${mode}`,
    (b) =>
      b.node("Pad", ["x", b.integers([0, 0, 1, 2, 0, 0, 2, 1]), b.weight("v", [], [0.3])], {
        attributes: { mode },
      }),
    { ...image, opset: 13 },
  );
}
add("Pad along axes", (b) => b.node("Pad", ["x", b.integers([1, -1]), "", b.integers([2])]), {
  opset: 18,
});
add("Trilu", (b) => b.node("Trilu", ["x", b.integers([-1], [])], { attributes: { upper: 0 } }));
add("CumSum", (b) => b.node("CumSum", ["x", b.integers([1], [])], { attributes: { reverse: 1 } }));
add("CumSum before", (b) =>
  b.node("CumSum", ["x", b.integers([2], [])], { attributes: { exclusive: 1 } }),
);
add("OneHot", (b) => b.node("OneHot", ["x", b.integers([5], []), b.weight("v", [2], [-1, 2])]), {
  shape: [2, 3],
  integers: true,
  below: 5,
  rank: 3,
});
add("Range, ConstantOfShape and EyeLike", (b) => {
  const shape = b.node("Shape", ["x"]);
  const length = b.node("Gather", [shape, b.integers([2], [])]);
  const steps = b.node(
    "Cast",
    [b.node("Range", [b.integers([0], []), length, b.integers([1], [])])],
    {
      attributes: { to: 1 },
    },
  );
  const value: Attribute = {
    type: "tensor",
    value: {
      name: "",
      type: "float32",
      shape: [1],
      content: { raw: new Uint8Array(Float32Array.of(0.5).buffer) },
    },
  };
  const half = b.node("ConstantOfShape", [shape], { attributes: { value } });
  return b.node("Add", [b.node("Mul", ["x", half]), steps]);
});

const grids: [string, string, string][] = [
  ["nearest", "asymmetric", "floor"],
  ["nearest", "half_pixel", "round_prefer_floor"],
  ["nearest", "align_corners", "round_prefer_ceil"],
  ["linear", "half_pixel", "floor"],
  ["linear", "align_corners", "floor"],
  ["linear", "pytorch_half_pixel", "floor"],
  ["cubic", "half_pixel", "floor"],
];
for (const [mode, coordinate_transformation_mode, nearest_mode] of grids) {
  add(
    `Resize ${mode} ${coordinate_transformation_mode}`,
    (b) =>
      b.node("Resize", ["x", "", "", b.integers([2, 4, 11, 4])], {
        attributes: {
          mode,
          coordinate_transformation_mode,
          nearest_mode,
        },
      }),
    { ...image, opset: 13 },
  );
}
add(
  "Resize by scales",
  (b) => b.node("Resize", ["x", b.weight("roi", [0]), b.weight("s", [4], [1, 1, 2, 1.5])]),
  {
    ...image,
    opset: 11,
  },
);
add("Resize of old", (b) => b.node("Resize", ["x", b.weight("s", [4], [1, 1, 2, 2])]), {
  ...image,
  opset: 10,
});
for (const mode of ["nearest", "linear"]) {
  of("Upsample", { mode, scales: floats([1, 1, 2, 2]) }, { ...image, opset: 7 });
}

const ms = (title: string, make: Make, about: About = {}): void =>
  add(`com.microsoft ${title}`, make, about);
const own = "com.microsoft";
ms("FastGelu", (b) => b.node("FastGelu", ["x", b.weight("c", [4])], { domain: own }));
ms("BiasGelu", (b) => b.node("BiasGelu", ["x", b.weight("c", [4])], { domain: own }));
ms("QuickGelu", (b) => b.node("QuickGelu", ["x"], { domain: own, attributes: { alpha: 1.702 } }));
ms("FusedMatMul", (b) =>
  b.node("FusedMatMul", ["x", b.weight("w", [5, 4])], {
    domain: own,
    attributes: { transB: 1, alpha: f(0.5) },
  }),
);
ms("SkipLayerNormalization", (b) =>
  b.node(
    "SkipLayerNormalization",
    [
      "x",
      b.node("Neg", [b.node("Sin", ["x"])]),
      b.weight("s", [4]),
      b.weight("c", [4]),
      b.weight("d", [4]),
    ],
    { domain: own, attributes: { epsilon: 1e-5 } },
  ),
);
ms("Attention", (b) =>
  b.node("Attention", ["x", b.weight("w", [4, 12]), b.weight("c", [12])], {
    domain: own,
    attributes: { num_heads: 2 },
  }),
);
ms("Attention of the past", (b) =>
  b.node("Attention", ["x", b.weight("w", [4, 12]), b.weight("c", [12])], {
    domain: own,
    attributes: { num_heads: 2, unidirectional: 1 },
  }),
);
ms("MultiHeadAttention", (b) =>
  b.node(
    "MultiHeadAttention",
    ["x", b.node("Sin", ["x"]), b.node("Cos", ["x"]), b.weight("c", [12])],
    { domain: own, attributes: { num_heads: 2 } },
  ),
);

for (const [operator, gates] of [
  ["LSTM", 4],
  ["GRU", 3],
  ["RNN", 1],
] as const) {
  for (const [direction, ways] of [
    ["forward", 1],
    ["reverse", 1],
    ["bidirectional", 2],
  ] as const) {
    add(
      `${operator} ${direction}`,
      (b) => {
        const turned = b.node("Transpose", ["x"], { attributes: { perm: [1, 0, 2] } });
        const weights = [
          b.weight("w", [ways, gates * 5, 4]),
          b.weight("r", [ways, gates * 5, 5]),
          b.weight("c", [ways, gates * 10]),
        ];
        const [all = "", last = ""] = b.nodeOf(operator, [turned, ...weights], {
          outputs: 2,
          attributes: { hidden_size: 5, direction },
        });
        const sum = b.node("Add", [
          b.node("ReduceSum", [all, b.integers([0])], { attributes: { keepdims: 0 } }),
          last,
        ]);
        return b.node("Transpose", [sum], { attributes: { perm: [1, 0, 2] } });
      },
      { shape: [2, 3, 4] },
    );
  }
}
add(
  "GRU with the reset behind",
  (b) => {
    const turned = b.node("Transpose", ["x"], { attributes: { perm: [1, 0, 2] } });
    const weights = [b.weight("w", [1, 15, 4]), b.weight("r", [1, 15, 5]), b.weight("c", [1, 30])];
    const all = b.node("GRU", [turned, ...weights], {
      attributes: { hidden_size: 5, linear_before_reset: 1 },
    });
    return b.node("Transpose", [all], { attributes: { perm: [2, 0, 1, 3] } });
  },
  { rank: 4 },
);

export const operatorCases: readonly OperatorCase[] = cases;
