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

/** Some rows of a kernel, computed and stored. */
export interface KernelShare {
  /** First example of the rows, and how many examples there are; there may be none. */
  readonly from: number;
  readonly count: number;
  /** Of a safetensors file with one tensor `kernel`; null without rows. */
  readonly digest: string | null;
  /** tr of each layer's part over these rows. */
  readonly traces: Readonly<Record<string, number>>;
  readonly contractions: Readonly<Record<string, string>>;
  /** Step of the checkpoint; null for initial weights. */
  readonly step: number | null;
}

/** Which of several. */
export interface ShareOf {
  readonly index: number;
  readonly of: number;
  /** Which of several GPUs computes it, from 0. */
  readonly gpu: number;
}
