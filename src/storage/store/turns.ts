/** One after another: whoever writes takes a turn, and a bounded number may wait for theirs. */
import { Failure } from "#src/failure.ts";

export class Turns {
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  /**
   * Resolves to the function that ends the turn. Failure `queue_full` when `waitingMax` others
   * wait already.
   */
  async take(waitingMax: number): Promise<() => void> {
    if (this.#taken) {
      if (this.#waiting.length >= waitingMax) {
        throw new Failure("queue_full", "Too many writes wait for the database. Try again later.", {
          retryAfterSeconds: 1,
        });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#taken = true;
    return () => this.#pass();
  }

  /** The turn stays taken when it goes to the next in line, so that nobody slips in between. */
  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken = false;
    else next();
  }
}
