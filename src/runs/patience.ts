/** Tries a write again while the store is in trouble; a refusal is final. */
import { AssertionError } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";
import type { ProblemCode } from "#schemas/problem.ts";
import { Failure } from "#src/failure.ts";

/** Tries of somebody who cannot wait, and the wait after the first. */
const writesMax = 6;
const writeRetryMs = 100;
const writeRetryMsMax = 5000;

/** Room and the database come back. */
const passing: readonly ProblemCode[] = ["storage_full", "storage_unavailable"];

export interface Patience {
  /** Whether to wait until the store is back, however long that takes. */
  readonly isPatient: () => boolean;
  /** Told of each failure but the last. */
  readonly onFault: (error: unknown, tried: number) => void;
}

/** Resolves with what was written; throws a refusal, a bug, or the last failure of many. */
export async function writeAgain<T>(write: () => Promise<T>, patience: Patience): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await write();
    } catch (error) {
      const passes = error instanceof Failure && passing.includes(error.code);
      const refused = error instanceof Failure && !passes;
      const isOver = tried >= writesMax && !(passes && patience.isPatient());
      if (refused || error instanceof AssertionError || isOver) throw error;
      patience.onFault(error, tried);
      await delay(Math.min(writeRetryMs * 2 ** (tried - 1), writeRetryMsMax));
    }
  }
}
