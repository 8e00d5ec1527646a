/** Wake-ups inside one process: several of a topic before its listeners ran call them once. */
import { setImmediate as soon } from "node:timers";
import { Failure } from "#src/failure.ts";
import type { StorageLog } from "#storage/log.ts";
import type { Topic, Wakeups } from "#storage/wakeups.ts";

export interface LocalWakeupsOptions {
  readonly log?: StorageLog;
}

/** Listeners of all topics together; a wait is one for as long as it lasts. */
export const subscribersMax = 100_000;

type Listener = () => void;

export class LocalWakeups implements Wakeups {
  readonly #log: StorageLog | undefined;
  /** Wrapped, so that one function can listen twice. */
  readonly #listeners = new Map<Topic, Set<{ readonly call: Listener }>>();
  readonly #woken = new Set<Topic>();
  readonly #closed = new AbortController();
  #subscribers = 0;

  constructor(log?: StorageLog) {
    this.#log = log;
  }

  wake(topic: Topic): void {
    if (!this.#listeners.has(topic)) return;
    if (this.#woken.size === 0) soon(() => this.#run());
    this.#woken.add(topic);
  }

  /** For hints that may have been lost: all topics, unless it is told which. */
  wakeAll(isMeant: (topic: Topic) => boolean = () => true): void {
    for (const topic of this.#listeners.keys()) if (isMeant(topic)) this.wake(topic);
  }

  subscribe(topic: Topic, listener: Listener): () => void {
    if (this.#closed.signal.aborted) return () => undefined;
    if (this.#subscribers >= subscribersMax) {
      throw new Failure("stream_limit", `More than ${subscribersMax} listeners wait for news.`);
    }
    const entry = { call: listener };
    const entries = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, entries.add(entry));
    this.#subscribers += 1;
    return () => {
      if (!entries.delete(entry)) return;
      this.#subscribers -= 1;
      if (entries.size === 0 && this.#listeners.get(topic) === entries) {
        this.#listeners.delete(topic);
      }
    };
  }

  wait(
    topic: Topic,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    if (signal.aborted || this.#closed.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        unsubscribe();
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        this.#closed.signal.removeEventListener("abort", end);
        resolve();
      };
      const unsubscribe = this.subscribe(topic, end);
      const timer = setTimeout(end, timeoutMs);
      signal.addEventListener("abort", end);
      this.#closed.signal.addEventListener("abort", end);
    });
  }

  /** Every wait resolves, and no listener is called any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    this.#woken.clear();
    for (const entries of this.#listeners.values()) entries.clear();
    this.#listeners.clear();
    this.#subscribers = 0;
  }

  /** Topics that a listener wakes meanwhile have their own turn, so that no loop starves others. */
  #run(): void {
    const topics = [...this.#woken];
    this.#woken.clear();
    for (const topic of topics) {
      const entries = this.#listeners.get(topic) ?? new Set();
      for (const entry of [...entries]) {
        if (entries.has(entry)) this.#call(topic, entry.call);
      }
    }
  }

  #call(topic: Topic, listener: Listener): void {
    try {
      listener();
    } catch (error) {
      this.#log?.warn({ topic, err: error }, "a listener of wake-ups threw");
    }
  }
}

export function localWakeups(options: LocalWakeupsOptions = {}): Wakeups {
  return new LocalWakeups(options.log);
}
