/**
 * Follows a run's log as an async iterator: every event once and in order, however often the
 * connection is cut. What the stream leaves out by a declared gap is read over REST.
 */

import type { EventKind, RunEvent } from "#schemas/event.ts";
import type { EventPage } from "#schemas/event-page.ts";
import type { RunStatus } from "#schemas/run.ts";
import type { ServerFrame } from "#schemas/stream.ts";
import { bearer } from "./client.ts";
import { connect, left } from "./connection.ts";
import type { Closed, OpenSocket } from "./frames.ts";
import { ask, backoff, FollowError, mayReturn } from "./returning.ts";

export interface FollowOptions {
  /** Where the service is, such as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  readonly run: string;
  /** The last seq that the caller has; 0 unless told. */
  readonly after?: number;
  /** Kinds to yield; all unless told. */
  readonly kinds?: readonly EventKind[];
  readonly signal?: AbortSignal;
  /** Where the service wants a key; the stream is opened with a ticket that it gives. */
  readonly apiKey?: string | undefined;
  readonly fetch?: (request: Request) => Promise<Response>;
  /** The global WebSocket unless told. */
  readonly openSocket?: OpenSocket;
  /** Longest wait before the next attempt; the first waits are far shorter. */
  readonly backoffMsMax?: number;
  /** Attempts in a row without a single frame before it gives up; without end unless told. */
  readonly attemptsMax?: number;
}

const eventsPage = 500;
const attemptsWithoutEnd = Number.POSITIVE_INFINITY;

class Follower {
  readonly #options: FollowOptions;
  #cursor: number;
  #epoch: string | undefined;
  #failures = 0;
  #status: RunStatus | undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#cursor = options.after ?? 0;
  }

  async *events(): AsyncGenerator<RunEvent, RunStatus | undefined> {
    const { signal, attemptsMax = attemptsWithoutEnd } = this.#options;
    while (signal?.aborted !== true) {
      const closed = yield* this.#connection();
      if (closed === undefined) return this.#status;
      if (!mayReturn(closed.code)) {
        throw new FollowError("unreachable", `The stream was closed with ${closed.code}.`);
      }
      this.#failures += 1;
      if (this.#failures > attemptsMax) {
        throw new FollowError("unreachable", "The service cannot be reached.");
      }
      await backoff({ ...this.#options, failures: this.#failures });
    }
    return this.#status;
  }

  #url(): URL {
    const { baseUrl, run, kinds } = this.#options;
    const url = new URL(`/v1/runs/${run}/stream`, baseUrl);
    url.searchParams.set("after", String(this.#cursor));
    if (this.#epoch !== undefined) url.searchParams.set("epoch", this.#epoch);
    if (kinds !== undefined) url.searchParams.set("kinds", kinds.join(","));
    return url;
  }

  /** One connection's events; how it ended, or undefined when the run is complete. */
  async *#connection(): AsyncGenerator<RunEvent, Closed | undefined> {
    const frames = connect(this.#url(), this.#options);
    try {
      for (;;) {
        const { done, value: frame } = await frames.next();
        if (done === true) return frame;
        this.#failures = 0;
        if (frame.frame === "complete") {
          this.#status = frame.status;
          return undefined;
        }
        if (!(yield* this.#take(frame))) return { code: 1006, reason: "a gap could not be read" };
      }
    } finally {
      await frames.return(left);
    }
  }

  /** Yields what a frame brings; false when it could not be made whole. */
  async *#take(frame: ServerFrame): AsyncGenerator<RunEvent, boolean> {
    switch (frame.frame) {
      case "hello":
        this.#epoch ??= frame.epoch;
        return true;
      case "error":
        if (!frame.retryable) throw new FollowError(frame.code, frame.message);
        return true;
      case "gap":
        if (frame.reason === "conflated") return yield* this.#missed(frame.to);
        this.#cursor = Math.max(this.#cursor, frame.to);
        return true;
      case "event": {
        const { frame: _frame, run: _run, ...event } = frame;
        if (event.seq <= this.#cursor) return true;
        // A hole that no gap declared is read over REST, whatever made it.
        if (!(yield* this.#missed(event.seq - 1))) return false;
        this.#cursor = event.seq;
        yield event as RunEvent;
        return true;
      }
      default:
        return true;
    }
  }

  /** Events after the cursor up to `to`, over REST; false when the service did not answer. */
  async *#missed(to: number): AsyncGenerator<RunEvent, boolean> {
    while (this.#cursor < to) {
      const page = await this.#page();
      if (page === undefined) return false;
      for (const event of page.data) {
        if (event.seq > to) break;
        this.#cursor = event.seq;
        yield event;
      }
      if (!page.has_more || page.next_cursor >= to) this.#cursor = to;
    }
    return true;
  }

  async #page(): Promise<EventPage | undefined> {
    const { baseUrl, run, kinds, apiKey, fetch = globalThis.fetch } = this.#options;
    const url = new URL(`/v1/runs/${run}/events`, baseUrl);
    url.searchParams.set("after", String(this.#cursor));
    url.searchParams.set("limit", String(eventsPage));
    if (kinds !== undefined) url.searchParams.set("kinds", kinds.join(","));
    const headers = { accept: "application/json", ...bearer(apiKey) };
    return (await ask(fetch, new Request(url, { headers }))) as EventPage | undefined;
  }
}

/**
 * Yields the events of a run after `after`, without a gap or a repeat, until the run has ended or
 * the signal aborts; returns the last status that is known. Throws FollowError.
 */
export function followRun(options: FollowOptions): AsyncGenerator<RunEvent, RunStatus | undefined> {
  return new Follower(options).events();
}
