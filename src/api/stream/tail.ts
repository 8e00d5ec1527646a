/**
 * One reader's way through one log: pulls page after page from the store after its own cursor,
 * sends as fast as the reader takes, and waits for wake-ups at the end. History and live are this
 * one path. How frames travel is the sink's business.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { isTerminal } from "#runs/change.ts";
import type { EventKind, RunEvent } from "#schemas/event.ts";
import type { Run } from "#schemas/run.ts";
import type { ServerFrame } from "#schemas/stream.ts";
import { Failure } from "#src/failure.ts";
import type { Store } from "#storage/store.ts";
import type { Wakeups } from "#storage/wakeups.ts";
import { type Batch, batchesOf } from "./batches.ts";
import { Bell } from "./bell.ts";
import { Conflator, type Item } from "./conflator.ts";
import { type LogPage, readPage, sharedPage } from "./pages.ts";

/** How long a lost wake-up can delay an event. */
const pollMs = 2000;
/** A reader who lets one frame wait longer than this gets only the latest metrics for a while. */
const lagMs = 500;
const firstSeq = 1;

export interface TailPorts {
  readonly store: Store;
  readonly wakeups: Wakeups;
  readonly heartbeatMs: number;
  readonly nowMs: () => number;
}

/** What a reader wants to follow. */
export interface Wanted {
  readonly run: string;
  readonly after: number;
  /** Of the cursor, when the reader knows it. */
  readonly epoch?: string | undefined;
  readonly kinds?: readonly EventKind[] | undefined;
  readonly maxRateHz?: number | undefined;
}

/** Where frames go. */
export interface Sink {
  send(frame: ServerFrame): void;
  /** Sends events as other readers are sent them; where it is missing, each is sent by itself. */
  sendBatch?(batch: Batch): void;
  /** Waits until a frame may be sent; the milliseconds waited. Rejects when it takes too long. */
  room(): Promise<number>;
  /** Called after each event was sent: what else goes with it, such as a tensor. */
  sent?(event: RunEvent): void;
}

export interface TailOptions {
  readonly ports: TailPorts;
  readonly wanted: Wanted;
  readonly sink: Sink;
  readonly signal: AbortSignal;
}

/**
 * Refuses a cursor that does not fit the log: Failures `epoch_mismatch`, `cursor_in_future`, each
 * at the query parameter.
 */
export function checkCursor(
  run: Pick<Run, "epoch" | "last_seq">,
  { after, epoch }: Pick<Wanted, "after" | "epoch">,
): void {
  if (epoch !== undefined && epoch !== run.epoch) {
    const detail = `The log's epoch is "${run.epoch}", not "${epoch}": start again from 0.`;
    throw new Failure("epoch_mismatch", detail, { errors: [{ pointer: "/query/epoch", detail }] });
  }
  if (after > run.last_seq) {
    const detail = `The log ends at ${run.last_seq}, before ${after}.`;
    throw new Failure("cursor_in_future", detail, {
      errors: [{ pointer: "/query/after", detail }],
    });
  }
}

/** The frame of an event that readers share: one object for all, so that it is written out once. */
const frames = new WeakMap<RunEvent, ServerFrame>();

function frameOf(run: string, item: Item): ServerFrame {
  if ("gap" in item) return { frame: "gap", run, ...item.gap };
  const known = frames.get(item.event);
  if (known !== undefined) return known;
  // The union of kinds is lost in the copy, but not the pairing of type and data.
  const frame = { frame: "event", run, ...item.event } as ServerFrame;
  frames.set(item.event, frame);
  return frame;
}

class Tail {
  readonly #options: TailOptions;
  readonly #conflator: Conflator;
  #cursor: number;
  #caughtUp = false;

  constructor(options: TailOptions) {
    const { after, maxRateHz } = options.wanted;
    this.#options = options;
    this.#cursor = after;
    this.#conflator = new Conflator({ after, rateHz: maxRateHz ?? Number.POSITIVE_INFINITY });
  }

  async follow(): Promise<void> {
    const { ports, wanted, sink, signal } = this.#options;
    // Frames that came together may replace each other: nothing is read for those that are gone.
    await nextTurn();
    if (signal.aborted) return;
    using bell = new Bell(ports.wakeups, wanted.run);
    // Not shared: it also tells whether this reader may see the run.
    const { run } = await readPage(ports.store, { ...wanted, after: this.#cursor });
    checkCursor(run, wanted);
    sink.send({
      frame: "hello",
      run: run.id,
      epoch: run.epoch,
      status: run.status,
      first_seq: firstSeq,
      last_seq: run.last_seq,
      heartbeat_ms: ports.heartbeatMs,
    });
    while (!signal.aborted) {
      if (await this.#step(bell)) return;
    }
  }

  /** Reads and sends one page; at the end of the log waits for more. True when all is said. */
  async #step(bell: Bell): Promise<boolean> {
    const { ports, wanted, sink, signal } = this.#options;
    const page = await sharedPage(ports, { ...wanted, after: this.#cursor });
    const { run, events } = page;
    await this.#tell(page);
    if (page.isWhole) {
      this.#cursor = events.at(-1)?.seq ?? this.#cursor;
      return false;
    }
    this.#cursor = run.last_seq;
    this.#conflator.passed(run.last_seq);
    this.#conflator.pressed = false;
    await this.#emit(this.#conflator.due(ports.nowMs()));
    const ended = isTerminal(run.status);
    if (ended || !this.#caughtUp) await this.#emit(this.#conflator.settle(ports.nowMs()));
    if (signal.aborted) return true;
    if (!this.#caughtUp) {
      sink.send({ frame: "caught_up", run: run.id, seq: run.last_seq });
      this.#caughtUp = true;
    }
    if (ended) {
      sink.send({ frame: "complete", run: run.id, status: run.status, seq: run.last_seq });
      return true;
    }
    await this.#wait(bell);
    return false;
  }

  /** Sends what is wanted of a page. */
  async #tell(page: LogPage): Promise<void> {
    const told = await this.#tellAlike(page);
    for (const event of page.events) {
      if (event.seq <= told) continue;
      await this.#emit(this.#conflator.offer(event, this.#options.ports.nowMs()));
    }
  }

  /** Sends it as others are sent it while this reader takes all; the last seq that was sent so. */
  async #tellAlike(page: LogPage): Promise<number> {
    const { wanted, sink, signal } = this.#options;
    let told = this.#cursor;
    const takesAll = wanted.kinds === undefined && wanted.maxRateHz === undefined;
    if (sink.sendBatch === undefined || !takesAll || !this.#conflator.isClear) return told;
    for (const batch of batchesOf(page)) {
      const waitedMs = await sink.room();
      if (signal.aborted) return batch.last;
      if (waitedMs > lagMs) {
        this.#conflator.pressed = true;
        return told;
      }
      sink.sendBatch(batch);
      told = batch.last;
      this.#conflator.toldThrough(told);
    }
    return told;
  }

  async #wait(bell: Bell): Promise<void> {
    const { ports, signal } = this.#options;
    const holding = this.#conflator.isHolding;
    const dueMs = holding ? Math.max(1, this.#conflator.dueMs - ports.nowMs()) : pollMs;
    await bell.wait(Math.min(dueMs, pollMs), signal);
  }

  async #emit(items: readonly Item[]): Promise<void> {
    const { wanted, sink, signal } = this.#options;
    for (const item of items) {
      const waitedMs = await sink.room();
      if (signal.aborted) return;
      if (waitedMs > lagMs) this.#conflator.pressed = true;
      sink.send(frameOf(wanted.run, item));
      if ("event" in item) sink.sent?.(item.event);
    }
  }
}

/**
 * Sends hello, the log after the cursor, what comes, and complete once the run has ended. Returns
 * when all is said or the signal aborts. Failures: `not_found`, `epoch_mismatch`,
 * `cursor_in_future`, and what the sink's `room` rejects with.
 */
export function follow(options: TailOptions): Promise<void> {
  return new Tail(options).follow();
}
