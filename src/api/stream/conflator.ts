/**
 * What of a log is sent to a reader who wants less than all of it: metrics no faster than a rate,
 * or only the latest while the reader lags. Pure: whatever is left out is declared by gaps, so
 * that seqs sent and gaps together cover the log without holes or overlaps.
 */
import type { RunEvent } from "#schemas/event.ts";

export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly reason: "conflated" | "filtered";
}

export type Item = { readonly event: RunEvent } | { readonly gap: Gap };

export interface ConflatorOptions {
  /** The last seq that the reader has. */
  readonly after: number;
  /** Of metrics events; Infinity for all. */
  readonly rateHz: number;
}

/** Two neighbouring gaps as one; conflated wins, since it promises that the log has more. */
function joined(first: Gap | undefined, second: Gap): Gap {
  if (first === undefined) return second;
  const conflated = first.reason === "conflated" || second.reason === "conflated";
  return { from: first.from, to: second.to, reason: conflated ? "conflated" : "filtered" };
}

export class Conflator {
  readonly #intervalMs: number;
  /** First seq that nothing was said about. */
  #next: number;
  /** Left out before the held event, or before `#next` when none is held. */
  #gap: Gap | undefined;
  /** A metrics event that waits, and what was left out after it. */
  #held: RunEvent | undefined;
  #gapAfter: Gap | undefined;
  #sentMs = Number.NEGATIVE_INFINITY;
  /** True while the reader lags: then only the latest metrics of a stretch are sent. */
  pressed = false;

  constructor({ after, rateHz }: ConflatorOptions) {
    this.#next = after + 1;
    this.#intervalMs = 1000 / rateHz;
  }

  /** What to send now that `event` was read. Events come in order; filtered ones are missing. */
  offer(event: RunEvent, nowMs: number): Item[] {
    this.passed(event.seq - 1);
    this.#next = event.seq + 1;
    if (event.type !== "metrics") return [...this.#release(nowMs), ...this.#send(event)];
    this.#dropHeld();
    if (this.pressed || nowMs < this.dueMs) {
      this.#held = event;
      return [];
    }
    this.#sentMs = nowMs;
    return this.#send(event);
  }

  /** Everything up to `seq` was looked at, and nothing of it is wanted. */
  passed(seq: number): void {
    if (seq < this.#next) return;
    const gap: Gap = { from: this.#next, to: seq, reason: "filtered" };
    if (this.#held === undefined) this.#gap = joined(this.#gap, gap);
    else this.#gapAfter = joined(this.#gapAfter, gap);
    this.#next = seq + 1;
  }

  /** Everything up to `seq` was sent in another way. Only while nothing is held or left out. */
  toldThrough(seq: number): void {
    this.#next = seq + 1;
  }

  /** Nothing is held back, left out or to be conflated. */
  get isClear(): boolean {
    return !this.pressed && this.#held === undefined && this.#gap === undefined;
  }

  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** When the next metrics event may be sent. */
  get dueMs(): number {
    return this.#sentMs + this.#intervalMs;
  }

  /** The held event, if it is due. */
  due(nowMs: number): Item[] {
    return this.pressed || nowMs < this.dueMs ? [] : this.#release(nowMs);
  }

  /** The held event and every gap that is not declared yet, due or not. */
  settle(nowMs: number): Item[] {
    const items = this.#release(nowMs);
    if (this.#gap !== undefined) items.push({ gap: this.#gap });
    this.#gap = undefined;
    return items;
  }

  #dropHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#gap = joined(this.#gap, { from: held.seq, to: held.seq, reason: "conflated" });
    if (this.#gapAfter !== undefined) this.#gap = joined(this.#gap, this.#gapAfter);
    this.#held = undefined;
    this.#gapAfter = undefined;
  }

  #release(nowMs: number): Item[] {
    const held = this.#held;
    if (held === undefined) return [];
    const items = this.#send(held);
    this.#gap = this.#gapAfter;
    this.#held = undefined;
    this.#gapAfter = undefined;
    this.#sentMs = nowMs;
    return items;
  }

  #send(event: RunEvent): Item[] {
    const items: Item[] = this.#gap === undefined ? [{ event }] : [{ gap: this.#gap }, { event }];
    this.#gap = undefined;
    return items;
  }
}
