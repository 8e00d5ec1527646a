/** Whoever writes takes a turn: so many at the same time, and a bounded number may wait. */
import { Failure } from "#src/failure.ts";

export class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** `places`: turns at the same time. */
  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Resolves to the function that ends the turn. Failure `queue_full` when `waitingMax` others
   * wait already.
   */
  async take(waitingMax: number): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else {
      if (this.#waiting.length >= waitingMax) {
        throw new Failure("queue_full", "Too many writes wait for the database. Try again later.", {
          retryAfterSeconds: 1,
        });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return () => this.#pass();
  }

  /** The turn stays taken when it goes to the next in line, so that nobody slips in between. */
  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
