/**
 * Follows a run's log as an async iterator: every event once and in order, however often the
 * connection is cut. What the stream leaves out by a declared gap is read over REST.
 */

import type { StreamTicket } from "#schemas/api-key.ts";
import type { EventKind, RunEvent } from "#schemas/event.ts";
import type { EventPage } from "#schemas/event-page.ts";
import type { Problem, ProblemCode } from "#schemas/problem.ts";
import type { RunStatus } from "#schemas/run.ts";
import type { ServerFrame } from "#schemas/stream.ts";
import { bearer } from "./client.ts";
import { type Closed, FrameSocket, type OpenSocket } from "./frames.ts";

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

/** The stream refused, or the service cannot be reached. */
export class FollowError extends Error {
  override readonly name = "FollowError";
  readonly code: ProblemCode | "unreachable";

  constructor(code: ProblemCode | "unreachable", message: string) {
    super(message);
    this.code = code;
  }
}

const firstBackoffMs = 100;
const backoffMsMaxDefault = 10_000;
const eventsPage = 500;
/** Problems that pass by themselves. */
const passing: ReadonlySet<ProblemCode> = new Set([
  "shutting_down",
  "rate_limited",
  "identity_unavailable",
]);
const attemptsWithoutEnd = Number.POSITIVE_INFINITY;

/** Closes after which the same cursor may be tried again: all but 44xx. */
const mayReturn = (code: number): boolean => code < 4400 || code >= 4500;

const openGlobal: OpenSocket = (url, protocols) => new WebSocket(url, protocols);

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
      await this.#backoff();
    }
    return this.#status;
  }

  #url(): string {
    const { baseUrl, run, kinds } = this.#options;
    const url = new URL(`/v1/runs/${run}/stream`, baseUrl);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("after", String(this.#cursor));
    if (this.#epoch !== undefined) url.searchParams.set("epoch", this.#epoch);
    if (kinds !== undefined) url.searchParams.set("kinds", kinds.join(","));
    return url.href;
  }

  /** A ticket for one stream, since a WebSocket of a browser sends no key. */
  async #ticket(): Promise<string | undefined> {
    const { baseUrl, apiKey, fetch = globalThis.fetch } = this.#options;
    const headers = bearer(apiKey);
    const url = new URL("/v1/stream-tickets", baseUrl);
    const answer = await this.#ask(fetch, new Request(url, { method: "POST", headers }));
    return (answer as StreamTicket | undefined)?.ticket;
  }

  /** One connection's events; how it ended, or undefined when the run is complete. */
  async *#connection(): AsyncGenerator<RunEvent, Closed | undefined> {
    const { signal, apiKey, openSocket = openGlobal } = this.#options;
    const url = new URL(this.#url());
    if (apiKey !== undefined) {
      const ticket = await this.#ticket();
      if (ticket === undefined) return { code: 1006, reason: "no ticket" };
      url.searchParams.set("ticket", ticket);
    }
    await using socket = new FrameSocket(url.href, openSocket);
    const onAbort = () => socket.close();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        const frame = await socket.next();
        if (!("frame" in frame)) return frame;
        this.#failures = 0;
        if (frame.frame === "complete") {
          this.#status = frame.status;
          return undefined;
        }
        if (!(yield* this.#take(frame))) return { code: 1006, reason: "a gap could not be read" };
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
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
    return (await this.#ask(fetch, new Request(url, { headers }))) as EventPage | undefined;
  }

  /** The answer to a request; undefined when it is worth another try. Throws FollowError. */
  async #ask(fetch: (request: Request) => Promise<Response>, request: Request): Promise<unknown> {
    const answer = await fetch(request)
      .then(async (response) => ({ isOk: response.ok, body: await response.json() }))
      .catch(() => undefined);
    if (answer?.isOk === true) return answer.body;
    const problem = answer?.body as Problem | undefined;
    if (problem === undefined || passing.has(problem.code)) return undefined;
    throw new FollowError(problem.code, problem.detail);
  }

  /** Full jitter, so that many clients do not come back at the same moment. */
  async #backoff(): Promise<void> {
    const { signal, backoffMsMax = backoffMsMaxDefault } = this.#options;
    const longest = Math.min(backoffMsMax, firstBackoffMs * 2 ** Math.min(this.#failures - 1, 20));
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.random() * longest);
    const onAbort = () => resolve();
    signal?.addEventListener("abort", onAbort, { once: true });
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * Yields the events of a run after `after`, without a gap or a repeat, until the run has ended or
 * the signal aborts; returns the last status that is known. Throws FollowError.
 */
export function followRun(options: FollowOptions): AsyncGenerator<RunEvent, RunStatus | undefined> {
  return new Follower(options).events();
}
