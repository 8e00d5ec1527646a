/**
 * Children between two runs. One that ended its run in order is kept for the next, because starting
 * a process takes longer than a short run; one that failed is never used again.
 */
import { openTrainer, type Trainer, type TrainerOptions } from "./trainers.ts";

/** Runs that one child trains before it is replaced: native memory may fragment. */
const runsPerTrainerMax = 256;

export interface WarmTrainersOptions {
  readonly trainer: Omit<TrainerOptions, "onLine">;
  /** Children that may wait for work at the same time. */
  readonly idleMax: number;
  /** How long a child without work is kept; 15 seconds unless told. */
  readonly idleMs?: number;
}

/** A child for one run. */
export interface Loan {
  readonly trainer: Trainer;
  /** The child has said before that it is ready, and may begin at once. */
  readonly isReady: boolean;
  /** Who hears what the child prints from now on. */
  hear(onLine: TrainerOptions["onLine"]): void;
  /** Hands the child back after its run ended by its own word; otherwise kill it. */
  giveBack(): void;
}

interface Child {
  readonly trainer: Trainer;
  runs: number;
  onLine: TrainerOptions["onLine"];
  idle: NodeJS.Timeout | undefined;
}

export class WarmTrainers {
  readonly #options: WarmTrainersOptions;
  readonly #idle: Child[] = [];
  #closed = false;

  constructor(options: WarmTrainersOptions) {
    this.#options = options;
  }

  /** A warm child if there is one, else a new one. */
  take(): Loan {
    const child = this.#idle.pop() ?? this.#open();
    clearTimeout(child.idle);
    const isReady = child.runs > 0;
    child.runs += 1;
    return {
      trainer: child.trainer,
      isReady,
      hear: (onLine) => {
        child.onLine = onLine;
      },
      giveBack: () => this.#keep(child),
    };
  }

  /** Ends all children that wait; those that are handed back later end at once. */
  async close(): Promise<void> {
    this.#closed = true;
    const waiting = this.#idle.splice(0);
    for (const { trainer, idle } of waiting) {
      clearTimeout(idle);
      trainer.kill();
    }
    await Promise.all(waiting.map(({ trainer }) => trainer.exited));
  }

  #open(): Child {
    const onLine: TrainerOptions["onLine"] = (stream, line) => child.onLine(stream, line);
    const trainer = openTrainer({ ...this.#options.trainer, onLine });
    const child: Child = { trainer, runs: 0, onLine: () => undefined, idle: undefined };
    void trainer.exited.then(() => this.#forget(child));
    return child;
  }

  #keep(child: Child): void {
    const { idleMax, idleMs = 15_000 } = this.#options;
    child.onLine = () => undefined;
    const isWorn = child.runs >= runsPerTrainerMax;
    if (this.#closed || isWorn || this.#idle.length >= idleMax) {
      child.trainer.kill();
      return;
    }
    child.idle = setTimeout(() => {
      this.#forget(child);
      child.trainer.kill();
    }, idleMs);
    this.#idle.push(child);
  }

  #forget(child: Child): void {
    clearTimeout(child.idle);
    const at = this.#idle.indexOf(child);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}
