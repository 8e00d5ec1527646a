/**
 * What the life of runs shows to those who count: told after it is stored, and never waited for.
 */
import type { RunStatus } from "#schemas/run.ts";
import type { LostCause } from "./happenings.ts";

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

/** The same, but that whoever counts cannot stop what is counted: what is thrown is logged. */
export function harmless(
  sights: RunSights,
  log: { error(about: object, text: string): void },
): RunSights {
  const guarded =
    <Told extends unknown[]>(tell: (...told: Told) => void) =>
    (...told: Told): void => {
      try {
        tell(...told);
      } catch (err) {
        log.error({ err }, "something could not be counted");
      }
    };
  return {
    moved: guarded(sights.moved),
    waited: guarded(sights.waited),
    lost: guarded(sights.lost),
    stepped: guarded(sights.stepped),
    recorded: guarded(sights.recorded),
  };
}
