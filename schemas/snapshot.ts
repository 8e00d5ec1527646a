/** A kernel snapshot: figures of one neural tangent kernel on the fixed probe. */
import Type, { type Static } from "typebox";
import { KernelVariant } from "./run.ts";
import { Digest, Figure, nullable, Shape, SnapshotId, strict, Time } from "./values.ts";

const figure = (description: string) => Type.Unsafe<Figure>({ ...Figure, description });

/** Figures on the kernel K of the stated variant, as an n × n matrix (n = N·O when full). */
export const SnapshotFigures = Type.Object(
  {
    step: Type.Integer({ minimum: 0 }),
    kernel: KernelVariant,
    examples: Type.Integer({ minimum: 1 }),
    outputs: Type.Integer({ minimum: 1 }),
    split: Type.Union([Type.Literal("train"), Type.Literal("test")]),
    trace: figure("tr K."),
    eigenvalues: Type.Array(Figure, { description: "Largest first." }),
    effective_rank: figure("exp of the entropy of λ/Σλ (Roy & Vetterli 2007)."),
    participation_ratio: figure("(Σλ)² / Σλ²."),
    condition_number: figure("λ_max / λ_min; Infinity when singular."),
    lambda_min: figure("Smallest eigenvalue."),
    rank: Type.Integer({ minimum: 0, description: "Eigenvalues above n·ε·λ_max." }),
    alignment: nullable(figure("⟨K, YYᵀ⟩ / (‖K‖‖YYᵀ‖).")),
    centred_alignment: nullable(figure("The same after centring both (Cortes et al. 2012).")),
    distance_to_first: figure("1 − cosine to the run's first kernel (Fort et al. 2020)."),
    distance_to_previous: figure("1 − cosine to the snapshot before."),
    relative_change: figure("‖K − K₀‖ / ‖K₀‖ (Frobenius)."),
    layer_share: Type.Record(Type.String(), Figure, {
      description: "Share of each layer in tr K.",
    }),
    lambda_max: figure("Largest eigenvalue of the full kernel over the number of examples."),
    stable_learning_rate: nullable(figure("Largest stable rate on the probe for this loss.")),
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
