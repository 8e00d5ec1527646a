/**
 * What one socket still has to send, bounded: whoever sends asks for room first, and a reader who
 * makes no room for too long is given up.
 */
import type { WebSocket } from "ws";
import type { ServerFrame } from "#schemas/stream.ts";
import { Failure } from "#src/failure.ts";
import { streamLimits } from "./limits.ts";

/** Below this a waiting sender goes on: a lower mark than the limit avoids stop and go. */
const resumeBytes = streamLimits.queueBytesMax / 2;

/** Bytes of event frames, which all readers of a run are sent alike. */
const texts = new WeakMap<ServerFrame, Uint8Array>();

function textOf(frame: ServerFrame): string | Uint8Array {
  if (frame.frame !== "event") return JSON.stringify(frame);
  const known = texts.get(frame);
  if (known !== undefined) return known;
  const bytes = Buffer.from(JSON.stringify(frame));
  texts.set(frame, bytes);
  return bytes;
}

export class Outbox {
  readonly #socket: WebSocket;
  readonly #stallMs: number;
  readonly #onSent: (kind: string) => void;
  #waiting: (() => void)[] = [];
  /** Everything that was ever queued at the same time, at most. */
  queuedBytesPeak = 0;

  constructor(socket: WebSocket, stallMs: number, onSent: (kind: string) => void) {
    this.#onSent = onSent;
    this.#socket = socket;
    this.#stallMs = stallMs;
    socket.once("close", () => this.#wakeAll());
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(frame: ServerFrame): void {
    if (!this.isOpen) return;
    this.#write(textOf(frame), false);
    this.#onSent(frame.frame);
  }

  sendBytes(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    this.#write(bytes, true);
    this.#onSent("tensor");
  }

  #write(content: string | Uint8Array, binary: boolean): void {
    this.#socket.send(content, { binary }, () => {
      if (this.#socket.bufferedAmount <= resumeBytes) this.#wakeAll();
    });
    this.queuedBytesPeak = Math.max(this.queuedBytesPeak, this.#socket.bufferedAmount);
  }

  #wakeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /**
   * Waits until less than the limit is queued; the milliseconds waited. Failure `slow_consumer`
   * when nothing of it goes for `stallMs`.
   */
  async room(): Promise<number> {
    const fromMs = performance.now();
    while (this.isOpen && this.#socket.bufferedAmount >= streamLimits.queueBytesMax) {
      const queued = this.#socket.bufferedAmount;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, this.#stallMs);
      this.#waiting.push(resolve);
      await promise;
      clearTimeout(timer);
      if (this.isOpen && this.#socket.bufferedAmount >= queued) {
        throw new Failure("slow_consumer", "The reader takes nothing; resume from its last seq.");
      }
    }
    return performance.now() - fromMs;
  }
}
