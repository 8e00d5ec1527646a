/** What is asked of a run's log, and the page that answers. Events themselves: schemas/event.ts. */
import type { EventKind, RunEvent } from "#schemas/event.ts";
import type { Run } from "#schemas/run.ts";

export interface EventRange {
  /** Exclusive. */
  readonly after: number;
  /** Inclusive. */
  readonly through?: number;
  readonly kinds?: readonly EventKind[];
  /**
   * Only events that tell of one of these steps, both inclusive; `status` tells of none. Metrics
   * are found fast because they are appended in the order of their steps.
   */
  readonly steps?: { readonly from: number; readonly to: number };
  readonly limit: number;
}

/** What somebody who follows a log asks for again and again. */
export interface LogPage {
  readonly run: Pick<Run, "id" | "epoch" | "status" | "last_seq">;
  readonly events: readonly RunEvent[];
}
