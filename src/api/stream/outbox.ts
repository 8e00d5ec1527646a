/**
 * What one socket still has to send, bounded: whoever sends asks for room first, and a reader who
 * makes no room for too long is given up.
 */
import type { Writable } from "node:stream";
import type { WebSocket } from "ws";
import type { ServerFrame } from "#schemas/stream.ts";
import { Failure } from "#src/failure.ts";
import type { Batch } from "./batches.ts";
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

export interface OutboxOptions {
  readonly socket: WebSocket;
  /** What the socket writes to. Nothing that it sends waits before that: it compresses nothing. */
  readonly wire: Writable;
  readonly stallMs: number;
  readonly onSent: (kind: string, frames: number) => void;
}

export class Outbox {
  readonly #socket: WebSocket;
  readonly #wire: Writable;
  readonly #stallMs: number;
  readonly #onSent: OutboxOptions["onSent"];
  readonly #written = (): void => {
    if (this.#waiting.length > 0 && this.#socket.bufferedAmount <= resumeBytes) this.#wakeAll();
  };
  #waiting: (() => void)[] = [];

  constructor({ socket, wire, stallMs, onSent }: OutboxOptions) {
    this.#onSent = onSent;
    this.#socket = socket;
    this.#wire = wire;
    this.#stallMs = stallMs;
    socket.once("close", () => this.#wakeAll());
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(frame: ServerFrame): void {
    if (!this.isOpen) return;
    this.#write(textOf(frame), false);
    this.#onSent(frame.frame, 1);
  }

  sendBytes(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    this.#write(bytes, true);
    this.#onSent("tensor", 1);
  }

  /** Frames that are made already, between those that the socket makes. */
  sendBatch({ bytes, events }: Batch): void {
    if (!this.isOpen) return;
    this.#wire.write(bytes, this.#written);
    this.#onSent("event", events);
  }

  #write(content: string | Uint8Array, binary: boolean): void {
    this.#socket.send(content, { binary }, this.#written);
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
