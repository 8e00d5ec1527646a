/** A few at the same time: whoever needs a slot waits for one, and a bounded number may wait. */
import { Failure } from "#src/failure.ts";

export class Slots {
  #free: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number, waitingMax: number) {
    this.#free = count;
    this.#waitingMax = waitingMax;
  }

  /** Disposed of, the slot is the next one's. Failure `storage_unavailable` when too many wait. */
  async take(signal?: AbortSignal): Promise<Disposable> {
    if (this.#free === 0) {
      if (this.#waiting.length >= this.#waitingMax) {
        throw new Failure("storage_unavailable", "Too many uploads wait for storage.", {
          retryAfterSeconds: 5,
        });
      }
      await this.#turn(signal);
    } else this.#free -= 1;
    return { [Symbol.dispose]: () => this.#pass() };
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(give), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(give);
    });
  }

  /** The slot goes to the next in line, so that nobody slips in between. */
  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
