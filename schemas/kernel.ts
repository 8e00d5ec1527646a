/** Which neural tangent kernels a run is asked for, and the figures that are taken of them. */
import Type, { type Static } from "typebox";
import { nullable, oneOf, strict } from "./values.ts";

export const KernelVariant = Type.Union([
  Type.Literal("full", { description: "Θ, [N, O, N, O]." }),
  Type.Literal("trace", { description: "Σₒ Θ[n,o,n',o] / O, [N, N]." }),
  Type.Literal("pseudo", { description: "Kernel of Σₒ fₒ / √O, [N, N]." }),
  Type.Literal("diagonal", { description: "Θ[n,o,n',o] for each output, [O, N, N]." }),
]);
export type KernelVariant = Static<typeof KernelVariant>;

/** Bytes of a kernel that is held in memory. */
export const kernelMemoryBytesMax = 256 * 1024 ** 2;
/** Bytes of a full kernel that is computed strip by strip, straight into its file. */
export const kernelFileBytesMax = 16 * 1024 ** 3;
/** Rows of a kernel's matrix up to which its eigenvectors are computed. */
export const powerRowsMax = 768;
/** Rows of the system that one regression with a kernel solves. */
export const regressionRowsMax = 1024;

/** Figures that cost more than the kernel's other figures do, taken where they are asked for. */
export const snapshotFigureNames = ["layer_alignment", "cumulative_power", "after_kernel"] as const;
export type SnapshotFigureName = (typeof snapshotFigureNames)[number];

const AfterKernelOptions = Type.Object(
  {
    examples: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: regressionRowsMax,
        default: 128,
        description: "Of each split: to fit, the first of train; to score, the first of test.",
      }),
    ),
    ridge: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1e6,
        default: 1e-3,
        description: "Added to the diagonal, in units of its mean: tr K / n.",
      }),
    ),
  },
  { ...strict, description: "Sizes of the regression, where `figures` names after_kernel." },
);

const every = Type.Integer({
  minimum: 1,
  description: "Steps between kernel snapshots; the last step has one too.",
});

export const Snapshots = Type.Object(
  {
    every: Type.Optional(nullable(every)),
    at_anchor: Type.Optional(
      Type.Boolean({ default: false, description: "Also at every reported linearisation." }),
    ),
    examples: Type.Optional(
      Type.Integer({ minimum: 2, maximum: 4096, default: 64, description: "Probe size N." }),
    ),
    split: Type.Optional(
      Type.Union(
        [
          Type.Literal("train"),
          Type.Literal("test", { description: "Held out." }),
          Type.Literal("both", {
            description:
              "Two kernels: figures of the held-out one, and under `train` of the other.",
          }),
        ],
        { default: "test", description: "Whose first N examples are the probe." },
      ),
    ),
    kernel: Type.Optional(KernelVariant),
    eigenvalues: Type.Optional(Type.Integer({ minimum: 0, maximum: 4096, default: 20 })),
    figures: Type.Optional(
      Type.Array(oneOf(snapshotFigureNames, "A figure beside the usual ones."), {
        maxItems: snapshotFigureNames.length,
        uniqueItems: true,
        default: [],
        description:
          "layer_alignment: a kernel for each layer and its alignment. cumulative_power: the " +
          "targets' power in the leading eigenvectors. after_kernel: ridge regression with the " +
          "kernel, against the first kernel.",
      }),
    ),
    after_kernel: Type.Optional(AfterKernelOptions),
    keep: Type.Optional(
      Type.Boolean({ default: true, description: "Keep the kernel itself as an artifact." }),
    ),
  },
  { ...strict, description: "Neural tangent kernels on a fixed probe." },
);
export type Snapshots = Static<typeof Snapshots>;
