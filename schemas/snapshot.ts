/** A kernel snapshot: figures of one neural tangent kernel on the fixed probe. */
import Type, { type Static } from "typebox";
import { KernelVariant } from "./kernel.ts";
import { Digest, Figure, nullable, oneOf, Shape, SnapshotId, strict, Time } from "./values.ts";

const figure = (description: string) => Type.Unsafe<Figure>({ ...Figure, description });
const maybe = (description: string) => Type.Optional(nullable(figure(description)));

/** Alignment of one layer's part of the kernel. */
const LayerAlignment = Type.Object(
  { alignment: figure("⟨K_l, YYᵀ⟩ / (‖K_l‖‖YYᵀ‖)."), centred_alignment: figure("Both centred.") },
  strict,
);

/** Canatar, Bordelon & Pehlevan 2021: C(ρ) = Σ_{r ≤ ρ} ‖φ_rᵀY‖² / ‖Y‖². */
export const CumulativePower = Type.Object(
  {
    modes: Type.Array(Type.Integer({ minimum: 1 }), {
      description: "ρ: how many leading eigenvectors φ of K are counted.",
    }),
    power: Type.Array(Figure, { description: "C(ρ): share of ‖Y‖² in their span." }),
    centred_power: Type.Array(Figure, { description: "The same after centring K and Y." }),
  },
  strict,
);
export type CumulativePower = Static<typeof CumulativePower>;

/** f = K(·, X)(K(X, X) + µI)⁻¹Y from outputs of zero, µ = ridge · tr K / n. */
export const AfterKernel = Type.Object(
  {
    train_examples: Type.Integer({ minimum: 1, description: "Fitted: the first of train." }),
    test_examples: Type.Integer({ minimum: 1, description: "Scored: the first of test." }),
    ridge: Type.Number({ description: "µ over the mean of K's diagonal." }),
    accuracy: nullable(figure("Held out, with the kernel of this step; null for real targets.")),
    loss: figure("‖f − y‖²/(2n), held out; classes are one-hot."),
    first_accuracy: nullable(figure("Held out, with the run's first kernel.")),
    first_loss: figure("The same of the run's first kernel."),
  },
  { ...strict, description: "What the kernel alone makes of the data (Long 2021), by ridge." },
);
export type AfterKernel = Static<typeof AfterKernel>;

/** Figures of one kernel on one probe. */
export const ProbeFigures = Type.Object(
  {
    examples: Type.Integer({ minimum: 1, description: "N: the first of the split." }),
    split: oneOf(["train", "test"], "Of which the probe is."),
    trace: figure("tr K."),
    eigenvalues: Type.Array(Figure, { description: "Largest first." }),
    effective_rank: figure("exp of the entropy of λ/Σλ (Roy & Vetterli 2007)."),
    participation_ratio: figure("(Σλ)² / Σλ²."),
    condition_number: figure("λ_max / λ_min; Infinity when singular."),
    lambda_min: figure("Smallest eigenvalue."),
    rank: Type.Integer({ minimum: 0, description: "Eigenvalues above n·ε·λ_max." }),
    alignment: nullable(figure("⟨K, YYᵀ⟩ / (‖K‖‖YYᵀ‖).")),
    centred_alignment: nullable(figure("The same after centring both (Cortes et al. 2012).")),
    layer_alignment: Type.Optional(
      nullable(
        Type.Record(Type.String(), LayerAlignment, {
          description: "Of each layer's part K_l, K = Σ_l K_l; where it is asked for.",
        }),
      ),
    ),
    cumulative_power: Type.Optional(nullable(CumulativePower)),
    distance_to_first: figure("1 − cosine to the run's first kernel (Fort et al. 2020)."),
    distance_to_previous: figure("1 − cosine to the snapshot before."),
    velocity: maybe("distance_to_previous over the steps since; null at the first."),
    velocity_per_rate: maybe(
      "distance_to_previous over the sum of the learning rates of the steps since.",
    ),
    relative_change: figure("‖K − K₀‖ / ‖K₀‖ (Frobenius)."),
    log_norm_ratio: maybe("log(‖K‖ / ‖K₀‖): what changed in scale alone."),
    layer_share: Type.Record(Type.String(), Figure, {
      description: "Share of each layer in tr K.",
    }),
    lambda_max: figure("Largest eigenvalue of the full kernel over the number of examples."),
    stable_learning_rate: nullable(figure("Largest stable rate on the probe for this loss.")),
  },
  {
    ...strict,
    description: "Figures of one kernel; as `train` of the training probe, where a run sees both.",
  },
);
export type ProbeFigures = Static<typeof ProbeFigures>;

/** Figures on the kernel K of the stated variant, as an n × n matrix (n = N·O when full). */
export const SnapshotFigures = Type.Object(
  {
    step: Type.Integer({ minimum: 0 }),
    kernel: KernelVariant,
    outputs: Type.Integer({ minimum: 1 }),
    centring: Type.Optional(
      oneOf(["none"], "Of K in every figure whose name does not say centred: there is none."),
    ),
    normalisation: Type.Optional(
      oneOf(
        ["none", "outputs"],
        "What K is divided by: outputs O for trace and pseudo, nothing for full and diagonal; " +
          "never examples, but for lambda_max.",
      ),
    ),
    ...ProbeFigures.properties,
    train: Type.Optional(nullable(ProbeFigures)),
    after_kernel: Type.Optional(nullable(AfterKernel)),
    linearisation_gap: maybe(
      "‖f − f_lin‖ / ‖f_lin − f_s‖ on training examples at this step; null for standard training.",
    ),
    relative_distance: maybe("‖θ − θ₀‖ / ‖θ₀‖."),
    seconds: Type.Number({ minimum: 0 }),
  },
  strict,
);
export type SnapshotFigures = Static<typeof SnapshotFigures>;

export const Snapshot = Type.Object(
  {
    id: SnapshotId,
    ...SnapshotFigures.properties,
    shape: Type.Unsafe<number[]>({ ...Shape, description: "Of the stored kernel." }),
    digest: nullable(Digest),
    created_at: Time,
  },
  { ...strict, $id: "Snapshot" },
);
export type Snapshot = Static<typeof Snapshot>;
