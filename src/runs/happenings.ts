/** What may happen to a run, as data: the inputs of its life cycle, and nothing of what follows. */
import type { Evaluation, Plan, Steering, Wish } from "#schemas/run.ts";
import type { Figure } from "#schemas/values.ts";
import type { Outcome } from "#src/channel.ts";

/** How lost attempts are tried again. */
export interface RetryPolicy {
  /** Attempts in a row without progress after which a run fails. */
  readonly attemptsMax: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

export const usualRetry: RetryPolicy = { attemptsMax: 5, firstMs: 1000, longestMs: 60_000 };

/**
 * Why an attempt ended without the trainer's word. `server`: its parent ended it in order, which is
 * not its fault. `worker`: its parent is gone, perhaps by what the run did to the machine.
 */
export type LostCause = "crashed" | "hung" | "out_of_memory" | "server" | "worker";

/** What a batch of events says about the run as a whole. */
export interface Recorded {
  readonly step: number;
  readonly metricsThrough: number;
  readonly etaSeconds: number | null;
  readonly secondsUsed: number;
  /** Whether a checkpoint was stored that the log did not have. */
  readonly checkpointed: boolean;
  /** The latest evaluation, if there was one. */
  readonly evaluation: Evaluation | null;
  /** Linearisations at that evaluation, where training is linearised. */
  readonly linearisations?: number;
  /** Of the latest snapshot, if there was one. */
  readonly kernelDistance?: Figure;
  /** Requests of steering that took effect, and at which step. */
  readonly applied: readonly { readonly request: number; readonly step: number }[];
}

export type LifecycleInput =
  | { readonly type: "submitted" }
  | { readonly type: "claimed" }
  | {
      readonly type: "started";
      readonly attempt: number;
      readonly plan: Plan;
      readonly step: number;
    }
  | ({ readonly type: "recorded"; readonly attempt: number } & Recorded)
  | { readonly type: "wish"; readonly wish: Wish }
  /** There is room on the disk again. */
  | { readonly type: "room" }
  | { readonly type: "steered"; readonly changes: Steering }
  | {
      readonly type: "ended";
      readonly attempt: number;
      readonly outcome: Outcome;
      readonly secondsUsed: number;
      readonly reason?: string;
      /** It gave way to another run. */
      readonly yielded?: boolean;
    }
  | {
      readonly type: "lost";
      readonly attempt: number;
      readonly cause: LostCause;
      readonly detail: string;
      readonly secondsUsed: number;
      readonly retry: RetryPolicy;
      readonly yielded?: boolean;
    };
