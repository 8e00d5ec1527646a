/** A run that is being set up: the fields of the form, and the request that they make. */
import type { SnapshotFigureName } from "#schemas/kernel.ts";
import type { Run, RunRequest } from "#schemas/run.ts";
import type { SimplePeriod } from "../parts/sliders.ts";

export type AlgorithmType = NonNullable<RunRequest["algorithm"]>["type"];

export interface Draft {
  readonly name: string;
  readonly model: string;
  readonly dataset: string;
  readonly loss: "" | NonNullable<RunRequest["loss"]>;
  readonly type: AlgorithmType;
  readonly period: SimplePeriod;
  readonly damping: number;
  readonly optimizer: "sgd" | "adam" | "adamw";
  readonly rate: number;
  readonly momentum: number;
  readonly decay: number;
  readonly schedule: "constant" | "cosine";
  readonly batch: string;
  readonly steps: number;
  readonly seed: number;
  readonly dtype: "float32" | "float64";
  readonly evaluate: number;
  readonly hasKernels: boolean;
  readonly snapshots: number;
  readonly examples: number;
  readonly variant: "trace" | "full" | "pseudo" | "diagonal";
  readonly eigenvalues: number;
  readonly split: "test" | "train" | "both";
  readonly figures: readonly SnapshotFigureName[];
  readonly checkpoints: number;
}

export const firstDraft: Draft = {
  name: "",
  model: "",
  dataset: "",
  loss: "",
  type: "linearised",
  period: 64,
  damping: 0.01,
  optimizer: "sgd",
  rate: 0.1,
  momentum: 0,
  decay: 0,
  schedule: "constant",
  batch: "64",
  steps: 4000,
  seed: 0,
  dtype: "float32",
  evaluate: 100,
  hasKernels: true,
  snapshots: 200,
  examples: 64,
  variant: "trace",
  eigenvalues: 12,
  split: "test",
  figures: [],
  checkpoints: 1000,
};

/** The fields as another run had them. */
export function draftLike(run: Run): Draft {
  const { algorithm, optimizer, snapshots } = run;
  const period = algorithm.type === "linearised" ? algorithm.period : firstDraft.period;
  return {
    ...firstDraft,
    name: run.name ?? "",
    model: run.model,
    dataset: run.dataset,
    loss: run.loss,
    type: algorithm.type,
    period: typeof period === "number" || period === "never" ? period : firstDraft.period,
    damping:
      algorithm.type === "gauss_newton" && typeof algorithm.damping === "number"
        ? algorithm.damping
        : firstDraft.damping,
    optimizer: optimizer.type,
    rate: optimizer.learning_rate,
    momentum: optimizer.momentum ?? 0,
    decay: optimizer.weight_decay ?? 0,
    schedule: optimizer.schedule?.type === "cosine" ? "cosine" : "constant",
    batch: String(run.batch_size),
    steps: run.steps,
    seed: run.seed,
    dtype: run.dtype,
    evaluate: run.evaluate.every,
    hasKernels: snapshots !== null,
    snapshots: snapshots?.every ?? firstDraft.snapshots,
    examples: snapshots?.examples ?? firstDraft.examples,
    variant: snapshots?.kernel ?? firstDraft.variant,
    eigenvalues: snapshots?.eigenvalues ?? firstDraft.eigenvalues,
    split: snapshots?.split ?? firstDraft.split,
    figures: snapshots?.figures ?? firstDraft.figures,
    checkpoints: run.checkpoints.every ?? firstDraft.checkpoints,
  };
}

function optimizerOf(draft: Draft): RunRequest["optimizer"] {
  const { optimizer: type, rate, momentum, decay, schedule } = draft;
  return {
    type,
    learning_rate: rate,
    ...(type === "sgd" && momentum > 0 ? { momentum } : {}),
    ...(decay > 0 ? { weight_decay: decay } : {}),
    ...(schedule === "cosine" ? { schedule: { type: "cosine" as const } } : {}),
  };
}

/** The part of a request that says how weights are found. */
export function algorithmOf({
  type,
  period,
  damping,
}: Pick<Draft, "type" | "period" | "damping">): NonNullable<RunRequest["algorithm"]> {
  if (type === "linearised") return { type, period };
  return type === "gauss_newton" ? { type, damping } : { type };
}

/** The body of `POST /v1/runs`. */
export function requestOf(draft: Draft): RunRequest {
  const name = draft.name.trim();
  return {
    model: draft.model,
    dataset: draft.dataset,
    ...(name === "" ? {} : { name }),
    ...(draft.loss === "" ? {} : { loss: draft.loss }),
    algorithm: algorithmOf(draft),
    optimizer: optimizerOf(draft),
    batch_size: draft.batch.trim() === "full" ? "full" : Number(draft.batch),
    steps: draft.steps,
    seed: draft.seed,
    ...(draft.dtype === "float64" ? { dtype: draft.dtype } : {}),
    evaluate: { every: draft.evaluate },
    snapshots: draft.hasKernels
      ? {
          every: draft.snapshots,
          examples: draft.examples,
          kernel: draft.variant,
          eigenvalues: draft.eigenvalues,
          ...(draft.split === "test" ? {} : { split: draft.split }),
          ...(draft.figures.length === 0 ? {} : { figures: [...draft.figures] }),
        }
      : null,
    checkpoints: { every: draft.checkpoints },
  };
}

/** Field of the form → where its value is in the request, to show a fault beside it. */
export const pointers: Partial<Readonly<Record<keyof Draft, string>>> = {
  name: "/name",
  model: "/model",
  dataset: "/dataset",
  loss: "/loss",
  period: "/algorithm/period",
  damping: "/algorithm/damping",
  rate: "/optimizer/learning_rate",
  momentum: "/optimizer/momentum",
  decay: "/optimizer/weight_decay",
  batch: "/batch_size",
  steps: "/steps",
  seed: "/seed",
  dtype: "/dtype",
  evaluate: "/evaluate/every",
  snapshots: "/snapshots/every",
  examples: "/snapshots/examples",
  eigenvalues: "/snapshots/eigenvalues",
  figures: "/snapshots/figures",
  checkpoints: "/checkpoints/every",
};
