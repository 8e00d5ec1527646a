/**
 * PORT: hints that something changed. A wake-up carries no data and may be lost: whoever waits
 * reads the store after its own cursor, and looks again from time to time. Adapters in wakeups/.
 */

/** `queue`: a run may be startable or its wish changed. A run's id: its log has grown. */
export type Topic = string;

export interface Wakeups extends AsyncDisposable {
  wake(topic: Topic): void;
  /** Calls `listener` after every wake-up of the topic until the returned function is called. */
  subscribe(topic: Topic, listener: () => void): () => void;
  /** Resolves at the next wake-up of the topic, after `timeoutMs`, or when the signal aborts. */
  wait(
    topic: Topic,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<void>;
}
