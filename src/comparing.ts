/** The messages of one errand of the channel: how far apart stored kernels and weights are. */
import type { Static } from "typebox";
import type { KernelsApart, WeightsApart } from "#schemas/comparison.ts";
import type { KernelVariant } from "#schemas/kernel.ts";

/** Checkpoints of two runs at one step, by the digests of their manifests. */
export interface WeightsPair {
  readonly step: number;
  readonly first: string;
  readonly other: string;
}

/** Kernels of one variant on one probe, by the digests of their files. */
export interface KernelPair extends WeightsPair {
  readonly variant: KernelVariant;
  readonly examples: number;
  readonly outputs: number;
}

export interface CompareErrand {
  readonly kind: "compare";
  readonly artifactsDir: string;
  readonly kernels: readonly KernelPair[];
  readonly weights: readonly WeightsPair[];
}

/** One answer for each pair, in order; null where the two cannot be compared. */
export interface CompareResult {
  readonly kind: "compare";
  readonly kernels: readonly (Static<typeof KernelsApart> | null)[];
  readonly weights: readonly (Static<typeof WeightsApart> | null)[];
}
