/**
 * What passes over the channel of a kernel that was computed: by one child, or by several, each
 * some rows of it.
 */
import type { NtkFigures } from "#schemas/ntk.ts";

/** A kernel, computed and stored. */
export interface KernelDone {
  readonly figures: NtkFigures;
  /** Step of the checkpoint; null for initial weights. */
  readonly step: number | null;
  readonly shape: readonly number[];
  /** Of a safetensors file with one tensor `kernel`. */
  readonly digest: string;
}

/**
 * How a kernel is divided: `upper`, rows of a symmetric one from the diagonal on; `strips`, whole
 * rows of a full one that is never whole in memory; `rows` and `columns` of one between two sets.
 */
export type ShareForm = "upper" | "strips" | "rows" | "columns";

/** A part of a kernel, computed and stored. */
export interface KernelShare {
  readonly form: ShareForm;
  /** First example on the axis that is divided, and how many there are; there may be none. */
  readonly from: number;
  readonly count: number;
  /** Of a safetensors file with one tensor `kernel`; null without examples. */
  readonly digest: string | null;
  /** tr of each layer's part over these rows; empty between two sets. */
  readonly traces: Readonly<Record<string, number>>;
  readonly contractions: Readonly<Record<string, string>>;
  /** Step of the checkpoint; null for initial weights. */
  readonly step: number | null;
}

/** Which of several. */
export interface ShareOf {
  readonly form: ShareForm;
  readonly index: number;
  readonly of: number;
  /** Which of several GPUs computes it, from 0. */
  readonly gpu: number;
}
