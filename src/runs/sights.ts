/**
 * What the life of runs shows to those who count: told after it is stored, and never waited for.
 */
import type { RunStatus } from "#schemas/run.ts";
import type { LostCause } from "./lifecycle.ts";

export interface RunSights {
  /** A run changed its status; `from` is null for a new one. */
  moved(from: RunStatus | null, to: RunStatus): void;
  /** A run got its first trainer after this time. */
  waited(seconds: number): void;
  /** An attempt ended without the trainer's word. */
  lost(cause: LostCause): void;
  /** Seconds a step, over the steps that a trainer has told of at once. */
  stepped(seconds: number): void;
  /** A batch of events was stored: steps that are new, and bytes of new checkpoints. */
  recorded(batch: {
    readonly steps: number;
    readonly checkpointBytes: readonly number[];
    readonly snapshotSeconds: readonly number[];
  }): void;
}
