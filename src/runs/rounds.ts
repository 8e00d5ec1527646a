/**
 * Makes one round of work after another until it is closed: at once while there is work, else at a
 * wake-up or after a while. A round that fails is told of and made again.
 */
import type { Wakeups } from "#storage/wakeups.ts";
import { openBell } from "./bell.ts";

export interface RoundsOptions {
  readonly wakeups: Wakeups;
  readonly topic: string;
  /** How often a round is made when nothing wakes it. */
  readonly pollMs: number;
  /** One round; true when the next may follow at once. */
  readonly round: () => Promise<boolean>;
  readonly onFault: (error: unknown) => void;
}

export class Rounds {
  readonly #options: RoundsOptions;
  readonly #bell = openBell();
  readonly #unsubscribe: () => void;
  #closed = false;
  #loop: Promise<void> | undefined;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#unsubscribe = options.wakeups.subscribe(options.topic, this.#bell.ring);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** No round begins any more. `ending` is done before the one under way is waited for. */
  async close(ending?: () => Promise<void>): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    this.#bell.close();
    await ending?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { pollMs, round, onFault } = this.#options;
    while (!this.#closed) {
      try {
        if (await round()) continue;
      } catch (error) {
        onFault(error);
      }
      await this.#bell.wait(pollMs);
    }
  }
}
