/**
 * One WebSocket of the stream: what its client asks by frames, and one tail for each run that it
 * follows. Reading the log is the tail's business, bounding the queue the outbox's.
 */
import type { Writable } from "node:stream";
import Compile from "typebox/compile";
import type { RawData, WebSocket } from "ws";
import type { Backing } from "#api/backing.ts";
import { explain } from "#api/explain.ts";
import { plainSchema } from "#api/explain-leaf.ts";
import type { ProblemCode } from "#schemas/problem.ts";
import { ClientFrame, type SubscribeFrame } from "#schemas/stream.ts";
import { Failure } from "#src/failure.ts";
import type { Batch } from "./batches.ts";
import { closing, streamLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { followSweep } from "./sweep.ts";
import { follow } from "./tail.ts";
import { Tensors } from "./tensors.ts";

const frameCheck = Compile(ClientFrame);
const frameSchema = plainSchema(ClientFrame);

/** Problems after which the client may come back and go on where it was. */
const retryable = new Set<ProblemCode>([
  "slow_consumer",
  "internal",
  "shutting_down",
  "storage_unavailable",
]);

const closeCodeOf: Partial<Readonly<Record<ProblemCode, number>>> = {
  slow_consumer: closing.slow,
  stream_frame_invalid: closing.invalid,
  not_found: closing.notFound,
  epoch_mismatch: closing.cursor,
  cursor_in_future: closing.cursor,
  stream_limit: closing.limit,
};

/** How long whoever sent too much has to read why the stream was closed. */
const floodCloseMs = 1000;

interface Subscription {
  /** All of the run was sent; only a kernel may still have to follow. */
  isTold: boolean;
  readonly controller: AbortController;
  readonly tensors: Tensors | undefined;
}

/** What is wanted of each run of a sweep. */
export interface WantedOfSweep extends Pick<SubscribeFrame, "kinds" | "max_rate_hz" | "tensors"> {
  /** False: runs that are there already are told from where they are now. */
  readonly history?: boolean;
}

export interface ConnectionOptions {
  readonly backing: Backing;
  readonly socket: WebSocket;
  /** What the socket writes to. */
  readonly wire: Writable;
  /** The one run of the URL: then a refused subscription closes the socket. */
  readonly isSingle: boolean;
}

export class Connection {
  readonly #backing: Backing;
  readonly #socket: WebSocket;
  readonly #isSingle: boolean;
  readonly #outbox: Outbox;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Frames that the client may still send now, and when that was counted. */
  #credit: number = streamLimits.framesBurstMax;
  #creditMs = performance.now();

  constructor({ backing, socket, wire, isSingle }: ConnectionOptions) {
    this.#backing = backing;
    this.#socket = socket;
    this.#isSingle = isSingle;
    const { config, metrics } = backing;
    this.#outbox = new Outbox({
      socket,
      wire,
      stallMs: config.streamStallMs,
      onSent: (kind, frames) => metrics.framesSent(kind, frames),
    });
    socket.on("message", (data, isBinary) => this.#take(() => this.#receive(data, isBinary)));
    // Each is answered, and answers that nobody reads would pile up.
    socket.on("ping", () => this.#take(() => undefined));
    socket.once("close", () => this.#endAll());
    this.#heartbeat();
  }

  /** Bytes that wait for the reader. */
  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Ping frames at the configured interval; a peer that answers none is gone. */
  #heartbeat(): void {
    let isAlive = true;
    this.#socket.on("pong", () => {
      isAlive = true;
    });
    const timer = setInterval(() => {
      if (!isAlive) this.#socket.terminate();
      isAlive = false;
      if (this.#outbox.isOpen) this.#socket.ping();
    }, this.#backing.config.heartbeatMs);
    timer.unref();
    this.#socket.once("close", () => clearInterval(timer));
  }

  #endAll(): void {
    for (const { controller } of this.#subscriptions.values()) controller.abort();
    this.#subscriptions.clear();
  }

  /** Counts a frame and obeys it; whatever is wrong with it is said. */
  #take(obey: () => void): void {
    // What still comes after a refusal has nobody left to read it.
    if (!this.#outbox.isOpen) return;
    try {
      this.#spendCredit();
      obey();
    } catch (error) {
      this.#refuse(error);
    }
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (isBinary) {
      throw new Failure("stream_frame_invalid", "Frames from clients are text frames of JSON.");
    }
    this.#obey(parseFrame(data.toString()));
  }

  #spendCredit(): void {
    const { framesBurstMax, framesPerSecondMax } = streamLimits;
    const nowMs = performance.now();
    const earned = ((nowMs - this.#creditMs) / 1000) * framesPerSecondMax;
    this.#credit = Math.min(framesBurstMax, this.#credit + earned) - 1;
    this.#creditMs = nowMs;
    if (this.#credit < 0) {
      throw new Failure("stream_limit", `Send at most ${framesPerSecondMax} frames a second.`);
    }
  }

  #obey(frame: ClientFrame): void {
    switch (frame.frame) {
      case "subscribe":
        void this.subscribe(frame);
        return;
      case "unsubscribe":
        return this.#end(frame.run);
      case "ack":
        return this.#subscriptions.get(frame.run)?.tensors?.acknowledge();
      case "ping":
        return this.#outbox.send({
          frame: "pong",
          ...(frame.id === undefined ? {} : { id: frame.id }),
        });
      default:
        return frame satisfies never;
    }
  }

  #end(run: string): void {
    this.#subscriptions.get(run)?.controller.abort();
    this.#subscriptions.delete(run);
  }

  /** Lets go of a run that was told to its end, so that another can be followed. */
  #forgetTold(): void {
    if (this.#subscriptions.size < streamLimits.subscriptionsMax) return;
    const told = [...this.#subscriptions].find(([, { isTold }]) => isTold);
    if (told !== undefined) this.#subscriptions.delete(told[0]);
  }

  /**
   * Follows a run; a second subscription to the same run replaces the first. Resolves when all of
   * it was sent. Failure `stream_limit`.
   */
  subscribe(wanted: Omit<SubscribeFrame, "frame">): Promise<void> {
    const { artifacts, log } = this.#backing;
    this.#end(wanted.run);
    this.#forgetTold();
    if (this.#subscriptions.size >= streamLimits.subscriptionsMax) {
      const text = `At most ${streamLimits.subscriptionsMax} runs can be followed on one socket.`;
      throw new Failure("stream_limit", text);
    }
    const ports = { run: wanted.run, artifacts, outbox: this.#outbox, log };
    const subscription: Subscription = {
      isTold: false,
      controller: new AbortController(),
      tensors: wanted.tensors === true ? new Tensors(ports) : undefined,
    };
    this.#subscriptions.set(wanted.run, subscription);
    return this.#follow(wanted, subscription);
  }

  /** Follows every run of a sweep, but for those that the client follows by itself. */
  followSweep(sweep: string, wanted: WantedOfSweep): void {
    const { store, wakeups } = this.#backing;
    const controller = new AbortController();
    this.#socket.once("close", () => controller.abort());
    const { history = true, ...rest } = wanted;
    followSweep({
      ports: { store, wakeups },
      sweep,
      history,
      signal: controller.signal,
      say: (frame) => this.#outbox.send(frame),
      follow: async ({ run, after }) => {
        if (this.#subscriptions.has(run)) return;
        try {
          await this.subscribe({ ...rest, run, after });
        } catch (error) {
          this.#refuse(error, run);
        }
      },
    }).catch((error: unknown) => {
      if (!controller.signal.aborted) this.#refuse(error);
    });
  }

  async #follow(wanted: Omit<SubscribeFrame, "frame">, subscription: Subscription) {
    const { config, store, wakeups } = this.#backing;
    const { controller, tensors } = subscription;
    const sendBatch = (batch: Batch): void => {
      if (!controller.signal.aborted) this.#outbox.sendBatch(batch);
    };
    try {
      await follow({
        ports: { store, wakeups, heartbeatMs: config.heartbeatMs, nowMs: () => performance.now() },
        wanted: {
          run: wanted.run,
          after: wanted.after ?? 0,
          epoch: wanted.epoch,
          kinds: wanted.kinds,
          maxRateHz: wanted.max_rate_hz,
        },
        sink: {
          send: (frame) => {
            if (!controller.signal.aborted) this.#outbox.send(frame);
          },
          room: () => this.#outbox.room(),
          // Kernels go right after their events.
          ...(tensors === undefined ? { sendBatch } : { sent: (event) => tensors.offer(event) }),
        },
        signal: controller.signal,
      });
    } catch (error) {
      if (!controller.signal.aborted) this.#refuse(error, wanted.run);
    } finally {
      subscription.isTold = true;
    }
  }

  /** Says what is wrong, and closes the socket unless only one of its subscriptions is at fault. */
  #refuse(error: unknown, run?: string): void {
    if (!(error instanceof Failure)) this.#backing.log.error({ err: error }, "a stream failed");
    const { code, message } =
      error instanceof Failure ? error : { code: "internal" as const, message: "Linnet failed." };
    const named = run === undefined ? {} : { run };
    this.#outbox.send({ frame: "error", ...named, code, message, retryable: retryable.has(code) });
    const isLocal = !this.#isSingle && run !== undefined && code !== "slow_consumer";
    if (isLocal) return this.#end(run);
    this.close(closeCodeOf[code] ?? closing.internal, code);
  }

  /** Closes the socket, once; a peer that does not answer the close is cut off. */
  close(code: number, reason: string): void {
    this.#endAll();
    if (!this.#outbox.isOpen) return;
    this.#socket.close(code, reason);
    const isFlood = code === closing.limit;
    // What a flood still sends would keep the thread from others: nothing more of it is read.
    if (isFlood) this.#socket.pause();
    const { streamStallMs } = this.#backing.config;
    const waitMs = isFlood ? Math.min(floodCloseMs, streamStallMs) : streamStallMs;
    const timer = setTimeout(() => this.#socket.terminate(), waitMs);
    timer.unref();
    this.#socket.once("close", () => clearTimeout(timer));
  }
}

function parseFrame(text: string): ClientFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure("stream_frame_invalid", "The frame is not valid JSON.");
  }
  if (frameCheck.Check(value)) return value;
  const [fault] = explain(frameSchema, value, () => undefined);
  const detail =
    fault === undefined ? "The frame is not known." : `${fault.pointer} ${fault.detail}.`;
  throw new Failure("stream_frame_invalid", detail);
}
