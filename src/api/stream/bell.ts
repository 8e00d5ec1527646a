/** A wake-up that came while nobody waited is remembered, so that no read is followed by a miss. */
import type { Wakeups } from "#storage/wakeups.ts";

export class Bell implements Disposable {
  readonly #unsubscribe: () => void;
  #rung = false;
  #answer: (() => void) | undefined;

  constructor(wakeups: Wakeups, topic: string) {
    this.#unsubscribe = wakeups.subscribe(topic, () => this.ring());
  }

  /** Ends the present wait, or the next one at once. */
  ring(): void {
    this.#rung = true;
    this.#answer?.();
  }

  /** Resolves when it rang since the last wait, after `timeoutMs`, or when the signal aborts. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      const onAbort = () => resolve();
      signal.addEventListener("abort", onAbort, { once: true });
      this.#answer = resolve;
      await promise;
      this.#answer = undefined;
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
    this.#rung = false;
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }
}
