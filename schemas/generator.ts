/** Data sets that Linnet makes itself: what each generator is called and which options it takes. */
import Type, { type Static } from "typebox";
import { strict } from "./values.ts";

/** An integer option. */
const integer = (range: readonly [number, number], value: number, description: string) =>
  Type.Optional(
    Type.Integer({ minimum: range[0], maximum: range[1], default: value, description }),
  );

/** A real option. */
const real = (range: readonly [number, number], value: number, description: string) =>
  Type.Optional(Type.Number({ minimum: range[0], maximum: range[1], default: value, description }));

const examplesMax = 1_000_000;

/** What every generator takes. */
const common = (train: number, test: number) => ({
  train: integer([1, examplesMax], train, "Number of training examples."),
  test: integer([1, examplesMax], test, "Number of test examples."),
  seed: integer(
    [0, 2 ** 32 - 1],
    0,
    "Equal options and seeds give equal bytes. More examples keep the same hidden problem.",
  ),
});

const wrongLabels = real(
  [0, 1],
  0,
  "Fraction of training labels replaced by another class; test labels stay clean.",
);

const noisyTargets = real(
  [0, 10],
  0,
  "Standard deviation of Gaussian noise added to training targets; test targets stay clean.",
);

const dimension = (minimum: number, value = 20) =>
  integer([minimum, 4096], value, "Length of an input vector.");

const classes = (maximum: number, value = 4) => integer([2, maximum], value, "Number of classes.");

export const Wedge = Type.Object(
  {
    type: Type.Literal("wedge"),
    ...common(1000, 2000),
    dimension: dimension(2),
    label_noise: wrongLabels,
  },
  {
    ...strict,
    description:
      "x ~ N(0, I); a hidden plane; the class is the quadrant of the doubled angle in it: " +
      "4 classes, no linear information.",
  },
);

export const Parity = Type.Object(
  {
    type: Type.Literal("parity"),
    ...common(300, 2000),
    dimension: dimension(1),
    bits: integer([1, 32], 2, "The target is the product of the first `bits` coordinates."),
    label_noise: noisyTargets,
  },
  { ...strict, description: "x in {-1, 1}^d; the target is a product of coordinates, -1 or 1." },
);

export const Xor = Type.Object(
  {
    type: Type.Literal("xor"),
    ...common(1000, 2000),
    dimension: dimension(2),
    label_noise: noisyTargets,
  },
  {
    ...strict,
    description:
      "x ~ N(0, I); a hidden plane with coordinates u, v; the target is the sign of u v.",
  },
);

export const Teacher = Type.Object(
  {
    type: Type.Literal("teacher"),
    ...common(1000, 2000),
    dimension: dimension(1),
    task: Type.Optional(
      Type.Union(
        [
          Type.Literal("regression", { description: "The teacher's outputs are the targets." }),
          Type.Literal("classification", { description: "Its largest output is the class." }),
        ],
        { default: "regression", description: "What the teacher's outputs mean." },
      ),
    ),
    hidden_units: integer([1, 1024], 32, "Units of each hidden layer of the teacher."),
    hidden_layers: integer([1, 4], 1, "Hidden layers of the teacher."),
    targets: integer([1, 64], 1, "Outputs of a regression teacher."),
    classes: classes(64),
    label_noise: real(
      [0, 1],
      0,
      "On training labels only: fraction replaced by another class, or standard deviation of " +
        "noise on targets (which have variance 1).",
    ),
  },
  {
    ...strict,
    description: "x ~ N(0, I); labels from a random ReLU network, its outputs standardised.",
  },
);

export const Spirals = Type.Object(
  {
    type: Type.Literal("spirals"),
    ...common(1000, 2000),
    classes: classes(16, 2),
    turns: real([0.1, 10], 1.5, "Turns of each arm around the origin."),
    noise: real([0, 1], 0.03, "Standard deviation of the points around their arm of length 1."),
    label_noise: wrongLabels,
  },
  { ...strict, description: "Points in the plane on spiral arms that wind around each other." },
);

export const Clusters = Type.Object(
  {
    type: Type.Literal("clusters"),
    ...common(1000, 2000),
    dimension: dimension(1, 10),
    classes: classes(256),
    clusters_per_class: integer([1, 64], 1, "Gaussian clusters that make up one class."),
    separation: real(
      [0, 100],
      3,
      "Distance of cluster centres from the origin; the spread within a cluster is 1.",
    ),
    label_noise: wrongLabels,
  },
  { ...strict, description: "Gaussian clusters around random centres on a sphere." },
);

export const Shapes = Type.Object(
  {
    type: Type.Literal("shapes"),
    ...common(1000, 1000),
    size: integer([8, 128], 16, "Side of an image in pixels; inputs are [size, size, 1]."),
    classes: integer(
      [2, 6],
      4,
      "How many of circle, square, triangle, cross, ring, bar are used, in this order.",
    ),
    rotate: Type.Optional(
      Type.Boolean({ default: true, description: "Whether shapes are turned by a random angle." }),
    ),
    noise: real([0, 2], 0.1, "Standard deviation of pixel noise; a shape's grey is 0.6 to 1."),
    label_noise: wrongLabels,
  },
  {
    ...strict,
    description: "Grey images of one shape each, at a random place and size, for convolutions.",
  },
);

export const Tokens = Type.Object(
  {
    type: Type.Literal("tokens"),
    ...common(2000, 1000),
    length: integer([4, 1024], 16, "Tokens in a sequence; inputs are integers [length]."),
    vocabulary: integer([3, 4096], 16, "Number of different tokens."),
    rule: Type.Optional(
      Type.Union(
        [
          Type.Literal("repeat", {
            description: "2 classes: whether the first token occurs again.",
          }),
          Type.Literal("majority", {
            description: "One class per token: the most frequent one.",
          }),
          Type.Literal("induction", {
            description:
              "One class per token: the one that followed the earlier copy of the last token.",
          }),
        ],
        { default: "repeat", description: "What decides the class of a sequence." },
      ),
    ),
    label_noise: wrongLabels,
  },
  { ...strict, description: "Integer sequences whose class needs positions compared." },
);

/** Every generator's schema by its `type`. */
export const generators = {
  wedge: Wedge,
  parity: Parity,
  xor: Xor,
  teacher: Teacher,
  spirals: Spirals,
  clusters: Clusters,
  shapes: Shapes,
  tokens: Tokens,
} as const;

export const Generator = Type.Union(
  [Wedge, Parity, Xor, Teacher, Spirals, Clusters, Shapes, Tokens],
  { description: "A generated data set; `type` says which generator." },
);
export type GeneratorSpec = Static<typeof Generator>;
export type GeneratorType = GeneratorSpec["type"];
